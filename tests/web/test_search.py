"""Ctrl-K: results lead to their pages, commands depend on roles, typed text stays text."""

import pytest

from tests import make
from tests.web import pages


def found(client, q, **headers):
    return client.get("/search", {"q": q}, headers=headers).content.decode()


def test_every_result_has_its_place():
    [order] = make.orders(customer_id=make.customer(code="C 7/1", name="Hotel Puri"), lines=[(make.product(sku="A/B 1", name_id="Hotelan"), 1)])
    text = found(pages.client("desk"), "hotel", **{"HX-Request": "true"})
    for href in ("/customers/C%207/1/", "/products/A/B%201/"):
        assert f'href="{href}"' in text
    assert f"/orders/{make.order(order).number}/" in found(pages.client("desk"), make.order(order).number)
    assert 'href="#"' not in text


@pytest.mark.parametrize(
    ("role", "q", "leads"),
    [
        ("desk", "pesanan baru", "/phone/"), ("desk", "new order", "/phone/"), ("driver", "new order", None), ("finance", "catat", "/payments/new"),
        ("desk", "record", None), ("desk", "verif", "/flow/check/"), ("desk", "stok", "/products/"), ("desk", "stock", "/products/"), ("desk", "today", "/"),
    ],
)  # fmt: skip
def test_commands(role, q, leads):
    text = found(pages.client(role), q, **{"HX-Request": "true"})
    assert (leads is None and "place-1" not in text) or f'href="{leads}"' in text


def test_typed_text_stays_text():
    nasty = "<script>alert(1)</script>"
    make.customer(name=nasty)
    for text in (found(pages.client("desk"), nasty), found(pages.client("desk"), "alert")):
        assert "<script>alert" not in text


def test_nothing_typed_shows_what_can_be_done():
    text = found(pages.client("desk"), "", **{"HX-Request": "true"})
    assert "/phone/" in text
    assert "/flow/settle/" in text
