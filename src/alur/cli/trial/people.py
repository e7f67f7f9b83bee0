"""The people of a trial company, played on its clock: verifier, buyer, warehouse, drivers, payers. They press the same steps as anybody.

What somebody does with a thing depends on the seed and the thing alone, never on when the simulation happens to look, so the same seed
makes the same company.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from alur.core import clock, company, money, sql, step
from alur.flow import map as flow
from alur.flow.capture.cancel import Cancel
from alur.flow.check.release import Release
from alur.flow.deliver.ending import Done, Ends
from alur.flow.deliver.propose import Proposal
from alur.flow.deliver.short import Picked, Short
from alur.flow.pay.receive import Receipt as Money
from alur.flow.pay.refund import Refund
from alur.supply.count import PICKED, Count
from alur.supply.order import Line as SupplyLine
from alur.supply.order import SupplyDraft
from alur.supply.receive import Receipt

HOLDS = """
SELECT h.id, h.order_id, h.code, h.opened_at FROM hold h JOIN sales_order o ON o.id = h.order_id
 WHERE h.resolved_at IS NULL AND h.code NOT IN ('awaiting_payment', 'date_proposed') ORDER BY h.id
"""
UNPAID = """
SELECT o.id, o.number, o.payer_id, o.total, o.advance_pct, o.currency, h.opened_at
  FROM hold h JOIN sales_order o ON o.id = h.order_id
 WHERE h.resolved_at IS NULL AND h.code = 'awaiting_payment' AND NOT EXISTS (SELECT FROM payment p WHERE p.order_id = o.id) ORDER BY o.id
"""
SHORT = """
SELECT b.product_id, b.warehouse_id, sum(b.open) AS short, max(p.lead_days) AS lead_days, max(s.unit_cost) AS cost
  FROM backorder b JOIN product p ON p.id = b.product_id LEFT JOIN stock s ON s.product_id = b.product_id AND s.warehouse_id = b.warehouse_id
 WHERE NOT EXISTS (SELECT FROM supply_line l JOIN supply_order o ON o.id = l.supply_order_id
                    WHERE l.state = 'open' AND l.product_id = b.product_id AND o.warehouse_id = b.warehouse_id)
 GROUP BY b.product_id, b.warehouse_id ORDER BY b.product_id
"""
EXPECTED = """
SELECT l.id, l.supply_order_id, l.quantity - l.received AS quantity, l.unit_cost, l.expected_on FROM supply_line l
 WHERE l.state = 'open' AND l.expected_on <= %(today)s ORDER BY l.id
"""
SUPPLIER = "SELECT min(id) FROM supplier"
TO_PICK = "SELECT id FROM delivery WHERE state = 'scheduled' AND scheduled_on <= %(today)s AND warehouse_id IS NOT NULL ORDER BY id"
TO_VISIT = """
SELECT d.id, d.scheduled_on, d.accepted_at, EXISTS (SELECT FROM hold h WHERE h.resolved_at IS NULL AND h.code = 'date_proposed'
                                                       AND (h.facts ->> 'delivery_id')::bigint = d.id) AS proposed
  FROM delivery d WHERE d.state = 'scheduled' AND d.warehouse_id IS NULL ORDER BY d.id
"""
PROPOSED = """
SELECT order_id FROM hold WHERE resolved_at IS NULL AND code = 'date_proposed' AND opened_at < %(at)s::timestamptz - interval '20 hours' ORDER BY id
"""
TO_DISPATCH = "SELECT id FROM delivery WHERE state = 'picked' ORDER BY id"
ON_THE_ROAD = "SELECT id, method, dispatched_at FROM delivery WHERE state = 'dispatched' ORDER BY id"
LOADED = """
SELECT x.id, x.delivery_id, x.picked, x.quantity FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id
 WHERE x.delivery_id = ANY(%(ids)s::bigint[]) AND l.kind = 'goods' ORDER BY x.id
"""
DUE = """
SELECT t.payer_id, i.number, t.open, t.due_on, i.issued_on FROM open_item t JOIN invoice i ON i.id = t.invoice_id
 WHERE t.open > 0 AND NOT EXISTS (SELECT FROM open_receipt r WHERE r.payer_id = t.payer_id AND r.order_id IS NULL AND r.payment_id IS NOT NULL)
 ORDER BY t.payer_id, t.due_on, t.id
