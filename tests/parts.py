"""Parts a test may need and a machine may lack: skipped with the reason, unless ALUR_TEST_ALL=1 says that nothing may be skipped."""

import os

import pytest


def need(found: object, what: str, install: str) -> None:
    """Skip the test that is running, or fail it."""
    if found:
        return
    sentence = f"{what} is missing; {install}"
    if os.environ.get("ALUR_TEST_ALL") == "1":
        pytest.fail(sentence)
    pytest.skip(sentence)
