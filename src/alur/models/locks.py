"""The fixed order in which rows are locked; every step takes its locks through here, each in a statement of its own.

order -> customer (payer) -> supply order -> stock -> capacity -> delivery -> return -> invoice -> open item -> open receipt -> period -> series,
each by id.
All waits go forward in this order and worklist claims never wait, so no two transactions can wait for each other.
NO KEY UPDATE lets other transactions insert rows that refer to a locked one.
"""

from collections.abc import Iterable

from alur.core import sql

ORDERS = "SELECT count(*) FROM (SELECT FROM sales_order WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE) x"
ORDERS_FREE = "SELECT count(*) FROM (SELECT FROM sales_order WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED) x"
PAYERS = "SELECT count(*) FROM (SELECT FROM customer WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE) x"
PAYERS_OF_ORDERS = """
SELECT count(*) FROM (
    SELECT FROM customer WHERE id IN (SELECT payer_id FROM sales_order WHERE id = ANY(%(ids)s::bigint[])) ORDER BY id FOR NO KEY UPDATE) x
"""
SUPPLY_ORDERS = "SELECT count(*) FROM (SELECT FROM supply_order WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE) x"
STOCK_OF_ORDERS = """
SELECT count(*) FROM (
    SELECT FROM stock WHERE product_id IN (SELECT product_id FROM order_line WHERE order_id = ANY(%(ids)s::bigint[]) AND kind = 'goods')
     ORDER BY id FOR NO KEY UPDATE) x
"""
STOCK_OF_PRODUCTS = "SELECT count(*) FROM (SELECT FROM stock WHERE product_id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE) x"
# A department's row stands for its capacity: all its days.
DEPARTMENTS = "SELECT count(*) FROM (SELECT FROM department WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE) x"
DEPARTMENTS_OF_DELIVERIES = """
SELECT count(*) FROM (
    SELECT FROM department WHERE id IN (SELECT department_id FROM delivery WHERE id = ANY(%(ids)s::bigint[])) ORDER BY id FOR NO KEY UPDATE) x
"""
DEPARTMENTS_OF_ORDERS = """
SELECT count(*) FROM (
    SELECT FROM department
     WHERE id = ANY(ARRAY(SELECT p.department_id FROM order_line l JOIN product p ON p.id = l.product_id
                   WHERE l.order_id = ANY(%(ids)s::bigint[]) AND l.kind = 'service'
                  UNION ALL
                  SELECT d.department_id FROM order_line l JOIN delivery_line x ON x.order_line_id = l.id JOIN delivery d ON d.id = x.delivery_id
                   WHERE l.order_id = ANY(%(ids)s::bigint[]) AND l.kind = 'service' AND d.state = 'scheduled'))
     ORDER BY id FOR NO KEY UPDATE) x
"""
DELIVERIES = "SELECT count(*) FROM (SELECT FROM delivery WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE) x"
ORDERS_OF_DELIVERIES = """
SELECT count(*) FROM (
    SELECT FROM sales_order
     WHERE id IN (SELECT l.order_id FROM delivery_line d JOIN order_line l ON l.id = d.order_line_id WHERE d.delivery_id = ANY(%(ids)s::bigint[]))
     ORDER BY id FOR NO KEY UPDATE) x
"""
# These orders, and those that ride on a visit for which another day is proposed to them.
ORDERS_OF_PROPOSALS = """
SELECT count(*) FROM (
    SELECT FROM sales_order
     WHERE id = ANY(%(ids)s::bigint[] || ARRAY(
               SELECT l.order_id FROM hold h JOIN delivery_line x ON x.delivery_id = (h.facts ->> 'delivery_id')::bigint
                 JOIN order_line l ON l.id = x.order_line_id
                WHERE h.order_id = ANY(%(ids)s::bigint[]) AND h.code = 'date_proposed' AND h.resolved_at IS NULL))
     ORDER BY id FOR NO KEY UPDATE) x
"""
# Two or three nouns at once: each part asks what the part before it counted, and so waits until that is locked.
ORDERS_AND_DELIVERIES = """
WITH orders AS MATERIALIZED (
    SELECT count(*) AS n FROM (
        SELECT FROM sales_order
         WHERE id IN (SELECT l.order_id FROM delivery_line d JOIN order_line l ON l.id = d.order_line_id WHERE d.delivery_id = ANY(%(ids)s::bigint[]))
         ORDER BY id FOR NO KEY UPDATE) x
)
SELECT count(*) FROM (SELECT FROM delivery WHERE id = ANY(%(ids)s::bigint[]) AND (SELECT n FROM orders) >= 0 ORDER BY id FOR NO KEY UPDATE) x
"""
ORDERS_STOCK_AND_DELIVERIES = """
WITH orders AS MATERIALIZED (
    SELECT count(*) AS n FROM (
        SELECT FROM sales_order
         WHERE id IN (SELECT l.order_id FROM delivery_line d JOIN order_line l ON l.id = d.order_line_id WHERE d.delivery_id = ANY(%(ids)s::bigint[]))
         ORDER BY id FOR NO KEY UPDATE) x
), shelves AS MATERIALIZED (
    SELECT count(*) AS n FROM (
        SELECT FROM stock
         WHERE (SELECT n FROM orders) >= 0
           AND id IN (SELECT s.id FROM delivery_line x JOIN delivery d ON d.id = x.delivery_id JOIN order_line l ON l.id = x.order_line_id
                        JOIN stock s ON s.warehouse_id = d.warehouse_id AND s.product_id = l.product_id AND s.lot = x.lot
                       WHERE x.delivery_id = ANY(%(ids)s::bigint[]))
         ORDER BY id FOR NO KEY UPDATE) x
), crews AS MATERIALIZED (
    SELECT count(*) AS n FROM (
        SELECT FROM department
         WHERE (SELECT n FROM shelves) >= 0 AND id IN (SELECT department_id FROM delivery WHERE id = ANY(%(ids)s::bigint[]))
         ORDER BY id FOR NO KEY UPDATE) x
)
SELECT count(*) FROM (SELECT FROM delivery WHERE id = ANY(%(ids)s::bigint[]) AND (SELECT n FROM crews) >= 0 ORDER BY id FOR NO KEY UPDATE) x
"""
DELIVERIES_OF_ORDERS = """
SELECT count(*) FROM (
    SELECT FROM delivery
     WHERE state IN ('scheduled', 'picked', 'dispatched')
       AND id = ANY(ARRAY(SELECT d.delivery_id FROM order_line l JOIN delivery_line d ON d.order_line_id = l.id WHERE l.order_id = ANY(%(ids)s::bigint[])))
     ORDER BY id FOR NO KEY UPDATE) x
"""
OPEN_ITEMS = "SELECT count(*) FROM (SELECT FROM open_item WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE) x"
PAYERS_AND_MONEY = """
WITH payers AS MATERIALIZED (
    SELECT count(*) AS n FROM (SELECT FROM customer WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE) x
), items AS MATERIALIZED (
    SELECT count(*) AS n FROM (
        SELECT FROM open_item WHERE payer_id = ANY(%(ids)s::bigint[]) AND (SELECT n FROM payers) >= 0 ORDER BY id FOR NO KEY UPDATE) x
)
SELECT count(*) FROM (SELECT FROM open_receipt WHERE payer_id = ANY(%(ids)s::bigint[]) AND (SELECT n FROM items) >= 0 ORDER BY id FOR NO KEY UPDATE) x
"""
PERIODS = "SELECT count(*) FROM (SELECT FROM period WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE) x"
OPEN_RECEIPTS_OF_ORDERS = "SELECT count(*) FROM (SELECT FROM open_receipt WHERE order_id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE) x"

