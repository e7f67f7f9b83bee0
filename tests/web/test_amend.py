"""The drawer that changes an order: what it says beforehand, what it saves, and that nobody overwrites anybody."""

import json

from alur.models import Address, Hold, Note, OrderLine, SalesOrder
from tests import make
from tests.web import pages


def url(order, what=""):
    return f"/orders/{make.order(order).number}/amend{what}"


def opened(client, order):
    """The drawer's fields as they stand when it is opened."""
    page = client.get(url(order), headers={"HX-Request": "true"})
    assert page.status_code == 200
    sheet = page.context["sheet"]
    return {**sheet.was, "was": json.dumps(sheet.was), "version": str(sheet.version), "reason": ""}


def press(client, order, form, what="", **typed):
    return client.post(url(order, what), form | typed, headers={"HX-Request": "true"})


def planned(*lines, **fields):
    return make.orders(lines=list(lines), through="deliver.schedule", **fields)[0]


def first(order):
    return make.lines_of(order)[0].id


def test_only_who_may_change_an_order_is_shown_the_button():
    order = planned((make.product(stock=10), 4))
    for roles, may in ((("desk",), True), (("manager",), True), (("driver",), False), (("warehouse",), False)):
        client = pages.client(*roles)
        assert (url(order) in client.get(f"/orders/{make.order(order).number}/").content.decode()) is may
        assert client.get(url(order)).status_code == (200 if may else 403)
    assert "capture.amend" not in pages.client("desk").get("/flow/capture/").content.decode()
    make.run("capture.cancel", [order])
    assert url(order) not in pages.client("desk").get(f"/orders/{make.order(order).number}/").content.decode()
    assert pages.client("desk").get("/orders/SO-1/amend").status_code == 404


def test_it_says_what_will_move_and_moves_that():
    order = planned((make.product(100_000, stock=10, sku="CK-180", name_id="Cangkir"), 16))
    client, form = pages.client("desk"), opened(pages.client("desk"), order)
    assert form[f"q-{first(order)}"] == "16"
    said = press(client, order, form, "/preview").content.decode()
    assert "Belum ada" in said
    said = press(client, order, form, "/preview", **{f"q-{first(order)}": "8"}).content.decode()
    for text in ("1.776.000 → <b>Rp", "888.000", "−8, 6 yang menunggu stok, 2 dari SJ-", "diganti", "kredit, blokir, dan alamat"):
        assert text in said, text
    assert make.order(order).version == 1
    answer = press(client, order, form, **{f"q-{first(order)}": "8", "reason": "lewat telepon"})
    assert (answer.status_code, answer["HX-Trigger"]) == (200, "alur:moved")
    assert (make.order(order).total, Note.objects.get().body, make.lines_of(order)[0].cancelled) == (888_000, "lewat telepon", 8)


def test_more_another_price_a_new_line_a_day_and_an_address():
    cup, pen = make.product(100_000, sku="CK-180", multiple=6), make.product(5_000, sku="PN-1")
    order = planned((cup, 12), customer_po="PO-1")
    place = Address.objects.create(customer_id=make.order(order).customer_id, name="Gudang", lines="Jl. Kenanga 18", city="Bogor")
    client = pages.client("desk")
    form, line = opened(client, order), first(order)
    said = press(client, order, form, "/preview", **{f"q-{line}": "20", "sku-new1": "pn-1", "q-new1": "3", f"p-{line}": "90.000"}).content.decode()
    for text in ("+8", "PN-1", "+3", "harga Rp", "kelipatan 6", 'name="sku-new2"', "Diterima", "menahannya: 2 baris", "PN-1 hanya"):
        assert text in said, text
    typed = {
        f"q-{line}": "18",
        "sku-new1": "PN-1",
        "q-new1": "3",
        "requested_on": "10/12",
        "customer_po": "PO-2",
        "address": str(place.id),
        f"p-{line}": "90.000",
    }
    assert press(client, order, form, **typed).status_code == 200
    stored = make.order(order)
    assert (stored.state, stored.customer_po, stored.requested_on.isoformat(), stored.ship_to.city) == ("received", "PO-2", "2026-12-10", "Bogor")
    assert [(x.product_id, int(x.ordered), x.unit_price) for x in make.lines_of(order)] == [(cup, 18, 90_000), (pen, 3, None)]


