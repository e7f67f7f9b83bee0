"""Master data: every table is listed, asked, checked, written with its event, and never over somebody else's change."""

import re
from html import unescape

import pytest

from alur import models
from alur.core import sql
from alur.models import Customer, Product, Recheck
from alur.web.settings.tables import BY_NAME, TABLES
from tests import make
from tests.web import pages

NASTY = "<script>alert(1)</script>"
HTMX = {"HX-Request": "true"}
# what a good row of each table is given; the bad answers of each, with what is said of them
GOOD = {
    "terms": {"code": "N14", "name": "14 hari", "advance_pct": "30", "due_from": "delivery", "parts": "50 % 14, 50 % 30"},
    "price_list": {"code": "GROSIR", "name": "Grosir", "currency": "IDR", "is_default": "1"},
    "tax_rule": {"code": "01", "name": "Mewah", "product_class": "luxury", "customer_class": "standard", "rate": "12", "base_num": "1", "base_den": "1"},
    "reason": {"kind": "return", "code": "broken", "name_id": "Rusak", "name_en": "Broken", "stock_effect": "none", "lost_sale": "1"},
    "warehouse": {"code": "SBY", "name": "Surabaya", "kind": "own", "priority": "3", "cut_off_hour": "14", "working_days": ["1", "2", "5"], "active": "1"},
    "department": {"code": "SVC", "name": "Teknisi", "kind": "service", "working_days": ["1"]},
    "transport_days": {"province": "Bali", "method": "courier", "days": "4"},
    "holiday": {"on": "17 Agustus 2027", "name": "Kemerdekaan"},
    "supplier": {"code": "S9", "name": "CV Sumber", "email": "jual@sumber.co.id", "phone": "021"},
    "bank_account": {"code": "MDR", "bank": "Mandiri", "number": "1", "holder": "PT Uji", "account": "1102", "currency": "IDR"},
    "address": {"kind": "bill", "lines": "Jl. Kantor 2", "city": "Depok", "country": "ID", "delivery_window": "09–12"},
    "contact": {"name": "Bu Sri", "email": "sri@toko.id", "language": "id", "documents": ["invoice", "order"]},
    "product_unit": {"unit": "dus", "factor": "12", "is_sale_default": "1"},
    "product_alias": {"alias": "gelas plastik"},
    "component": {"quantity": "2,5"},
}
BAD = [
    ("terms", {"parts": "50 % 14, 40 % 30"}, "Jumlah bagiannya 90"),
    ("terms", {"parts": "sebulan"}, "Persen dan hari tiap bagian"),
    ("terms", {"advance_pct": "130"}, "Paling banyak 100."),
    ("terms", {"advance_pct": ""}, "Mohon diisi"),
    ("terms", {"code": "N30"}, "Sudah ada yang sama"),
    ("terms", {"name": " "}, "Mohon diisi"),
    ("price_list", {"currency": "EURO"}, "Salah satu dari IDR"),
    ("tax_rule", {"rate": "banyak"}, "Angka 0 atau lebih"),
    ("tax_rule", {"base_num": "1,5"}, "Bilangan bulat"),
    ("tax_rule", {"base_den": "0"}, "Penyebut pecahan"),
    ("tax_rule", {"valid_from": "2 Jan 2027", "valid_to": "1 Jan 2027"}, "Ini sebelum hari pertama."),
    ("tax_rule", {"valid_from": "kapan-kapan"}, "Tanggal ini tidak kami mengerti"),
    ("warehouse", {"cut_off_hour": "25"}, "Paling banyak 24."),
    ("warehouse", {"priority": "-1"}, "Angka 0 atau lebih"),
    ("warehouse", {"working_days": []}, "Mohon diisi"),
    ("supplier", {"email": "bukan alamat"}, "Alamat e-mail"),
    ("product_unit", {"factor": "0"}, "Lebih dari 0."),
    ("product_unit", {"factor": "1e9"}, "Angka 0 atau lebih"),
]


