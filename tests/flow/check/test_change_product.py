"""A product is changed or added, and what orders of it stood on is looked at again."""

import pytest

from alur.core import sql
from alur.models import Product, Recheck, SalesOrder
from tests import make


def tickets() -> list[tuple[str, int]]:
    return list(Recheck.objects.order_by("step", "order_id").values_list("step", "order_id"))


def test_what_findings_stand_on_reaches_received_orders():
    cup, jar = make.product(), make.product()
    one, two, _ = (make.orders(1, lines=[(thing, 3)], through="check.price")[0] for thing in (cup, cup, jar))
    SalesOrder.objects.filter(id=two).update(state="verified")
    assert make.run("check.change_product", {cup: {"version": 1, "fields": {"multiple": "2", "name_id": "Cangkir"}}}).moved == [cup]
    changed = Product.objects.get(id=cup)
    assert (changed.multiple, changed.name_id, changed.version) == (2, "Cangkir", 2)
    assert tickets() == [("price", one)]
    make.run("check.price")
    assert make.codes(make.run("check.verify", [one])) == ["quantity_multiple"]
    (event,) = sql.rows("SELECT subject_kind, subject_id, data FROM event WHERE kind = 'product.changed'")
    assert event == ("product", cup, {"fields": ["multiple", "name_id"]})
    assert make.run("check.change_product", {cup: {"version": 2, "fields": {"multiple": 2}}}).already == [cup]


def test_how_it_comes_reaches_orders_that_wait_for_it():
    cup = make.product(stock=0, lead_days=3)
    one = make.orders(1, lines=[(cup, 3)], through="confirm.promise")[0]
    told = make.order(one).promised_on
    make.run("check.change_product", {cup: {"version": 1, "fields": {"lead_days": 10, "stock_min": "5"}}})
    assert tickets() == [("promise", one)]
    make.run("confirm.promise")
    assert make.order(one).promised_on > told


def test_a_product_is_added():
    outcome = make.run("check.change_product", {0: {"fields": {"sku": "KOPI-1", "name_id": "Kopi", "unit": "kg", "stock_min": "2,5".replace(",", ".")}}})
    made = Product.objects.get(sku="KOPI-1")
    assert (outcome.moved, outcome.made) == ([made.id], {0: made.id})
    assert (made.unit, made.kind, made.multiple, made.stock_min, made.version) == ("kg", "goods", 1, 2.5, 1)
    assert sql.ids("SELECT subject_id FROM event WHERE kind = 'product.created'") == [made.id]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"version": 2, "fields": {}}, "stale_version"),
        ({"version": 1, "fields": {"unit": "kg"}}, "bad_value"),
        ({"fields": {"sku": "ADA", "name_id": "X"}}, "exists"),
        ({"fields": {"sku": " ", "name_id": "X"}}, "no_name"),
        ({"version": 1, "fields": {"name_id": "", "name_en": " "}}, "no_name"),
        ({"version": 1, "fields": {"multiple": "0"}}, "bad_multiple"),
        ({"version": 1, "fields": {"stock_min": "10", "stock_max": "9"}}, "max_below_min"),
    ],
)
def test_refusals(change, code):
    cup = make.product(sku="ADA")
    make.orders(1, lines=[(cup, 3)])
    assert make.codes(make.run("check.change_product", {cup if "version" in change else 0: change})) == [code]
    assert (Product.objects.get().version, make.count_of("recheck"), make.count_of("event")) == (1, 0, 1)
    assert make.codes(make.run("check.change_product", {10**6: {"version": 1}})) == ["not_found"]
