"""A small world in which everything is scarce, and a picture of it that does not depend on ids or on the order of work.

Two warehouses, few goods, small limits, a payer of two customers, orders that are held, too early, prepaid, of charges only: whoever leads a
set through a step in another way must end at the same picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any

from alur.core import sql, step
from alur.flow import map as flow
from alur.flow.capture.draft import LineDraft, OrderDraft
from alur.flow.deliver.short import Picked, Short
from alur.flow.pay.choose import Pair
from alur.flow.pay.receive import Receipt
from alur.models import Component, Department, Policy, Product, Reason, SalesOrder, Supplier
from alur.supply.count import Count
from alur.supply.order import Line, SupplyDraft
from tests import make

AT = make.AT + timedelta(hours=3)
QUEUE = "SELECT id FROM sales_order ORDER BY priority, received_at, id"
HELD = """
SELECT o.id, o.payer_id, o.number, o.total FROM sales_order o JOIN hold h ON h.order_id = o.id
 WHERE h.code = 'awaiting_payment' AND h.resolved_at IS NULL ORDER BY 1
"""
OWED = "SELECT i.id, i.payer_id, i.number, t.open AS total FROM open_item t JOIN invoice i ON i.id = t.invoice_id ORDER BY 1"
GIROS = """
SELECT r.payer_id, r.payment_id, i.invoice_id, i.part, least(r.open, i.open) AS amount
  FROM open_receipt r CROSS JOIN LATERAL (SELECT * FROM open_item t WHERE t.payer_id = r.payer_id AND t.open > 0 ORDER BY id DESC LIMIT 1) i
 WHERE NOT r.cleared AND r.id IN (SELECT min(id) FROM open_receipt WHERE NOT cleared GROUP BY payer_id) ORDER BY 1
"""
WANTED = """
SELECT DISTINCT ON (o.priority, o.received_at, o.id) o.id, o.version, l.id AS line_id, l.ordered - l.cancelled AS left
  FROM sales_order o JOIN order_line l ON l.order_id = o.id ORDER BY o.priority, o.received_at, o.id, l.position
"""
DELIVERED = """
SELECT o.id, x.id AS line_id, x.delivered FROM sales_order o JOIN order_line l ON l.order_id = o.id JOIN delivery_line x ON x.order_line_id = l.id
 WHERE x.delivered > 0 AND l.kind = 'goods' ORDER BY o.priority, o.received_at, o.id, x.id
"""
BILLED = """
SELECT b.invoice_id, b.id AS line_id, b.net FROM invoice_line b JOIN invoice i ON i.id = b.invoice_id
 WHERE i.kind = 'invoice' AND b.order_line_id IS NOT NULL AND b.net > 100 ORDER BY 1, 2
"""
FREE = """
SELECT r.payer_id, sum(r.open) AS open FROM open_receipt r LEFT JOIN sales_order o ON o.id = r.order_id
 WHERE r.cleared AND (r.order_id IS NULL OR o.advance_pct = 0 OR o.state IN ('fulfilled', 'closed', 'cancelled')) GROUP BY 1 ORDER BY 1
"""
FIRST_LINES = """
SELECT DISTINCT ON (x.delivery_id) x.delivery_id, x.id, x.quantity FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id
 WHERE l.kind = 'goods' ORDER BY x.delivery_id, x.id
