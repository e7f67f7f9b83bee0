"""Who may open or press what: every address and every role, in one table. An address that the table does not know fails.

EVERYONE reads: whoever belongs to the company. A name of a step: whoever may press that step. Else the roles themselves (an administrator always).
"""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from alur.core import sql
from alur.flow import map as flow
from alur.flow.pay.receive import Receipt
from alur.models import Department, Reason, Supplier, User, Warehouse
from alur.supply.order import Line, SupplyDraft
from alur.web import urls
from alur.web.shell import ROLES
from tests import make
from tests.web import pages

EVERYONE = tuple(ROLES)
BOOKS = ("finance", "manager")
DATA = ("warehouse", "manager")  # of warehouses, which stand for every table of settings here
GET: dict[str, Any] = {
    **dict.fromkeys(("today", "today_figures", "exceptions", "flow", "stage", "search", "orders", "order", "order_amend_things", "board"), EVERYONE),
    **dict.fromkeys(
        ("customers", "customer", "products", "product", "deliveries", "delivery", "delivery_proof", "departments", "department", "visit"), EVERYONE
    ),
    **dict.fromkeys(("invoices", "invoice", "payments", "payment", "returns", "return", "kept_file", "supply", "supply_orders", "supply_order"), EVERYONE),
    **dict.fromkeys(("supply_skus", "settings", "policy", "list_prices", "data"), EVERYONE),
    **dict.fromkeys(("paper_order", "paper_pro_forma", "paper_delivery", "paper_invoice"), EVERYONE),
    **dict.fromkeys(("books", "journal", "account", "income", "sheet", "owed", "statement", "hand_overs", "vat", "vat_documents", "months"), BOOKS),
    "paper_statement": BOOKS,
    **dict.fromkeys(("phone", "phone-products", "phone-customers", "phone-again"), "capture.receive"),
    **dict.fromkeys(("order_amend",), "capture.amend"),
    **dict.fromkeys(("order_cancel",), "capture.cancel"),
    **dict.fromkeys(("customer_new", "customer_details", "customer_change"), "check.change_customer"),
    **dict.fromkeys(("price_new", "price_change"), "check.change_price"),
    **dict.fromkeys(("product_new", "product_details"), "check.change_product"),
    **dict.fromkeys(("buy", "supply_new"), "supply.order"),
    "supply_receive": "supply.receive",
    "supply_count": "supply.count",
    "department_limits": "supply.set_limit",
    "visit_propose": "deliver.propose",
    **dict.fromkeys(("visit_done", "drive", "stop", "stop_arrived"), "deliver.complete"),
    **dict.fromkeys(("visit_failed", "stop_failed"), "deliver.fail"),
    **dict.fromkeys(("pick", "pick_delivery"), "deliver.pick"),
    **dict.fromkeys(("payment_new", "payers"), "pay.receive"),
    "payment_match": "pay.match",
    "return_credit": "invoice.credit",
    "order_return": "returns.permit",
    **dict.fromkeys(("invoice_credit", "invoice_credit_preview"), "invoice.claim"),
    "refund": "pay.refund",
    "policy_change": ("manager",),
    **dict.fromkeys(("people", "people_new", "people_change"), ()),
    **dict.fromkeys(("holidays_propose", "data_new", "data_row"), DATA),
}
POST: dict[str, Any] = {
    **dict.fromkeys(("company", "kept_note", "kept_files"), EVERYONE),
    "board_move": "deliver.move",
    **dict.fromkeys(("phone-look", "phone-save", "phone-drop", "phone-undo"), "capture.receive"),
    **dict.fromkeys(("order_amend", "order_amend_preview"), "capture.amend"),
    **dict.fromkeys(("order_cancel", "order_cancel_preview"), "capture.cancel"),
    **dict.fromkeys(("customer_new", "customer_details", "customer_change"), "check.change_customer"),
    **dict.fromkeys(("product_new", "product_details"), "check.change_product"),
    **dict.fromkeys(("price_new", "price_change"), "check.change_price"),
    **dict.fromkeys(("buy", "supply", "supply_new"), "supply.order"),
    "supply_receive": "supply.receive",
    "supply_count": "supply.count",
    "department_limits": "supply.set_limit",
    "visit_propose": "deliver.propose",
    **dict.fromkeys(("visit_done", "delivery_complete", "stop_arrived"), "deliver.complete"),
    **dict.fromkeys(("visit_failed", "delivery_fail", "stop_failed"), "deliver.fail"),
    "delivery_leave": "deliver.dispatch",
    "pick_delivery": "deliver.pick",
    "exceptions_release": "check.release",
    **dict.fromkeys(("payment_new", "payers"), "pay.receive"),
    "payment_match": "pay.match",
    "set_off": "pay.match",
    "return_receive": "returns.take_back",
    "return_credit": "invoice.credit",
    "order_return": "returns.permit",
    **dict.fromkeys(("invoice_credit", "invoice_credit_preview"), "invoice.claim"),
    "refund": "pay.refund",
    **dict.fromkeys(("policy_change", "policy_preview"), ("manager",)),
    **dict.fromkeys(("people_new", "people_change", "people_password"), ()),
    **dict.fromkeys(("holidays_propose", "data_new", "data_row"), DATA),
    "step": "check.verify",
}
OWN = {"account_login", "parts", "data_remove", "customer_edit"}  # the door; what builders see; a removal and an old address, each with a test of its own


