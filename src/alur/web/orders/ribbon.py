"""The order's way through the eight stages, with the facts of each: stops for parts/ribbon.html."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from alur.reads import status
from alur.reads.order_page import Page
from alur.web.shell import STAGES
from alur.web.templatetags import words

ICON = {"done": "check", "now": "dot", "held": "pause", "late": "alert"}
Stop = dict[str, Any]


def stops(page: Page, stands: status.Status, who: dict[str, str]) -> list[Stop]:
    """Eight stops; `who` names the actors of the page's events."""
    done, marks = _done(page), _marks(page, stands)
    made = (_capture, _check, _confirm, _deliver, _invoice, _pay, _returns, _settle)
    found = []
    for stage, facts in zip(STAGES, made, strict=True):
        kind, loud = ("done", "") if stage in done else marks.get(stage, ("", ""))
        stop: Stop = {
            "word": gettext(STAGES[stage]),
            "kind": kind,
            "loud": loud,
            "part": False,
            "lines": [],
            "here": kind in ("now", "held", "late"),
            **facts(page, who),
        }
        stop["lines"] = stop["lines"][: 1 if loud else 2]
        stop["icon"] = ICON.get(kind, "")
        stop["part"] = stop["part"] and kind in ("", "now")
        found.append(stop)
    return found


def _marks(page: Page, stands: status.Status) -> dict[str, tuple[str, str]]:
    """The stages it is at, with the word of what stops it there; goods that are missing or unpaid stop it at confirm, whatever is on the road."""
    if page.order.state in ("closed", "cancelled"):
        return {}
    at, main = list(STAGES)[stands.at - 1], stands.chips[0]
    if main.code in ("held", "short", "awaiting_payment") and at == "deliver":
        return {"confirm": ("held", main.word), "deliver": ("now", "")}
    return {at: (stands.mark or "now", main.word if stands.mark else "")}


def _done(page: Page) -> set[str]:
    """The stages that are behind this order."""
    order, lines = page.order, [line for line in page.lines if line.kind != "comment"]
    if order.state == "cancelled":
        return {"capture"}
    past = {"capture"} if order.state != "received" or order.priced_version >= order.version else set()
    if order.state != "received":
        past |= {"check"}
    settled = all(line.reserved == line.ordered - line.cancelled for line in lines) and not page.holds
    if order.state in ("fulfilled", "closed") or (order.state == "confirmed" and settled):
        past |= {"confirm"}
    if order.state in ("fulfilled", "closed"):
        past |= {"deliver"}
        if all(line.delivered - line.returned == line.invoiced - line.credited for line in lines):
            past |= {"invoice"} | ({"pay"} if not page.owed else set())
    return past | ({"returns", "settle"} if order.state == "closed" else set())


def _event(page: Page, *kinds: str) -> Any:
    return next((event for event in page.events if event.kind in kinds), None)


def _told(event: Any, who: dict[str, str]) -> list[str]:
    return [words.instant(event.at), who.get(event.actor, "")] if event else []


def _capture(page: Page, who: dict[str, str]) -> Stop:
    event = _event(page, "order.received")
    said = [str(status.word("channel", page.order.channel)), who.get(event.actor, "") if event else ""]
    return {"lines": [words.instant(page.order.received_at), ", ".join(filter(None, said))]}


def _check(page: Page, who: dict[str, str]) -> Stop:
    return {"lines": _told(_event(page, "order.verified"), who) if page.order.state != "received" else []}


def _confirm(page: Page, who: dict[str, str]) -> Stop:
    short = [line for line in page.lines if line.short]
    if short:
        n = sum(line.short for line in short)
        return {"lines": [gettext("%(n)s wait") % {"n": words.qty(n)}, *_age(short, page)], "part": any(line.reserved for line in page.lines)}
    return {"lines": _told(_event(page, "order.confirmed"), who)}


def _age(short: list[Any], _page: Page) -> list[str]:
    on = min((line.expected_on for line in short if line.expected_on), default=None)
    return [gettext("expected %(on)s") % {"on": words.day(on)}] if on else []


def _deliver(page: Page, _who: dict[str, str]) -> Stop:
    live = [d for d in page.deliveries if d.state not in ("cancelled", "failed")]
    if not live:
        promised = page.order.promised_on
        return {"lines": [gettext("promised %(on)s") % {"on": words.day(promised)}] if promised else []}
    came = sum(d.state == "delivered" for d in live)
    after = [d.scheduled_on for d in live if d.state != "delivered"]
    lines = [gettext("%(came)s of %(all)s arrived") % {"came": came, "all": len(live)}]
    lines += [gettext("next %(on)s") % {"on": words.day(min(after))}] if after else [_latest(live)]
    return {"lines": lines, "part": True}


def _latest(deliveries: list[Any]) -> str:
    ended: list[datetime] = [d.ended_at for d in deliveries if d.ended_at]
    return words.instant(max(ended)) if ended else ""


def _invoice(page: Page, _who: dict[str, str]) -> Stop:
    issued = [v for v in page.invoices if v.kind != "credit_note"]
    if not issued:
        return {"lines": [gettext("pro forma %(number)s") % {"number": page.pro_formas[-1].number}] if page.pro_formas else []}
    n = gettext("%(n)s issued") % {"n": len(issued)}
    return {"lines": [n, words.money(page.billed)], "part": True}


def _pay(page: Page, _who: dict[str, str]) -> Stop:
    lines = [words.money(page.paid)] if page.paid else []
    if page.owed:
        lines.append(gettext("rest due %(on)s") % {"on": words.day(page.due_on)})
    return {"lines": lines, "part": bool(page.paid)}


def _returns(page: Page, _who: dict[str, str]) -> Stop:
    came = sum(line.returned for line in page.lines)
    return {"lines": [gettext("%(n)s came back") % {"n": words.qty(came)} if came else gettext("none")], "part": bool(came)}


def _settle(page: Page, who: dict[str, str]) -> Stop:
    return {"lines": _told(_event(page, "order.closed"), who)}
