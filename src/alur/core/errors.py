"""What went wrong, said to a person."""


class Problem(Exception):  # noqa: N818  it is not an error of the program: its text is one sentence with what to do next
    """Shown as it is, without a traceback."""
