"""Orders that change late: after part of them was delivered and billed, and cancelled when they are planned, picked, or half on the road.

After every act the story says which events it wrote, and the books are proved.
"""

from decimal import Decimal
from typing import Any

from alur.books import chart
from alur.core import clock, sql
from alur.flow.capture.cancel import Cancel
from alur.flow.capture.delta import Amend, LineChange
from alur.flow.capture.draft import Place
from alur.flow.pay.receive import Receipt
from alur.jobs import worker
from alur.models import Backorder, Delivery, Hold, Invoice, Stock, Supplier
from alur.reads import proof
from alur.supply.order import Line, SupplyDraft
from tests import make

CHECKED = ["order.priced", "order.verified", "order.confirmed"]


class Story:
    """An order, and the events that every act adds to it; after each act the worker works and the books are proved."""

    def __init__(self, *lines: tuple[int, int], **fields: Any) -> None:
        (self.id,) = make.orders(lines=list(lines), **fields)
        self.seen = 0

    def then(self, *kinds: str, works: bool = True) -> None:
        """These events are new since the act before."""
        if works:
            clock.move(make.AT)
            worker.until_idle()
        told = make.events(self.id)
        assert told[self.seen :] == list(kinds)
        self.seen = len(told)
        assert [(r.name, r.violations) for r in proof.prove() if r.violations] == []

    def change(self, *quantities: int, **said: Any) -> None:
        """Its lines are wanted in these quantities, and what is said besides."""
        lines = {line.id: LineChange(quantity=n) for line, n in zip(make.lines_of(self.id), quantities, strict=False)}
        version = said.pop("version", make.order(self.id).version)
        self.outcome = make.run("capture.amend", {self.id: Amend(version, lines, **said)})

    def cancel(self, *quantities: int) -> None:
        """So much of its lines is given up; nothing said: all that has not left."""
        lines = {line.id: Decimal(n) for line, n in zip(make.lines_of(self.id), quantities, strict=False) if n} or None
        self.outcome = make.run("capture.cancel", {self.id: Cancel(lines, "Acara batal")})

    def deliver(self, *steps: str) -> None:
        """Take every delivery under way these steps."""
        for name in steps:
            state = {"pick": "scheduled", "dispatch": "picked", "complete": "dispatched"}[name]
            make.run(f"deliver.{name}", list(Delivery.objects.filter(state=state).values_list("id", flat=True)))

    @property
    def stands(self) -> tuple[Any, ...]:
        """State, total, and of each line: wanted, set aside, planned, delivered, billed."""
        order = make.order(self.id)
        lines = [(x.ordered - x.cancelled, x.reserved, x.scheduled, x.delivered, x.invoiced) for x in make.lines_of(self.id)]
        return order.state, int(order.total), [tuple(map(int, line)) for line in lines]

    def pay(self) -> None:
        """What is owed."""
        owed = sum(sql.ids("SELECT sum(open) FROM open_item"))
        order = make.order(self.id)
        make.run("pay.receive", [Receipt(key=1, payer_id=order.payer_id, amount=owed, reference=Invoice.objects.last().number, confirmed=True)])


def buy(product: int, quantity: int) -> None:
    """So much comes in."""
    warehouse, supplier = Stock.objects.earliest("id").warehouse_id, Supplier.objects.create(code=f"S{product}", name="S").id
    made = make.run("supply.order", [SupplyDraft(1, supplier, warehouse, (Line(product, Decimal(quantity), Decimal(60_000)),))]).moved
    make.run("supply.receive", {i: {} for i in sql.ids("SELECT id FROM supply_line WHERE supply_order_id = ANY(%(ids)s::bigint[])", ids=made)})


def test_changed_after_part_of_it_was_delivered():
    cup, pen = make.product(100_000, stock=6, cost=60_000, lead_days=2), make.product(10_000, stock=50, cost=4_000)
    story = Story((cup, 10), (pen, 5))
    story.then("order.received", *CHECKED, "order.promised", "invoice.prepared", "order.scheduled")
    story.deliver("pick", "dispatch", "complete")
    story.then("delivery.picked", "delivery.dispatched", "delivery.completed", "invoice.issued")
    assert story.stands == ("confirmed", 1_165_500, [(10, 6, 6, 6, 6), (5, 5, 5, 5, 5)])
    assert Invoice.objects.get().total == 721_500

    story.change(14)  # up: checked from the start, what is delivered and billed stays
    assert story.stands == ("received", 1_165_500, [(14, 6, 6, 6, 6), (5, 5, 5, 5, 5)])
    story.then("order.amended", "order.reopened", *CHECKED, "invoice.prepared")
    assert story.stands == ("confirmed", 1_609_500, [(14, 6, 6, 6, 6), (5, 5, 5, 5, 5)])
    assert (Backorder.objects.get().open, make.order(story.id).granted) == (8, 1_609_500 - 721_500)

    story.change(9)  # down: from the end, no state moves, credit is given back
    story.then("order.amended", "invoice.prepared")
    assert (story.stands, Backorder.objects.get().open) == (("confirmed", 1_054_500, [(9, 6, 6, 6, 6), (5, 5, 5, 5, 5)]), 3)
    assert make.order(story.id).granted == 1_054_500 - 721_500

    story.change(5)
    assert make.codes(story.outcome) == ["below_delivered"]
    story.then("order.amend_refused")
    story.change(8, version=2)
    assert make.codes(story.outcome) == ["stale_version"]
    story.then("order.amend_refused")

    story.change(address=Place("Gudang", "Jl. Kenanga 18", "Bogor", "Jawa Barat"), fields={"customer_po": "PO-7"})
    story.then("order.amended", "invoice.prepared")
    story.change(fields={"requested_on": "2026-12-07"})
    story.then("order.amended", "order.promise_moved", "invoice.prepared")

    buy(cup, 3)
    story.then("order.refilled", "order.scheduled")
    assert [(d.state, d.ship_to.city, d.scheduled_on.isoformat()) for d in Delivery.objects.order_by("id")][1:] == [("scheduled", "Bogor", "2026-12-07")]
    story.deliver("pick", "dispatch", "complete")
    story.then("delivery.picked", "delivery.dispatched", "delivery.completed", "order.fulfilled", "invoice.issued")
    story.pay()
    story.then("payment.matched", "payment.matched", "order.closed")
    assert story.stands == ("closed", 1_054_500, [(9, 9, 9, 9, 9), (5, 5, 5, 5, 5)])
    assert sum(Invoice.objects.values_list("total", flat=True)) == 1_054_500
    assert (make.balance(chart.RECEIVABLE), make.balance(chart.REVENUE)) == (0, -950_000)


