"""Goods that are not there: made to order, brought from the other warehouse, counted away, given to others while nobody paid, and held for want of."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from alur.books import chart
from alur.core import clock, sql
from alur.flow.pay.receive import Receipt
from alur.jobs import worker
from alur.models import Backorder, Hold, SupplyLine, Warehouse
from alur.supply.count import Count
from tests import make
from tests.supply.goods import bought, home, made_of, ordered, shelf, sound

DAY = timedelta(days=1)


def work(at=make.AT) -> None:
    """The worker does what waits, at this time."""
    clock.move(at)
    worker.until_idle()


def deliver(at=make.AT) -> None:
    """Whatever is scheduled is picked, sent off and arrives."""
    for name, state in (("pick", "scheduled"), ("dispatch", "picked"), ("complete", "dispatched")):
        ids = sql.ids("SELECT id FROM delivery WHERE state = %(state)s ORDER BY id", state=state)
        assert make.run(f"deliver.{name}", ids, at=at).moved == ids
    work(at)


def placed(buyer: int, *lines: tuple[int, int]) -> int:
    """An order through the door, and the worker."""
    (order,) = make.run("capture.receive", [make.draft(buyer, lines)]).moved
    work()
    return order


def since(order: int, kind: str) -> Sequence[str]:
    """What happened to it after this."""
    found = make.events(order)
    return found[found.index(kind) + 1 :]


def test_made_to_order():
    """A box of two parts is made for the order that waits for it; what is missing of a part is bought first."""
    beans, bag = make.product(stock=10, cost=50_000), make.product(stock=1, cost=1_000)
    box = made_of(make.product(200_000, stock=0, lead_days=3), (beans, 2), (bag, 1))
    order = placed(make.customer(), (box, 4))
    assert make.order(order).promised_on == date(2026, 11, 27)  # three days to make, one on the road
    assert make.run("supply.make", [order]).moved == [order]
    line = SupplyLine.objects.get()
    refused = make.run("supply.receive", {line.id: {}})
    assert (make.codes(refused), refused.refused[0].facts["possible"]) == (["parts_short"], 1)
    bought((bag, 3, 1_500))
    assert make.run("supply.receive", {line.id: {}}).moved == [line.id]
    assert (shelf(beans), shelf(bag), shelf(box)[2]) == ((2, 0, 100_000), (0, 0, 0), 405_500)
    work()
    deliver()
    assert make.order(order).state == "fulfilled"
    assert make.balance(chart.COST_OF_GOODS) == 405_500
    assert make.balance(chart.GOODS_NOT_INVOICED) == -4_500
    assert make.balance(chart.INVENTORY) == 100_000
    happened = since(order, "order.confirmed")
    assert [kind for kind in happened if not kind.startswith(("invoice", "order.promise"))] == [
        "order.making", "order.refilled", "order.scheduled", "delivery.picked", "delivery.dispatched", "delivery.completed", "order.fulfilled",
    ]  # fmt: skip
    assert sound()


def test_two_warehouses_and_a_transfer():
    """A customer of Bandung waits there, while Jakarta has plenty: it is sent through the warehouse on the road, what others reserved stays."""
    bandung = make.warehouse("BDG")
    cup = make.product(100_000, stock=0)
    order = placed(make.customer(warehouse_id=bandung), (cup, 6))
    assert Backorder.objects.get().warehouse_id == bandung
    bought((cup, 10, 40_000))
    other = placed(make.customer(), (cup, 3))
    assert shelf(cup)[:2] == (10, 3)
    (line,) = ordered("transfer", home(), (cup, 8), to=bandung)
    assert make.codes(make.run("supply.transfer", {line: {}})) == ["not_free"]
    make.run("supply.transfer", {line: {"quantity": "6"}})
    road = Warehouse.objects.get(kind="transit").id
    assert (shelf(cup), shelf(cup, road)) == ((4, 3, 160_000), (6, 0, 240_000))
    work()
    assert make.lines_of(order)[0].reserved == 0  # what is on the road is on no shelf
    make.run("supply.receive", {line: {}})
    make.run("supply.cancel", [line])
    work()
    assert (shelf(cup, bandung)[:2], shelf(cup, road)[0]) == ((6, 6), 0)
    deliver()
    assert [make.order(i).state for i in (order, other)] == ["fulfilled", "fulfilled"]
    assert (make.balance(chart.INVENTORY), make.balance(chart.COST_OF_GOODS)) == (40_000, 360_000)
    assert "order.refilled" in since(order, "order.confirmed")
    assert sound()


def test_a_count_below_what_is_reserved():
    """Three wait for a delivery, two of them keep it: the last in the queue is told, and served when goods come."""
    cup = make.product(100_000, stock=9, cost=40_000)
    first, second, third = (placed(make.customer(), (cup, 3)) for _ in range(3))
    deliveries = sql.ids("SELECT id FROM delivery ORDER BY id")
    make.run("deliver.pick", deliveries[:1])
    assert make.run("supply.count", [Count(1, home(), cup, Decimal(4), expected=Decimal(6))]).moved == [1]
    assert [make.lines_of(i)[0].reserved for i in (first, second, third)] == [3, 3, 1]
    assert since(third, "order.scheduled") == ["order.short"]
    make.run("supply.count", [Count(1, home(), cup, Decimal(3))])
    assert since(third, "order.scheduled") == ["order.short", "delivery.cancelled", "order.short"]
    assert make.balance(chart.STOCK_DIFFERENCE) == 120_000
    work()
    make.run("deliver.pick", deliveries[1:2])
    bought((cup, 3, 50_000))
    work()
    deliver()
    assert [make.order(i).state for i in (first, second, third)] == ["fulfilled"] * 3
    assert make.balance(chart.INVENTORY) == 0
    assert make.balance(chart.COST_OF_GOODS) == 9 * 40_000 - 120_000 + 150_000
    assert sound()


def test_an_expired_reservation_that_is_paid_after_all():
    """Nobody pays for three days: another order takes the goods. The money comes late; the order has its old place for the next goods."""
    cup = make.product(100_000, stock=4, cost=40_000)
    order = placed(make.customer(credit_limit=None, terms_id=make.terms(100)), (cup, 4))
    work(make.AT + 3 * DAY)
    assert list(Backorder.objects.values_list("order_id", "open", "unpaid")) == [(order, 4, True)]
    other = make.run("capture.receive", [make.draft(make.customer(), [(cup, 3)])], at=make.AT + 3 * DAY).moved[0]
    late = make.run("capture.receive", [make.draft(make.customer(), [(cup, 3)])], at=make.AT + 3 * DAY).moved[0]
    work(make.AT + 3 * DAY)
    assert [make.lines_of(i)[0].reserved for i in (order, other, late)] == [0, 3, 1]
    made = make.order(order)
    make.run("pay.receive", [Receipt(key=1, payer_id=made.payer_id, amount=made.total, reference=made.number)], at=make.AT + 5 * DAY)
    work(make.AT + 5 * DAY)
    assert not Hold.objects.filter(order_id=order, resolved_at=None).exists()
    bought((cup, 4, 40_000))
    work(make.AT + 5 * DAY)
    assert [make.lines_of(i)[0].reserved for i in (order, late)] == [4, 1]
    kinds = [
        kind for kind in since(order, "order.confirmed") if kind in ("order.held", "order.expired", "order.rechecked", "order.refilled", "order.scheduled")
    ]
    assert kinds == ["order.held", "order.expired", "order.rechecked", "order.refilled", "order.scheduled"]
    assert make.balance(chart.CUSTOMER_ADVANCES) == -400_000
    assert sound()


def test_who_takes_no_backorders_goes_on_when_goods_come():
    """Held because goods are missing, by verify and by reserve: what comes in, or comes free, lets it go on by itself."""
    cup, glass = make.product(100_000, stock=1), make.product(100_000, stock=3)
    picky = make.customer(takes_backorders=False)
    order = placed(picky, (cup, 3))
    assert sql.ids("SELECT code FROM hold WHERE resolved_at IS NULL") == ["not_available"]
    bought((cup, 1, 1_000))
    work()
    assert make.order(order).state == "received"  # two are not three
    bought((cup, 1, 1_000))
    work()
    assert make.order(order).state == "confirmed"
    first, second = make.run("capture.receive", [make.draft(make.customer(), [(glass, 2)]), make.draft(picky, [(glass, 2)])]).moved
    for name in ("check.price", "check.verify", "confirm.reserve"):
        make.run(name, [first, second])  # both fit when they are verified, one when stock is set aside
    assert [make.order(i).state for i in (first, second)] == ["confirmed", "verified"]
    work()
    assert make.order(second).state == "verified"
    make.run("capture.cancel", [first])
    work()
    assert make.order(second).state == "confirmed"
    assert not sql.ids("SELECT code FROM hold WHERE resolved_at IS NULL")
    assert sound()
