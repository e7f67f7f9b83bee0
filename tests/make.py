"""Set-shaped helpers that make what a test needs. Amounts in rupiah, days in Asia/Jakarta.

A test says what it is about (a limit, a quantity); everything else is something plain that passes every check.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from alur import books
from alur.books import chart
from alur.core import clock, sql, step
from alur.flow import map as flow_map
from alur.flow.capture.draft import LineDraft, OrderDraft
from alur.log import recheck
from alur.models import (
    Address,
    BankAccount,
    Customer,
    OrderLine,
    Policy,
    Price,
    PriceList,
    Product,
    SalesOrder,
    Stock,
    StockMove,
    TaxRule,
    Terms,
    TermsPart,
    Warehouse,
)  # fmt: skip

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # Monday 23 November 2026, 09.00 in Jakarta
BY = "7"  # a user
_n = count(1)


def basics() -> None:
    """A company's minimum: books, policy, one warehouse, one price list, the Indonesian tax, 30 days. Made once a test."""
    if Policy.objects.exists():
        return
    chart.open_books()
    Policy.objects.create(at=AT, duplicate_days=0)  # tests order the same again and again
    Warehouse.objects.create(code="JKT", name="Gudang Jakarta", province="DKI Jakarta")
    PriceList.objects.create(code="UMUM", name="Umum", is_default=True)
    TaxRule.objects.create(code="04", name="PPN 12 % x 11/12", rate=12, base_num=11, base_den=12)
    terms = Terms.objects.create(code="N30", name="30 hari")
    TermsPart.objects.create(terms=terms, days=30)
    BankAccount.objects.create(code="BCA", bank="BCA", number="123", holder="PT Uji", is_default=True)


def terms(advance_pct: int, days: int = 30) -> int:
    """Terms with a down payment of this percent (100 = pay first)."""
    made = Terms.objects.create(code=f"T{next(_n)}", name="Uji", advance_pct=advance_pct)
    TermsPart.objects.create(terms=made, days=days)
    return made.id


def customer(**fields: Any) -> int:
    """A customer on account with a limit of a thousand million, and a full address."""
    basics()
    n = next(_n)
    made = Customer.objects.create(**{"code": f"C{n}", "name": f"Pelanggan {n}", "terms": Terms.objects.get(code="N30"), "credit_limit": 10**9} | fields)
    Address.objects.create(
        customer=made, name=made.name, lines="Jl. Melati 7", city="Depok", province="Jawa Barat", postcode="16411", phone="0812", is_default=True
    )
    return made.id


def product(price: int | str = 10_000, *, stock: int = 1000, cost: int | str = 6_000, **fields: Any) -> int:
    """A product with a price on the list and stock in the first warehouse (none for charges and services)."""
    basics()
    n = next(_n)
    made = Product.objects.create(**{"sku": f"P{n}", "name_id": f"Barang {n}", "name_en": f"Item {n}"} | fields)
    Price.objects.create(price_list=PriceList.objects.get(), product=made, unit=made.unit, price=Decimal(price))
    if made.kind == "goods" and stock:
        put(made.id, stock, cost)
    return made.id


def warehouse(code: str, **fields: Any) -> int:
    """Another warehouse, tried after the first."""
    basics()
    return Warehouse.objects.create(**{"code": code, "name": code, "province": "DKI Jakarta", "priority": 2} | fields).id


def put(product_id: int, quantity: int | str, cost: int | str = 6_000, warehouse_id: int | None = None) -> None:
    """Opening stock, booked against equity."""
    basics()
    warehouse_id = warehouse_id or Warehouse.objects.order_by("id").first().id
    quantity, value = Decimal(quantity), Decimal(quantity) * Decimal(cost)
    Stock.objects.create(warehouse_id=warehouse_id, product_id=product_id, on_hand=quantity, unit_cost=Decimal(cost), value=value)
    move = StockMove.objects.create(warehouse_id=warehouse_id, product_id=product_id, quantity=quantity, value=value, kind="opening", at=AT)
    on = clock.day(AT)
    books.post("stock.opened", "stock_move", [books.Line(move.id, on, chart.INVENTORY, value), books.Line(move.id, on, chart.OPENING_EQUITY, -value)], at=AT)


def draft(customer_id: int, lines: Sequence[tuple[Any, ...]], **fields: Any) -> OrderDraft:
    """An order of (product, quantity[, customer's price]) as a door hands it over."""
    made = tuple(LineDraft(product_id=line[0], quantity=Decimal(line[1]), price=Decimal(line[2]) if len(line) > 2 else None) for line in lines)
    return OrderDraft(**{"key": next(_n), "customer_id": customer_id, "lines": made} | fields)


def orders(
    n: int = 1, *, customer_id: int | None = None, lines: Sequence[tuple[Any, ...]] | None = None, through: str = "capture.receive", **fields: Any
) -> list[int]:
    """n equal orders that went through the steps of the map up to this one; their ids in queue order."""
    customer_id = customer_id or customer()
    lines = lines or [(product(), 2)]
    outcome = run("capture.receive", [draft(customer_id, lines, **fields) for _ in range(n)])
    assert not outcome.refused, outcome.refused
    if through != "capture.receive":
        onward(outcome.moved, through)
    return outcome.moved


