"""What the telephone order asks: who is on the line, where goods go, which products were meant, what was ordered last. Plain rows, one query each."""

from collections.abc import Collection
from typing import Any

from alur.core import sql

CUSTOMER = """
SELECT c.id, c.code, c.name, c.blocked, c.blocked_reason, c.takes_backorders, c.method, c.warehouse_id, coalesce(c.payer_id, c.id) AS payer_id,
       coalesce(l.tax_included, false) AS tax_included, coalesce(t.advance_pct, CASE WHEN p.credit_limit IS NULL THEN 100 ELSE 0 END) AS advance_pct,
       t.name AS terms, d.days, k.name AS contact, k.phone, o.number AS last_number, o.received_at AS last_at, o.lines AS last_lines
  FROM customer c
  JOIN customer p ON p.id = coalesce(c.payer_id, c.id)
  LEFT JOIN terms t ON t.id = c.terms_id
  LEFT JOIN price_list l ON l.id = coalesce(c.price_list_id, (SELECT id FROM price_list WHERE is_default ORDER BY id LIMIT 1))
  LEFT JOIN LATERAL (SELECT max(days) AS days FROM terms_part WHERE terms_id = t.id) d ON true
  LEFT JOIN LATERAL (SELECT name, phone FROM contact WHERE customer_id = c.id ORDER BY phone = '', id LIMIT 1) k ON true
  LEFT JOIN LATERAL (SELECT s.number, s.received_at, (SELECT count(*) FROM order_line WHERE order_id = s.id) AS lines
                       FROM sales_order s WHERE s.customer_id = c.id ORDER BY s.received_at DESC, s.id DESC LIMIT 1) o ON true
 WHERE c.id = %(id)s
"""
ADDRESSES = """
SELECT id, name, lines, city, province, delivery_window FROM address WHERE customer_id = %(id)s AND kind = 'ship' ORDER BY is_default DESC, id LIMIT 50
"""
# By id where one was chosen; by SKU, or a name of its own, where a sheet was pasted. units: the product's own first.
PRODUCTS = """
WITH hit AS (
    SELECT id, NULL AS said FROM product WHERE id = ANY(%(ids)s::bigint[])
    UNION SELECT id, lower(sku) FROM product WHERE sku = ANY(%(skus)s::text[])
    UNION SELECT product_id, lower(alias) FROM product_alias
     WHERE alias = ANY(%(skus)s::text[]) AND (customer_id IS NULL OR customer_id = %(customer)s)
)
SELECT hit.said, p.id, p.sku, CASE WHEN %(language)s = 'en' AND p.name_en <> '' OR p.name_id = '' THEN p.name_en ELSE p.name_id END AS name,
       p.name_id, p.kind, p.unit, p.multiple, p.active, p.discontinued,
       ARRAY(SELECT u.unit FROM product_unit u WHERE u.product_id = p.id AND u.unit <> p.unit ORDER BY u.factor, u.unit) AS units,
       ARRAY(SELECT u.factor::numeric FROM product_unit u WHERE u.product_id = p.id AND u.unit <> p.unit ORDER BY u.factor, u.unit) AS factors,
       (SELECT u.unit FROM product_unit u WHERE u.product_id = p.id AND u.is_sale_default ORDER BY u.id LIMIT 1) AS sale_unit
  FROM hit JOIN product p ON p.id = hit.id
"""
LAST_LINES = """
SELECT coalesce(p.sku, l.as_written) AS text, l.product_id, l.quantity, l.unit
  FROM order_line l LEFT JOIN product p ON p.id = l.product_id
 WHERE l.order_id = (SELECT id FROM sales_order WHERE customer_id = %(customer)s ORDER BY received_at DESC, id DESC LIMIT 1)
   AND l.kind IN ('goods', 'service') AND l.parent_id IS NULL
 ORDER BY l.position LIMIT 1000
"""
NUMBER = "SELECT number FROM sales_order WHERE id = %(id)s"


def customer(id: int) -> Any:  # noqa: A002
    """Who is on the line, or None."""
    return next(iter(sql.read(CUSTOMER, id=id)), None)


def addresses(customer_id: int) -> list[Any]:
    """Where a customer takes goods, the usual place first."""
    return sql.read(ADDRESSES, id=customer_id)


def products(ids: Collection[int], texts: Collection[str], *, customer_id: int, language: str) -> tuple[dict[int, Any], dict[str, Any]]:
    """Products by id, and by what was written for them (small letters)."""
    skus = sorted({form for text in texts for form in (text, text.upper(), text.lower())})
    rows = sql.read(PRODUCTS, ids=list(ids), skus=skus, customer=customer_id, language=language) if ids or skus else []
    return {row.id: row for row in rows}, {row.said: row for row in rows if row.said and row.active}


def last_lines(customer_id: int) -> list[Any]:
    """What the customer's last order asked for."""
    return sql.read(LAST_LINES, customer=customer_id)


def number(order_id: int) -> str:
    """An order's number."""
    return sql.read(NUMBER, id=order_id)[0].number
