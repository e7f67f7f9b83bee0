"""The policy: each choice is explained, changed by a new row, previewed, and never over somebody else's change."""

import re

import pytest

from alur.core import sql
from alur.models import Policy, Recheck
from alur.reads import settings as reads
from alur.web.settings.policy import CHOICES
from tests import make
from tests.web import pages

HTMX = {"HX-Request": "true"}


def chosen(client, name, value, was=None):
    text = client.get(f"/settings/policy/{name}", headers=HTMX).content.decode()
    stands = re.search(r'name="was" value="([^"]*)"', text)[1] if was is None else was
    return client.post(f"/settings/policy/{name}", {name: value, "was": stands}, headers=HTMX)


def test_every_column_is_a_choice():
    columns = {field.name for field in Policy._meta.get_fields()} - {"id", "at", "by"}
    assert set(CHOICES) == columns


def test_a_change_is_a_new_row_that_says_who_and_what():
    make.basics()
    held = make.orders(1, lines=[(make.product(price=1000), 1)], customer_id=make.customer(credit_limit=0), through="check.price")[0]
    make.run("check.verify")
    Recheck.objects.all().delete()
    client = pages.client("manager")
    assert chosen(client, "minimum_order", "25.000").headers["HX-Trigger"] == "alur:moved"
    old, new = Policy.objects.order_by("id")
    assert (old.minimum_order, new.minimum_order, new.by, new.duplicate_days) == (0, 25_000, str(client.user.pk), old.duplicate_days)
    (event,) = sql.rows("SELECT subject_id, data FROM event WHERE kind = 'policy.changed'")
    assert event == (new.id, {"fields": ["minimum_order"]})
    assert list(Recheck.objects.values_list("step", "order_id")) == [("verify", held)]
    text = client.get("/settings/policy/").content.decode()
    for said in ("Pesanan terkecil", "Rp\u00a025.000", "biasanya Rp\u00a00", client.user.name, "belum pernah diubah"):
        assert said in text, said
    assert "Tidak ada yang berbeda" in chosen(client, "minimum_order", "25.000").content.decode()
    assert Policy.objects.count() == 2


def test_each_kind_of_choice():
    make.basics()
    client = pages.client("admin", language="en")
    for name, value, stored in (
        ("large_order", "", None), ("large_order", "50,000,000", 50_000_000), ("duplicate_days", "7", 7), ("invoice_rule", "month", "month"),
        ("by_hand", ["check.verify", "deliver.schedule"], ["check.verify", "deliver.schedule"]), ("by_hand", [], []),
    ):  # fmt: skip
        assert chosen(client, name, value).status_code == 200
        assert getattr(Policy.objects.latest("id"), name) == stored
    text = client.get("/settings/policy/").content.decode()
    assert "An order above this is held until a manager has looked" in text
    assert "once a month" in text


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("minimum_order", "", "Mohon diisi"),
        ("minimum_order", "-1", "Angka 0 atau lebih"),
        ("price_tolerance_pct", "101", "Paling banyak 100."),
        ("overdue_days", "2,5", "Bilangan bulat"),
        ("duplicate_days", "91", "Paling banyak 90."),
    ],
)
def test_what_cannot_be(name, value, said):
    make.basics()
    response = chosen(pages.client("manager"), name, value)
    assert (response.status_code, said in response.content.decode(), Policy.objects.count()) == (422, True, 1)


def test_who_is_late_sees_what_stands_now():
    make.basics()
    client = pages.client("manager")
    chosen(client, "overdue_days", "20")
    response = chosen(client, "overdue_days", "40", was="30")
    text = response.content.decode()
    assert (response.status_code, "20 hari" in text, 'value="40"' in text) == (409, True, True)
    assert Policy.objects.latest("id").overdue_days == 20
    assert chosen(client, "minimum_order", "5").status_code == 200  # another choice is nobody's clash
    assert (Policy.objects.latest("id").overdue_days, Policy.objects.latest("id").minimum_order) == (20, 5)


def test_a_preview_counts_what_it_would_have_meant():
    cup = make.product(price=10_000)
    for quantity in (1, 2, 30):
        make.orders(1, lines=[(cup, quantity)], through="check.price")
    client = pages.client("manager")
    totals = sorted(make.order(i).total for i in sql.ids("SELECT id FROM sales_order"))
    assert reads.preview("minimum_order", totals[1], now=make.AT, today=make.AT.date()) == (1, 3)
    answer = client.post("/settings/policy/minimum_order/preview", {"minimum_order": "1.000.000"}).content.decode()
    assert answer == "Dari 3 pesanan 30 hari terakhir, 3 akan ditahan."
    assert client.post("/settings/policy/minimum_order/preview", {"minimum_order": "x"}).content == b""
    for name, choice in CHOICES.items():
        if choice.counts:
            assert reads.preview(name, 5, now=make.AT, today=make.AT.date()).of >= 0


def test_only_a_manager_chooses():
    make.basics()
    for role in ("desk", "finance", "warehouse", "driver"):
        client = pages.client(role)
        assert client.get("/settings/policy/").status_code == 200
        assert client.get("/settings/policy/minimum_order").status_code == 403
        assert client.post("/settings/policy/minimum_order", {"minimum_order": "1", "was": "0"}).status_code == 403
    assert pages.client("manager").get("/settings/policy/nothing").status_code == 404
    assert Policy.objects.count() == 1