def test_what_cannot_be_read_stands_beside_its_field_and_nothing_is_saved():
    order = planned((make.product(sku="CK-180"), 4))
    client = pages.client("desk")
    form, line = opened(client, order), first(order)
    wrong = {f"q-{line}": "banyak", f"p-{line}": "-", "requested_on": "kapan", "discount_pct": "x", "sku-new1": "<b>apa", "q-new1": ""}
    answer = press(client, order, form, **wrong)
    assert answer.status_code == 422
    text = answer.content.decode()
    for said in ("CK-180: Isi dengan angka", "Baris baru: Tidak ada produk itu", "Tanggal ini tidak kami mengerti", "&lt;b&gt;apa"):
        assert said in text, said
    assert "Betulkan yang ditandai" in press(client, order, form, "/preview", **wrong).content.decode()
    assert press(client, order, form).status_code == 422  # nothing is different
    assert make.order(order).version == 1


def test_two_people_see_the_difference_and_what_one_left_alone_is_not_undone():
    order = planned((make.product(sku="CK-180", stock=20), 4), customer_po="PO-1")
    dewi, made = pages.client("desk"), pages.client("manager")
    hers, his = opened(dewi, order), opened(made, order)
    assert press(dewi, order, hers, customer_po="PO-DEWI", **{f"q-{first(order)}": "6"}).status_code == 200
    answer = press(made, order, his, customer_po="PO-MADE")
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Orang lain mengubahnya sementara itu" in text
    assert "PO-DEWI" in text
    sheet = answer.context["sheet"]
    assert (sheet.values["customer_po"], sheet.values[f"q-{first(order)}"], sheet.version) == ("PO-MADE", "6", 2)
    assert make.order(order).customer_po == "PO-DEWI"
    again = sheet.values | {"was": json.dumps(sheet.was), "version": str(sheet.version)}
    assert press(made, order, again).status_code == 200
    assert (make.order(order).customer_po, int(make.lines_of(order)[0].ordered)) == ("PO-MADE", 6)


def test_a_line_that_nobody_knows_is_completed_from_its_hold():
    [order] = make.orders(lines=[(make.product(sku="CK-180"), 4)])
    OrderLine.objects.update(product=None, as_written="gelas besar")
    make.onward([order], "check.verify")
    assert Hold.objects.get().code == "line_incomplete"
    client = pages.client("desk")
    assert f'hx-get="{url(order)}"' in client.get(f"/orders/{make.order(order).number}/").content.decode()
    form = opened(client, order)
    assert "CK-180" in client.get("/amend/products?sku-new1=ck-1").content.decode()
    assert press(client, order, form, **{f"sku-{first(order)}": "ck-180"}).status_code == 200
    assert make.lines_of(order)[0].product.sku == "CK-180"


def test_it_is_a_page_without_script_and_costs_the_same_for_many_lines():
    cup = make.product(stock=500)
    few, many = planned((cup, 1), (cup, 2)), planned(*[(cup, n) for n in range(1, 31)])
    client = pages.client("desk")
    text = client.get(url(few)).content.decode()
    assert "<main" in text
    assert text.count('inputmode="decimal"') == 7
    assert client.post(url(few), opened(client, few) | {"customer_po": "X"}).status_code == 302
    assert SalesOrder.objects.get(id=few).customer_po == "X"
    assert pages.statements(client, url(few)) == pages.statements(client, url(many))


def test_what_a_cancellation_moves_is_said_and_an_older_view_cancels_nothing():
    order = planned((make.product(100_000, stock=10, sku="CK-180"), 16))
    client, number = pages.client("desk"), make.order(order).number
    line = f"line-{first(order)}"
    form = dict(client.get(f"/orders/{number}/cancel", headers={"HX-Request": "true"}).context["form"].carried)
    said = client.post(f"/orders/{number}/cancel/preview", form | {line: "8"}, headers={"HX-Request": "true"}).content.decode()
    assert "−8, 6 yang menunggu stok, 2 dari SJ-" in said
    assert "Batal" in client.post(f"/orders/{number}/cancel/preview", form | {line: "16"}).content.decode()
    assert "Betulkan" in client.post(f"/orders/{number}/cancel/preview", form | {line: "17"}).content.decode()
    make.run("capture.cancel", {order: {"lines": {first(order): 1}}})
    answer = client.post(f"/orders/{number}/cancel", form | {line: "16"}, headers={"HX-Request": "true"})
    assert (answer.status_code, make.order(order).state) == (409, "confirmed")
    assert "Orang lain mengubahnya" in answer.content.decode()
    again = dict(answer.context["form"].carried)
    assert client.post(f"/orders/{number}/cancel", again | {line: "15"}, headers={"HX-Request": "true"}).status_code == 200
    assert make.order(order).state == "cancelled"
    assert pages.client("driver").post(f"/orders/{number}/cancel/preview", {}).status_code == 403
