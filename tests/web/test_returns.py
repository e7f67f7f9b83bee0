"""Returns, credits and refunds on the screen: who may, what is asked, what it says afterwards."""

from decimal import Decimal

import pytest

from alur.core import clock, sql
from alur.flow.pay.receive import Receipt
from alur.jobs import worker
from alur.models import Reason
from tests import make
from tests.web import pages


@pytest.fixture(autouse=True)
def _reasons() -> None:
    make.basics()
    clock.move(make.AT)
    Reason.objects.create(kind="return", code="defective", name_id="Cacat", name_en="Defective")


def sold(**fields) -> tuple[int, str, int]:
    """A delivered and billed order of 10: its id, its number, its delivery line."""
    [order] = make.orders(1, customer_id=make.customer(**fields), lines=[(make.product(), 10)], through="confirm.reserve")
    make.deliveries([order], through="deliver.complete")
    worker.until_idle()
    return order, make.order(order).number, sql.one("SELECT max(id) FROM delivery_line")


def test_from_the_order_to_the_credit_note():
    _, number, line = sold(name="Toko Sari")
    desk, warehouse = pages.client("desk"), pages.client("warehouse")
    assert f"/orders/{number}/return" in desk.get(f"/orders/{number}/").content.decode()
    assert desk.post(f"/orders/{number}/return", {f"line-{line}": "11", "reason": "defective", "returns": "0"}).status_code == 422
    assert desk.post(f"/orders/{number}/return", {f"line-{line}": "4", "reason": "defective", "returns": "0"}).status_code == 302
    back, own = sql.rows('SELECT r.number, x.id FROM "return" r JOIN return_line x ON x.return_id = r.id')[0]
    assert back in warehouse.get("/returns/").content.decode()
    assert f"/returns/{back}/" in desk.get(f"/search?q={back}").content.decode()
    assert desk.post(f"/returns/{back}/receive", {f"received-{own}": "3"}).status_code == 403
    assert warehouse.post(f"/returns/{back}/receive", {f"received-{own}": "5", "seen": "0"}).status_code == 422
    assert warehouse.post(f"/returns/{back}/receive", {f"received-{own}": "3", f"refused-{own}": "1", "seen": "0"}).status_code == 302
    worker.until_idle()
    text = pages.client("finance").get(f"/returns/{back}/").content.decode()
    for said in ("Toko Sari", "CN/2026/000001", "33.300", "Cacat", number):
        assert said in text, said
    assert "RT-2026" in desk.get(f"/orders/{number}/").content.decode()
    paper = pages.client("finance").get("/papers/invoices/CN/2026/000001")
    for page in (pages.client("finance").get("/invoices/CN/2026/000001/"), paper):
        assert page.status_code == 200
        assert "INV/2026/000001" in page.content.decode()


def test_an_empty_report_takes_all_that_is_expected():
    order, _, line = sold()
    back = make.run("returns.permit", {order: {"lines": {line: 4}, "reason": "defective"}}).made[order]
    number = sql.one('SELECT number FROM "return" WHERE id = %(id)s', id=back)
    assert pages.client("warehouse").post(f"/returns/{number}/receive", {"seen": "0"}).status_code == 302
    assert make.lines_of(order)[0].returned == 4


def test_a_pkp_buyer_is_asked_for_the_nota_retur():
    order, _, line = sold(pkp=True)
    back = make.run("returns.permit", {order: {"lines": {line: 4}, "reason": "defective"}}).made[order]
    make.run("returns.take_back", [back])
    number, client = sql.one('SELECT number FROM "return"'), pages.client("finance")
    assert f"/returns/{number}/credit" in client.get(f"/returns/{number}/").content.decode()
    assert client.post(f"/returns/{number}/credit", {"nota_retur": "", "nota_retur_on": "24 nov"}).status_code == 422
    assert client.post(f"/returns/{number}/credit", {"nota_retur": "NR-1", "nota_retur_on": "23/11"}).status_code == 302
    assert "NR-1" in client.get("/invoices/CN/2026/000001/").content.decode()


