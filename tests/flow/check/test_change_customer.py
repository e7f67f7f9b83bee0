"""A customer is changed, and what its orders stood on is looked at again."""

from alur.core import sql
from alur.flow.check import identity
from alur.models import Address, Customer, DocumentAddress, Recheck, SalesOrder
from tests import make


def tickets() -> list[tuple[str, int]]:
    return list(Recheck.objects.order_by("step", "order_id").values_list("step", "order_id"))


def test_a_limit_is_changed_and_the_payers_open_orders_are_looked_at_again():
    payer = make.customer()
    child = make.customer(payer_id=payer)
    one, two = make.orders(1, customer_id=payer)[0], make.orders(1, customer_id=child)[0]
    SalesOrder.objects.filter(id__in=make.orders(1, customer_id=payer)).update(state="closed")
    outcome = make.run("check.change_customer", {payer: {"version": "1", "fields": {"credit_limit": "5000", "blocked_reason": "telat"}}})
    assert outcome.moved == [payer]
    changed = Customer.objects.get(id=payer)
    assert (changed.credit_limit, changed.blocked_reason, changed.blocked, changed.version) == (5000, "telat", "none", 2)
    assert tickets() == [("verify", one), ("verify", two)]
    (event,) = sql.rows("SELECT subject_kind, subject_id, data FROM event WHERE kind = 'customer.changed'")
    assert event == ("customer", payer, {"fields": ["blocked_reason", "credit_limit"]})


def test_refusals():
    buyer = make.customer()
    make.orders(1, customer_id=buyer)
    table = [
        ({"version": 2, "fields": {"credit_limit": 1}}, ["stale_version"]),
        ({"version": 1, "fields": {"code": "X"}}, ["bad_value"]),
        ({"version": 1, "fields": {"name": " "}}, ["bad_value"]),
        ({"version": 1, "fields": {"npwp": "123"}}, ["bad_npwp"]),
        ({"version": 1, "fields": {"nik": "123456789012345x"}}, ["bad_nik"]),
        ({"version": 1, "fields": {"npwp": "0" * 16, "nitku": "1" * 22}}, ["bad_nitku"]),
        ({"version": 1, "fields": {"pkp": True}}, ["pkp_without_npwp"]),
        ({"version": 1, "fields": {"payer_id": buyer}}, ["bad_value"]),
        ({"version": 1, "fields": {"credit_limit": 10**9}}, []),
    ]
    for change, codes in table:
        outcome = make.run("check.change_customer", {buyer: change})
        assert (make.codes(outcome), outcome.moved) == (codes, [])
    assert make.codes(make.run("check.change_customer", {10**6: {"version": 1}})) == ["not_found"]
    assert Customer.objects.get(id=buyer).version == 1
    assert make.count_of("recheck") == 0
    assert make.count_of("event") == 1


def test_another_list_prices_received_orders_again():
    buyer = make.customer()
    one, two = make.orders(2, customer_id=buyer, through="check.price")
    SalesOrder.objects.filter(id=two).update(state="verified")
    make.run("check.change_customer", {buyer: {"version": 1, "fields": {"tax_class": "bonded"}}})
    assert tickets() == [("price", one)]
    make.run("check.price")
    assert (make.order(one).tax, make.order(two).tax) == (0, 2200)
    assert tickets() == [("verify", one)]


def test_a_new_address_reaches_orders_that_are_not_verified():
    buyer = make.customer()
    Address.objects.all().update(city="")
    one, two, three = (make.orders(1, customer_id=buyer)[0] for _ in range(3))
    make.run("check.price")
    assert make.codes(make.run("check.verify")) == ["address_incomplete"] * 3
    SalesOrder.objects.filter(id=two).update(ship_to=None)
    elsewhere = DocumentAddress.objects.create(hash="x", lines="Jl. Lain", city="Bogor").id
    SalesOrder.objects.filter(id=three).update(ship_to=elsewhere)
    place = {"name": "Gudang", "lines": "Jl. Baru 1", "city": "Bekasi"}
    assert make.run("check.change_customer", {buyer: {"version": 1, "address": place}}).moved == [buyer]
    assert Address.objects.get().city == "Bekasi"
    new = DocumentAddress.objects.get(city="Bekasi")
    assert [make.order(i).ship_to_id for i in (one, two, three)] == [new.id, new.id, elsewhere]
    assert make.run("check.verify").moved == [one, two, three]
    nobody = make.customer()
    Address.objects.filter(customer_id=nobody).delete()
    make.run("check.change_customer", {nobody: {"version": 1, "address": place}})
    assert Address.objects.get(customer_id=nobody).is_default
    assert DocumentAddress.objects.filter(city="Bekasi").count() == 1


def test_a_customer_is_added():
    payer = make.customer(code="INDUK")
    new = {"code": "TOKO", "name": "Toko Baru", "npwp": "0123456789012345", "pkp": True, "pkp_since": "2026-01-01", "payer_id": payer}
    outcome = make.run("check.change_customer", {0: {"fields": new, "address": {"lines": "Jl. Baru 1", "city": "Depok"}}})
    made = Customer.objects.get(code="TOKO")
    assert (outcome.moved, outcome.made) == ([made.id], {0: made.id})
    assert (made.payer_id, made.pkp, made.pkp_since.year, made.credit_limit, made.takes_backorders, made.version) == (payer, True, 2026, None, True, 1)
    assert Address.objects.get(customer=made).city == "Depok"
    (event,) = sql.rows("SELECT subject_id, data FROM event WHERE kind = 'customer.created'")
    assert event == (made.id, {})
    again = make.run(
        "check.change_customer", {0: {"fields": new}, -1: {"fields": {"code": "X", "name": ""}}, -2: {"fields": {"code": "Y", "name": "Y", "nik": "1"}}}
    )
    assert {r.id: r.code for r in again.refused} == {0: "exists", -1: "bad_value", -2: "bad_nik"}
    assert Customer.objects.count() == 2


def test_numbers_are_stored_without_what_they_are_printed_with():
    assert identity.digits("01.234.567.8-901.234") == "0012345678901234"
    assert identity.digits("3171 0101 0190 0001") == "3171010101900001"
    assert identity.digits("") == ""
