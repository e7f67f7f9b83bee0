"""What papers need beside their document: who sends them, where money goes, which order a pro forma is of."""

from typing import Any

from alur.core import sql

SEAT = "SELECT lines, city, province FROM warehouse WHERE kind = 'own' AND active ORDER BY priority, id LIMIT 1"
PRO_FORMA = """
SELECT f.id, f.number, f.version, f.total, f.made_at, f.voided_at, o.number AS order_number, o.version AS order_version,
       (SELECT n.number FROM pro_forma n WHERE n.order_id = f.order_id AND n.voided_at IS NULL ORDER BY n.id DESC LIMIT 1) AS newest
  FROM pro_forma f JOIN sales_order o ON o.id = f.order_id WHERE f.number = %(number)s
"""


def seat() -> str:
    """Where the company sits: its first warehouse."""
    found = sql.read(SEAT)
    return ", ".join(filter(None, found[0])) if found else ""


def pro_forma(number: str) -> Any:
    """The pro forma of that number, with its order's."""
    found = sql.read(PRO_FORMA, number=number)
    return found[0] if found else None
