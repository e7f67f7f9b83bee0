"""Orders are recorded once, as written."""

from dataclasses import replace
from decimal import Decimal

import pytest

from alur.core import sql
from alur.flow.capture.draft import LineDraft, Place
from alur.models import DocumentAddress, Product, ProductUnit
from tests import make


def test_an_order_is_recorded_as_written():
    cup = make.product(price=1_000)
    ProductUnit.objects.create(product=Product.objects.get(id=cup), unit="dus", factor=12)
    draft = make.draft(make.customer(), [(cup, 3)], customer_po="PO-9")
    draft = replace(draft, lines=(replace(draft.lines[0], unit="dus"), LineDraft(comment=True, as_written="Tolong pagi")))
    outcome = make.run("capture.receive", [draft])
    order = make.order(outcome.moved[0])
    assert (order.state, order.version, order.customer_po, order.advance_pct) == ("received", 1, "PO-9", 0)
    assert order.number.startswith("SO-2026-")
    assert order.ship_to_id == order.bill_to_id == DocumentAddress.objects.get().id
    first, second = make.lines_of(order.id)
    assert (first.unit, first.quantity, first.ordered) == ("dus", 3, 36)
    assert (second.kind, second.product_id, second.ordered) == ("comment", None, 0)
    assert make.events(order.id) == ["order.received"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"lines": (LineDraft(quantity=Decimal(0), product_id=1),)}, "bad_quantity"),
        ({"lines": (LineDraft(quantity=Decimal("NaN"), product_id=1),)}, "bad_quantity"),
        ({"lines": ()}, "no_lines"),
        ({"customer_id": None}, "unknown_customer"),
        ({"customer_id": 10**9}, "unknown_customer"),
    ],
)
def test_refusals(change, code):
    draft = make.draft(make.customer(), [(make.product(), 1)])
    outcome = make.run("capture.receive", [replace(draft, **change), replace(draft, key=2)])
    assert make.codes(outcome) == [code]
    assert outcome.refused[0].id == draft.key
    assert outcome.made == {2: outcome.moved[0]}
    assert make.count_of("sales_order") == make.count_of("event") == 1


def test_a_repeat_answers_already():
    draft = make.draft(make.customer(), [(make.product(), 1)], channel="api", external_ref="A-1")
    first = make.run("capture.receive", [draft, replace(draft, key=999)])
    again = make.run("capture.receive", [draft])
    assert len(first.moved) == 1
    assert again.already == first.moved
    assert again.made == {draft.key: first.moved[0]}
    assert make.count_of("sales_order") == make.count_of("event") == 1


def test_a_reference_belongs_to_its_channel():
    draft = make.draft(make.customer(), [(make.product(), 1)], channel="api", external_ref="A-1")
    make.run("capture.receive", [draft])
    other = make.run("capture.receive", [replace(draft, channel="file")])
    assert (len(other.moved), other.already, make.count_of("sales_order")) == (1, [], 2)


def test_typed_addresses_are_kept_once():
    buyer, cup = make.customer(), make.product()
    place = Place("Dapur", "Jl. Baru 1", "Bogor", "Jawa Barat", "16111", "ID", "0811")
    outcome = make.run("capture.receive", [make.draft(buyer, [(cup, 1)], ship_to=place) for _ in range(3)])
    ships = {make.order(i).ship_to_id for i in outcome.moved}
    assert len(ships) == 1
    assert DocumentAddress.objects.get(id=ships.pop()).city == "Bogor"


def test_the_number_of_statements_does_not_depend_on_the_number_of_orders():
    buyer, cup = make.customer(), make.product()
    counts = []
    for n in (1, 50):
        with sql.counting() as counted:
            make.run("capture.receive", [make.draft(buyer, [(cup, 1)], channel="api", external_ref=f"{n}-{i}") for i in range(n)])
        counts.append(counted.statements)
    assert counts[0] == counts[1]