def test_the_table_knows_every_address() -> None:
    """A new screen says who may open it."""
    names = {pattern.name for pattern in urls.urlpatterns if getattr(pattern, "name", None)}
    assert names - OWN - GET.keys() - POST.keys() == set()
    assert (GET.keys() | POST.keys()) - names == set()


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_and_presses_what_is_its_own(role: str) -> None:
    """Allowed: any answer but a refusal, also of empty forms. Else: 403, and nothing moved."""
    arguments, browser = _arguments(), pages.client(role)
    wrong = []
    for method, table in (("get", GET), ("post", POST)):
        for name, who in table.items():
            roles = flow.by_name[who].roles if isinstance(who, str) else who
            answer = getattr(browser, method)(reverse(name, args=arguments.get(name, [])))
            if (answer.status_code != 403) != (role == "admin" or role in roles):
                wrong.append((method, name, answer.status_code))
    assert wrong == []


def test_nobody_else_sees_anything() -> None:
    """Who is not signed in is sent to the door; who belongs to no company gets nothing."""
    arguments, stranger = _arguments(), Client()
    stranger.force_login(User.objects.create_user("fremd@alur.example", name="Fremd"))
    for method, table in (("get", GET), ("post", POST)):
        for name in table:
            url = reverse(name, args=arguments.get(name, []))
            sent = getattr(Client(), method)(url)
            assert (sent.status_code, sent.headers.get("Location", "")[:16]) == (302, "/account/login/?"), name
            if name != "company":  # which company: of none, none
                assert getattr(stranger, method)(url).status_code == 403, name


def _arguments() -> dict[str, tuple[Any, ...]]:
    """One of everything, and each address's arguments."""
    product = make.product()
    (order,) = make.orders(1, lines=[(product, 4)], through="invoice.prepare")
    (drop,) = make.deliveries([order], through="deliver.complete")
    make.run("invoice.issue", [order])
    make.run("pay.receive", [Receipt(key=1, payer_id=make.order(order).payer_id, amount=Decimal(5_000))])
    Reason.objects.create(kind="return", code="defective")
    make.run("returns.permit", {order: {"lines": {sql.one("SELECT id FROM delivery_line"): 1}, "reason": "defective"}})
    Department.objects.create(code="SVC", kind="service")
    home, supplier = Warehouse.objects.get(kind="own", code="JKT").id, Supplier.objects.create(code="S", name="S").id
    make.run("supply.order", [SupplyDraft(1, supplier, home, (Line(product, Decimal(4), Decimal(10)),))])
    somebody = User.objects.create_user("siapa@alur.example", name="Siapa").id
    numbers = {
        "order": "SELECT number FROM sales_order", "delivery": "SELECT number FROM delivery", "invoice": "SELECT number FROM invoice",
        "payment": "SELECT number FROM payment", "return": 'SELECT number FROM "return"', "supply_order": "SELECT number FROM supply_order",
        "customer": "SELECT code FROM customer", "product": "SELECT sku FROM product",
    }  # fmt: skip
    of = {noun: [sql.one(statement)] for noun, statement in numbers.items()}
    (customer,) = sql.ids("SELECT id FROM customer")
    price, part, rule, prices = (sql.one(f"SELECT id FROM {table} LIMIT 1") for table in ("price", "supply_line", "tax_rule", "price_list"))
    found = {name: of[noun] for noun in of for name in (*GET, *POST) if name in {noun, *(f"{noun}_{verb}" for verb in VERBS)}}
    return found | {
        **dict.fromkeys(("paper_order", "paper_pro_forma"), of["order"]), "paper_delivery": of["delivery"], "paper_invoice": of["invoice"],
        **dict.fromkeys(("statement", "paper_statement", "refund"), of["customer"]),
        **dict.fromkeys(("visit", "visit_propose", "visit_done", "visit_failed", "pick_delivery", "stop", "stop_arrived", "stop_failed"), of["delivery"]),
        "delivery_proof": [*of["delivery"], 1], "set_off": of["invoice"],
        **dict.fromkeys(("department", "department_limits"), ("SVC",)),
        "account": [1100], "vat_documents": [rule, "invoice"], "customer_details": [customer], "customer_change": [customer, "limit"],
        **dict.fromkeys(("product_details", "buy"), (product,)), "supply_receive": [part], "price_change": [price], "list_prices": [prices],
        **dict.fromkeys(("kept_note", "kept_files"), ("order", order)), "kept_file": ["order", order, drop], "stage": ["check"], "step": ["check.verify"],
        **dict.fromkeys(("policy_change", "policy_preview"), ("by_hand",)), **dict.fromkeys(("people_change", "people_password"), (somebody,)),
        **dict.fromkeys(("data", "data_new"), ("warehouse",)), "data_row": ["warehouse", home],
    }  # fmt: skip


VERBS = ("amend", "amend_preview", "cancel", "cancel_preview", "return", "complete", "fail", "leave", "match", "receive", "credit", "credit_preview")
