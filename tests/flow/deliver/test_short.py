"""What a picker does not find: it waits, is given up, or another product goes instead; the reason says whether the shelf was wrong."""

from decimal import Decimal

import pytest

from alur.books import chart
from alur.core import clock, sql
from alur.flow import map as flow
from alur.flow.deliver.short import Picked, Short
from alur.jobs import worker
from alur.models import Backorder, Delivery, DeliveryLine, Period, Product, Reason, Recheck, Stock, StockMove
from alur.reads import proof, sentences
from tests import make

COUNTERS = ("cancelled", "reserved", "scheduled", "picked")


@pytest.fixture(autouse=True)
def _reasons():
    for code, effect in (("no_time", "none"), ("broken", "quantity"), ("bare", "all")):
        Reason.objects.create(kind="short_pick", code=code, stock_effect=effect, name_id=code, name_en=code)
    Reason.objects.create(kind="cancel", code="customer")


def scheduled(*lines: tuple[int, int], **fields) -> tuple[int, int, list[int]]:
    (order_id,) = make.confirmed(lines=lines, **fields)
    (delivery_id,) = make.deliveries([order_id])
    return order_id, delivery_id, list(DeliveryLine.objects.filter(delivery_id=delivery_id).order_by("order_line_id").values_list("id", flat=True))


def counters(order_id: int) -> list[tuple[Decimal, ...]]:
    return [tuple(getattr(line, name) for name in COUNTERS) for line in make.lines_of(order_id)]


def pick(delivery_id: int, line: int, *said, **more):
    return make.run("deliver.pick", {delivery_id: Picked({line: Short(*said, **more)})})


def proved() -> None:
    assert {r.name: r.violations for r in proof.prove() if r.violations and "asleep" not in r.name} == {}


@pytest.mark.parametrize(
    ("reason", "on_hand", "difference"), [("no_time", 10, 0), ("broken", 8, 12_000), ("bare", 3, 42_000)]
)  # reserved 5 (2 of them missing), free 5
def test_the_rest_waits_with_its_old_key(reason, on_hand, difference):
    cup = make.product(stock=10)
    order_id, delivery_id, (line, _post) = scheduled((cup, 5), (make.product(kind="charge"), 1))
    assert pick(delivery_id, line, "3", "backorder", reason).moved == [delivery_id]
    assert counters(order_id) == [(0, 3, 3, 3), (0, 1, 1, 1)]
    queued, order = Backorder.objects.get(), make.order(order_id)
    assert (queued.open, queued.received_at, queued.priority) == (2, order.received_at, order.priority)
    assert (Stock.objects.get().on_hand, Stock.objects.get().reserved) == (on_hand, 3)
    assert (make.balance(chart.STOCK_DIFFERENCE), make.balance(chart.INVENTORY)) == (difference, 60_000 - difference)
    assert sum(StockMove.objects.filter(kind="count").values_list("quantity", flat=True)) == on_hand - 10
    made = DeliveryLine.objects.get(id=line)
    assert (made.quantity, made.picked, made.reason.code) == (3, 3, reason)
    assert make.events(order_id)[-2:] == ["delivery.short", "delivery.picked"]
    assert Recheck.objects.get(step="promise").why == "short_pick"
    assert make.run("deliver.pick", [delivery_id]).already == [delivery_id]
    proved()
    make.run("deliver.dispatch", [delivery_id])
    make.run("deliver.complete", [delivery_id])
    worker.until_idle()
    assert (counters(order_id)[0][1], make.count_of("backorder")) == ((5, 0) if on_hand >= 8 else (3, 1))  # what is free is set aside at once
    proved()


def test_given_up_lowers_the_order_and_ends_it_when_nothing_is_left():
    order_id, delivery_id, (cup, tea) = scheduled((make.product(10_000, stock=5), 5), (make.product(20_000), 1))
    pick(delivery_id, cup, Decimal(3), "cancel", "broken")
    assert counters(order_id) == [(2, 3, 3, 3), (0, 1, 1, 1)]
    assert (make.order(order_id).total, make.order(order_id).granted) == (55_500, 55_500)
    assert not make.count_of("backorder")
    assert DeliveryLine.objects.get(id=tea).picked == 1
    make.run("deliver.dispatch", [delivery_id])
    make.run("deliver.complete", [delivery_id])
    assert make.order(order_id).state == "fulfilled"
    proved()


def test_another_product_goes_instead_through_an_amendment():
    other = make.product(9_000)
    order_id, delivery_id, (line,) = scheduled((make.product(10_000), 5))
    outcome = pick(delivery_id, line, 3, "substitute", "no_time", other)
    assert outcome.moved == [delivery_id]
    told = sql.rows("SELECT data FROM event WHERE kind = 'delivery.short'")[0].data
    assert (told["choice"], told["substitute_id"], told["quantity"]) == ("substitute", other, "2")
    assert counters(order_id) == [(2, 3, 3, 3)]


