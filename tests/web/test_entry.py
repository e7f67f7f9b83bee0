"""The telephone order: kept while it is typed, shown with what it would come to, saved once."""

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime

import pytest

from alur.core import sql
from alur.models import Draft, OrderLine, Policy, ProductUnit, SalesOrder
from alur.web.entry import draft as drafts
from tests import make
from tests.web import pages

NASTY = "<script>alert(1)</script>"


class Desk:
    """A clerk at the page: what is typed, and what comes back."""

    def __init__(self, *roles: str, language: str = "id", token: str = "t1") -> None:
        self.client = pages.client(*(roles or ("desk",)), language=language)
        self.data = {"token": token, "customer": 0, "who": "", "address": 0, "requested": "", "po": "", "lines": []}
        self.id = self.version = 0
        self.seen: dict[str, str] = {}

    def types(self, *lines: tuple, **fields: object) -> "Desk":
        """Type lines of (product or text, quantity[, unit[, price]])."""
        self.data |= fields
        for what, quantity, *rest in lines:
            line = {"k": len(self.data["lines"]) + 1, "quantity": str(quantity), "unit": rest[0] if rest else "", "price": rest[1] if len(rest) > 1 else ""}
            self.data["lines"].append(line | ({"product": what} if isinstance(what, int) else {"text": what}))
        return self

    def send(self, url: str, **more: object):
        """Send the whole draft."""
        body = {"id": self.id, "version": self.version, "data": self.data, "seen": self.seen, **more}
        response = self.client.post(url, json.dumps(body), content_type="application/json")
        text = response.content.decode()
        if found := re.search(r'id="answer" data-id="(\d+)" data-version="(\d+)"', text):
            self.id, self.version = int(found[1]), int(found[2])
        self.seen |= dict(re.findall(r'<tbody id="l-\d+" data-k="(\d+)".*?data-sig="(\w+)"', text))
        return response, text

    def look(self, **more: object):
        """What the page does after a pause in typing."""
        return self.send("/phone/look", **more)

    def save(self):
        """Ctrl+Enter."""
        return self.send("/phone/save")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_call_from_the_first_letter_to_the_order(desk):
    kafe = make.customer(code="KTH", name="Kafe Teras Hujan")
    milk = make.product(sku="SS-UHT-12", name_id="Susu UHT", price=20_000, unit="btl")
    ProductUnit.objects.create(product_id=milk, unit="dus", factor=12)
    make.product(sku="SR-KRM-750", name_id="Sirup karamel", price=96_500, stock=9)
    _, text = desk.types(customer=kafe, who="Kafe Teras Hujan", requested="+3", po="PO-7").look()
    assert "Jl. Melati 7, Depok" in text
    _, text = desk.types((milk, "10 dus"), ("sr-krm-750", 12)).look()
    for said in ("Susu UHT", "240.000", "2.400.000", "1.158.000", "Siap 9; 3 lagi", "Ambil 9 saja", "Rp\u00a03.949.380", "tiga juta sembilan ratus"):
        assert said in text, said
    assert Draft.objects.count() == 1
    response, _ = desk.save()
    [order] = SalesOrder.objects.all()
    assert response.json() == {"url": f"/orders/{order.number}/"}
    assert (order.channel, order.external_ref, order.customer_po, order.customer_id) == ("phone", "t1", "PO-7", kafe)
    assert order.entered_by == str(desk.client.user.pk)
    lines = OrderLine.objects.order_by("position").values_list("product_id", "quantity", "unit", "ordered")
    assert [(p == milk, int(q), u, int(o)) for p, q, u, o in lines] == [(True, 10, "dus", 120), (False, 12, "pcs", 12)]
    assert make.events(order.id) == ["order.received"]
    assert not Draft.objects.exists()


def test_what_is_saved_twice_is_one_order(desk):
    desk.types((make.product(), 1), customer=make.customer())
    first, _ = desk.save()
    again, _ = desk.save()
    assert first.json() == again.json()
    assert SalesOrder.objects.count() == 1


def test_what_cannot_be_saved_says_so_beside_the_cell_and_is_kept(desk):
    _, text = desk.types((make.product(sku="A-1"), "nol"), ("A-1", "")).save()
    for said in ("3 hal perlu dibetulkan", 'href="#e-who"', 'href="#l-1-quantity"', "Baris 2: Berapa banyak?", 'value="nol"'):
        assert said in text, said
    assert text.count('aria-invalid="true"') == 2
    assert not SalesOrder.objects.exists()
    assert Draft.objects.get().data["lines"][0]["quantity"] == "nol"


