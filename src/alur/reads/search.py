"""Finding by what people remember: a number, its last digits, a customer's name or code, the customer's own order number."""

from typing import Any

from alur.core import sql

# the newest orders whose number ends or begins so, then customers by name; each part stops early
FEW = """
(SELECT 'order' AS kind, o.number AS key, c.name, o.total FROM sales_order o JOIN customer c ON c.id = o.customer_id
  WHERE o.number ILIKE %(inside)s OR o.customer_po ILIKE %(begins)s ORDER BY o.received_at DESC, o.id DESC LIMIT 6)
UNION ALL
(SELECT 'customer', c.code, c.name, NULL FROM customer c WHERE c.name ILIKE %(inside)s OR c.code ILIKE %(begins)s ORDER BY c.name, c.id LIMIT 6)
"""


def few(q: str) -> list[Any]:
    """A handful of orders and customers."""
    plain = q.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return sql.read(FEW, inside=f"%{plain}%", begins=f"{plain}%")
