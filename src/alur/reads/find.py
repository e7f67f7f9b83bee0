"""Type-ahead: products and customers by what a person types, misspelt or not, in some milliseconds on a million rows.

Four tries, each only where the one before found nothing: every word as it was typed; the beginning of every word ("sirop vanil" finds
"Sirup vanila"); the end of every word; the first word alone. The trigram indexes (migration 0002) serve them all; how alike they are only
orders what was found.
"""

import re
from typing import Any

from alur.core import sql

WORDS = 4  # of what was typed; more do not narrow it
SOME = 300  # looked at before the best are chosen
REACH = 3  # letters of a misspelt word that are held to be right

# what a customer ordered lately comes first; with nothing typed it is all there is
USUAL = """
SELECT l.product_id, max(o.received_at) AS at, count(*) AS times
  FROM (SELECT id, received_at FROM sales_order WHERE customer_id = %(customer)s ORDER BY received_at DESC LIMIT 20) o
  JOIN order_line l ON l.order_id = o.id
 WHERE l.product_id IS NOT NULL GROUP BY l.product_id
"""
PRODUCTS = f"""
WITH usual AS ({USUAL}), hit AS (
    SELECT id FROM product WHERE sku = ANY(%(skus)s::text[])
    UNION (SELECT p.id FROM product p WHERE (p.sku LIKE %(upper)s OR p.sku LIKE %(start)s) AND p.active LIMIT 20)
    UNION (SELECT p.id FROM product p
            WHERE %(wordy)s
              AND lower(p.sku || ' ' || p.name_id || ' ' || p.name_en) LIKE %(w0)s AND lower(p.sku || ' ' || p.name_id || ' ' || p.name_en) LIKE %(w1)s
              AND lower(p.sku || ' ' || p.name_id || ' ' || p.name_en) LIKE %(w2)s AND lower(p.sku || ' ' || p.name_id || ' ' || p.name_en) LIKE %(w3)s
              AND p.active LIMIT %(some)s)
    UNION (SELECT a.product_id FROM product_alias a
            WHERE %(wordy)s AND lower(a.alias) LIKE %(w0)s AND lower(a.alias) LIKE %(w1)s AND lower(a.alias) LIKE %(w2)s AND lower(a.alias) LIKE %(w3)s
              AND (a.customer_id IS NULL OR a.customer_id = %(customer)s) LIMIT %(some)s)
)
SELECT p.id, p.sku, CASE WHEN %(language)s = 'en' AND p.name_en <> '' OR p.name_id = '' THEN p.name_en ELSE p.name_id END AS name,
       p.kind, u.product_id IS NOT NULL AS usual, %(loose)s AS loose
  FROM hit JOIN product p ON p.id = hit.id LEFT JOIN usual u ON u.product_id = p.id
 WHERE p.active
 ORDER BY lower(p.sku) = %(q)s DESC, lower(p.sku) LIKE %(start)s DESC, p.discontinued, u.product_id IS NOT NULL DESC,
          word_similarity(%(q)s, lower(p.sku || ' ' || p.name_id || ' ' || p.name_en)) DESC, length(p.name_id), p.sku
 LIMIT %(limit)s
"""
LATELY = f"""
SELECT p.id, p.sku, CASE WHEN %(language)s = 'en' AND p.name_en <> '' OR p.name_id = '' THEN p.name_en ELSE p.name_id END AS name,
       p.kind, true AS usual, false AS loose
  FROM ({USUAL}) u JOIN product p ON p.id = u.product_id WHERE p.active AND NOT p.discontinued
 ORDER BY u.times DESC, u.at DESC, p.sku LIMIT %(limit)s
"""
# what a telephone order wants to know of each: free stock, or when more comes
READY = """
SELECT p.id, CASE WHEN p.kind = 'goods' THEN coalesce((SELECT sum(s.on_hand - s.reserved) FROM stock s JOIN warehouse w ON w.id = s.warehouse_id
                WHERE s.product_id = p.id AND w.kind = 'own' AND w.active), 0) END AS free,
       (SELECT min(l.expected_on) FROM supply_line l WHERE l.product_id = p.id AND l.state = 'open' AND l.quantity > l.received) AS comes_on
  FROM product p WHERE p.id = ANY(%(ids)s::bigint[])
"""
# for goods that are short: the likest other ones of which enough is free
INSTEAD = """
SELECT DISTINCT ON (a.id) a.id AS instead_of, o.id, o.sku, o.free
  FROM unnest(%(ids)s::bigint[], %(need)s::numeric[], %(name)s::text[], %(w0)s::text[], %(w1)s::text[]) AS a(id, need, name, w0, w1)
 CROSS JOIN LATERAL (
       SELECT p.id, p.sku, s.free, similarity(a.name, lower(p.name_id)) AS alike
         FROM (SELECT * FROM product x
                WHERE lower(x.sku || ' ' || x.name_id || ' ' || x.name_en) LIKE a.w0 AND lower(x.sku || ' ' || x.name_id || ' ' || x.name_en) LIKE a.w1
                  AND x.kind = 'goods' AND x.active AND NOT x.discontinued AND x.id <> a.id LIMIT 60) p
        CROSS JOIN LATERAL (SELECT coalesce(sum(y.on_hand - y.reserved), 0) AS free FROM stock y JOIN warehouse w ON w.id = y.warehouse_id
                             WHERE y.product_id = p.id AND w.kind = 'own' AND w.active) s
        WHERE s.free >= a.need) o
 WHERE o.alike > 0.5
 ORDER BY a.id, o.alike DESC, o.id
"""
CUSTOMERS = """
WITH hit AS (
    SELECT id FROM customer WHERE code = ANY(%(codes)s::text[])
    UNION (SELECT c.id FROM customer c WHERE lower(c.code || ' ' || c.name) LIKE %(w0)s AND lower(c.code || ' ' || c.name) LIKE %(w1)s
              AND lower(c.code || ' ' || c.name) LIKE %(w2)s AND lower(c.code || ' ' || c.name) LIKE %(w3)s LIMIT %(some)s)
    UNION (SELECT t.customer_id FROM contact t WHERE %(digits)s <> '' AND (regexp_replace(t.phone, '[^0-9]', '', 'g') LIKE %(local)s
              OR regexp_replace(t.phone, '[^0-9]', '', 'g') LIKE %(abroad)s) LIMIT %(some)s)
)
SELECT c.id, c.code, c.name, c.blocked, a.city, t.name AS contact, t.phone, %(loose)s AS loose
  FROM hit JOIN customer c ON c.id = hit.id
  LEFT JOIN LATERAL (SELECT city FROM address WHERE customer_id = c.id AND kind = 'ship' ORDER BY is_default DESC, id LIMIT 1) a ON true
  LEFT JOIN LATERAL (SELECT name, phone FROM contact WHERE customer_id = c.id
                      ORDER BY %(digits)s <> '' AND regexp_replace(phone, '[^0-9]', '', 'g') LIKE ANY(ARRAY[%(local)s, %(abroad)s]) DESC, id LIMIT 1) t ON true
 ORDER BY lower(c.code) = %(q)s DESC, lower(c.code) LIKE %(start)s DESC, word_similarity(%(q)s, lower(c.code || ' ' || c.name)) DESC, c.name, c.id
 LIMIT %(limit)s
"""


