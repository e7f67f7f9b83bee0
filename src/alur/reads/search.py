"""Finding by what people remember: a number, its last digits, a customer's name or code. Numbers go through their index: any size is fast."""

import re
from datetime import date
from typing import Any

from alur.core import sql

YEARS = 3  # how far back bare digits look
DIGITS = re.compile(r"0*(\d{1,6})")

FEW = """
(SELECT 'order' AS kind, o.number AS key, c.name, o.total FROM sales_order o JOIN customer c ON c.id = o.customer_id
  WHERE o.number = ANY(%(numbers)s::text[]) OR (%(begins)s <> '' AND o.number LIKE %(begins)s) ORDER BY o.number DESC LIMIT 6)
UNION ALL
(SELECT 'customer', c.code, c.name, NULL FROM customer c WHERE c.name ILIKE %(inside)s OR c.code ILIKE %(code)s ORDER BY c.name, c.id LIMIT 6)
"""


def few(q: str, today: date) -> list[Any]:
    """A handful of orders and customers."""
    plain = q.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    digits = DIGITS.fullmatch(q)
    numbers = [f"SO-{today.year - back}-{int(digits[1]):06d}" for back in range(YEARS)] if digits else []
    begins = plain.upper() + "%" if re.match(r"(?i)so-", q) else ""
    return sql.read(FEW, numbers=numbers, begins=begins, inside=f"%{plain}%", code=f"{plain}%")
