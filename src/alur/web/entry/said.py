"""What stands beside the grid: amounts, how it is paid, the checks of *If saved now*, and what to tell the customer."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop, ngettext

from alur.core import money, words
from alur.core.spell import spell
from alur.models.holds import KINDS
from alur.reads import sentences
from alur.web.entry.dry import Answer, Row
from alur.web.templatetags import words as say
from alur.web.voice import voice

ZERO, HUNDRED = Decimal(0), Decimal(100)
# findings about the whole order, and the word they stand behind
WORDS = {
    "customer_blocked": gettext_noop("Blocked"),
    "overdue": gettext_noop("Overdue"),
    "below_minimum": gettext_noop("Minimum"),
    "large_order": gettext_noop("Large"),
    "address_incomplete": gettext_noop("Address"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """A line of *If saved now*."""

    kind: str
    word: str
    text: str


def around(answer: Answer) -> dict[str, Any]:
    """For the templates."""
    priced = [row for row in answer.filled if row.net is not None]
    charges = sum((row.net or ZERO for row in priced if row.product.kind == "charge"), ZERO)
    totals = answer.totals
    return {
        "goods": sum((row.net or ZERO for row in priced), ZERO) - charges,
        "charges": charges,
        "tax_share": money.half_up(totals.tax / totals.net * HUNDRED, Decimal("0.1")) if totals and totals.net and totals.tax else None,
        "pays": _pays(answer),
        "checks": _checks(answer),
        "speech": _speech(answer),
    }


def _pays(answer: Answer) -> str:
    """When the customer has to pay, as the clerk says it."""
    customer = answer.customer
    if customer is None:
        return ""
    if customer.advance_pct >= HUNDRED:
        return gettext("in full, before delivery")
    if customer.advance_pct:
        return gettext("%(percent)s down, the rest: %(terms)s") % {"percent": say.percent(customer.advance_pct), "terms": customer.terms}
    start = max((row.promised_on for row in answer.filled if row.promised_on), default=voice().today)
    if customer.days is None:
        return customer.terms or gettext("on account")
    due = words.day(start + timedelta(days=customer.days), language=voice().language).split(words.NBSP, 1)[1]
    return gettext("%(terms)s, due %(day)s") % {"terms": customer.terms, "day": due}


def _checks(answer: Answer) -> list[Check]:
    """What verify would find, in words; nothing typed, nothing said."""
    rows = [row for row in answer.filled if row.product or row.line.text.strip()]
    if answer.customer is None or not rows:
        who = answer.customer.name if answer.customer else gettext("not chosen yet")
        return [Check("", gettext("Customer"), who), Check("", gettext("Lines"), gettext("none yet"))]
    found = answer.findings
    own = [*_credit(answer), *_price(rows, found), *_stock(rows), *_promise(rows, answer.requested_on), *_units(rows), *_twin(answer)]
    return own + _others(found)


def _credit(answer: Answer) -> list[Check]:
    word, credit = gettext("Credit"), answer.credit
    if credit is None:
        return []
    if not credit.risk:
        return [Check("done", word, gettext("pays first, none needed") if answer.customer.advance_pct else gettext("none needed"))]
    if credit.waits:
        return [Check("wait", word, gettext("decided after the orders ahead"))]
    limit = say.short_money(credit.limit)
    if credit.left < 0:
        return [Check("late", word, gettext("%(over)s over the limit of %(limit)s") % {"over": say.short_money(-credit.left), "limit": limit})]
    return [Check("done", word, gettext("%(left)s left of %(limit)s") % {"left": say.short_money(credit.left), "limit": limit})]


def _twin(answer: Answer) -> list[Check]:
    if answer.credit is None:
        return []
    if not answer.twin:
        return [Check("done", gettext("Double"), gettext("nothing alike"))]
    return [Check("late", gettext("Double"), gettext("like %(number)s") % {"number": answer.twin})]


def _others(found: Sequence[Any]) -> list[Check]:
    """What else would hold the whole order, in the words that the hold says."""
    asked = [each for each in found if each.code in WORDS]
    told = sentences.render([(KINDS[each.code].sentence, each.facts) for each in asked], voice().language, now=voice().now) if asked else []
    return [Check("late" if each.blocks else "wait", gettext(WORDS[each.code]), text) for each, text in zip(asked, told, strict=True)]


def _price(rows: list[Row], found: Sequence[Any]) -> list[Check]:
    trouble = {each.line_id for each in found if each.code in ("price_differs", "discount_over_limit", "below_margin")}
    if trouble:
        text = ngettext("%(n)s line has to be released", "%(n)s lines have to be released", len(trouble))
        return [Check("wait", gettext("Prices"), text % {"n": len(trouble)})]
    have = sum(1 for row in rows if row.unit_price is not None)
    if have < len(rows):
        return [Check("wait", gettext("Prices"), gettext("%(n)s of %(all)s priced") % {"n": have, "all": len(rows)})]
    return [Check("done", gettext("Prices"), gettext("%(n)s of %(all)s agree") % {"n": have, "all": len(rows)})]


def _stock(rows: list[Row]) -> list[Check]:
    short = [row for row in rows if row.short]
    if not short:
        return [Check("done", gettext("Stock"), gettext("all ready"))]
    return [Check("wait", gettext("Stock"), ngettext("%(n)s line waits for goods", "%(n)s lines wait for goods", len(short)) % {"n": len(short)})]


def _promise(rows: list[Row], requested: date | None) -> list[Check]:
    known = Counter(row.promised_on for row in rows if row.promised_on)
    undated = sum(1 for row in rows if row.undated)
    if not known:
        return [Check("wait", gettext("Promise"), gettext("date follows"))] if undated else []
    first, *later = sorted(known)
    parts = [say.day(first), *(gettext("%(n)s on %(day)s") % {"n": known[day], "day": say.day(day)} for day in later)]
    if undated:
        parts.append(gettext("%(n)s without a date") % {"n": undated})
    late = bool(later or undated) or (requested is not None and first > requested)
    return [Check("wait" if late else "done", gettext("Promise"), ", ".join(parts))]


def _units(rows: list[Row]) -> list[Check]:
    wrong = [str(number) for number, row in enumerate(rows, 1) if row.errors or row.flaws]
    if not wrong:
        return []
    return [Check("late", gettext("Lines"), ngettext("look at line %(n)s", "look at lines %(n)s", len(wrong)) % {"n": ", ".join(wrong)})]


# ---------- what to say on the telephone ----------
def _speech(answer: Answer) -> str:
    """The total in words, and when what arrives."""
    if not answer.totals or not answer.totals.total:
        return ""
    language = voice().language
    total = money.half_up(answer.totals.total, HUNDRED) if answer.totals.total >= 1000 else answer.totals.total
    parts = [gettext("The total is %(total)s.") % {"total": spell(total, language)}]
    by_day: dict[date | None, list[Row]] = {}
    for row in answer.filled:
        if row.promised_on or row.undated:
            by_day.setdefault(row.promised_on, []).append(row)
    days = sorted(by_day, key=lambda day: (day is None, day or date.min))
    if len(days) == 1 and days[0] and all(row.promised_on for row in answer.filled if not row.product or row.product.kind == "goods"):
        parts.append(gettext("Everything arrives on %(day)s.") % {"day": _on(days[0])})
    else:
        parts += [_arrives(by_day[day], day) for day in days]
    if answer.customer.advance_pct:
        parts.append(gettext("It leaves once it is paid.") if answer.customer.advance_pct >= HUNDRED else gettext("It leaves once the down payment is in."))
    return " ".join(parts)


def _arrives(rows: list[Row], day: date | None) -> str:
    names = rows[0].product.name if len(rows) == 1 else ngettext("%(n)s item", "%(n)s items", len(rows)) % {"n": spell(len(rows), voice().language)}
    said = gettext("%(what)s: the date follows.") if day is None else gettext("%(what)s on %(day)s.")
    text = said % {"what": names, "day": day and _on(day)}
    return text[:1].upper() + text[1:]


def _on(day: date) -> str:
    """A day as one says it: Thursday 26 November, this week just Thursday."""
    full = words.long_day(day, language=voice().language).rsplit(" ", 1)[0]
    return full.split(" ", 1)[0] if 0 <= (day - voice().today).days < 7 else full


def marked(name: str, q: str) -> SafeString:
    """A name with what agrees with the typed words made strong."""
    asked = [word.lower() for word in q.split() if len(word) > 1]
    return format_html_join(" ", "{}", ((_mark(word, asked),) for word in name.split(" ")))


def _mark(word: str, asked: list[str]) -> SafeString | str:
    low = word.lower()
    whole = next(((low.index(each), len(each)) for each in asked if each in low), None)
    start, length = whole or (0, max((_common(low, each) for each in asked), default=0))
    if length < 2:
        return word
    return format_html("{}<mark>{}</mark>{}", word[:start], word[start : start + length], word[start + length :])


def _common(a: str, b: str) -> int:
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
