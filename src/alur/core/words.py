"""How Alur writes things for people: money, quantities, days, instants, ages, sentences.

Pure: the language ("id" or "en"), the currency, the zone and the moment "now" are arguments. Every function takes what a row, an event or a form may
hold (Decimal, int, text, date, ISO text, None) and answers with text; what it cannot read it writes as it is, what is missing as a dash.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

NBSP, MINUS, NOTHING = "\u00a0", "\u2212", "–"
LANGUAGES = ("id", "en")

DAYS = {"id": ("Sen", "Sel", "Rab", "Kam", "Jum", "Sab", "Min"), "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
LONG_DAYS = {
    "id": ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
MONTHS = {
    "id": ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
LONG_MONTHS = {
    "id": ("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November", "Desember"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"),
}
MARKS = {"id": (".", ","), "en": (",", ".")}  # thousands, decimals
CLOCK = {"id": "%H.%M", "en": "%H:%M"}
UNITS = {"id": ("mnt", "jam", "hari"), "en": ("min", "h", "days")}
SCALES = ((Decimal(10) ** 12, "triliun", "trillion"), (Decimal(10) ** 9, "miliar", "billion"), (Decimal(10) ** 6, "juta", "million"))
# sign before the amount, decimals always written; money of other countries stands behind its code with two
CURRENCIES = {"IDR": ("Rp" + NBSP, 0), "GBP": ("£", 2), "EUR": ("€", 2), "USD": ("$", 2), "SGD": ("S$", 2), "MYR": ("RM" + NBSP, 2), "JPY": ("¥", 0)}


LONGEST_HOURS = 10**9
FAR = 40  # digits: no number of ours is that large or small, and writing one would fill the page


# ---------- numbers ----------
def number(value: object) -> Decimal | None:
    """The number a fact holds, or None where it holds none."""
    if isinstance(value, bool) or value is None or value == "":
        return None
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found.adjusted()) < FAR else None


def _write(value: Decimal, language: str, least: int = 0) -> str:
    """A number with its thousands marked, trailing zeros dropped, but `least` decimals kept."""
    whole, _, rest = f"{abs(value):f}".partition(".")
    rest = rest.rstrip("0").ljust(least, "0")
    group, point = MARKS.get(language, MARKS["en"])
    text = f"{int(whole):,}".replace(",", group) + (point + rest if rest else "")
    return MINUS + text if value < 0 else text


def qty(value: object, *, language: str = "id") -> str:
    """A quantity without trailing zeros: 12, 1.200, 2,5."""
    found = number(value)
    return _plain(value) if found is None else _write(found, language)


def amount(value: object, *, language: str = "id", currency: str = "IDR") -> str:
    """Money without its sign, for a column whose head says the currency: 12.450.000."""
    found = number(value)
    if found is None:
        return _plain(value)
    least = CURRENCIES.get(currency, ("", 2))[1]
    broken = found != found.to_integral_value()
    return _write(found, language, max(least, 2) if broken else least)


def money(value: object, *, language: str = "id", currency: str = "IDR") -> str:
    """Money with its sign: Rp 12.450.000, −Rp 1.500, £1,234.50."""
    if number(value) is None:
        return _plain(value)
    sign = CURRENCIES.get(currency, (currency + NBSP, 2))[0]
    text = amount(value, language=language, currency=currency)
    return MINUS + sign + text[1:] if text.startswith(MINUS) else sign + text


def short_money(value: object, *, language: str = "id", currency: str = "IDR") -> str:
    """Money for a headline: Rp 3,94 miliar, £1.2 million; below a million in full."""
    found = number(value)
    if found is None:
        return _plain(value)
    for size, indonesian, english in SCALES:
        if abs(found) >= size:
            sign = CURRENCIES.get(currency, (currency + NBSP, 2))[0]
            scaled = found / size
            text = _write(round(scaled, 2 if abs(scaled) < 10 else 1), language)
            scale = indonesian if language == "id" else english
            return (MINUS + sign + text[1:] if found < 0 else sign + text) + NBSP + scale
    return money(found.to_integral_value(), language=language, currency=currency)


def percent(value: object, *, language: str = "id") -> str:
    """A share that is already in percent: 4,4 % in Indonesian, 4.4% in English."""
    found = number(value)
    if found is None:
        return _plain(value)
    return _write(found, language) + (NBSP + "%" if language == "id" else "%")


# ---------- days and instants ----------
def _as_day(value: object, zone: str) -> date | None:
    if isinstance(value, datetime):
        at = _as_instant(value, zone)
        return at.date() if at else None
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            at = _as_instant(value, zone)
            return at.date() if at else None
    return None


def _as_instant(value: object, zone: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        if not isinstance(at, datetime):
            return None
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(ZoneInfo(zone))
    except (ValueError, OverflowError):  # no date, or one at the edge of the calendar
        return None


def day(value: object, *, language: str = "id", zone: str = "Asia/Jakarta", today: date | None = None) -> str:
    """A promised or dated day: Kam 26 Nov, with its year where that is not today's."""
    found = _as_day(value, zone)
    if found is None:
        return _plain(value)
    text = f"{DAYS[language][found.weekday()]}{NBSP}{found.day}{NBSP}{MONTHS[language][found.month - 1]}"
    return text if today is None or found.year == today.year else f"{text}{NBSP}{found.year}"


