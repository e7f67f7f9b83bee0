"""How things are written: a table a function, and what must hold for any fact."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alur.core import words

NOW = datetime(2026, 11, 24, 2, 42, tzinfo=UTC)  # Tuesday 09.42 in Jakarta


def plain(text: str) -> str:
    """Text with ordinary spaces, so that a table can be read."""
    return text.replace(words.NBSP, " ")


@pytest.mark.parametrize(
    ("value", "language", "currency", "text"),
    [
        (12450000, "id", "IDR", "Rp 12.450.000"),
        ("12450000.00", "id", "IDR", "Rp 12.450.000"),
        (Decimal("12450000.50"), "id", "IDR", "Rp 12.450.000,50"),
        (Decimal("0.5"), "id", "IDR", "Rp 0,50"),
        (Decimal("96.123456"), "id", "IDR", "Rp 96,123456"),
        (5000000, "en", "IDR", "Rp 5,000,000"),
        (-1500, "id", "IDR", "−Rp 1.500"),
        (Decimal("-0.00"), "id", "IDR", "Rp 0"),
        (Decimal("1E+6"), "id", "IDR", "Rp 1.000.000"),
        ("1234.5", "en", "GBP", "£1,234.50"),
        (1234, "en", "GBP", "£1,234.00"),
        (-3, "en", "GBP", "−£3.00"),
        (10, "en", "CHF", "CHF 10.00"),
        (None, "id", "IDR", "–"),
        ("", "id", "IDR", "–"),
        ("banyak", "id", "IDR", "banyak"),
        (float("nan"), "id", "IDR", "nan"),
    ],
)
def test_money(value: object, language: str, currency: str, text: str) -> None:
    assert plain(words.money(value, language=language, currency=currency)) == text


def test_money_does_not_break() -> None:
    assert " " not in words.money(12450000)


@pytest.mark.parametrize(
    ("value", "text"),
    [(3_940_000_000, "Rp 3,94 miliar"), (796_700_000, "Rp 796,7 juta"), (96_420, "Rp 96.420"), (-2_500_000, "−Rp 2,5 juta"), (None, "–")],
)
def test_short_money(value: object, text: str) -> None:
    assert plain(words.short_money(value)) == text


@pytest.mark.parametrize(
    ("value", "language", "text"),
    [("12.000", "id", "12"), ("2.50", "id", "2,5"), ("2.50", "en", "2.5"), (1200, "id", "1.200"), (0, "id", "0"), (-4, "id", "−4"), (None, "id", "–")],
)
def test_qty(value: object, language: str, text: str) -> None:
    assert words.qty(value, language=language) == text


def test_percent() -> None:
    assert plain(words.percent("4.40")) == "4,4 %"
    assert words.percent("98.6", language="en") == "98.6%"


@pytest.mark.parametrize(
    ("value", "language", "text"),
    [
        (date(2026, 11, 26), "id", "Kam 26 Nov"),
        ("2026-11-26", "en", "Thu 26 Nov"),
        (date(2025, 8, 3), "id", "Min 3 Agu 2025"),
        (datetime(2026, 11, 25, 20, 0, tzinfo=UTC), "id", "Kam 26 Nov"),
        ("2026-11-25T20:00:00+00:00", "id", "Kam 26 Nov"),
        ("besok", "id", "besok"),
        (None, "id", "–"),
    ],
)
def test_day(value: object, language: str, text: str) -> None:
    assert plain(words.day(value, language=language, today=date(2026, 11, 24))) == text


@pytest.mark.parametrize(
    ("value", "language", "text"),
    [
        (datetime(2026, 11, 24, 0, 11, tzinfo=UTC), "id", "07.11"),
        (datetime(2026, 11, 24, 0, 11, tzinfo=UTC), "en", "07:11"),
        (datetime(2026, 11, 23, 4, 2, tzinfo=UTC), "id", "Sen 11.02"),
        (datetime(2026, 11, 18, 4, 2, tzinfo=UTC), "id", "Rab 11.02"),
        (datetime(2026, 11, 17, 4, 2, tzinfo=UTC), "id", "17 Nov"),
        (datetime(2025, 11, 17, 4, 2, tzinfo=UTC), "id", "17 Nov 2025"),
        (datetime(2026, 11, 26, 4, 2, tzinfo=UTC), "id", "Kam 26 Nov 11.02"),
        ("2026-11-23T04:02:00Z", "id", "Sen 11.02"),
        (None, "id", "–"),
    ],
)
def test_instant(value: object, language: str, text: str) -> None:
    assert plain(words.instant(value, language=language, now=NOW)) == text


def test_an_instant_in_full() -> None:
    assert words.full_instant(NOW) == "Selasa 24 November 2026, 09.42 WIB"
    assert words.full_instant(NOW, language="en", zone="Europe/London") == "Tuesday 24 November 2026, 02:42 GMT"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (timedelta(seconds=20), "< 1 mnt"),
        (timedelta(minutes=54), "54 mnt"),
        (timedelta(minutes=60), "1 jam"),
        (timedelta(hours=26), "26 jam"),
        (timedelta(hours=48), "2 hari"),
        (3, "3 jam"),
        (datetime(2026, 11, 24, 2, 0, tzinfo=UTC), "42 mnt"),
        (None, "–"),
    ],
)
def test_age(value: object, text: str) -> None:
    assert plain(words.age(value, now=NOW)) == text


def test_say() -> None:
    sentence = "{customer} is {over:money} over its limit of {limit:money} since {on:day}; {share:percent} of {quantity:qty}, {who}."
    said = words.say(sentence, {"customer": "PT Sumber Rejeki", "over": "2450000", "limit": 50000000, "on": "2026-11-26", "share": 4, "quantity": "12.0"})
    assert plain(said) == "PT Sumber Rejeki is Rp 2.450.000 over its limit of Rp 50.000.000 since Kam 26 Nov; 4 % of 12, –."
    assert words.say("{lines}", {"lines": [1, 2]}) == "1, 2"
    assert words.say("no facts", None) == "no facts"
    assert words.holes(sentence) == {"customer", "over:money", "limit:money", "on:day", "share:percent", "quantity:qty", "who"}


FACT = st.one_of(
    st.none(), st.text(), st.booleans(), st.integers(), st.floats(), st.decimals(), st.dates(), st.datetimes(), st.timedeltas(), st.lists(st.integers())
)


KINDS = ["", ":money", ":amount", ":qty", ":percent", ":day", ":instant", ":age", ":other"]


@settings(max_examples=500, deadline=None)
@given(value=FACT, kind=st.sampled_from(KINDS), language=st.sampled_from(["id", "en"]))
def test_any_fact_becomes_words(value: object, kind: str, language: str) -> None:
    said = words.say("{x" + kind + "}", {"x": value}, language=language, now=NOW)
    assert said
    assert len(said) < 200 or isinstance(value, str | list)


@given(value=st.decimals(min_value=-(10**15), max_value=10**15, places=2), language=st.sampled_from(["id", "en"]))
def test_money_can_be_read_back(value: Decimal, language: str) -> None:
    group, point = words.MARKS[language]
    text = words.amount(value, language=language).replace(group, "").replace(point, ".").replace(words.MINUS, "-")
    assert Decimal(text) == value