def test_more_of_what_was_paid_first_waits_for_the_rest():
    cup, buyer = make.product(100_000, stock=20), make.customer(credit_limit=None, terms_id=make.terms(100))
    story = Story((cup, 10), customer_id=buyer)
    story.then("order.received", *CHECKED, "order.held", "order.promised", "invoice.prepared")
    make.run("pay.receive", [Receipt(key=1, payer_id=buyer, amount=Decimal(1_110_000), reference=make.order(story.id).number)])
    story.then("payment.received", "order.rechecked", "invoice.advance_issued", "order.scheduled")
    story.change(12)
    story.then("order.amended", "order.reopened", "order.priced", "order.verified", "order.confirmed", "order.held", "invoice.prepared")
    assert Hold.objects.get(resolved_at=None).facts == {"due": "1332000", "paid": "1110000", "share": "100"}
    make.run("pay.receive", [Receipt(key=2, payer_id=buyer, amount=Decimal(222_000), reference=make.order(story.id).number)])
    story.then("payment.received", "order.rechecked", "invoice.advance_issued", "order.scheduled")
    story.deliver("pick", "dispatch", "complete")
    story.then("delivery.picked", "delivery.dispatched", "delivery.completed", "order.fulfilled", "invoice.issued", "order.closed")
    assert (make.balance(chart.CUSTOMER_ADVANCES), make.balance(chart.RECEIVABLE), make.balance(chart.BANK)) == (0, 0, 1_332_000)


def test_cancelled_when_it_is_planned():
    cup = make.product(100_000, stock=10)
    story, next_one = Story((cup, 8)), Story((cup, 6))
    story.then("order.received", *CHECKED, "order.promised", "invoice.prepared", "order.scheduled")
    assert Backorder.objects.get(order_id=next_one.id).open == 4
    story.cancel()
    story.then("order.cancelled", "delivery.cancelled")
    assert story.stands == ("cancelled", 0, [(0, 0, 0, 0, 0)])
    assert next_one.stands == ("confirmed", 666_000, [(6, 6, 6, 0, 0)])  # what came free went to the next in the queue


def test_cancelled_when_it_is_picked():
    cup, post = make.product(100_000, stock=10), make.product(20_000, kind="charge")
    story = Story((cup, 8), (post, 1))
    story.then("order.received", *CHECKED, "order.promised", "invoice.prepared", "order.scheduled")
    story.deliver("pick")
    story.then("delivery.picked")
    story.cancel(3)
    story.then("order.reduced", "delivery.put_back", "invoice.prepared")
    assert (story.stands, Stock.objects.get().reserved) == (("confirmed", 577_200, [(5, 5, 5, 0, 0), (1, 1, 1, 0, 0)]), 5)
    story.cancel()
    story.then("order.cancelled", "delivery.put_back", "delivery.cancelled")
    assert (story.stands[:2], Stock.objects.get().reserved, Stock.objects.get().on_hand) == (("cancelled", 0), 0, 10)
    assert not Invoice.objects.exists()


def test_cancelled_when_part_of_it_is_on_the_road():
    cup = make.product(100_000, stock=6, cost=60_000)
    story = Story((cup, 10))
    story.then("order.received", *CHECKED, "order.undated", "invoice.prepared", "order.scheduled")
    story.deliver("pick", "dispatch")
    story.then("delivery.picked", "delivery.dispatched")
    road = Delivery.objects.get()
    story.cancel(7)  # 4 wait, 6 are on the road
    assert (make.codes(story.outcome), story.outcome.refused[0].facts["delivery_id"]) == (["in_transit"], road.id)
    story.then("order.cancel_refused")
    story.cancel()  # what can still be cancelled is
    story.then("order.reduced", "order.promised", "invoice.prepared")
    assert story.stands == ("confirmed", 666_000, [(6, 6, 6, 0, 0)])
    story.cancel()
    assert make.codes(story.outcome) == ["in_transit"]
    story.then("order.cancel_refused")
    story.deliver("complete")
    story.then("delivery.completed", "order.fulfilled", "invoice.issued")
    assert (story.stands, Invoice.objects.get().total) == (("fulfilled", 666_000, [(6, 6, 6, 6, 6)]), 666_000)
    story.pay()
    story.then("payment.matched", "order.closed")
    assert make.balance(chart.RECEIVABLE) == 0