def onward(order_ids: Sequence[int], through: str, *, at: datetime = AT) -> None:
    """Take orders through every later step of the map whose ids are orders, up to this one."""
    for each in flow_map.MAP:
        if each.noun == "order" and each.auto:
            step.run(each, order_ids, by=step.WORKER, at=at)
        if each.name == through:
            return
    raise AssertionError(through)


def run(name: str, items: Any = None, *, at: datetime = AT, by: str = BY, **options: Any) -> step.Outcome:
    """Run a step of the map by its name."""
    return step.run(flow_map.by_name[name], items, by=by, at=at, **options)


def codes(outcome: step.Outcome) -> list[str]:
    """The codes of the refusals, in order."""
    return [r.code for r in outcome.refused]


def order(order_id: int) -> SalesOrder:
    """The order as it is stored now."""
    return SalesOrder.objects.get(id=order_id)


def lines_of(order_id: int) -> list[OrderLine]:
    """Its lines as they are stored now."""
    return list(OrderLine.objects.filter(order_id=order_id).order_by("position"))


def events(order_id: int) -> list[str]:
    """The kinds of its events, oldest first."""
    return [row.kind for row in sql.rows("SELECT kind FROM event WHERE order_id = %(id)s ORDER BY id", id=order_id)]


def balance(account: int) -> Decimal:
    """What an account stands at: debit positive."""
    return sql.one("SELECT coalesce(sum(amount), 0) FROM journal_line WHERE account = %(account)s", account=account)


def count_of(table: str) -> int:
    """How many rows a table has, to show that nothing moved."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}"')
        return cursor.fetchone()[0]


def confirmed(n: int = 1, **fields: Any) -> list[int]:
    """n orders as `orders` makes them, with their stock set aside."""
    return orders(n, through="confirm.reserve", **fields)


def deliveries(order_ids: Sequence[int], *, through: str = "deliver.schedule", at: datetime = AT) -> list[int]:
    """The deliveries that these orders get now, taken through the steps of delivery up to this one."""
    scheduled = run("deliver.schedule", order_ids, at=at)
    assert not scheduled.refused, scheduled.refused
    made = [i for order_id in scheduled.moved for i in scheduled.facts[order_id]["delivery_ids"]]
    steps = ("deliver.schedule", "deliver.pick", "deliver.dispatch", "deliver.complete")
    for name in steps[1 : steps.index(through) + 1]:
        outcome = run(name, made, at=at)
        assert not outcome.refused, outcome.refused
    return made


DELIVER = """
WITH gone AS (
    SELECT l.id, l.order_id, o.customer_id, q.quantity
      FROM unnest(%(ids)s::bigint[], %(quantities)s::numeric[]) AS q(id, quantity) JOIN order_line l ON l.id = q.id JOIN sales_order o ON o.id = l.order_id
     WHERE q.quantity > 0
), drop AS (
    INSERT INTO delivery (number, customer_id, state, scheduled_on, scheduled_at, ended_at)
    SELECT DISTINCT 'SJ-' || order_id || '-' || nextval('delivery_number'), customer_id, 'delivered', %(at)s::date, %(at)s::timestamptz, %(at)s::timestamptz
      FROM (SELECT DISTINCT order_id, customer_id FROM gone) x RETURNING id, number
), laid AS (
    INSERT INTO delivery_line (delivery_id, order_line_id, quantity, picked, delivered)
    SELECT d.id, g.id, g.quantity, g.quantity, g.quantity FROM gone g JOIN drop d ON d.number LIKE 'SJ-' || g.order_id || '-%%'
)
UPDATE order_line l SET delivered = l.delivered + g.quantity, shipped = greatest(l.shipped, l.delivered + g.quantity),
       picked = greatest(l.picked, l.delivered + g.quantity), scheduled = greatest(l.scheduled, l.delivered + g.quantity),
       reserved = greatest(l.reserved, l.delivered + g.quantity)
  FROM gone g WHERE l.id = g.id
"""
FULFIL = """
UPDATE sales_order o SET state = CASE WHEN NOT EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.ordered - l.cancelled > l.delivered)
                                      THEN 'fulfilled' ELSE 'confirmed' END
 WHERE o.id = ANY(%(ids)s::bigint[])
"""


def delivered(order_ids: Sequence[int], *quantities: int | str, at: datetime = AT) -> None:
    """Priced orders had a delivery of these quantities, line by line (none said: all that is left), without the steps of delivery and their stock."""
    lines = [(line, n) for i in order_ids for n, line in enumerate(lines_of(i)) if line.ordered]
    asked = [Decimal(quantities[n]) if quantities else line.ordered - line.cancelled - line.delivered for line, n in lines]
    sql.run(DELIVER, ids=[line.id for line, _ in lines], quantities=asked, at=at)
    sql.run(FULFIL, ids=list(order_ids))
    recheck.add("issue", order_ids, "delivered")
