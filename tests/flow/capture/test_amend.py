"""What a customer wants otherwise, at every point of an order's way; what is delivered stays, and nobody overwrites anybody."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from alur.core import clock, sql
from alur.flow.capture.delta import Amend, LineChange
from alur.flow.capture.draft import LineDraft, Place
from alur.jobs import worker
from alur.models import Backorder, Delivery, DeliveryLine, DocumentAddress, Hold, Note, OrderLine, Price, ProForma, Recheck, Reservation, SalesOrder, Stock
from alur.reads import proof
from tests import make
from tests.world import AT, World, picture

COUNTERS = ("ordered", "cancelled", "reserved", "scheduled", "picked", "shipped", "delivered")
BOGOR = Place("Gudang Bogor", "Jl. Kenanga 18", "Bogor", "Jawa Barat", "16121")


def counters(order_id: int) -> list[tuple[int, ...]]:
    return [tuple(int(getattr(line, name)) for name in COUNTERS) for line in make.lines_of(order_id)]


def planned(*lines: tuple[int, int], **fields: Any) -> int:
    (order,) = make.orders(lines=list(lines), through="deliver.schedule", **fields)
    return order


def change(order: int, **said: Any) -> Any:
    return make.run("capture.amend", {order: Amend(**{"version": make.order(order).version} | said)})


def wanted(order: int, *quantities: int | str, **said: Any) -> Any:
    """Change the quantities of its lines, in their order."""
    lines = {line.id: LineChange(quantity=Decimal(n)) for line, n in zip(make.lines_of(order), quantities, strict=False)}
    return change(order, lines=lines, **said)


def violated() -> set[str]:
    return {r.name for r in proof.prove() if r.violations}


def balanced() -> None:
    assert not violated()


def work() -> None:
    """The worker, at the hour at which the order came."""
    clock.move(make.AT)
    worker.until_idle()


def through(*states: str) -> None:
    """Take every delivery under way these steps further."""
    for name in states:
        make.run(f"deliver.{name}", list(Delivery.objects.exclude(state__in=["delivered", "cancelled", "failed"]).values_list("id", flat=True)))


def test_more_is_checked_from_the_start_and_what_is_set_aside_stays():
    order = planned((make.product(100_000, stock=15), 10))
    granted = make.order(order).granted
    assert wanted(order, 14).moved == [order]
    stored = make.order(order)
    assert (stored.state, stored.version, stored.priced_version, stored.granted) == ("received", 2, 1, granted)
    assert counters(order) == [(14, 0, 10, 10, 0, 0, 0)]
    assert make.events(order)[-2:] == ["order.amended", "order.reopened"]
    assert ProForma.objects.get().voided_at
    balanced()
    work()
    stored = make.order(order)
    assert (stored.state, stored.total, stored.granted) == ("confirmed", 1_554_000, 1_554_000)
    assert counters(order) == [(14, 0, 14, 14, 0, 0, 0)]
    assert [(x.delivery.state, x.quantity) for x in DeliveryLine.objects.all()] == [("scheduled", 14)]
    assert ProForma.objects.get(voided_at=None).total == 1_554_000
    balanced()


def test_more_of_what_waits_waits_at_the_place_it_has():
    cup = make.product(stock=4)
    first, second = planned((cup, 6)), planned((cup, 1))
    wanted(first, 8)
    assert Backorder.objects.get(order_id=first).open == 4
    balanced()
    work()
    make.put(cup, 4, warehouse_id=make.warehouse("BDG"))
    Stock.objects.filter(on_hand=4, reserved=4).update(on_hand=8)
    make.run("confirm.refill")
    assert [counters(i)[0][2] for i in (first, second)] == [8, 0]


def test_less_takes_from_the_end_and_moves_no_state():
    order = planned((make.product(100_000, stock=10), 16), (make.product(20_000), 3))
    wanted(order, 8, 3, reason="Permintaan Ibu Ratna")
    assert counters(order) == [(16, 8, 8, 8, 0, 0, 0), (3, 0, 3, 3, 0, 0, 0)]
    stored = make.order(order)
    assert (stored.state, stored.version, stored.priced_version, stored.total, stored.granted) == ("confirmed", 2, 2, 954_600, 954_600)
    assert (Stock.objects.first().reserved, Backorder.objects.count(), Note.objects.get().body) == (8, 0, "Permintaan Ibu Ratna")
    assert sql.one("SELECT data->'lines' FROM event WHERE kind = 'order.amended'") == {str(make.lines_of(order)[0].id): ["16", "8"]}
    assert make.events(order)[-1] == "order.amended"
    balanced()
    wanted(order, 0, 0)
    assert (make.order(order).state, make.order(order).total, Delivery.objects.get().state) == ("cancelled", 0, "cancelled")
    assert make.events(order)[-3:] == ["order.amended", "order.cancelled", "delivery.cancelled"]
    balanced()


def test_what_was_given_up_is_wanted_again_before_more_is_ordered():
    order = planned((make.product(100_000, stock=20), 10))
    wanted(order, 6)
    wanted(order, 9)
    assert counters(order) == [(10, 1, 6, 6, 0, 0, 0)]
    work()
    wanted(order, 12)
    assert counters(order) == [(12, 0, 9, 9, 0, 0, 0)]
    work()
    assert (make.order(order).total, counters(order)) == (1_332_000, [(12, 0, 12, 12, 0, 0, 0)])
    balanced()


def test_another_price_is_checked_again_and_other_lines_keep_theirs():
    cup, pen = make.product(100_000), make.product(10_000)
    order = planned((cup, 2), (pen, 5))
    Price.objects.filter(product_id=pen).update(price=99_000)
    line = make.lines_of(order)[0]
    change(order, lines={line.id: LineChange(price="90000")})
    assert (make.order(order).state, make.events(order)[-1]) == ("received", "order.reopened")
    work()
    assert [(x.unit_price, x.price_reason) for x in make.lines_of(order)] == [(90_000, "manual"), (10_000, "list")]
    assert OrderLine.objects.get(id=line.id).price_by == make.BY
    change(order, lines={line.id: LineChange(discounts=["10"])})
    work()
    assert (make.lines_of(order)[0].net, make.order(order).net) == (162_000, 212_000)
    balanced()


def test_theirs_is_taken_and_a_hold_goes_with_it():
    (order,) = make.orders(lines=[(make.product(100_000), 10, 97_000)])
    work()
    assert Hold.objects.get().code == "price_differs"
    change(order, lines={make.lines_of(order)[0].id: LineChange(price=Decimal(97_000))})
    work()
    assert (make.order(order).state, make.order(order).net, Hold.objects.get().resolution) == ("confirmed", 970_000, "vanished")


def test_a_line_is_completed_and_one_is_added():
    cup, box = make.product(10_000), make.product(50_000)
    order = make.run("capture.receive", [make.draft(make.customer(), [(cup, 2)])]).moved[0]
    OrderLine.objects.update(product=None, as_written="gelas besar")
    work()
    assert Hold.objects.get().code == "line_incomplete"
    change(order, lines={make.lines_of(order)[0].id: LineChange(product_id=cup, quantity=3)}, add=[LineDraft(Decimal(1), box)])
    assert [(x.position, x.product_id, int(x.ordered)) for x in make.lines_of(order)] == [(1, cup, 3), (2, box, 1)]
    work()
    assert (make.order(order).state, make.order(order).net) == ("confirmed", 80_000)
    balanced()


def test_a_line_after_everything_was_delivered():
    cup, post = make.product(10_000, stock=5), make.product(15_000, kind="charge")
    order = planned((cup, 5))
    through("pick", "dispatch", "complete")
    work()
    assert make.order(order).state == "fulfilled"
    change(order, add=[LineDraft(Decimal(1), post)])
    assert make.order(order).state == "received"
    work()
    assert (make.order(order).state, counters(order)[1]) == ("fulfilled", (1, 0, 1, 1, 1, 1, 1))
    assert make.events(order)[-4:] == ["order.verified", "order.confirmed", "order.fulfilled", "invoice.issued"]
    balanced()


def test_the_discount_of_the_whole_order_is_spread_over_what_is_not_billed():
    cup, pen = make.product(100_000, stock=5), make.product(100_000, stock=50)
    order = planned((cup, 10), (pen, 10), discount_pct=Decimal(10))
    through("pick", "dispatch", "complete")
    work()
    before = [line.net for line in make.lines_of(order)]
    assert before == [900_000, 900_000]
    change(order, fields={"discount_pct": "5"})
    work()
    cups, pens = make.lines_of(order)
    assert (cups.invoiced, pens.invoiced) == (5, 10)
    assert (cups.header_discount, pens.header_discount) == (50_000 - 50_000 + 50_000, 100_000)  # 100,000 in all, 150,000 of it had been billed
    balanced()


def test_the_address_goes_along_until_something_has_left():
    order = planned((make.product(stock=10), 4))
    assert change(order, address=BOGOR).moved == [order]
    stored = make.order(order)
    assert (stored.state, stored.ship_to.city, Delivery.objects.get().ship_to_id) == ("confirmed", "Bogor", stored.ship_to_id)
    assert list(Recheck.objects.values_list("step", "order_id", "why")) == [("verify", order, "amended")]
    assert make.codes(change(order, address=BOGOR)) == ["nothing_changes"]
    through("pick")
    change(order, address=Place("X", "Jl. Melati 9", "Depok"))
    assert Delivery.objects.get().ship_to.lines == "Jl. Melati 9"
    through("dispatch")
    outcome = change(order, address=BOGOR)
    assert (make.codes(outcome), outcome.refused[0].facts["delivery_id"]) == (["in_transit"], Delivery.objects.get().id)
    assert make.order(order).ship_to.city == "Depok"
    work()
    balanced()


def test_who_rides_with_others_gets_off_where_the_way_parts():
    cup, buyer = make.product(stock=10), make.customer()
    first, second = planned((cup, 4), customer_id=buyer), planned((cup, 3), customer_id=buyer)
    shared, alone = Delivery.objects.order_by("id")
    DeliveryLine.objects.filter(delivery=alone).update(delivery=shared)
    Delivery.objects.filter(id=alone.id).update(state="cancelled")
    through("pick")
    change(second, address=BOGOR)
    assert counters(second) == [(3, 0, 3, 0, 0, 0, 0)]
    assert (make.events(second)[-1], DocumentAddress.objects.get(id=Delivery.objects.get(id=shared.id).ship_to_id).city) == ("delivery.put_back", "Depok")
    work()
    assert [(d.state, d.ship_to.city) for d in Delivery.objects.exclude(state="cancelled").order_by("id")] == [("picked", "Depok"), ("scheduled", "Bogor")]
    assert counters(first) == [(4, 0, 4, 4, 4, 0, 0)]


def test_another_day_is_planned_again_and_promised_again():
    order = planned((make.product(stock=10), 4), customer_po="PO-1")
    day = Delivery.objects.get().scheduled_on
    change(order, fields={"requested_on": "2026-12-10", "customer_po": "PO-2"})
    assert (counters(order), Delivery.objects.get().state) == ([(4, 0, 4, 0, 0, 0, 0)], "cancelled")
    work()
    stored = make.order(order)
    assert (stored.customer_po, stored.requested_on, stored.promised_on) == ("PO-2", date(2026, 12, 10), date(2026, 12, 10))
    assert Delivery.objects.get(state="scheduled").scheduled_on > day
    assert "order.promise_moved" in make.events(order)
    assert Reservation.objects.get().quantity == 4
    balanced()


GONE = 10**9
NOBODY: dict[str, Any] = {}
CASES = [
    ({"version": 1}, {"customer_po": "X"}, "stale_version", lambda order: SalesOrder.objects.filter(id=order).update(version=3)),
    (NOBODY, {1: LineChange(quantity=1)}, "unknown_line", None),
    (NOBODY, {1: LineChange(quantity="-1")}, "bad_value", None),
    (NOBODY, {1: LineChange(quantity="NaN")}, "bad_value", None),
    (NOBODY, {1: LineChange(discounts=["101"])}, "bad_value", None),
    (NOBODY, {1: LineChange(product_id=GONE)}, "bad_value", None),
    ({"add": [LineDraft(Decimal(0), 1)]}, {}, "bad_value", None),
    ({"fields": {"requested_on": "kapan-kapan"}}, {}, "bad_value", None),
    ({"fields": {"method": "teleport"}}, {}, "bad_value", None),
    ({"fields": {"total": 1}}, {}, "bad_value", None),
    ({}, {1: LineChange(quantity=1)}, "below_delivered", lambda _: through("pick", "dispatch", "complete")),
    ({}, {1: LineChange(quantity=1)}, "in_transit", lambda _: through("pick", "dispatch")),
    ({}, {1: LineChange(unit="dus")}, "set_aside", None),
    ({}, {1: LineChange(price=1)}, "billed", lambda _: (through("pick", "dispatch", "complete"), work())),
    ({}, {1: LineChange(quantity=4)}, "nothing_changes", None),
    ({}, {}, "nothing_changes", None),
    ({}, {1: LineChange(quantity=5)}, "closed", lambda order: SalesOrder.objects.filter(id=order).update(state="closed")),
    ({}, {1: LineChange(quantity=5)}, "closed", lambda order: make.run("capture.cancel", [order])),
]


@pytest.mark.parametrize(("said", "lines", "code", "act"), CASES)
def test_refusals(said, lines, code, act):
    order = planned((make.product(stock=10), 4))
    if act:
        act(order)
    line = make.lines_of(order)[0].id
    if said == {"version": 1}:
        lines, said = {}, {**said, "fields": lines}
    named = {GONE if code == "unknown_line" else line: lines[1]} if lines else {}
    before, version = picture(), make.order(order).version
    outcome = change(order, lines=named, **said)
    assert make.codes(outcome) == [code]
    assert (picture(), make.order(order).version) == (before, version)
    assert make.events(order)[-1] == "order.amend_refused"


def test_two_people_never_overwrite_each_other():
    order = planned((make.product(stock=10), 4))
    seen = make.order(order).version
    assert change(order, version=seen, fields={"customer_po": "Dewi"}).moved == [order]
    outcome = change(order, version=seen, fields={"customer_po": "Made"})
    assert (make.codes(outcome), outcome.refused[0].facts) == (["stale_version"], {"order_id": order, "version": seen + 1})
    assert make.order(order).customer_po == "Dewi"


def test_from_json_and_a_set_with_somebody_who_is_gone():
    cup = make.product(stock=10)
    order = planned((cup, 4))
    line = str(make.lines_of(order)[0].id)
    said = {"version": 1, "lines": {line: {"quantity": "5"}}, "add": [{"quantity": "2", "product_id": cup, "price": None}], "address": {"city": "Bogor"}}
    outcome = make.run("capture.amend", {order: said, GONE: {"version": 1}})
    assert (outcome.moved, make.codes(outcome)) == ([order], ["not_found"])
    assert [int(x.ordered) for x in make.lines_of(order)] == [5, 2]
    assert make.codes(make.run("capture.amend", {order: {"version": "two", "lines": "all", "fields": "some"}})) == ["stale_version"]


@pytest.mark.parametrize("seed", [1, 4])
def test_late_changes_of_a_set_are_those_of_one_by_one(seed):
    world = World(seed)
    world.before("pay.receive")
    changes, known = world.items("capture.amend"), violated()

    def after(*parts: dict[int, Any]) -> Any:
        with transaction.atomic():
            for part in parts:
                make.run("capture.amend", part, at=AT)
            seen = picture()
            work()
            assert violated() <= known
            transaction.set_rollback(True)
        return seen

    assert after(changes) == after(*({i: each} for i, each in changes.items()))