def test_a_claim_says_before_what_it_comes_to():
    sold()
    line, client = sql.one("SELECT id FROM invoice_line"), pages.client("finance")
    address = "/invoices/INV/2026/000001/credit"
    assert "11.100" in client.post(f"{address}/preview", {f"amount-{line}": "10.000"}).content.decode()
    assert "99.990" not in client.post(f"{address}/preview", {f"amount-{line}": "100.001"}).content.decode()
    assert client.post(address, {f"amount-{line}": "10.000", "reason": "", "credited": "0"}).status_code == 422
    assert client.post(address, {f"amount-{line}": "10.000", "reason": "defective", "credited": "0"}).status_code == 302
    assert client.post(address, {f"amount-{line}": "10.000", "reason": "defective", "credited": "0"}).status_code == 422
    assert sql.one("SELECT total FROM invoice WHERE kind = 'credit_note'") == 11_100
    assert pages.client("desk").get(address).status_code == 403


def test_what_is_free_of_a_credit_note_pays_another_invoice():
    order, _, line = sold(code="SARI")
    payer = make.order(order).payer_id
    make.run("pay.receive", [Receipt(1, Decimal(111_000), payer)])
    worker.until_idle()
    back = make.run("returns.permit", {order: {"lines": {line: 4}, "reason": "defective"}}).made[order]
    make.run("returns.take_back", [back])
    [other] = make.orders(1, customer_id=payer, lines=[(make.product(), 1)], through="confirm.reserve")
    make.deliveries([other], through="deliver.complete")
    worker.until_idle()
    client, item = pages.client("finance"), sql.one("SELECT id FROM open_item")
    assert "/invoices/CN/2026/000001/set-off" in client.get("/invoices/CN/2026/000001/").content.decode()
    assert "11.100" in client.get("/invoices/CN/2026/000001/set-off").content.decode()
    assert client.post("/invoices/CN/2026/000001/set-off", {f"item-{item}": "11.101"}).status_code == 422
    assert client.post("/invoices/CN/2026/000001/set-off", {f"item-{item}": "11.100"}).status_code == 302
    assert (make.count_of("open_item"), sql.one("SELECT open FROM open_receipt")) == (0, 33_300)


def test_money_goes_back_from_the_customers_page():
    payer = make.customer(code="SARI")
    make.run("pay.receive", [Receipt(1, Decimal(50_000), payer)])
    client = pages.client("finance")
    receipt = sql.one("SELECT number FROM payment")
    assert "/customers/SARI/refund" in client.get(f"/payments/{receipt}/").content.decode()
    assert "50.000" in client.get("/customers/SARI/refund").content.decode()
    assert client.post("/customers/SARI/refund", {"amount": "60.000", "way": "transfer", "free": "50000"}).status_code == 422
    assert client.post("/customers/SARI/refund", {"amount": "20.000", "way": "transfer", "free": "50000"}).status_code == 302
    assert client.post("/customers/SARI/refund", {"amount": "20.000", "way": "transfer", "free": "50000"}).status_code == 422
    assert (sql.one("SELECT open FROM open_receipt"), sql.one("SELECT amount FROM payment WHERE direction = 'out'")) == (30_000, 20_000)
    out = sql.one("SELECT number FROM payment WHERE direction = 'out'")
    assert client.get(f"/payments/{out}/").status_code == 200


def test_a_list_costs_the_same_for_one_and_for_many():
    client, counted = pages.client("admin"), []
    for n in (1, 5):
        for _ in range(n):
            order, _, line = sold()
            make.run("returns.permit", {order: {"lines": {line: 1}, "reason": "defective"}})
        counted.append(pages.statements(client, "/returns/"))
    assert counted[0] == counted[1]
