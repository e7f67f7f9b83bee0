"""What people type, read the way it is said."""

from datetime import date
from decimal import Decimal

import pytest

from alur.web import typed

TODAY = date(2026, 11, 24)  # a Tuesday


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("26/11", date(2026, 11, 26)),
        ("26-11-26", date(2026, 11, 26)),
        ("26.11.2026", date(2026, 11, 26)),
        ("26 nov", date(2026, 11, 26)),
        ("26 November 2026", date(2026, 11, 26)),
        ("Kam 26 Nov", date(2026, 11, 26)),
        ("Kam\u00a026\u00a0Nov", date(2026, 11, 26)),
        ("26", date(2026, 11, 26)),
        ("3", date(2026, 12, 3)),
        ("3/1", date(2027, 1, 3)),
        ("1 agustus", date(2027, 8, 1)),
        ("kamis", date(2026, 11, 26)),
        ("thu", date(2026, 11, 26)),
        ("selasa", date(2026, 12, 1)),
        ("hari ini", TODAY),
        ("besok", date(2026, 11, 25)),
        ("lusa", date(2026, 11, 26)),
        ("+3", date(2026, 11, 27)),
        ("2026-11-30", date(2026, 11, 30)),
        ("31/2", None),
        ("26/13", None),
        ("segera", None),
        ("", None),
    ],
)
def test_day(text, day):
    assert typed.day(text, TODAY) == day


@pytest.mark.parametrize(
    ("text", "language", "number"),
    [
        ("1.500", "id", "1500"),
        ("1,5", "id", "1.5"),
        ("2.5", "id", "2.5"),
        ("12.450.000", "id", "12450000"),
        ("1.234,56", "id", "1234.56"),
        ("1,500", "en", "1500"),
        ("1.5", "en", "1.5"),
        ("0", "id", "0"),
        ("", "id", None),
        ("dua", "id", None),
        ("-3", "id", None),
        ("1e9", "id", None),
        ("NaN", "id", None),
        ("9" * 40, "id", None),
    ],
)
def test_number(text, language, number):
    assert typed.number(text, language) == (None if number is None else Decimal(number))


@pytest.mark.parametrize(
    ("text", "said"),
    [("10", (10, "")), ("10 dus", (10, "dus")), ("2,5kg", (Decimal("2.5"), "kg")), ("3x", (3, "")), ("dus", (None, "")), ("1.2.3", (None, ""))],
)
def test_quantity(text, said):
    assert typed.quantity(text, "id") == said


def test_price_and_unit():
    assert typed.price("Rp 96.500", "id") == typed.price("96500", "id") == 96_500
    assert typed.unit_of("d", ["pcs", "dus"]) == typed.unit_of("DUS", ["pcs", "dus"]) == "dus"
    assert typed.unit_of("krat", ["pcs"]) is None