"""
BY_PERIOD = """
WITH own AS (UPDATE sales_order SET invoice_rule = %(rule)s WHERE customer_id = ANY(%(customers)s::bigint[]))
UPDATE delivery SET ended_at = (%(day)s::text || 'T05:00Z')::timestamptz WHERE customer_id = ANY(%(customers)s::bigint[]) AND state = 'delivered'
"""
UNDER_WAY = "SELECT id FROM delivery WHERE state = 'dispatched' OR state = 'scheduled' AND warehouse_id IS NULL ORDER BY id"
TABLES = {
    "delivery": "SELECT id FROM delivery ORDER BY id",
    "payer": "SELECT id FROM customer ORDER BY id",
    "item": "SELECT id FROM open_item ORDER BY id",
    "return": 'SELECT id FROM "return" ORDER BY id',
    "payment": "SELECT id FROM payment ORDER BY id",
    "allocation": "SELECT id FROM allocation ORDER BY id",
    "supply_line": "SELECT id FROM supply_line ORDER BY id",
}
# what is not done to whom this step is done instead
INSTEAD = {
    "deliver.fail": ("deliver.complete",),
    **dict.fromkeys(("deliver.accept", "deliver.propose", "deliver.agree"), ("deliver.complete", "deliver.fail")),
    "deliver.move": ("deliver.pick", "deliver.dispatch", "deliver.complete", "deliver.fail"),
    "deliver.cancel": ("deliver.move", "deliver.dispatch", "deliver.complete", "deliver.fail"),
}
SHELVES = "SELECT s.warehouse_id, s.product_id, s.on_hand FROM stock s JOIN warehouse w ON w.id = s.warehouse_id AND w.kind = 'own' ORDER BY s.id"
LONG_UNPAID = "UPDATE hold SET opened_at = opened_at - interval '4 days' WHERE code = 'awaiting_payment' AND resolved_at IS NULL AND id %% 3 = 0"
TRANSFERS = "SELECT l.id FROM supply_line l JOIN supply_order o ON o.id = l.supply_order_id AND o.kind = 'transfer' ORDER BY 1"
PICTURE = {
    "orders": """
        SELECT o.external_ref, o.state, o.granted, o.net, o.tax, o.total, o.promised_on, o.priced_version, o.promised_version, o.prepared_version,
               ARRAY(SELECT h.code FROM hold h WHERE h.order_id = o.id AND h.resolved_at IS NULL ORDER BY 1) FROM sales_order o ORDER BY 1""",
    "lines": """
        SELECT o.external_ref, l.position, l.cancelled, l.reserved, l.scheduled, l.picked, l.shipped, l.delivered, l.returned, l.invoiced, l.credited,
               l.unit_price, l.net, l.promised_on
          FROM order_line l JOIN sales_order o ON o.id = l.order_id ORDER BY 1, 2""",
    "reservations": """
        SELECT o.external_ref, l.position, w.code, r.quantity FROM reservation r JOIN order_line l ON l.id = r.order_line_id
          JOIN sales_order o ON o.id = l.order_id JOIN warehouse w ON w.id = r.warehouse_id ORDER BY 1, 2, 3""",
    "backorders": """
        SELECT o.external_ref, l.position, w.code, b.open, b.unpaid FROM backorder b JOIN order_line l ON l.id = b.order_line_id
          JOIN sales_order o ON o.id = b.order_id JOIN warehouse w ON w.id = b.warehouse_id ORDER BY 1, 2, 3""",
    "stock": """
        SELECT p.sku, w.code, s.on_hand, s.reserved, s.value FROM stock s JOIN product p ON p.id = s.product_id JOIN warehouse w ON w.id = s.warehouse_id
         ORDER BY 1, 2""",
    "supply": """
        SELECT o.kind, w.code, p.sku, l.quantity, l.sent, l.received, l.unit_cost, l.state FROM supply_line l JOIN supply_order o ON o.id = l.supply_order_id
          JOIN warehouse w ON w.id = o.warehouse_id JOIN product p ON p.id = l.product_id ORDER BY 1, 2, 3, 4, 5, 6, 7, 8""",
    "capacity": "SELECT d.code, c.day, c.booked, c.limit FROM capacity c JOIN department d ON d.id = c.department_id ORDER BY 1, 2",
    "bookings": """
        SELECT o.external_ref, l.position, b.day, b.units FROM booking b JOIN order_line l ON l.id = b.order_line_id
          JOIN sales_order o ON o.id = l.order_id ORDER BY 1, 2, 3""",
    "deliveries": """
        SELECT o.external_ref, l.position, w.code, d.state, d.scheduled_on, d.accepted_at, x.quantity, x.picked, x.delivered, x.again, x.lost, x.refused
          FROM delivery_line x JOIN delivery d ON d.id = x.delivery_id JOIN order_line l ON l.id = x.order_line_id JOIN sales_order o ON o.id = l.order_id
          LEFT JOIN warehouse w ON w.id = d.warehouse_id ORDER BY 1, 2, 3, 4, 6""",
    "invoices": """
        SELECT o.external_ref, i.kind, i.issued_on, l.position, n.quantity, n.net, i.total FROM invoice i JOIN invoice_line n ON n.invoice_id = i.id
          JOIN order_line l ON l.id = n.order_line_id JOIN sales_order o ON o.id = l.order_id ORDER BY 1, 2, 4, 5, 6""",
    "returns": """
        SELECT o.external_ref, l.position, r.state, x.quantity, x.received, x.refused, x.value FROM return_line x JOIN "return" r ON r.id = x.return_id
          JOIN order_line l ON l.id = x.order_line_id JOIN sales_order o ON o.id = l.order_id ORDER BY 1, 2, 4, 5""",
    "paid_out": "SELECT c.code, p.amount FROM payment p JOIN customer c ON c.id = p.payer_id WHERE p.direction = 'out' ORDER BY 1, 2",
    "advances": "SELECT o.external_ref, i.net, i.tax, i.total FROM invoice i JOIN sales_order o ON o.id = i.order_id ORDER BY 1, 4",
    "owed": """
        SELECT c.code, i.total, t.open, t.uncleared, t.due_on, t.reminded
          FROM open_item t JOIN invoice i ON i.id = t.invoice_id JOIN customer c ON c.id = t.payer_id
         ORDER BY 1, 2, 3""",
    "money": """
        SELECT c.code, o.external_ref, r.open, r.cleared, r.by_hand
          FROM open_receipt r JOIN customer c ON c.id = r.payer_id LEFT JOIN sales_order o ON o.id = r.order_id
         ORDER BY 1, 2, 3""",
    "months": "SELECT starts_on, state FROM period ORDER BY 1",
    "handed_over": 'SELECT i.total, i.issued_on, h."on", h.by FROM hand_over h JOIN invoice i ON i.id = h.invoice_id ORDER BY 1, 2',
    "books": "SELECT account, customer_id, sum(amount) FROM journal_line GROUP BY 1, 2 HAVING sum(amount) <> 0 ORDER BY 1, 2",
}


@dataclass
class World:
    """What there is, by the seed."""

    seed: int
    size: int = 24
    customers: list[int] = field(default_factory=list)
    goods: list[int] = field(default_factory=list)
    charge: int = 0
    made: int = 0
    service: int = 0

    def __post_init__(self) -> None:
        make.basics()
        Policy.objects.update(remind_1_days=0)  # what is due today is reminded of
        rng = self.rng = Random(self.seed)
        bandung = make.warehouse("BDG")
        Supplier.objects.create(code="S", name="S")
        Reason.objects.create(kind="failed_delivery", code="closed")
        for effect in ("none", "quantity", "all"):
            Reason.objects.create(kind="short_pick", code=effect, stock_effect=effect)
        Reason.objects.create(kind="return", code="defective")
        self.goods = [make.product(price=10_000 * n, stock=rng.randint(5, 40), cost=7_000 * n) for n in (1, 2, 3)]
        for product in self.goods[:2]:
            make.put(product, rng.randint(3, 20), 7_500, bandung)
        self.charge = make.product(price=15_000, kind="charge")
        Product.objects.filter(id=self.goods[2]).update(multiple=2)
        self.made = make.product(price=55_000, stock=1, cost=21_000, supply="make", department=Department.objects.create(code="PRD", kind="production"))
        for part, quantity in zip(self.goods[:2], (1, 2), strict=True):
            Component.objects.create(product_id=self.made, part_id=part, quantity=quantity)
        crew = Department.objects.create(code="SVC", kind="service", daily_limit=2)
        self.service = make.product(price=25_000, kind="service", department=crew)
        payer = make.customer(credit_limit=1_500_000)
        self.customers = [
            payer,
            make.customer(credit_limit=None, payer_id=payer),
            make.customer(credit_limit=400_000, terms_id=make.terms(0, days=0)),
            make.customer(credit_limit=None, terms_id=make.terms(100)),
            make.customer(credit_limit=2_000_000, terms_id=make.terms(30)),
            make.customer(blocked="order"),
            make.customer(takes_backorders=False),
        ]

    def drafts(self) -> list[OrderDraft]:
        """Orders of every sort, written in another order than their queue's."""
        rng, found = self.rng, []
        for n in range(self.size):
            lines = [LineDraft(Decimal(rng.choice((1, 2, 3, 4, 6, 9))), p) for p in rng.sample(self.goods, rng.randint(1, 3))]
            if rng.random() < 0.1:
                lines[0] = replace(lines[0], price=Decimal(9_000))
            if n % 6 == 0:
                lines.append(LineDraft(Decimal(2), self.made))
            if n % 4 == 1:
                lines.append(LineDraft(Decimal(1 + n % 3), self.service))
            if rng.random() < 0.25:
                lines.append(LineDraft(Decimal(1), self.charge))
            if rng.random() < 0.06:
                lines = [LineDraft(Decimal(1), self.charge)]
            wanted = date(2027, 2, 1) if rng.random() < 0.08 else None
            at = make.AT + timedelta(minutes=rng.randint(0, 120))
            found.append(
                OrderDraft(
                    key=n,
                    customer_id=rng.choice(self.customers),
                    channel="api",
                    external_ref=f"W{n:02}",
                    lines=tuple(lines),
                    received_at=at,
                    requested_on=wanted,
                    priority=rng.choice((5, 5, 5, 1)),
                )
            )
        return found

    def before(self, name: str) -> None:
        """Lead everything up to this step, each step of the map once over everything in queue order; what has to be paid first is half paid."""
        for each in flow.MAP:
            if each.name == name:
                return
            if each.name in INSTEAD.get(name, ()):
                continue
            items = self.items(each.name)
            if items:
                step.run(each, items, by="system", at=AT)
            if each.name == "check.release":  # what was released is ahead of others again, so it is judged before they are
                step.run(flow.by_name["check.verify"], self.items("check.verify"), by="system", at=AT)
            if each.name == "pay.match":  # giros by hand, or nothing would wait for them
                step.run(each, self._by_hand(), by="system", at=AT)

    def items(self, name: str) -> Any:
        """What a step is given in this world: every row of its noun in queue order, or an input for each."""
        given: dict[str, Any] = {
            "capture.receive": self.drafts,
            "capture.amend": self._changes,
            "check.release": lambda: {i: {"reason": "uji"} for i in sql.ids(QUEUE)[::3]},
            "supply.order": self._supply,
            "returns.permit": self._sent_back,
            "returns.take_back": self._came,
            "invoice.claim": lambda: {
                r.invoice_id: {"lines": {r.line_id: {"amount": "100"} if n % 3 else {"quantity": 1}}, "reason": "defective", "credited": 0}
                for n, r in enumerate(sql.rows(BILLED))
            },
            "pay.refund": lambda: {r.payer_id: {"amount": max(r.open - 2_000, 500), "free": r.open} for r in sql.rows(FREE)},
            "confirm.expire": self._long_unpaid,
            "supply.transfer": lambda: {i: {} for i in sql.ids(TRANSFERS)},
            "supply.count": self._counted,
            "supply.receive": lambda: {i: {} for i in sql.ids("SELECT id FROM supply_line WHERE order_line_id IS NULL ORDER BY id")},  # parts come first
            "deliver.propose": lambda: {i: {"day": f"2026-11-{27 + i % 4}"} for i in sql.ids(TABLES["delivery"])},
            "supply.set_limit": lambda: {i: {"days": {"2026-11-24": 4}, "daily": "3"} for i in sql.ids("SELECT id FROM department ORDER BY id")},
            "deliver.pick": self._picked,
            "deliver.fail": lambda: {i: {"reason": "closed"} for i in sql.ids(UNDER_WAY)},
            "deliver.move": lambda: {i: {"day": f"2026-11-2{4 + i % 4}", "vehicle": "B 9214 TXR"} for i in sql.ids(TABLES["delivery"])},
            "pay.receive": self._money,
            "pay.clear": lambda: sql.ids(TABLES["payment"])[::2],
            "pay.unmatch": lambda: sql.ids(TABLES["allocation"])[::3],
            "invoice.issue": self._together,
            "invoice.hand_over": lambda: {i: {"on": "2026-11-23", "brought_by": "Ujang"} for i in sql.ids("SELECT id FROM invoice ORDER BY id")},
            "books.lock_period": self._months,
            "books.reopen_period": lambda: {i: {"reason": "uji"} for i in sql.ids("SELECT id FROM period WHERE state = 'closed' ORDER BY id DESC")},
            "check.change_product": lambda: {p.id: {"version": p.version, "fields": {"lead_days": 4}} for p in Product.objects.order_by("id")},
            **dict.fromkeys(("capture.cancel", "check.hold", "check.change_customer", "check.change_price"), dict),
        }
        if name in given:
            return given[name]()
        noun = flow.by_name[name].noun
        return sql.ids(QUEUE if noun == "order" else TABLES[noun])

    def _together(self) -> list[int]:
        """Every order; two payers are billed by the day, one by the month, and what they got came in a period that is over."""
        for rule, day, customers in (("day", "2026-11-22", self.customers[:2]), ("month", "2026-10-31", self.customers[6:7])):
            sql.run(BY_PERIOD, rule=rule, day=day, customers=customers)
        return sql.ids(QUEUE)

    def _months(self) -> list[int]:
        """Two months that may be closed, and the one that runs."""
        sql.run("INSERT INTO period (starts_on) VALUES ('2026-08-01'), ('2026-09-01') ON CONFLICT DO NOTHING")
        return sql.ids("SELECT id FROM period ORDER BY starts_on")

    def _changes(self) -> dict[int, dict[str, Any]]:
        """One more of its first line, one less, another day, by turns; some stay as they are."""
        found = {}
        for n, row in enumerate(sql.rows(WANTED)):
            change = ({"quantity": row.left + 1}, {"quantity": max(row.left - 1, 0)}, None)[n % 3]
            said = {"lines": {row.line_id: change}} if change else {"fields": {"requested_on": "2026-11-26"}}
            if n % 4 < 3:
                found[row.id] = {"version": row.version, **said}
        return found

    def _sent_back(self) -> dict[int, dict[str, Any]]:
        """Of every second order with something delivered, one of each line; of one, more than there was."""
        found: dict[int, dict[str, Any]] = {}
        for row in sql.rows(DELIVERED):
            found.setdefault(row.id, {"lines": {}, "reason": "defective", "returns": 0})["lines"][row.line_id] = 1
        for n, order in enumerate(list(found)):
            if n == 1:
                found[order]["lines"] = dict.fromkeys(found[order]["lines"], 1_000)
        return dict(list(found.items())[::2] + list(found.items())[1:2])

    def _came(self) -> dict[int, dict[str, Any]]:
        """All of it, a part, nothing of it wanted, by turns."""
        ways = ({"received": 1}, {"received": "0.5"}, {"refused": 1})
        lines = sql.rows("SELECT return_id, id FROM return_line ORDER BY return_id, id")
        return {r.return_id: {"lines": {x.id: ways[r.return_id % 3] for x in lines if x.return_id == r.return_id}, "seen": 0} for r in lines}

    def _picked(self) -> dict[int, Picked]:
        """Every third delivery is short of its first line, each for another reason."""
        found: dict[int, Picked] = {i: Picked() for i in sql.ids(TABLES["delivery"])}
        for n, row in enumerate(sql.rows(FIRST_LINES)[::3]):
            choice, reason = ("backorder", "cancel", "backorder")[n % 3], ("none", "quantity", "all")[n % 3]
            found[row.delivery_id] = Picked({row.id: Short(row.quantity - 1, choice, reason)})
        return found

    def _supply(self) -> list[SupplyDraft]:
        """All goods are bought for the first warehouse, some made there, some brought from one warehouse to the other."""
        (home, bandung), supplier = sql.ids("SELECT id FROM warehouse WHERE kind = 'own' ORDER BY id"), sql.one("SELECT id FROM supplier")
        workshop = sql.one("SELECT id FROM department WHERE kind = 'production'")
        found = [SupplyDraft(n, supplier, home, (Line(p, Decimal(4), Decimal(8_000)),), external_ref=f"P{n}") for n, p in enumerate(self.goods)]
        pairs = ((home, bandung, self.goods[0]), (bandung, home, self.goods[1]), (bandung, home, self.goods[2]))
        found += [SupplyDraft(n, a, b, (Line(p, Decimal(2)),), "transfer", f"P{n}") for n, (a, b, p) in enumerate(pairs, 3)]
        return found + [SupplyDraft(n, workshop, home, (Line(self.made, Decimal(n)),), "make", f"P{n}") for n in (6, 7)]

    def _counted(self) -> list[Count]:
        """On some shelves something is missing, on others something is found, by turns."""
        shelves = sql.rows(SHELVES)
        return [Count(n, s.warehouse_id, s.product_id, max(s.on_hand + (-3, 1, 0, -6)[n % 4], Decimal(0))) for n, s in enumerate(shelves)]

    def _long_unpaid(self) -> list[int]:
        """Some advances were asked for four days ago."""
        sql.run(LONG_UNPAID)
        return sql.ids(QUEUE)

    def _by_hand(self) -> dict[int, list[Pair]]:
        """A giro of each payer for something it owes, most of it; the bank kept a fee."""
        return {
            row.payer_id: [
                Pair(row.invoice_id, row.amount - 500, row.payment_id, part=row.part),
                Pair(row.invoice_id, Decimal(300), kind="bank_fee", part=row.part),
            ]
            for row in sql.rows(GIROS)
            if row.amount > 500
        }

    def _money(self) -> list[Receipt]:
        """Half of what must be paid first, and of what is owed: something whole, something short by a little, something too much."""
        change = (0, -700, 5_000)
        return [
            Receipt(
                key=n,
                payer_id=row.payer_id,
                amount=row.total + (change[n % 3] if row.total > 1_000 else 0),
                reference=row.number,
                way="giro" if n % 8 == 4 else "transfer",
            )
            for n, row in enumerate([*sql.rows(HELD), *sql.rows(OWED)])
            if n % 2 == 0
        ]


def picture() -> dict[str, list[tuple[Any, ...]]]:
    """Everything that counts, without an id."""
    return {name: [tuple(row) for row in sql.rows(statement)] for name, statement in PICTURE.items()}


def parts(items: Any, cuts: Sequence[int]) -> list[Any]:
    """Cut items (ids, drafts or {id: input}) at these places."""
    pairs = list(items.items()) if isinstance(items, dict) else list(items)
    edges = [0, *sorted(cuts), len(pairs)]
    found = [pairs[a:b] for a, b in pairwise(edges) if a < b]
    return [dict(part) for part in found] if isinstance(items, dict) else found


def states() -> list[str]:
    """The states of all orders, to see that a world is worth testing in."""
    return sorted(SalesOrder.objects.values_list("state", flat=True))
