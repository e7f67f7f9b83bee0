"""Facts as sentences, in both languages, any number with one query."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest

from alur.core import sql
from alur.core.step import Refusal, Step
from alur.log.kinds import KINDS
from alur.models import User
from alur.reads import sentences
from tests import make


def test_names_are_looked_up_in_the_readers_language():
    customer, product = make.customer(name="PT Sumber Rejeki"), make.product(sku="CK-180", name_id="Cangkir", name_en="Cup")
    [order] = make.orders(customer_id=customer, lines=[(product, 2)])
    [line] = make.lines_of(order)
    said = (
        "{customer}: {line}, {product}, {n:qty} of {order}",
        {"customer_id": customer, "line_id": line.id, "product_id": product, "n": "2.50", "order_id": order},
    )
    number = make.order(order).number
    assert sentences.render([said], "en") == [f"PT Sumber Rejeki: line 1 CK-180, CK-180 Cup, 2.5 of {number}"]
    assert sentences.render([said], "id") == [f"PT Sumber Rejeki: baris 1 CK-180, CK-180 Cangkir, 2,5 of {number}"]


@pytest.mark.parametrize(
    ("template", "facts", "said"),
    [
        (
            "{total:money} on {on:day}, {over:percent}",
            {"total": Decimal(12450000), "on": date(2026, 11, 26), "over": "4.4"},
            "Rp\u00a012.450.000 on Kam\u00a026\u00a0Nov, 4,4\u00a0% ",
        ),
        ("{line} is missing {missing}", {"line_id": 999, "missing": ["price", "unit"]}, "– is missing harga, satuan"),
        ("by {channel}", {"channel": "email"}, "By e-mail"),
        ("{order}", {"order_id": None}, "–"),
        ("", None, ""),
    ],
)
def test_every_fact_is_said(template, facts, said):
    assert sentences.render([(template, facts)], "id") == [said.strip()]


def test_any_number_costs_one_query():
    customer = make.customer()
    orders = make.orders(60, customer_id=customer)
    for n in (1, 60):
        with sql.counting() as count:
            found = sentences.render(
                [("{order} of {customer}, {other_customer}", {"order_id": o, "customer_id": customer, "other_customer_id": customer}) for o in orders[:n]], "id"
            )
        assert count.statements == 1
        assert len(set(found)) == n
    with sql.counting() as count:
        sentences.render([("{n}", {"n": 1})], "id")
    assert count.statements == 0


def test_a_refusal_is_said_by_its_step_else_by_what_all_share():
    step = Step("check.verify", lambda: None, "received", "verified", "order.verified", refusals={"over": "Over by {over:money}."})
    refused = [Refusal(1, "over", {"over": 5}), Refusal(2, "wrong_state", {"state": "closed"}), Refusal(3, "odd", {})]
    assert sentences.refusals(step, refused, "en") == [
        "Over by Rp\u00a05.",
        "It is closed now, so this step does not apply. Reload the page to see where it stands.",
        "This did not go through (odd).",
    ]
    assert sentences.refusals(step, refused[1:2], "id") == ["Sekarang selesai, jadi langkah ini tidak berlaku. Muat ulang halaman untuk melihat keadaannya."]


def test_events_are_told_and_so_is_who_did_them():
    [order] = make.orders()
    row = sql.rows("SELECT kind, subject_kind, subject_id, order_id, data FROM event WHERE order_id = %(id)s", id=order)[0]
    assert sentences.events([row], "en") == ["Received by telephone"]
    odd = SimpleNamespace(kind="order.something_new", subject_kind="order", subject_id=order, order_id=order, data={})
    assert sentences.events([odd], "en") == ["Order something new"]
    dewi = User.objects.create_user("dewi@alur.example", name="Dewi Anggraini")
    assert sentences.actors([str(dewi.id), "worker", "system", ""], "id") == {
        str(dewi.id): "Dewi Anggraini", "worker": "Alur, otomatis", "system": "Alur", "": "–",
    }  # fmt: skip


def test_the_holes_of_every_kind_of_event_are_facts_it_may_have():
    from alur.core import words

    for kind, sentence in KINDS.items():
        assert not {hole for hole in words.holes(sentence) if hole.endswith("_id")}, kind
