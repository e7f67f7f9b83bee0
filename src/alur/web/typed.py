"""What people type, read the way it is said: days, quantities with their unit, amounts. Pure."""

import re
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from alur.core import words

SOON = {"hari ini": 0, "today": 0, "besok": 1, "tomorrow": 1, "lusa": 2, "minggu depan": 7, "next week": 7}
WEEKDAYS = {
    name: number
    for number, names in enumerate((
        ("senin", "monday"), ("selasa", "tuesday"), ("rabu", "wednesday"), ("kamis", "thursday"), ("jumat", "jum'at", "friday"),
        ("sabtu", "saturday"), ("minggu", "ahad", "sunday"),
    ))
    for name in names
}  # fmt: skip
MONTHS = {
    name: number
    for number, names in enumerate((
        ("januari", "january"), ("februari", "pebruari", "february"), ("maret", "march"), ("april",), ("mei", "may"), ("juni", "june"),
        ("juli", "july"), ("agustus", "august"), ("september",), ("oktober", "october"), ("november", "nopember"), ("desember", "december"),
    ), 1)
    for name in names
}  # fmt: skip
AHEAD = re.compile(r"\+\s*(\d{1,3})")
DAY = re.compile(r"(\d{1,2})(?:\s*[/.\- ]\s*(\d{1,2}|[^\W\d]{3,10})(?:\s*[/.\- ]\s*(\d{2}|\d{4}))?)?")
AMOUNT = re.compile(r"([\d.,]*\d)\s*(.*)")


def day(text: str, today: date) -> date | None:
    """A day: 26/11, 26 nov, 26, kamis, besok, +3; the next one where the year or the month is not said. None: not understood."""
    said = " ".join(text.lower().replace("\u00a0", " ").split())
    if said in SOON:
        return today + timedelta(days=SOON[said])
    if ahead := AHEAD.fullmatch(said):
        return today + timedelta(days=int(ahead[1]))
    name, _, rest = said.partition(" ")
    weekday = _named(name, WEEKDAYS)
    if weekday is not None and not rest:
        return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    try:
        return date.fromisoformat(said)
    except ValueError:
        return _written(rest if weekday is not None else said, today)


def said_day(found: date | None, language: str) -> str:
    """A day as it can be typed again: 1 Nov 2026."""
    return f"{found.day} {words.MONTHS[language][found.month - 1]} {found.year}" if found else ""


def _written(said: str, today: date) -> date | None:
    found = DAY.fullmatch(said)
    if not found:
        return None
    number = int(found[1])
    try:
        if found[2] is None:
            return _next_day_of_month(number, today)
        month = int(found[2]) if found[2].isdigit() else (_named(found[2], MONTHS) or 0)
        if found[3]:
            return date(int(found[3]) + (2000 if len(found[3]) == 2 else 0), month, number)
        asked = date(today.year, month, number)
        return asked if asked >= today else date(today.year + 1, month, number)
    except ValueError:
        return None


def _next_day_of_month(number: int, today: date) -> date | None:
    for ahead in range(62):
        asked = today + timedelta(days=ahead)
        if asked.day == number:
            return asked
    return None


def _named(name: str, known: dict[str, int]) -> int | None:
    """The number of a name, of which at least three letters were typed."""
    return next((number for full, number in known.items() if len(name) >= 3 and full.startswith(name)), None)


def whole(text: object) -> int:
    """An id, a version, a page of an address: 0 where it is none."""
    said = str(text)
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 19 else 0


def number(text: str, language: str) -> Decimal | None:
    """A number: in Indonesian 1.500 is a thousand five hundred and 1,5 one and a half. None: not a number."""
    group, point = words.MARKS[language]
    said = text.strip().replace(" ", "").replace("\u00a0", "")
    if re.fullmatch(rf"\d{{1,3}}(\{group}\d{{3}})+(\{point}\d+)?", said):
        said = said.replace(group, "")
    try:
        found = Decimal(said.replace(",", "."))
    except InvalidOperation:
        return None
    return found if found.is_finite() and found < Decimal(10) ** 12 and said[:1] not in "+-_" and "e" not in said.lower() else None


def price(text: str, language: str) -> Decimal | None:
    """An amount of money: 96.500, Rp 96.500."""
    return number(re.sub(r"^\s*(rp|idr)\.?\s*", "", text, flags=re.IGNORECASE), language)


def quantity(text: str, language: str) -> tuple[Decimal | None, str]:
    """A quantity and what of: "10", "10 dus", "2,5kg", "3x"."""
    found = AMOUNT.fullmatch(text.strip())
    if not found:
        return None, ""
    unit = found[2].strip().lower()
    return number(found[1], language), "" if unit in ("x", "×") else unit


def unit_of(said: str, units: list[str]) -> str | None:
    """The unit that was meant, by its beginning; None where the product has none such."""
    said = said.strip().lower()
    return next((unit for unit in units if unit.lower() == said), None) or next((unit for unit in units if said and unit.lower().startswith(said)), None)
