"""The process, as one table that can be printed: `alur flow`. Its order is the process, the folders beside it are its chapters.

Buttons, pages, endpoints, commands, permissions, docs/flow.md and the generated tests are made from MAP. A step: what it takes, what it
gives, the event it writes, who may do it by hand (admin may do everything), whether the worker does it by itself.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, LiteralString

from alur import log
from alur.books import lock_period, reopen_period
from alur.core import sql
from alur.core.step import Outcome, Step
from alur.flow import holds
from alur.flow.capture import amend, cancel, receive
from alur.flow.check import change_customer, change_price, change_product, hold, price, release, verify
from alur.flow.confirm import expire, promise, refill, reserve
from alur.flow.deliver import accept, agree, complete, dispatch, fail, move, pick, propose, schedule
from alur.flow.deliver import cancel as call_off
from alur.flow.invoice import advance, claim, credit, credit_advance, hand_over, issue, prepare
from alur.flow.pay import bounce, clear, match, refund, remind, unmatch
from alur.flow.pay import receive as receive_money
from alur.flow.returns import close as close_return
from alur.flow.returns import permit, take_back
from alur.flow.settle import close, write_off
from alur.supply import cancel as supply_cancel
from alur.supply import count, make, set_limit, transfer
from alur.supply import order as supply_order
from alur.supply import receive as supply_receive

BROKEN = """
INSERT INTO broken (step, subject_id, "constraint", at) VALUES (%(step)s, %(id)s, %(constraint)s, %(at)s)
ON CONFLICT (step, subject_id) DO UPDATE SET "constraint" = excluded."constraint", at = excluded.at
"""
MENDED = "DELETE FROM broken WHERE step = %(step)s AND subject_id = ANY(%(ids)s::bigint[])"
REFUSALS = {
    "wrong_state": "It is {state} now, so this step does not apply. Reload the page to see where it stands.",
    "not_found": "It is not here any more. Reload the page.",
    "unexpected": "Something unforeseen stopped this ({constraint}); nothing was changed. Ask an administrator to look at it.",
}


def on_broken(step: Step, item: Any, constraint: str, at: datetime) -> Outcome:
    """No judge foresaw why this failed: set it apart so that its neighbours move on, and hold it if it is an order."""
    outcome = Outcome()
    if step.noun == "draft":
        outcome.refuse(getattr(item, "key", 0), "unexpected", constraint=constraint)
        return outcome
    subject = int(item)
    sql.run(BROKEN, step=step.name, id=subject, constraint=constraint, at=at)
    outcome.refuse(subject, "unexpected", constraint=constraint)
    if step.noun == "order":
        facts = {"step": step.name, "constraint": constraint}
        holds.open_all([holds.Opening(subject, "unexpected", "admin", facts)], by="system", at=at)
        log.write([log.Record("order.held", subject, subject, data={"code": "unexpected", **facts})], by="system", at=at)
    return outcome


def mend(step: Step, ids: Iterable[int]) -> None:
    """A person presses again: the step may look at these once more."""
    sql.run(MENDED, step=step.name, ids=list(ids))


def _step(
    module: Any, takes: str, gives: str, event: str, roles: tuple[str, ...], *, p: int, auto: bool = False, noun: str = "order", needs: tuple[str, ...] = ()
) -> Step:
    """A row of the table: check/verify.py is check.verify, its one public function is `verify`, its sentences and its worklist stand in it."""
    stage, verb = module.__name__.rsplit(".", 2)[1:]
    waiting: LiteralString = getattr(module, "WAITING", "")
    return Step(f"{stage}.{verb}", getattr(module, verb), takes, gives, event, roles, auto, noun, p, module.REFUSALS, waiting, needs, on_broken)


MAP: tuple[Step, ...] = (  # module, takes, gives, event, who by hand
    # capture
    _step(receive, "draft", "received", "order.received", ("desk",), noun="draft", p=1),
    _step(amend, "received, verified, confirmed, fulfilled", "amended", "order.amended", ("desk", "manager"), p=1, needs=("version", "lines", "fields")),
    _step(cancel, "received, verified, confirmed", "cancelled", "order.cancelled", ("desk", "manager"), p=1, needs=("reason",)),
    # check
    _step(price, "received", "priced", "order.priced", ("desk", "verifier"), auto=True, p=3),
    _step(verify, "received", "verified", "order.verified", ("verifier",), auto=True, p=3),
    _step(hold, "received, verified, confirmed", "held", "order.held", ("desk", "verifier", "finance", "manager"), p=3, needs=("reason",)),
    _step(release, "held", "released", "order.released", ("desk", "verifier", "finance", "manager"), p=3, needs=("code", "reason")),
    _step(change_customer, "customer", "changed", "customer.changed", ("finance", "manager"), noun="customer", p=3, needs=("version", "fields")),
    _step(change_price, "price", "changed", "price.changed", ("finance", "manager"), noun="price", p=3, needs=("version", "price")),
    _step(change_product, "product", "changed", "product.changed", ("warehouse", "manager"), noun="product", p=3, needs=("version", "fields")),
    # confirm
    _step(reserve, "verified", "confirmed", "order.confirmed", ("warehouse", "manager"), auto=True, p=5),
    _step(refill, "confirmed", "confirmed", "order.refilled", ("warehouse", "manager"), auto=True, p=5),
    _step(promise, "confirmed", "promised", "order.promised", ("desk", "warehouse"), auto=True, p=5),
    _step(expire, "confirmed", "waiting", "order.expired", ("finance", "manager"), auto=True, p=5),
    # supply
    _step(make, "confirmed", "being made", "order.making", ("warehouse", "manager"), p=5),
    _step(supply_order, "draft", "open", "supply.ordered", ("warehouse", "manager"), noun="draft", p=5),
    _step(transfer, "open", "sent", "supply.sent", ("warehouse", "manager"), noun="supply_line", p=5, needs=("quantity",)),
    _step(supply_receive, "open", "received", "supply.received", ("warehouse", "manager"), noun="supply_line", p=5, needs=("quantity", "unit_cost")),
    _step(supply_cancel, "open", "cancelled", "supply.cancelled", ("warehouse", "manager"), noun="supply_line", p=5),
    _step(count, "draft", "counted", "stock.counted", ("warehouse", "manager"), noun="draft", p=5),
    _step(set_limit, "department", "limited", "department.limited", ("dispatcher", "manager"), noun="department", p=5, needs=("days",)),
    # invoice, before
    _step(prepare, "confirmed", "prepared", "invoice.prepared", ("desk", "finance"), auto=True, p=6),
    _step(advance, "confirmed", "paid ahead", "invoice.advance_issued", ("finance",), auto=True, p=6),
    # deliver
    _step(schedule, "confirmed", "scheduled", "order.scheduled", ("dispatcher",), auto=True, p=7),
    _step(pick, "scheduled", "picked", "delivery.picked", ("warehouse",), noun="delivery", p=8),
    _step(dispatch, "picked", "dispatched", "delivery.dispatched", ("dispatcher", "warehouse"), noun="delivery", p=8),
    _step(complete, "dispatched; a visit: scheduled", "delivered", "delivery.completed", ("driver", "technician", "dispatcher"), noun="delivery", p=8),
    _step(fail, "dispatched; a visit: scheduled", "failed", "delivery.failed", ("driver", "technician", "dispatcher"), noun="delivery", p=8, needs=("reason",)),
    _step(move, "scheduled", "moved", "delivery.moved", ("dispatcher",), noun="delivery", p=7, needs=("day",)),
    _step(accept, "scheduled visit", "accepted", "delivery.accepted", ("technician", "dispatcher"), noun="delivery", p=7),
    _step(propose, "scheduled visit", "another day proposed", "delivery.proposed", ("technician", "dispatcher"), noun="delivery", p=7, needs=("day",)),
    _step(agree, "another day proposed", "moved", "order.agreed", ("desk", "dispatcher"), p=7),
    _step(call_off, "scheduled, picked", "cancelled", "delivery.called_off", ("dispatcher",), noun="delivery", p=8),
    # invoice, after
    _step(issue, "delivered", "invoiced", "invoice.issued", ("finance",), auto=True, p=9),
    _step(hand_over, "invoice", "handed over", "invoice.handed_over", ("finance",), noun="invoice", p=9, needs=("on", "brought_by")),
    # pay
    _step(receive_money, "draft", "open money", "payment.received", ("finance",), noun="draft", p=10),
    _step(match, "open money", "matched", "payment.matched", ("finance",), noun="payer", auto=True, p=10),
    _step(clear, "giro in hand", "on the account", "payment.cleared", ("finance",), noun="payment", p=10),
    _step(bounce, "giro in hand", "void", "payment.bounced", ("finance",), noun="payment", p=10),
    _step(unmatch, "matched", "open money", "payment.unmatched", ("finance",), noun="allocation", p=10),
    _step(remind, "overdue", "reminded", "item.reminded", ("finance",), noun="item", auto=True, p=10),
    # goods and money back
    _step(permit, "delivered", "permitted", "return.permitted", ("desk", "warehouse"), p=10, needs=("lines", "reason")),
    _step(take_back, "permitted", "received", "return.received", ("warehouse",), noun="return", p=10),
    _step(close_return, "permitted", "closed", "return.closed", ("desk", "warehouse"), noun="return", p=10),
    _step(credit, "received", "credited", "invoice.credited", ("finance",), noun="return", auto=True, p=9),
    _step(claim, "invoiced", "credited", "invoice.credited", ("finance",), noun="invoice", p=9, needs=("lines", "reason")),
    _step(credit_advance, "paid ahead", "credited", "invoice.advance_credited", ("finance",), auto=True, p=9),
    _step(refund, "open money", "paid back", "payment.refunded", ("finance",), noun="payer", p=10, needs=("amount",)),
    # settle
    _step(write_off, "small difference", "settled", "item.written_off", ("finance",), noun="item", auto=True, p=11),
    _step(close, "fulfilled", "closed", "order.closed", ("finance",), auto=True, p=11),
    # books
    _step(lock_period, "open", "closed", "period.closed", ("finance", "manager"), noun="period", p=11),
    _step(reopen_period, "closed", "open", "period.reopened", ("manager",), noun="period", p=11, needs=("reason",)),
)

by_name = {step.name: step for step in MAP}
automatic = tuple(step for step in MAP if step.auto)


def may(step: Step, roles: Iterable[str]) -> bool:
    """Whether somebody with these roles may press this step."""
    return bool({"admin", *step.roles} & set(roles))