def test_a_refusal_of_the_step_stands_on_top(desk, monkeypatch):
    desk.types((make.product(), 1), customer=make.customer()).look()
    monkeypatch.setattr("alur.web.entry.order.of", lambda answer, key: make.draft(answer.customer.id, [], key=key))
    response, text = desk.save()
    assert response.status_code == 422
    assert "Pesanan" in text[text.index('class="errors"') :][:400]
    assert Draft.objects.exists()


def test_only_rows_that_look_different_are_sent(desk):
    cup = make.product()
    desk.types((cup, 1), (cup, 2), customer=make.customer()).look()
    desk.data["lines"][1]["quantity"] = "3"
    _, text = desk.look()
    assert re.findall(r'<tbody id="l-(\d)"', text) == ["2"]


def test_two_people_on_one_draft_never_overwrite_each_other(desk):
    cup = make.product(sku="CK-180")
    desk.types((cup, 6), customer=make.customer()).look()
    other = Desk()
    other.data, other.id, other.version = json.loads(json.dumps(desk.data)), desk.id, desk.version
    other.data["lines"][0]["quantity"] = "12"
    other.look()
    stored = Draft.objects.get().data
    desk.data["lines"][0]["quantity"] = "24"
    for response, text in (desk.look(), desk.save()):
        assert response.status_code == 409
        assert "Orang lain sudah mengubah konsep ini" in text
        assert "<dd>12" in text
        assert "<b>24" in text
    assert Draft.objects.get().data == stored
    assert not SalesOrder.objects.exists()
    response, _ = desk.look(force=True)
    assert response.status_code == 200
    assert Draft.objects.get().data["lines"][0]["quantity"] == "24"


def test_a_draft_that_became_an_order_elsewhere_says_so(desk):
    desk.types((make.product(), 1), customer=make.customer()).look()
    other = Desk()
    other.data, other.id, other.version = desk.data, desk.id, desk.version
    other.save()
    response, text = desk.look()
    assert response.status_code == 409
    assert "sudah disimpan sebagai pesanan" in text
    response, _ = desk.save()
    assert response.json()["url"].endswith(f"{SalesOrder.objects.get().number}/")


def test_a_reload_shows_the_draft_and_new_starts_another(desk):
    desk.types((make.product(sku="CK-180"), 6), customer=make.customer(name="Kafe Teras Hujan"), requested="26/12").look()
    text = desk.client.get("/phone/").content.decode()
    for said in ("Kafe Teras Hujan", 'value="CK-180"', 'value="6"', 'value="26/12"', f'data-id="{desk.id}"'):
        assert said in text, said
    text = desk.client.get("/phone/?new=1").content.decode()
    assert 'value="CK-180"' not in text
    assert f"?draft={desk.id}" in text


def test_a_draft_is_thrown_away_and_brought_back(desk):
    desk.types((make.product(sku="CK-180"), 6), customer=make.customer()).look()
    text = desk.client.post("/phone/drop", {"draft": desk.id}, follow=True).content.decode()
    assert not Draft.objects.exists()
    assert "Kembalikan konsep" in text
    text = desk.client.post("/phone/undo", follow=True).content.decode()
    assert 'value="CK-180"' in text
    assert Draft.objects.get().data["token"] == "t1"
    assert desk.client.post("/phone/undo").headers["Location"] == "/phone/"


def test_what_verify_would_find_is_said_before_it_is_saved(desk):
    kafe = make.customer(credit_limit=1_000_000)
    cup = make.product(price=100_000, sku="CK-180", multiple=6)
    _, text = desk.types((cup, 40, "", "90.000"), customer=kafe).look()
    for said in ("Dijual per 6: 36 atau 42", "Harga kami 100.000", "dari batas Rp", "tidak ada yang mirip"):
        assert said in text, said
    make.orders(customer_id=kafe, lines=[(cup, 40)], through="capture.receive")
    SalesOrder.objects.update(received_at=datetime.now(UTC), customer_po="PO-9")
    Policy.objects.update(duplicate_days=3)
    _, text = desk.types(po="PO-9").look()
    assert f"mirip {SalesOrder.objects.get().number}" in text


def test_who_pays_first_is_told_so(desk):
    _, text = desk.types((make.product(), 1), customer=make.customer(credit_limit=None, terms=None)).look()
    assert "lunas sebelum dikirim" in text
    assert "Dikirim setelah lunas." in text


