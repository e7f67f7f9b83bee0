"""What stands around an order's lines: amounts, totals, promise, documents, the customer's credit."""

from typing import Any

from django.utils.translation import gettext

from alur.core import words as plain
from alur.reads import order_page, returns, status
from alur.reads.order_page import Page
from alur.web import lists
from alur.web.orders.lines import name
from alur.web.templatetags import words

Fact = tuple[str, Any]


def amounts(page: Page) -> list[tuple[str, Any, str, bool]]:
    """Top right: total, invoiced, paid, and large what is still to be paid."""
    last = page.invoices[-1] if page.invoices else None
    found = [
        (gettext("Total"), page.order.total, "", False),
        (gettext("Invoiced so far"), page.billed, lists.url("invoice", last.number) if last else "", False),
        (gettext("Paid so far"), page.paid, lists.url("payment", page.payments[-1].number) if page.payments else "", False),
    ]
    if not page.owed and any(hold.code == "awaiting_payment" for hold in page.holds):
        return [*found, (gettext("To be paid first"), page.advance - page.paid, "", True)]
    rest = gettext("Still to pay, due %(on)s") % {"on": words.day(page.due_on)} if page.due_on else gettext("Still to pay")
    return [*found, (rest, page.owed, "", True)]


def totals(page: Page) -> list[Fact]:
    """Below the lines; the last is the sum."""
    order = page.order
    found = [(gettext("Before tax"), words.amount(order.net))]
    less = sum(line.header_discount for line in page.lines)
    if less:
        found.insert(0, (gettext("Discount on the whole order, taken off above"), words.amount(-less)))
    for line, tax in order_page.taxes(page):
        rate = words.percent(line.rate)
        label = gettext("VAT %(rate)s × other base %(base)s") if line.base_num != line.base_den else gettext("VAT %(rate)s × %(base)s")
        found.append((label % {"rate": rate, "base": words.amount(tax.base)}, words.amount(tax.tax)))
    if order.rounding:
        found.append((gettext("Rounding"), words.amount(order.rounding)))
    return [*found, (gettext("Total"), words.money(order.total))]


def promise(page: Page) -> dict[str, Any]:
    """What was promised: first and now, by line where it moved, and the days of its deliveries."""
    order = page.order
    open_lines = [line for line in page.lines if line.kind != "comment" and line.delivered < line.ordered - line.cancelled]
    moved = [line for line in open_lines if line.promised_on and line.first_promised_on and line.promised_on > line.first_promised_on]
    later = {line.id for line in open_lines if line.promised_on is None} if order.state == "confirmed" and order.promised_version >= order.version else set()
    address = ", ".join(filter(None, (order.ship_lines, order.ship_city, order.ship_postcode)))
    return {
        "requested": order.requested_on,
        "promised": order.promised_on,
        "deliveries": [each for each in page.deliveries if each.state in ("scheduled", "picked", "dispatched")],
        "moved": [(line.sku or name(line), line.first_promised_on, line.promised_on) for line in moved][:6],
        "n_moved": len(moved),
        "later": [line.sku or name(line) for line in open_lines if line.id in later][:6],
        "method": str(status.word("method", order.method)) if order.method else "",
        "to": order.ship_name if order.ship_name != order.customer else "",
        "address": address,
    }


def documents(page: Page) -> list[dict[str, Any]]:
    """Everything written for this order, with its state."""
    rows = [_document("file", page.order.number, gettext("Sales Order"), lists.url("paper_order", page.order.number), None)]
    rows += [
        _document(
            "receipt", f.number, gettext("Pro forma"), lists.url("paper_pro_forma", f.number), status.chip("pro_forma", "void" if f.voided_at else "valid")
        )
        for f in page.pro_formas
    ]
    rows += [_document("truck", d.number, gettext("Delivery note"), lists.url("delivery", d.number), status.chip("delivery", d.state)) for d in page.deliveries]
    kinds = {"invoice": gettext("Invoice"), "advance": gettext("Advance invoice"), "credit_note": gettext("Credit note")}
    rows += [_document("receipt", v.number, kinds[v.kind], lists.url("invoice", v.number), _stands(v)) for v in page.invoices]
    back = returns.of_order(page.order.id)
    rows += [_document("return", r.number, gettext("Return"), lists.url("return", r.number), status.chip("return", r.state)) for r in back]
    for p in page.payments:
        code = "matched" if not p.open else "part" if p.open < p.amount else "open"
        rows.append(_document("wallet", p.number, gettext("Payment"), lists.url("payment", p.number), status.chip("payment", code)))
    return rows


def _stands(invoice: Any) -> status.Chip | None:
    return None if invoice.kind == "credit_note" else status.chip("invoice", invoice_code(invoice))


def invoice_code(invoice: Any) -> str:
    """Whether an invoice is open, late, paid in part, or paid."""
    from alur.web.voice import voice

    if not invoice.open:
        return "paid"
    if invoice.due_on and invoice.due_on < voice().today:
        return "overdue"
    return "part" if invoice.paid else "open"


def credit(page: Page) -> dict[str, Any]:
    """How much of the payer's limit is used, as verify counts it."""
    row, limit = page.customer, page.order.credit_limit
    used = row.owed + row.granted - row.free
    return {
        "used": used,
        "limit": limit,
        "over": limit is not None and used > limit,
        "said": gettext("Credit used %(used)s of %(limit)s") % {"used": words.money(used), "limit": words.money(limit) if limit is not None else plain.NOTHING},
        "bar": (str(max(round(used), 0)), str(round(limit))) if limit else None,
        "overdue": row.overdue,
        "orders": row.orders,
        "amount": row.amount,
        "payer": page.order.payer if page.order.payer_id != page.order.customer_id else "",
    }


def _document(icon: str, number: str, word: str, url: str, chip: status.Chip | None) -> dict[str, Any]:
    return {"icon": icon, "number": number, "word": word, "url": url, "chip": chip}