def test_nothing_found_at_all_cancels_the_delivery_and_its_charge_rides_on_another():
    order_id, delivery_id, (line, _post) = scheduled((make.product(stock=5), 5), (make.product(kind="charge"), 1))
    pick(delivery_id, line, 0, "backorder", "bare")
    assert (Delivery.objects.get().state, Delivery.objects.get().ended_at) == ("cancelled", make.AT)
    assert counters(order_id) == [(0, 0, 0, 0), (0, 1, 0, 0)]
    assert make.events(order_id)[-2:] == ["delivery.short", "delivery.cancelled"]
    assert (Stock.objects.get().on_hand, Stock.objects.get().value) == (0, 0)
    proved()
    make.run("capture.cancel", [order_id])
    assert make.order(order_id).state == "cancelled"
    proved()


def test_nothing_found_and_given_up_cancels_the_order():
    order_id, delivery_id, (line, _post) = scheduled((make.product(), 5), (make.product(kind="charge"), 1))
    pick(delivery_id, line, 0, "cancel", "no_time")
    assert make.order(order_id).state == "cancelled"
    assert counters(order_id) == [(5, 0, 0, 0), (1, 0, 0, 0)]
    proved()


def test_two_pickers_short_of_one_shelf_are_worth_the_same_one_by_one():
    cup = make.product(stock=0)
    make.put(cup, 6, cost=Decimal("0.005"))
    orders = make.confirmed(2, lines=[(cup, 3)])
    made = make.deliveries(orders)
    lines = dict(DeliveryLine.objects.values_list("delivery_id", "id"))
    make.run("deliver.pick", {i: {"lines": {str(lines[i]): {"picked": "1", "choice": "backorder", "reason": "broken"}}} for i in made})
    assert list(StockMove.objects.filter(kind="count").order_by("id").values_list("quantity", "value")) == [(-2, Decimal("-0.01"))] * 2
    assert (Stock.objects.get().on_hand, Stock.objects.get().reserved, Stock.objects.get().value) == (2, 2, Decimal("0.01"))
    proved()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ((6, "cancel", "broken"), "does_not_add_up"),
        ((-1, "cancel", "broken"), "does_not_add_up"),
        (("tiga", "cancel", "broken"), "does_not_add_up"),
        ((3, None, "broken"), "no_choice"),
        ((3, "later", None), "no_choice"),
        ((3, "cancel", None), "no_reason"),
        ((3, "backorder", "customer"), "no_reason"),
        ((3, "substitute", "broken", None), "no_substitute"),
        ((3, "substitute", "broken", "self"), "no_substitute"),
        ((3, "substitute", "broken", "old"), "no_substitute"),
        ((3, "cancel", "broken"), "period_closed"),
    ],
)
def test_refusals(said, code):
    cup, old = make.product(), make.product(discontinued=True)
    order_id, delivery_id, (line,) = scheduled((cup, 5))
    if code == "period_closed":
        Period.objects.update_or_create(starts_on=clock.day(make.AT).replace(day=1), defaults={"state": "closed"})
    told = [make.count_of(table) for table in ("stock_move", "journal_line", "recheck", "backorder")]
    outcome = pick(delivery_id, line, *({"self": cup, "old": old}.get(part, part) if isinstance(part, str) else part for part in said))
    assert make.codes(outcome) == [code]
    assert "{" not in sentences.refusals(flow.by_name["deliver.pick"], outcome.refused, "id")[0]
    assert counters(order_id) == [(0, 5, 5, 0)]
    assert [make.count_of(table) for table in ("stock_move", "journal_line", "recheck", "backorder")] == told
    assert make.events(order_id)[-1] == "delivery.pick_refused"


def test_a_short_pick_that_books_nothing_needs_no_open_month():
    _order, delivery_id, (line,) = scheduled((make.product(), 5))
    Period.objects.update_or_create(starts_on=clock.day(make.AT).replace(day=1), defaults={"state": "closed"})
    assert pick(delivery_id, line, 3, "backorder", "no_time").moved == [delivery_id]


def test_a_charge_and_a_line_of_another_delivery_are_not_picked_short():
    _order, delivery_id, (_cup, post) = scheduled((make.product(), 5), (make.product(kind="charge"), 1))
    _other, _, (theirs,) = scheduled((make.product(), 5))
    assert make.codes(pick(delivery_id, post, 0, "cancel", "broken")) == ["does_not_add_up"]
    assert make.codes(pick(delivery_id, theirs, 0, "cancel", "broken")) == ["does_not_add_up"]
    assert Product.objects.count() == 3


def test_the_number_of_statements_does_not_depend_on_the_number_of_short_lines():
    cups = [make.product(stock=50) for _ in range(3)]
    made = make.deliveries(make.confirmed(9, lines=[(cup, 3) for cup in cups]))
    short = {i: Picked({line: Short(1, choice, "broken") for line, choice in zip(own, ("backorder", "cancel", "cancel"), strict=True)})
             for i in made if (own := list(DeliveryLine.objects.filter(delivery_id=i).order_by("id").values_list("id", flat=True)))}  # fmt: skip
    counts = []
    for part in (made[:1], made[1:]):
        with sql.counting() as counted:
            assert make.run("deliver.pick", {i: short[i] for i in part}).moved == part
        counts.append(counted.statements)
    assert counts[0] == counts[1]
