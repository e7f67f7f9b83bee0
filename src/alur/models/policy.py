"""What the company wants, one typed column a choice. A change is a new row, so a verdict can say which row decided."""

from decimal import Decimal

from django.db import models

from alur.models.fields import Quantity, choice, integer, text, texts
from alur.models.party import METHODS


def number(default: str) -> Quantity:
    """A number the company chooses."""
    return Quantity(default=Decimal(default), db_default=Decimal(default))


class Policy(models.Model):
    """The newest row is in force. by_hand names automatic steps that people do instead of the worker."""

    at = models.DateTimeField()
    by = text()
    price_tolerance_pct = number("0")
    overdue_amount = number("100000")
    overdue_days = integer(30)
    minimum_order = number("0")
    large_order = Quantity(null=True, blank=True)
    discount_limit_pct = number("15")
    margin_floor_pct = number("0")
    duplicate_days = integer(3)
    reserve_ahead_days = integer(30)
    reservation_expires_days = integer(3)
    delivery_rule = choice("available", "complete_line", "complete_order")
    invoice_rule = choice("delivery", "order", "day", "month")
    method = choice(*METHODS)
    write_off_limit = number("1000")
    remind_1_days = integer(3)  # after the due day
    remind_2_days = integer(14)
    remind_3_days = integer(30)
    by_hand = texts()

    class Meta:
        db_table = "policy"
