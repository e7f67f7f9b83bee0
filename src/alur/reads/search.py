"""Finding by what people remember: a number or only its digits, a customer's own order number, a name with a slip in it, a telephone number, a product.

Every try goes through an index: exact numbers of the last years, the beginning or the end of a PO number, trigrams of names (reads/find.py).
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from alur.books.series import PREFIX
from alur.core import sql
from alur.reads import find
from alur.reads.orders import PO

YEARS = 3  # how far back bare digits look
FEW = 5  # of a kind
PHONE = 4  # digits that may be a telephone number's
# a document's number as people write it: SO-2026-000934, so 934, INV/2026/17, 000934, 934
NUMBER = re.compile(r"(?:([a-z]{2,4})[\W_]*)?(?:(20\d\d)[\W_]+)?0*(\d{1,7})")
DASHED = ("SO", "SJ", "PAY", "RT")

NUMBERS = """
(SELECT 'order' AS kind, o.number AS key, c.name, o.total, o.state AS more FROM sales_order o JOIN customer c ON c.id = o.customer_id
  WHERE o.number = ANY(%(numbers)s::text[]) OR (%(begins)s <> '' AND o.number LIKE %(begins)s) ORDER BY o.number DESC LIMIT %(few)s)
UNION ALL
(SELECT 'delivery', d.number, c.name, NULL, d.state FROM delivery d JOIN customer c ON c.id = d.customer_id
  WHERE d.number = ANY(%(numbers)s::text[]) ORDER BY d.number DESC LIMIT %(few)s)
UNION ALL
(SELECT 'invoice', v.number, c.name, v.total, '' FROM invoice v JOIN customer c ON c.id = v.payer_id
  WHERE v.number = ANY(%(numbers)s::text[]) ORDER BY v.number DESC LIMIT %(few)s)
UNION ALL
(SELECT 'payment', p.number, c.name, p.amount, '' FROM payment p JOIN customer c ON c.id = p.payer_id
  WHERE p.number = ANY(%(numbers)s::text[]) ORDER BY p.number DESC LIMIT %(few)s)
UNION ALL
(SELECT 'return', r.number, c.name, NULL, '' FROM "return" r JOIN customer c ON c.id = r.customer_id
  WHERE r.number = ANY(%(numbers)s::text[]) ORDER BY r.number DESC LIMIT %(few)s)
"""
OF_PO = """
SELECT 'order' AS kind, o.number AS key, c.name, o.total, o.customer_po AS more FROM sales_order o JOIN customer c ON c.id = o.customer_id
 WHERE o.id = ANY(%(ids)s::bigint[]) ORDER BY o.received_at DESC, o.id DESC LIMIT %(few)s
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found: what it is, the key of its page, its name, an amount, and what made it be found if the key does not say."""

    kind: str
    key: str
    name: str
    total: Decimal | None = None
    more: str = ""


def few(q: str, today: date, language: str = "id") -> list[Hit]:
    """A handful of each kind: numbers first, then orders by the customer's number, customers, products. Guesses only where nothing else was found."""
    q = " ".join(q.lower().split())
    if len(q) < 2:
        return []
    sure = [*_numbered(q, today), *_by_po(q)]
    if sure and NUMBER.fullmatch(q) and not q.isdecimal():
        return sure  # a whole number was typed: nothing else is meant
    named = [*_customers(q), *_products(q, language)]
    firm = [hit for hit in named if _says(hit, q)]
    return [*sure, *(firm if firm or sure or not re.search(r"[^\W\d]", q) else named)]


def _says(hit: Hit, q: str) -> bool:
    """Whether every word of it stands there as it was typed; digits also where they are written with spaces."""
    text, digits = f"{hit.key} {hit.name} {hit.more}".lower(), re.sub(r"\D", "", q)
    return all(word in text for word in q.split()) or (len(digits) >= PHONE and digits.removeprefix("62").removeprefix("0") in re.sub(r"\D", "", hit.more))


def numbers(q: str, today: date) -> list[str]:
    """The numbers that a person may mean."""
    found = NUMBER.fullmatch(q)
    if not found:
        return []
    prefix, year, digits = found[1], found[2], int(found[3])
    years = [int(year)] if year else [today.year - back for back in range(YEARS)]
    made = [f"{each}-{y}-{digits:06d}" for y in years for each in DASHED] + [f"{each}/{y}/{digits:06d}" for y in years for each in PREFIX.values()]
    return [each for each in made if not prefix or each.lower().startswith(prefix)]


def _numbered(q: str, today: date) -> list[Hit]:
    begins = q.upper().replace("\\", "").replace("%", "").replace("_", "") + "%" if re.match(r"so-\d", q) else ""
    asked = numbers(q, today)
    if not asked and not begins:
        return []
    rows = sql.read(NUMBERS, numbers=asked, begins=begins, few=FEW)
    return [Hit(row.kind, row.key, row.name, row.total) for row in rows]


def _by_po(q: str) -> list[Hit]:
    """Orders by the beginning or the end of the number their customer gave them."""
    if len(q) < 3:
        return []
    plain = q.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    ends = q[::-1].replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    ids = [row.id for row in sql.read(PO, starts=f"{plain}%", ends=f"{ends}%", limit=100)]
    return [Hit(row.kind, row.key, row.name, row.total, row.more) for row in sql.read(OF_PO, ids=ids, few=FEW)] if ids else []


def _customers(q: str) -> list[Hit]:
    """Customers by name, code or telephone; what was found by its telephone says it."""
    digits = re.sub(r"\D", "", q)
    phone = len(digits) >= PHONE and not re.search(r"[a-z]", q)
    return [Hit("customer", row.code, row.name, more=row.phone or "" if phone else row.city or "") for row in find.customers(q, limit=FEW)]


def _products(q: str, language: str) -> list[Hit]:
    return [Hit("product", row.sku, row.name, more="") for row in find.products(q, language=language, limit=FEW)]
