"""The order's page: who sees which buttons, what a press does, what is written there stays text."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from alur.models import Attachment, Hold, Note
from alur.reads import orders
from tests import make
from tests.web import pages


def page_of(client, order_id, **headers):
    return client.get(f"/orders/{make.order(order_id).number}/", headers=headers)


def test_a_received_order_shows_what_happened_and_what_it_waits_for():
    customer = make.customer(name="Hotel Puri Kenanga")
    [order] = make.orders(customer_id=customer, lines=[(make.product(sku="CK-180", name_id="Cangkir"), 24)])
    response = page_of(pages.client("desk"), order)
    text = response.content.decode()
    assert response.status_code == 200
    for said in (make.order(order).number, "Hotel Puri Kenanga", "CK-180", "Cangkir", "Diterima", "Diterima lewat telepon"):
        assert said in text, said


def test_there_is_no_such_order():
    assert pages.client("desk").get("/orders/SO-2026-999999/").status_code == 404


def test_what_people_write_stays_text():
    nasty = "<script>alert(1)</script>"
    customer = make.customer(name=nasty)
    [order] = make.orders(customer_id=customer, lines=[(make.product(sku="<b>X", name_id=nasty), 1)], customer_po=nasty)
    client = pages.client("desk")
    response = client.post(f"/kept/order/{order}/notes", {"body": nasty})
    assert response.status_code == 302
    text = page_of(client, order).content.decode()
    assert nasty not in text
    assert "<b>X" not in text
    assert text.count("&lt;script&gt;") >= 4


def test_a_note_is_kept_in_the_timeline():
    [order] = make.orders()
    client = pages.client("warehouse")
    url = f"/kept/order/{order}/notes"
    client.post(url, {"body": "Minta sebelum Sabtu"})
    client.post(url, {"body": "   "})
    assert [(n.subject_kind, n.subject_id, n.body, n.by) for n in Note.objects.all()] == [("order", order, "Minta sebelum Sabtu", str(client.user.pk))]
    assert "Minta sebelum Sabtu" in page_of(client, order).content.decode()


@pytest.mark.parametrize(("role", "may"), [("admin", True), ("verifier", True), ("desk", False), ("driver", False)])
def test_a_button_is_there_only_for_who_may_press_it(role, may):
    [order] = make.orders(through="check.price")
    assert ("/steps/check.verify" in page_of(pages.client(role), order).content.decode()) is may


def test_a_press_by_the_wrong_role_is_refused_and_nothing_moves():
    [order] = make.orders(through="check.price")
    response = pages.client("driver").post("/steps/check.verify", {"ids": order}, headers={"HX-Request": "true"})
    assert response.status_code == 403
    assert "Peran Anda tidak mencakupnya" in response.content.decode()
    assert make.order(order).state == "received"


def test_a_refused_press_says_why_and_nothing_moves():
    [order] = make.orders(through="check.price")
    before = make.events(order)
    response = pages.client("warehouse").post("/steps/confirm.reserve", {"ids": order}, headers={"HX-Request": "true"})
    assert "1 ditolak" in response.content.decode()
    assert "diterima" in response.content.decode()
    assert make.order(order).state == "received"
    assert make.events(order) == before


def test_a_page_costs_the_same_for_one_line_and_for_two_hundred():
    customer, counted = make.customer(), []
    products, client = [make.product() for _ in range(3)], pages.client("admin")
    for n in (1, 200):
        [order] = make.orders(customer_id=customer, lines=[(products[i % 3], 2) for i in range(n)], through="confirm.reserve")
        counted.append(pages.statements(client, f"/orders/{make.order(order).number}/"))
    assert counted[0] == counted[1] <= 27
    assert len(page_of(client, order).content) < 150_000


def test_a_hold_stands_with_its_sentence_and_its_owner():
    [order] = make.orders(through="check.price")
    Hold.objects.create(
        order_id=order, code="over_credit_limit", facts={"limit": "50000000", "over": "2450000"}, owner="finance", opened_at=make.AT, opened_by="worker"
    )
    text = page_of(pages.client("finance"), order).content.decode()
    assert "Ditahan" in text
    assert 'class="call"' in text
    assert "Keuangan" in text


def test_a_part_of_an_order_is_cancelled_in_the_drawer():
    [order] = make.orders(lines=[(make.product(sku="A"), 10), (make.product(sku="B"), 5)], through="confirm.reserve")
    one, two = make.lines_of(order)
    client, url = pages.client("desk"), f"/orders/{make.order(order).number}/cancel"
    drawer = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert f'name="line-{one.id}" value="10"' in drawer
    sent = {f"line-{one.id}": "4", f"line-{two.id}": "0", "note": "salah ketik"}
    response = client.post(url, sent, headers={"HX-Request": "true"})
    assert response["HX-Trigger"] == "alur:moved"
    assert [(line.cancelled, line.reserved) for line in make.lines_of(order)] == [(4, 6), (0, 5)]
    assert "salah ketik" in page_of(client, order).content.decode()
    assert client.post(url, {f"line-{one.id}": "6", f"line-{two.id}": "5"}, headers={"HX-Request": "true"}).status_code == 200
    assert make.order(order).state == "cancelled"


def test_what_cannot_be_cancelled_says_why_and_keeps_what_was_typed():
    [order] = make.orders(lines=[(make.product(), 10)], through="confirm.reserve")
    [line] = make.lines_of(order)
    client, url = pages.client("desk"), f"/orders/{make.order(order).number}/cancel"
    for typed in ("banyak", "11"):
        response = client.post(url, {f"line-{line.id}": typed, "note": "x"}, headers={"HX-Request": "true"})
        assert response.status_code == 422
        assert f'value="{typed}"' in response.content.decode()
    assert pages.client("driver").post(url, {f"line-{line.id}": "1"}).status_code == 403
    assert make.lines_of(order)[0].cancelled == 0


def test_the_list_finds_orders_by_what_people_remember():
    [one] = make.orders(customer_id=make.customer(name="Hotel Puri"), customer_po="PK/1182", through="confirm.reserve")
    [two] = make.orders(customer_id=make.customer(name="Kafe Teras"), lines=[(make.product(stock=1), 5)], through="confirm.reserve")
    client, (first, second) = pages.client("desk"), (make.order(one).number, make.order(two).number)
    for q, here, not_here in (("puri", first, second), ("pk/11", first, second), (second, second, first), (str(int(second[-6:])), second, first)):
        text = client.get("/orders/", {"q": q}).content.decode()
        assert here in text, q
        assert not_here not in text, q
    short = client.get("/orders/?tab=short").content.decode()
    assert second in short
    assert first not in short
    assert "Menunggu stok" in short
    assert "Tidak ada pesanan di sana" in client.get("/orders/?tab=cancelled").content.decode()
    assert "Tidak ada yang cocok" in client.get("/orders/?q=%25").content.decode()


def test_the_list_costs_the_same_for_one_and_for_forty():
    client, counted = pages.client("desk"), []
    for n in (1, 40):
        make.orders(n)
        counted.append(pages.statements(client, "/orders/", "/orders/?tab=open&sort=value"))
    assert counted[0] == counted[1]


def test_the_list_goes_on_by_key(monkeypatch):
    monkeypatch.setattr(orders, "PAGE", 3)
    numbers = [make.order(i).number for i in make.orders(7)][::-1]
    client = pages.client("desk", language="en")

    def shown(address):
        text = client.get(address).content.decode()
        links = dict(re.findall(r'href="\?(after|before)=(\d+)"', text))
        return re.findall(r"<b>(SO-[^<]+)</b>", text), links

    first, links = shown("/orders/")
    assert (first, set(links)) == (numbers[:3], {"after"})
    second, links = shown(f"/orders/?after={links['after']}")
    assert (second, set(links)) == (numbers[3:6], {"after", "before"})
    assert shown(f"/orders/?before={links['before']}") == (numbers[:3], {"after": str(make.SalesOrder.objects.get(number=numbers[2]).id)})
    last, links = shown(f"/orders/?after={links['after']}")
    assert (last, set(links)) == (numbers[6:], {"before"})
    assert shown(f"/orders/?before={links['before']}")[0] == numbers[3:6]


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("channel=phone", "ab"), ("channel=api", ""), ("from=2026-11-23", "ab"), ("to=2026-11-22", ""), ("from=x&to=99999-1-1", "ab"), ("least=25.000", "b"),
        ("most=25.000", "a"), ("least=1e9999&most=-", "ab"), ("customer={a}", "a"), ("customer=999999999999999999", ""), ("salesperson=7", "b"),
        ("after=abc&before=-1", "ab"), ("q=%00%27", ""), ("q=po-7", "b"), ("q=4711", "b"), ("tab=nope", "ab"), ("tab=part", ""), ("tab=overdue", ""),
    ],
)  # fmt: skip
def test_filters_of_the_list(address, found):
    one, two = make.customer(), make.customer()
    [a] = make.orders(customer_id=one, lines=[(make.product(10_000), 1)], through="check.price")
    [b] = make.orders(customer_id=two, lines=[(make.product(10_000), 4)], customer_po="PO-7/4711", through="check.price")
    make.SalesOrder.objects.filter(id=b).update(salesperson_id=7)
    answer = pages.client("desk", language="id").get(f"/orders/?{address.format(a=one)}")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert [name for name, i in (("a", a), ("b", b)) if f"<b>{make.order(i).number}</b>" in text] == list(found)
    if len(found) < 2 and address[:3] != "tab":
        assert f"Tersembunyi: {2 - len(found)}" in text


def test_a_file_is_kept_and_only_ever_downloaded():
    [order] = make.orders()
    client, url = pages.client("desk"), f"/kept/order/{order}/files"
    client.post(url, {"file": [SimpleUploadedFile("PO <1>.html", b"<script>alert(1)</script>", "text/html"), SimpleUploadedFile("leer.txt", b"")]})
    [kept] = Attachment.objects.all()
    assert (kept.name, kept.size, kept.by) == ("PO <1>.html", 25, str(client.user.pk))
    assert "PO &lt;1&gt;.html" in page_of(client, order).content.decode()
    response = client.get(f"{url}/{kept.id}")
    assert b"".join(response) == b"<script>alert(1)</script>"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Type"] == "application/octet-stream"
    [other] = make.orders()
    assert client.get(f"/kept/order/{other}/files/{kept.id}").status_code == 404