def test_what_is_not_known_is_saved_as_written(desk):
    _, text = desk.types(("kopi luwak", 2), customer=make.customer()).look()
    assert "Barang ini tidak kami kenal" in text
    _, text = desk.look(at=1)  # while the name is still being typed nothing is said
    assert "Barang ini tidak kami kenal" not in text
    desk.save()
    assert OrderLine.objects.get().as_written == "kopi luwak"


def test_a_unit_by_its_beginning_and_one_it_is_not_sold_by(desk):
    milk = make.product(unit="btl")
    ProductUnit.objects.create(product_id=milk, unit="dus", factor=12)
    _, text = desk.types((milk, "3 d"), (milk, "3 krat"), customer=make.customer()).look()
    assert 'value="3"' in text
    assert "Tidak dijual per krat: btl, dus." in text
    response, _ = desk.save()
    assert response.status_code == 422


def test_the_last_order_again(desk):
    kafe, cup = make.customer(), make.product(sku="CK-180")
    make.orders(customer_id=kafe, lines=[(cup, 6)])
    assert desk.client.get(f"/phone/again?customer={kafe}").json() == {"lines": [{"text": "CK-180", "product": cup, "quantity": "6", "unit": "pcs"}]}
    assert desk.client.get("/phone/again?customer=x").json() == {"lines": []}


def test_suggestions(desk):
    kafe = make.customer(name="Kafe Teras Hujan", blocked="all")
    make.product(sku="SR-VAN-750", name_id="Sirup vanila 750 ml", price=96_500)
    text = desk.client.get(f"/phone/products?q=sirop+vanil&customer={kafe}").content.decode()
    for said in ("SR-VAN-750", "<mark>Sir</mark>up <mark>vanil</mark>a", "96.500", "1.000 siap"):
        assert said in text, said
    assert "diblokir" in desk.client.get("/phone/customers?q=terras").content.decode()
    assert "Tidak ada yang mirip" in desk.client.get("/phone/products?q=zzz").content.decode()


def test_what_is_typed_stays_text(desk):
    kafe = make.customer(name=NASTY)
    cup = make.product(sku="<b>X", name_id=NASTY)
    _, text = desk.types((cup, NASTY), (NASTY, 1, NASTY), customer=kafe, who=NASTY, requested=NASTY, po=NASTY).look()
    texts = [text, desk.save()[1], desk.client.get("/phone/").content.decode(), desk.client.get(f"/phone/products?q={NASTY}").content.decode()]
    texts += [desk.client.get(f"/phone/customers?q={NASTY}").content.decode(), desk.client.get("/phone/products?q=script").content.decode()]
    desk.version = 99
    texts.append(desk.look()[1])
    for text in texts:
        assert NASTY not in text
        assert "<b>X" not in text


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"data": 7}', '{"data": {}}', '{"data": {"token": ""}}'])
def test_what_is_no_draft_is_refused(desk, body):
    for url in ("/phone/look", "/phone/save"):
        assert desk.client.post(url, body, content_type="application/json").status_code == 400
    assert not Draft.objects.exists()


def test_strange_values_are_left_out():
    read = drafts.read({"token": "t", "customer": "x", "address": 10**30, "who": None, "lines": [{"k": 1, "text": "a" * 999, "product": -1}, 7, {"k": "2"}]})
    assert (read.customer, read.address, read.who, len(read.lines)) == (0, 0, "", 2)
    assert asdict(read.lines[0]) == {"k": 1, "text": "a" * 200, "product": 0, "quantity": "", "unit": "", "price": ""}


@pytest.mark.parametrize("role", ["driver", "warehouse", "finance"])
def test_it_is_the_desks(role):
    other = Desk(role)
    assert other.client.get("/phone/").status_code == 403
    assert other.types((make.product(), 1), customer=make.customer()).save()[0].status_code == 403
    assert not SalesOrder.objects.exists()


def test_english():
    desk = Desk(language="en")
    _, text = desk.types((make.product(name_en="Cup", price=1_000), "1,200"), customer=make.customer()).look()
    for said in ("Cup", "Total with VAT", "Rp\u00a01,332,000", "one million three hundred thirty-two thousand"):
        assert said in text, said


def test_a_look_costs_the_same_for_one_line_and_for_three_hundred():
    kafe, cups, counted = make.customer(), [make.product(stock=5) for _ in range(5)], []
    for n in (1, 300):
        desk = Desk(token=f"n{n}").types(*[(cups[i % 5], 2) for i in range(n)], customer=kafe)
        desk.look()
        with sql.counting() as count:
            assert desk.look()[0].status_code == 200
        counted.append(count.statements)
    assert counted[0] <= 22
    assert counted[1] <= counted[0] + 2  # what is on its way and what else there is are asked only where something is short