def long_day(value: object, *, language: str = "id", zone: str = "Asia/Jakarta") -> str:
    """A day in full: Selasa 24 November 2026."""
    found = _as_day(value, zone)
    if found is None:
        return _plain(value)
    return f"{LONG_DAYS[language][found.weekday()]} {found.day} {LONG_MONTHS[language][found.month - 1]} {found.year}"


def instant(value: object, *, language: str = "id", zone: str = "Asia/Jakarta", now: datetime | None = None) -> str:
    """When it happened: today the clock (07.11), within the week Sen 11.02, before that 23 Nov, another year 23 Nov 2025."""
    at = _as_instant(value, zone)
    if at is None:
        return day(value, language=language, zone=zone, today=now.date() if now else None)
    seen = (now or datetime.now(UTC)).astimezone(ZoneInfo(zone)).date()
    ago, clock = (seen - at.date()).days, at.strftime(CLOCK[language])
    if ago == 0:
        return clock
    if 0 < ago < 7:
        return f"{DAYS[language][at.weekday()]}{NBSP}{clock}"
    text = f"{at.day}{NBSP}{MONTHS[language][at.month - 1]}"
    if ago < 0:
        text = f"{DAYS[language][at.weekday()]}{NBSP}{text}{NBSP}{clock}"
    return text if at.year == seen.year else f"{text}{NBSP}{at.year}"


def full_instant(value: object, *, language: str = "id", zone: str = "Asia/Jakarta") -> str:
    """An instant in full, for a hover: Selasa 24 November 2026, 09.42 WIB."""
    at = _as_instant(value, zone)
    if at is None:
        return long_day(value, language=language, zone=zone)
    return f"{long_day(at.date(), language=language)}, {at.strftime(CLOCK[language])} {at.strftime('%Z')}"


def age(value: object, *, language: str = "id", now: datetime | None = None) -> str:
    """How long: 4 mnt, 21 jam, 3 hari. Takes a timedelta, a number of hours, or the instant it began."""
    passed = _as_span(value, now)
    if passed is None:
        return _plain(value)
    minutes = int(passed.total_seconds() // 60)
    minute, hour, days = UNITS[language]
    if minutes < 1:
        return f"<{NBSP}1{NBSP}{minute}"
    if minutes < 60:
        return f"{minutes}{NBSP}{minute}"
    hours = minutes // 60
    if hours < 48:
        return f"{hours}{NBSP}{hour}"
    return f"{hours // 24}{NBSP}{days}"


def _as_span(value: object, now: datetime | None) -> timedelta | None:
    if isinstance(value, timedelta):
        return value
    hours = number(value)
    if hours is not None:
        return timedelta(hours=float(hours)) if abs(hours) < LONGEST_HOURS else None
    at = _as_instant(value, "UTC")
    return None if at is None else (now or datetime.now(UTC)) - at


# ---------- sentences ----------
HOLE = re.compile(r"\{(\w+)(?::(\w+))?\}")


def say(
    sentence: str,
    facts: Mapping[str, object] | None,
    *,
    language: str = "id",
    currency: str = "IDR",
    zone: str = "Asia/Jakarta",
    now: datetime | None = None,
) -> str:
    """A sentence with its facts: "{customer} is {over:money} over" -> "PT Sumber Rejeki is Rp 2.450.000 over".

    Kinds: money, amount, qty, percent, day, instant, age; none writes the fact as it is, a list with commas. A fact that is missing becomes a dash.
    """
    known = facts or {}
    today = now.astimezone(ZoneInfo(zone)).date() if now else None
    kinds: dict[str | None, Callable[[object], str]] = {
        "money": lambda value: money(value, language=language, currency=currency),
        "amount": lambda value: amount(value, language=language, currency=currency),
        "qty": lambda value: qty(value, language=language),
        "percent": lambda value: percent(value, language=language),
        "day": lambda value: day(value, language=language, zone=zone, today=today),
        "instant": lambda value: instant(value, language=language, zone=zone, now=now),
        "age": lambda value: age(value, language=language, now=now),
    }

    def plain(value: object) -> str:
        return qty(value, language=language) if isinstance(value, Decimal | float) else _plain(value)

    return HOLE.sub(lambda hole: kinds.get(hole[2], plain)(known.get(hole[1])), sentence)


def holes(sentence: str) -> set[str]:
    """The holes of a sentence, as written: {"customer", "over:money"}. A translation must have the same."""
    return {f"{name}:{kind}" if kind else name for name, kind in HOLE.findall(sentence)}


def _plain(value: object) -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, list | tuple | set):
        return ", ".join(_plain(v) for v in value) or NOTHING
    return str(value)