_OF_RETURNS = "SELECT l.order_id FROM return_line x JOIN order_line l ON l.id = x.order_line_id WHERE x.return_id = ANY(%(ids)s::bigint[])"
ORDERS_AND_RETURNS = f"""
WITH orders AS MATERIALIZED (
    SELECT count(*) AS n FROM (SELECT FROM sales_order WHERE id IN ({_OF_RETURNS}) ORDER BY id FOR NO KEY UPDATE) x
)
SELECT count(*) FROM (SELECT FROM "return" WHERE id = ANY(%(ids)s::bigint[]) AND (SELECT n FROM orders) >= 0 ORDER BY id FOR NO KEY UPDATE) x
"""
ORDERS_STOCK_AND_RETURNS = f"""
WITH orders AS MATERIALIZED (
    SELECT count(*) AS n FROM (SELECT FROM sales_order WHERE id IN ({_OF_RETURNS}) ORDER BY id FOR NO KEY UPDATE) x
), shelves AS MATERIALIZED (
    SELECT count(*) AS n FROM (
        SELECT FROM stock
         WHERE (SELECT n FROM orders) >= 0
           AND id IN (SELECT s.id FROM return_line x JOIN order_line l ON l.id = x.order_line_id JOIN stock s ON s.product_id = l.product_id
                        JOIN warehouse w ON w.id = s.warehouse_id AND w.kind = 'returns'
                       WHERE x.return_id = ANY(%(ids)s::bigint[]))
         ORDER BY id FOR NO KEY UPDATE) x
)
SELECT count(*) FROM (SELECT FROM "return" WHERE id = ANY(%(ids)s::bigint[]) AND (SELECT n FROM shelves) >= 0 ORDER BY id FOR NO KEY UPDATE) x
"""
ORDERS_OF_INVOICES = """
SELECT count(*) FROM (
    SELECT FROM sales_order
     WHERE id IN (SELECT l.order_id FROM invoice_line b JOIN order_line l ON l.id = b.order_line_id WHERE b.invoice_id = ANY(%(ids)s::bigint[]))
     ORDER BY id FOR NO KEY UPDATE) x
"""
INVOICES_AND_ITEMS = """
WITH invoices AS MATERIALIZED (
    SELECT count(*) AS n FROM (SELECT FROM invoice WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE) x
)
SELECT count(*) FROM (SELECT FROM open_item WHERE invoice_id = ANY(%(ids)s::bigint[]) AND (SELECT n FROM invoices) >= 0 ORDER BY id FOR NO KEY UPDATE) x
"""