def opened(client, url):
    """The form at an address: its hidden fields, and what a person would send unchanged."""
    text = client.get(url, headers=HTMX).content.decode()
    return {name: unescape(value) for name, value in re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', text)}


def start(name):
    """The address of a new row's form."""
    table = BY_NAME[name]
    if not table.parent:
        return f"/settings/data/{name}/new"
    owner = Customer.objects.first() if table.parent == "customer_id" else Product.objects.first()
    return f"/settings/data/{name}/new?of={owner.id}"


def answers(name, /, **typed):
    found = GOOD[name] | typed
    if name == "transport_days":
        found["warehouse_id"] = str(models.Warehouse.objects.first().id)
    if name == "component":
        found["part_id"] = str(Product.objects.last().id)
    return found


@pytest.fixture
def ground():
    make.customer()
    make.product()
    make.product()


@pytest.mark.parametrize("name", [table.name for table in TABLES])
def test_a_row_is_added_changed_and_told(ground, name):
    table, client = BY_NAME[name], pages.client("admin")
    before = table.model.objects.count()
    response = client.post(start(name), opened(client, start(name)) | answers(name), headers=HTMX)
    assert (response.status_code, response.headers.get("HX-Trigger")) == (200, "alur:moved"), response.content.decode()
    row = table.model.objects.order_by("-id").first()
    assert table.model.objects.count() == before + 1
    url = f"/settings/data/{name}/{row.id}"
    same = client.post(url, opened(client, url) | answers(name), headers=HTMX)
    assert "Tidak ada yang berbeda" in same.content.decode()
    field = next(c for c in table.columns if c.kind in ("text", "number", "whole") and not c.code and not c.check(7 if c.kind != "text" else "7"))
    client.post(url, opened(client, url) | answers(name, **{field.name: "7"}), headers=HTMX)
    row.refresh_from_db()
    assert str(getattr(row, field.name)).startswith("7")
    told = sql.rows("SELECT kind, subject_id, data FROM event WHERE subject_kind = %(name)s ORDER BY id", name=name)
    owner = {table.parent: getattr(row, table.parent)} if table.parent else {}
    assert [tuple(event) for event in told] == [(f"{name}.created", row.id, owner), (f"{name}.changed", row.id, {**owner, "fields": [field.name]})]
    if not table.parent:
        assert client.get(f"/settings/data/{name}/").status_code == 200


@pytest.mark.parametrize(("name", "typed", "said"), BAD)
def test_what_cannot_be_is_said_beside_the_field(ground, name, typed, said):
    client, before = pages.client("admin"), BY_NAME[name].model.objects.count()
    response = client.post(start(name), opened(client, start(name)) | answers(name, **typed), headers=HTMX)
    text = response.content.decode()
    assert response.status_code == 422
    assert (said in text, f'href="#d-{next(iter(typed)) if "sebelum" not in said else "valid_to"}"' in text) == (True, True), text
    assert (BY_NAME[name].model.objects.count(), make.count_of("event")) == (before, 0)


def test_the_parts_of_terms_are_whole(ground):
    client = pages.client("finance")
    client.post(start("terms"), opened(client, start("terms")) | answers("terms"), headers=HTMX)
    made = models.Terms.objects.get(code="N14")
    assert list(models.TermsPart.objects.filter(terms=made).order_by("position").values_list("percent", "days")) == [(50, 14), (50, 30)]
    assert "50 % 14, 50 % 30" in client.get("/settings/data/terms/").content.decode()


def test_one_is_the_usual_one(ground):
    client = pages.client("finance")
    client.post(start("price_list"), opened(client, start("price_list")) | answers("price_list"), headers=HTMX)
    assert list(models.PriceList.objects.filter(is_default=True).values_list("code", flat=True)) == ["GROSIR"]


def test_nobody_overwrites_anybody(ground):
    client, row = pages.client("finance"), models.Terms.objects.get(code="N30")
    url = f"/settings/data/terms/{row.id}"
    mine, theirs = opened(client, url), opened(client, url)
    full = {"name": "30 hari", "advance_pct": "0", "due_from": "invoice", "parts": "100 % 30"}
    assert client.post(url, theirs | full | {"name": "Sebulan"}, headers=HTMX).status_code == 200
    response = client.post(url, mine | full | {"name": "Tiga puluh"}, headers=HTMX)
    text = response.content.decode()
    assert response.status_code == 409
    for said in ("Orang lain mengubahnya", "Sebulan", 'value="Tiga puluh"'):
        assert said in text, said
    row.refresh_from_db()
    assert row.name == "Sebulan"
    again = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', text))
    assert client.post(url, again | full | {"name": "Tiga puluh"}, headers=HTMX).status_code == 200
    row.refresh_from_db()
    assert row.name == "Tiga puluh"


def test_what_days_and_prices_stand_on_reaches_orders(ground):
    one, two = make.orders(1)[0], make.orders(1, through="confirm.promise")[0]
    Recheck.objects.all().delete()
    client = pages.client("admin")
    for name, ticket in (("holiday", ("promise", two)), ("tax_rule", ("price", one)), ("warehouse", ("promise", two))):
        client.post(start(name), opened(client, start(name)) | answers(name), headers=HTMX)
        assert list(Recheck.objects.values_list("step", "order_id")) == [ticket]
        Recheck.objects.all().delete()
    cup = Product.objects.get(id=make.order(one) and sql.one("SELECT product_id FROM order_line WHERE order_id = %(id)s", id=one))
    url = f"/settings/data/product_unit/new?of={cup.id}"
    client.post(url, opened(client, url) | answers("product_unit"), headers=HTMX)
    assert list(Recheck.objects.values_list("step", "order_id")) == [("price", one)]


def test_a_row_is_taken_out_but_not_what_is_used(ground):
    client = pages.client("warehouse")
    day = models.Holiday.objects.create(on="2027-08-17", name="Merdeka")
    assert client.post(f"/settings/data/holiday/{day.id}/remove", headers=HTMX).headers["HX-Trigger"] == "alur:moved"
    assert not models.Holiday.objects.exists()
    assert sql.ids("SELECT subject_id FROM event WHERE kind = 'holiday.removed'") == [day.id]
    place = models.Warehouse.objects.first()
    assert client.post(f"/settings/data/warehouse/{place.id}/remove", headers=HTMX).status_code == 403
    assert client.post(f"/settings/data/holiday/{day.id}/remove", headers=HTMX).status_code == 404


@pytest.mark.parametrize("name", [table.name for table in TABLES])
def test_only_who_may_writes(ground, name):
    table = BY_NAME[name]
    for role in ("desk", "verifier", "warehouse", "dispatcher", "driver", "finance", "manager", "admin"):
        client, may = pages.client(role), role in (*table.roles, "admin")
        assert client.get(start(name)).status_code == (200 if may else 403)
        if not may:
            assert client.post(start(name), answers(name)).status_code == 403
    assert make.count_of("event") == 0


def test_what_people_write_stays_text(ground):
    client = pages.client("admin")
    client.post(start("supplier"), opened(client, start("supplier")) | answers("supplier", name=NASTY, code='"><i>x'), headers=HTMX)
    row = models.Supplier.objects.get()
    for url in ("/settings/data/supplier/", f"/settings/data/supplier/{row.id}", f"/settings/data/supplier/?q={NASTY}"):
        text = client.get(url).content.decode()
        assert "<script>alert" not in text
        assert '"><i>x' not in text


def test_where_goods_usually_go_is_changed_by_the_step(ground):
    usual, client = models.Address.objects.get(), pages.client("admin")
    url = f"/settings/data/address/{usual.id}"
    for response in (client.get(url), client.post(url, answers("address"))):
        assert response.headers["Location"] == f"/customers/{usual.customer_id}/change/address"
    assert client.post(f"{url}/remove").status_code == 403
    usual.refresh_from_db()
    assert (usual.lines, make.count_of("event")) == ("Jl. Melati 7", 0)


def test_addresses_that_lead_nowhere():
    client = pages.client("admin")
    for url in ("/settings/data/user/", "/settings/data/contact/", "/settings/data/terms/999", "/settings/data/contact/new?of=9", "/settings/data/contact/new"):
        assert client.get(url).status_code == 404


def test_a_list_asks_as_many_statements_for_one_as_for_many(ground):
    client = pages.client("admin")
    few = pages.statements(client, "/settings/", "/settings/data/supplier/")
    models.Supplier.objects.bulk_create(models.Supplier(code=f"S{n}", name=f"S{n}") for n in range(40))
    assert pages.statements(client, "/settings/", "/settings/data/supplier/") == few