def products(typed: str, *, customer: int = 0, language: str = "id", limit: int = 8) -> list[Any]:
    """The products that were meant, the likeliest first; with nothing typed what the customer usually orders."""
    q = typed.strip().lower()[:80]
    if not q:
        return sql.read(LATELY, customer=customer, language=language, limit=limit) if customer else []
    common = {"q": q, "customer": customer, "language": language, "limit": limit, "some": SOME}
    for attempt in _attempts(q):
        found = sql.read(PRODUCTS, skus=[typed.strip(), q, q.upper()], start=f"{_plain(q)}%", upper=f"{_plain(q.upper())}%", **attempt, **common)
        if found:
            return found
    return []


def ready(ids: list[int]) -> dict[int, Any]:
    """Free stock of each product (None: it needs none), and the next day on which more comes."""
    return {row.id: row for row in sql.read(READY, ids=ids)} if ids else {}


def instead(short: list[tuple[int, Any, str]]) -> dict[int, Any]:
    """What may be offered for goods that are short: (product, how much is needed, its Indonesian name)."""
    asked = [(key, need, name.lower(), [_plain(word) for word in re.split(r"[\W_]+", name.lower()) if len(word) >= REACH]) for key, need, name in short]
    asked = [each for each in asked if each[3]]
    if not asked:
        return {}
    patterns = {f"w{i}": [f"%{words[i] if i < len(words) else words[0]}%" for *_, words in asked] for i in (0, 1)}
    rows = sql.read(INSTEAD, ids=[a[0] for a in asked], need=[a[1] for a in asked], name=[a[2] for a in asked], **patterns)
    return {row.instead_of: row for row in rows}


def customers(typed: str, *, limit: int = 8) -> list[Any]:
    """The customers that were meant, by name, code, or the digits of a telephone number."""
    q = typed.strip().lower()[:80]
    digits = re.sub(r"[^0-9]", "", q) if not re.search(r"[a-z]", q) else ""
    digits = digits if len(digits) >= 4 else ""  # fewer are no telephone number
    bare = digits.removeprefix("62").removeprefix("0")
    phone = {"digits": digits, "local": f"%{bare}%", "abroad": f"%{bare}%"}
    for attempt in _attempts(q) if q else ():
        found = sql.read(CUSTOMERS, q=q, codes=[typed.strip(), q, q.upper()], start=f"{_plain(q)}%", limit=limit, some=SOME, **attempt, **phone)
        if found:
            return found
    return []


def _attempts(q: str) -> list[dict[str, Any]]:
    """The LIKE patterns of each try; wordy: they have letters enough for an index; loose: what they find is a guess."""
    whole = [_plain(word) for word in q.split()][:WORDS]
    parts = [word for word in re.split(r"[\W_]+", q) if len(word) >= REACH][:WORDS]
    tries = [whole, *([[word[:REACH] for word in parts], [word[-REACH:] for word in parts], [parts[0][:REACH]]] if parts else [])]
    return [
        {"loose": n > 2, "wordy": any(len(word) >= REACH for word in words), **{f"w{i}": f"%{words[i]}%" if i < len(words) else "%" for i in range(WORDS)}}
        for n, words in enumerate(tries)
    ]


def _plain(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