def orders(ids: Iterable[int]) -> None:
    """Lock these orders; those that were claimed from a worklist, or that the step before in the same transaction moved, are locked already."""
    if fresh := sql.unlocked("order", ids):
        sql.run(ORDERS, ids=fresh)


def orders_free(ids: Iterable[int]) -> bool:
    """Lock these orders without waiting; whether nobody else holds one of them."""
    asked = list(ids)
    return sql.one(ORDERS_FREE, ids=asked) == len(asked)


def payers(ids: Iterable[int]) -> None:
    """Lock these customers, who pay."""
    sql.run(PAYERS, ids=list(ids))


def payers_of_orders(order_ids: Iterable[int]) -> None:
    """Lock who pays these orders, so that nobody else grants their credit meanwhile."""
    sql.run(PAYERS_OF_ORDERS, ids=list(order_ids))


def supply_orders(ids: Iterable[int]) -> None:
    """Lock these supply orders."""
    sql.run(SUPPLY_ORDERS, ids=list(ids))


def departments(ids: Iterable[int]) -> None:
    """Lock these departments, and with each the capacity of all its days."""
    sql.run(DEPARTMENTS, ids=list(ids))


def stock_of_orders(order_ids: Iterable[int]) -> None:
    """Lock the stock of everything on these orders, in every warehouse."""
    sql.run(STOCK_OF_ORDERS, ids=list(order_ids))


def stock_of_products(product_ids: Iterable[int]) -> None:
    """Lock the stock of these products, in every warehouse."""
    sql.run(STOCK_OF_PRODUCTS, ids=list(product_ids))


def deliveries(ids: Iterable[int]) -> None:
    """Lock these deliveries; their orders were locked before."""
    sql.run(DELIVERIES, ids=list(ids))


def orders_of_deliveries(delivery_ids: Iterable[int]) -> None:
    """Lock the orders that these deliveries serve."""
    sql.run(ORDERS_OF_DELIVERIES, ids=list(delivery_ids))


def orders_of_proposals(order_ids: Iterable[int]) -> None:
    """Lock these orders and every order that shares a visit with them for which another day is proposed."""
    sql.run(ORDERS_OF_PROPOSALS, ids=list(order_ids))


def deliveries_of_orders(order_ids: Iterable[int]) -> None:
    """Lock the deliveries of these orders that are not over."""
    sql.run(DELIVERIES_OF_ORDERS, ids=list(order_ids))


def open_items(ids: Iterable[int]) -> None:
    """Lock these open items."""
    sql.run(OPEN_ITEMS, ids=list(ids))


def periods(ids: Iterable[int]) -> None:
    """Lock these months of the books: waits for every posting into them that is under way."""
    sql.run(PERIODS, ids=list(ids))


def payers_and_money(payer_ids: Iterable[int]) -> None:
    """Lock these customers, then what they owe, then their money that is not used yet."""
    sql.run(PAYERS_AND_MONEY, ids=list(payer_ids))


def open_receipts_of_orders(order_ids: Iterable[int]) -> None:
    """Lock the money that names these orders and is not used yet; the orders were locked before."""
    sql.run(OPEN_RECEIPTS_OF_ORDERS, ids=list(order_ids))


def orders_and_returns(return_ids: Iterable[int]) -> None:
    """Lock the orders that these goods come back from, then the returns."""
    sql.run(ORDERS_AND_RETURNS, ids=list(return_ids))


def orders_stock_and_returns(return_ids: Iterable[int]) -> None:
    """Lock the orders that these goods come back from, where they will lie, then the returns."""
    sql.run(ORDERS_STOCK_AND_RETURNS, ids=list(return_ids))


def orders_of_invoices(invoice_ids: Iterable[int]) -> None:
    """Lock the orders that these invoices bill."""
    sql.run(ORDERS_OF_INVOICES, ids=list(invoice_ids))


def invoices_and_items(invoice_ids: Iterable[int]) -> None:
    """Lock these invoices, that nobody else credits them, then what is owed on them; their orders were locked before."""
    sql.run(INVOICES_AND_ITEMS, ids=list(invoice_ids))


def orders_and_deliveries(delivery_ids: Iterable[int]) -> None:
    """Lock the orders that these deliveries serve, then the deliveries."""
    sql.run(ORDERS_AND_DELIVERIES, ids=list(delivery_ids))


def orders_stock_and_deliveries(delivery_ids: Iterable[int]) -> None:
    """Lock the orders that these deliveries serve, the stock of their lines, their departments, then the deliveries."""
    sql.run(ORDERS_STOCK_AND_DELIVERIES, ids=list(delivery_ids))
