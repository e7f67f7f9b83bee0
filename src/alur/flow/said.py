"""What a door says of a quantity or an amount: text or a number."""

from decimal import Decimal, InvalidOperation


def number(said: Decimal | str | None) -> Decimal | None:
    """It as a number; None if it is none."""
    try:
        found = Decimal(said if said is not None else "")
    except (InvalidOperation, TypeError, ValueError):
        return None
    return found if found.is_finite() else None