"""
PERMITTED = """SELECT id, permitted_at FROM "return" WHERE state = 'permitted' ORDER BY id"""
CREDIT = """
SELECT DISTINCT ON (payer_id) payer_id, id, open, received_on FROM open_receipt WHERE credit_note_id IS NOT NULL ORDER BY payer_id, received_on, id
"""
SHELVES = """
SELECT s.warehouse_id, s.product_id, s.on_hand FROM stock s JOIN warehouse w ON w.id = s.warehouse_id AND w.kind = 'own'
 WHERE s.lot = 0 AND s.on_hand > 5 ORDER BY s.warehouse_id, s.product_id
"""


@dataclass
class People:
    """Everybody, with the seed of their habits; `pressed` counts what they did."""

    seed: int = 1
    pressed: Counter[str] = field(default_factory=Counter)

    def luck(self, what: str, subject: int) -> float:
        """A number in [0, 1) that belongs to this thing; what is asked about the same thing is independent (a CRC's answers would not be)."""
        return int.from_bytes(hashlib.blake2b(f"{self.seed}:{what}:{subject}".encode(), digest_size=4).digest()) / 2**32

    def press(self, name: str, items: Any, *, by: str, at: datetime) -> step.Outcome:
        """Press a step of the map, if there is anything to press it for."""
        if not items:
            return step.Outcome()
        outcome = step.run(flow.by_name[name], items, by=by, at=at)
        self.pressed[name] += len(outcome.moved)
        return outcome

    def act(self, at: datetime) -> int:
        """Everybody looks at their work once; how much they moved."""
        before = self.pressed.total()
        today = clock.day(at)
        for work in (
            self.verifier, self.buyer, self.goods_in, self.counters, self.warehouse, self.drivers, self.technicians, self.taker_back, self.cashier,
            self.prepayers, self.payers,
        ):  # fmt: skip
            work(at, today)
        return self.pressed.total() - before

    def verifier(self, at: datetime, _today: date) -> None:
        """Looks at each hold after some hours: approves most, gives up some."""
        release, cancel = {}, {}
        for hold in sql.rows(HOLDS):
            if at - hold.opened_at < timedelta(hours=2 + 20 * self.luck("look", hold.id)):
                continue
            if hold.code in ("customer_blocked", "discontinued", "line_incomplete") or self.luck(hold.code, hold.id) < 0.15:
                if at - hold.opened_at > timedelta(days=3):
                    cancel[hold.order_id] = Cancel(reason="customer")
            else:
                release[hold.order_id] = Release(reason="diperiksa dan disetujui")
        self.press("check.release", {i: each for i, each in release.items() if i not in cancel}, by="system", at=at)
        self.press("capture.cancel", cancel, by="desk", at=at)

    def buyer(self, at: datetime, today: date) -> None:
        """Buys what orders wait for and a quarter more, one order a warehouse and day."""
        lines: dict[int, list[SupplyLine]] = defaultdict(list)
        for row in sql.rows(SHORT):
            days = max(1, row.lead_days) + int(3 * self.luck("supplier", row.product_id))
            quantity = (row.short * Decimal("1.25")).to_integral_value(rounding="ROUND_CEILING")
            lines[row.warehouse_id].append(SupplyLine(row.product_id, quantity, row.cost or Decimal(1), today + timedelta(days=days)))
        supplier = sql.one(SUPPLIER)
        drafts = [SupplyDraft(key=w, source_id=supplier, warehouse_id=w, lines=tuple(found)) for w, found in lines.items()]
        self.press("supply.order", drafts, by="manager", at=at)

    def goods_in(self, at: datetime, today: date) -> None:
        """Receives what has come."""
        self.press("supply.receive", {r.id: Receipt(r.quantity, r.unit_cost) for r in sql.rows(EXPECTED, today=today)}, by="warehouse", at=at)

    def counters(self, at: datetime, today: date) -> None:
        """Count a shelf in fifty on Saturday afternoons; every fifth of them is one off, mostly one too few."""
        if today.weekday() != SATURDAY or at.astimezone(ZoneInfo(company.current().time_zone)).hour < HOURS[-1]:
            return
        week = f"week {today:%G-%V}"
        shelves = [row for row in sql.rows(SHELVES) if self.luck(week, row.product_id) < 0.02]
        ready = {(row.warehouse_id, row.product_id): row.picked for row in sql.rows(PICKED, products=[row.product_id for row in shelves])}
        drafts = []
        for key, row in enumerate(shelves):
            lies, luck = row.on_hand - ready.get((row.warehouse_id, row.product_id), 0), self.luck(f"off, {week}", row.product_id)
            seen = max(Decimal(0), lies - 1) if luck < 0.14 else lies + 1 if luck < 0.2 else lies
            drafts.append(Count(key, row.warehouse_id, row.product_id, seen, expected=lies))
        self.press("supply.count", drafts, by="warehouse", at=at)

    def warehouse(self, at: datetime, today: date) -> None:
        """Picks what leaves today and loads it; of one delivery in eighty a unit is not there: it waits for the next, or is given up."""
        ids = sql.ids(TO_PICK, today=today)
        short = self._not_found([i for i in ids if self.luck("pick", i) < 1 / 80])
        self.press("deliver.pick", short, by="warehouse", at=at)
        self.press("deliver.pick", [i for i in ids if i not in short], by="warehouse", at=at)
        self.press("deliver.dispatch", sql.ids(TO_DISPATCH), by="dispatcher", at=at)

    def drivers(self, at: datetime, _today: date) -> None:
        """Own vans come back the same day, couriers take one to four; some find nobody, some lose or bring back a little."""
        arrived = [d.id for d in sql.rows(ON_THE_ROAD) if at - d.dispatched_at >= self._ride(d.id, d.method)]
        failed = [i for i in arrived if self.luck("drive", i) < 0.02]
        partly = [i for i in arrived if 0.02 <= self.luck("drive", i) < 0.035]
        self.press("deliver.fail", dict.fromkeys(failed, Done(reason="closed")), by="driver", at=at)
        self.press("deliver.complete", self._short(partly), by="driver", at=at)
        self.press("deliver.complete", [i for i in arrived if i not in {*failed, *partly}], by="driver", at=at)

    def technicians(self, at: datetime, today: date) -> None:
        """Accept what is booked or propose a day a week later; in the afternoon they report, a few find the shop closed. The desk agrees the next day."""
        visits = [visit for visit in sql.rows(TO_VISIT) if not visit.proposed]
        busy = {v.id: Proposal(v.scheduled_on + timedelta(days=7)) for v in visits if not v.accepted_at and self.luck("busy", v.id) < 0.04}
        self.press("deliver.propose", busy, by="technician", at=at)
        self.press("deliver.accept", [v.id for v in visits if not v.accepted_at and v.id not in busy], by="technician", at=at)
        self.press("deliver.agree", sql.ids(PROPOSED, at=at), by="desk", at=at)
        hour = at.astimezone(ZoneInfo(company.current().time_zone)).hour
        over = [v.id for v in visits if v.id not in busy and (v.scheduled_on < today or (v.scheduled_on == today and hour >= 14))]
        failed = [i for i in over if self.luck("visit", i) < 0.03]
        self.press("deliver.fail", dict.fromkeys(failed, Done(reason="nobody_home")), by="technician", at=at)
        done = {i: Done(receiver="Penanggung jawab", hours=Decimal(2 + int(4 * self.luck("hours", i))) / 2) for i in over if i not in failed}
        self.press("deliver.complete", done, by="technician", at=at)

    def cannot_come(self, at: datetime) -> None:
        """The crew proposes another day for the next visit but one: something for the desk to settle."""
        for visit in sql.rows(TO_VISIT)[1:2]:
            self.press("deliver.propose", {visit.id: Proposal(visit.scheduled_on + timedelta(days=7), "alat sedang dipakai")}, by="technician", at=at)

    def _ride(self, delivery: int, method: str) -> timedelta:
        if method == "courier":
            return timedelta(hours=10 + 34 * self.luck("ride", delivery))
        return timedelta(hours=1 + 5 * self.luck("ride", delivery))

    def _short(self, deliveries: list[int]) -> dict[int, Done]:
        """One unit of the first line comes back: again, refused or lost."""
        if not deliveries:
            return {}
        lines: dict[int, list[Any]] = defaultdict(list)
        for row in sql.rows(LOADED, ids=deliveries):
            lines[row.delivery_id].append(row)
        found = {}
        for delivery, loaded in lines.items():
            first, one, kind = max(loaded, key=lambda row: row.picked), Decimal(1), self.luck("short", delivery)
            if first.picked == one:
                found[delivery] = Done()
                continue
            if kind < 0.5:
                ended = Ends(first.picked - one, again=one, reason="nobody_home")
            elif kind < 0.8:
                ended = Ends(first.picked - one, refused=one, reason="refused")
            else:
                ended = Ends(first.picked - one, lost=one, reason="lost")
            found[delivery] = Done(lines={first.id: ended})
        return found

    def _not_found(self, deliveries: list[int]) -> dict[int, Picked]:
        """One unit of the largest line is not found or is broken."""
        found = {}
        for row in sorted(sql.rows(LOADED, ids=deliveries), key=lambda row: row.quantity):
            choice = "backorder" if self.luck("rest", row.delivery_id) < 0.7 else "cancel"
            reason = "not_found" if self.luck("why", row.delivery_id) < 0.6 else "damaged"
            if row.quantity > 1:
                found[row.delivery_id] = Picked({row.id: Short(row.quantity - 1, choice, reason)})
        return found

    def taker_back(self, at: datetime, _today: date) -> None:
        """What customers may send back is here after two to six days."""
        here = [r.id for r in sql.rows(PERMITTED) if at - r.permitted_at >= timedelta(days=2 + 4 * self.luck("back", r.id))]
        self.press("returns.take_back", here, by="warehouse", at=at)

    def cashier(self, at: datetime, today: date) -> None:
        """Pays back what a credit note left free, after three days."""
        free = {r.payer_id: Refund(r.open, receipt_id=r.id) for r in sql.rows(CREDIT) if today - r.received_on >= timedelta(days=3)}
        self.press("pay.refund", free, by="finance", at=at)

    def prepayers(self, at: datetime, today: date) -> None:
        """Pay first within two days; a few never do, and their order is given up after ten."""
        drafts, given_up = [], {}
        for row in sql.rows(UNPAID):
            waited = at - row.opened_at
            if self.luck("prepay", row.id) < 0.02:
                if waited > timedelta(days=10):
                    given_up[row.id] = Cancel(reason="customer")
            elif waited > timedelta(hours=48 * self.luck("when", row.id)):
                amount = money.advance(row.total, row.advance_pct, row.currency)
                drafts.append(Money(key=row.id, payer_id=row.payer_id, amount=amount, received_on=today, reference=row.number))
        self.press("pay.receive", drafts, by="finance", at=at)
        self.press("capture.cancel", given_up, by="desk", at=at)

    def payers(self, at: datetime, today: date) -> None:
        """Each payer has a habit: some early, most about the due day, a few weeks late; one transfer settles what is due by then."""
        due: dict[int, list[Any]] = defaultdict(list)
        for row in sql.rows(DUE):
            if row.due_on is not None and today >= row.due_on + timedelta(days=self._lag(row.payer_id)):
                due[row.payer_id].append(row)
        drafts = [
            Money(
                key=payer,
                payer_id=payer,
                amount=sum((r.open for r in rows), Decimal(0)),
                received_on=today,
                reference=" ".join(r.number for r in rows[:3]),
            )
            for payer, rows in due.items()
        ]
        self.press("pay.receive", drafts, by="finance", at=at)

    def _lag(self, payer: int) -> int:
        habit = self.luck("habit", payer)
        if habit < 0.06:
            return 12 + int(25 * self.luck("late", payer))
        return int(-10 + 16 * self.luck("lag", payer))


HOURS = (8, 11, 14, 17)
SATURDAY = 5


def live(
    people: People, until: Callable[[datetime], bool], work: Callable[[], Any], arrive: Callable[[datetime, datetime], Any], heard: Callable[[datetime], None]
) -> None:
    """Let days pass on the company's clock, four looks a day: orders arrive, the worker works, people act, the worker works again."""
    zone = ZoneInfo(company.current().time_zone)
    at = clock.now()
    while not until(at):
        then, at = at, _next_look(at, zone)
        clock.move(at)
        arrive(then, at)
        work()
        if people.act(at):
            work()
        heard(at)


def _next_look(at: datetime, zone: Any) -> datetime:
    local = at.astimezone(zone)
    for hour in HOURS:
        if local.hour < hour:
            return local.replace(hour=hour, minute=0, second=0, microsecond=0)
    return (local + timedelta(days=1)).replace(hour=HOURS[0], minute=0, second=0, microsecond=0)
