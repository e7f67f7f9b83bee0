"""The process, as one table that can be printed: `alur flow`. Its order is the process, the folders beside it are its chapters.

Buttons, pages, endpoints, commands, permissions, docs/flow.md and the generated tests are made from MAP. A step: what it takes, what it
gives, the event it writes, who may do it by hand (admin may do everything), whether the worker does it by itself.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from alur import log
from alur.core import sql
from alur.core.step import Outcome, Step
from alur.flow import holds
from alur.flow.capture import cancel, receive
from alur.flow.confirm import promise, refill, reserve
from alur.flow.check import change_customer, change_price, hold, price, release, verify
from alur.flow.deliver import complete, dispatch, fail, pick, schedule
from alur.flow.invoice import advance, issue, prepare
from alur.flow.pay import match
from alur.flow.pay import receive as receive_money
from alur.flow.settle import close, write_off
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


MAP: tuple[Step, ...] = (
    # capture
    Step("capture.receive", receive.receive, "draft", "received", "order.received", ("desk",), noun="draft", p=1, refusals=receive.REFUSALS, on_broken=on_broken),
    Step("capture.cancel", cancel.cancel, "received, verified, confirmed", "cancelled", "order.cancelled", ("desk", "manager"), p=1, refusals=cancel.REFUSALS,
         needs=("reason",), on_broken=on_broken),
    # check
    Step("check.price", price.price, "received", "priced", "order.priced", ("desk", "verifier"), auto=True, p=3, refusals=price.REFUSALS, waiting=price.WAITING,
         on_broken=on_broken),
    Step("check.verify", verify.verify, "received", "verified", "order.verified", ("verifier",), auto=True, p=3, refusals=verify.REFUSALS,
         waiting=verify.WAITING, on_broken=on_broken),
    Step("check.hold", hold.hold, "received, verified, confirmed", "held", "order.held", ("desk", "verifier", "finance", "manager"), p=3,
         refusals=hold.REFUSALS, needs=("reason",), on_broken=on_broken),
    Step("check.release", release.release, "held", "released", "order.released", ("desk", "verifier", "finance", "manager"), p=3, refusals=release.REFUSALS,
         needs=("code", "reason"), on_broken=on_broken),
    Step("check.change_customer", change_customer.change_customer, "customer", "changed", "customer.changed", ("finance", "manager"), noun="customer", p=3,
         refusals=change_customer.REFUSALS, needs=("version", "fields"), on_broken=on_broken),
    Step("check.change_price", change_price.change_price, "price", "changed", "price.changed", ("finance", "manager"), noun="price", p=3,
         refusals=change_price.REFUSALS, needs=("version", "price"), on_broken=on_broken),
    # confirm
    Step(
        "confirm.reserve", reserve.reserve, "verified", "confirmed", "order.confirmed", ("warehouse", "manager"), auto=True, p=5,
        refusals=reserve.REFUSALS, waiting=reserve.WAITING, on_broken=on_broken,
    ),  # fmt: skip
    Step(
        "confirm.refill", refill.refill, "confirmed", "confirmed", "order.refilled", ("warehouse", "manager"), auto=True, p=5,
        refusals=refill.REFUSALS, waiting=refill.WAITING, on_broken=on_broken,
    ),  # fmt: skip
    Step(
        "confirm.promise", promise.promise, "confirmed", "promised", "order.promised", ("desk", "warehouse"), auto=True, p=5,
        refusals=promise.REFUSALS, waiting=promise.WAITING, on_broken=on_broken,
    ),  # fmt: skip
    # supply
    Step("supply.order", supply_order.order, "draft", "open", "supply.ordered", ("warehouse", "manager"), noun="draft", p=5, refusals=supply_order.REFUSALS,
         on_broken=on_broken),
    Step("supply.receive", supply_receive.receive, "open", "received", "supply.received", ("warehouse", "manager"), noun="supply_line", p=5,
         refusals=supply_receive.REFUSALS, needs=("quantity", "unit_cost"), on_broken=on_broken),
    # invoice, before
    Step("invoice.prepare", prepare.prepare, "confirmed", "prepared", "invoice.prepared", ("desk", "finance"), auto=True, p=6, refusals=prepare.REFUSALS,
         waiting=prepare.WAITING, on_broken=on_broken),
    Step("invoice.advance", advance.advance, "confirmed", "paid ahead", "invoice.advance_issued", ("finance",), auto=True, p=6, refusals=advance.REFUSALS,
         waiting=advance.WAITING, on_broken=on_broken),
    # deliver
    Step("deliver.schedule", schedule.schedule, "confirmed", "scheduled", "order.scheduled", ("dispatcher",), auto=True, p=7, refusals=schedule.REFUSALS,
         waiting=schedule.WAITING, on_broken=on_broken),
    Step("deliver.pick", pick.pick, "scheduled", "picked", "delivery.picked", ("warehouse",), noun="delivery", p=8, refusals=pick.REFUSALS,
         waiting=pick.WAITING, on_broken=on_broken),
    Step("deliver.dispatch", dispatch.dispatch, "picked", "dispatched", "delivery.dispatched", ("dispatcher", "warehouse"), noun="delivery", p=8,
         refusals=dispatch.REFUSALS, waiting=dispatch.WAITING, on_broken=on_broken),
    Step("deliver.complete", complete.complete, "dispatched", "delivered", "delivery.completed", ("driver", "dispatcher"), noun="delivery", p=8,
         refusals=complete.REFUSALS, waiting=complete.WAITING, on_broken=on_broken),
    Step("deliver.fail", fail.fail, "dispatched", "failed", "delivery.failed", ("driver", "dispatcher"), noun="delivery", p=8, refusals=fail.REFUSALS,
         needs=("reason",), on_broken=on_broken),
    # invoice, after
    Step("invoice.issue", issue.issue, "delivered", "invoiced", "invoice.issued", ("finance",), auto=True, p=9, refusals=issue.REFUSALS,
         waiting=issue.WAITING, on_broken=on_broken),
    # pay
    Step("pay.receive", receive_money.receive, "draft", "open money", "payment.received", ("finance",), noun="draft", p=10, refusals=receive_money.REFUSALS,
         on_broken=on_broken),
    Step("pay.match", match.match, "open money", "matched", "payment.matched", ("finance",), noun="payer", auto=True, p=10, refusals=match.REFUSALS,
         waiting=match.WAITING, on_broken=on_broken),
    # settle
    Step("settle.write_off", write_off.write_off, "small difference", "settled", "item.written_off", ("finance",), noun="item", auto=True, p=11,
         refusals=write_off.REFUSALS, waiting=write_off.WAITING, on_broken=on_broken),
    Step("settle.close", close.close, "fulfilled", "closed", "order.closed", ("finance",), auto=True, p=11, refusals=close.REFUSALS,
         waiting=close.WAITING, on_broken=on_broken),
)

by_name = {step.name: step for step in MAP}
automatic = tuple(step for step in MAP if step.auto)


def may(step: Step, roles: Iterable[str]) -> bool:
    """Whether somebody with these roles may press this step."""
    return bool({"admin", *step.roles} & set(roles))
