"""Where a customer takes goods from now on; orders that are not verified yet and would have gone to the old place, or to none, go there too."""

from collections.abc import Iterable, Mapping

from alur.core import sql
from alur.models import locks

PARTS = ("name", "lines", "city", "province", "postcode", "country", "phone")

RECEIVED = "SELECT id FROM sales_order WHERE customer_id = ANY(%(ids)s::bigint[]) AND state = 'received'"
# The copy that documents name, as receive makes it.
COPY = """
INSERT INTO document_address (name, lines, city, province, postcode, country, phone, hash)
SELECT DISTINCT ON (md5(concat_ws(chr(31), g.name, g.lines, g.city, g.province, g.postcode, g.country, g.phone)))
       g.name, g.lines, g.city, g.province, g.postcode, g.country, g.phone,
       md5(concat_ws(chr(31), g.name, g.lines, g.city, g.province, g.postcode, g.country, g.phone)) AS hash
  FROM unnest(%(name)s::text[], %(lines)s::text[], %(city)s::text[], %(province)s::text[], %(postcode)s::text[], %(country)s::text[], %(phone)s::text[])
       AS g(name, lines, city, province, postcode, country, phone)
 ORDER BY 8 ON CONFLICT (hash) DO NOTHING
"""
ORDERS = """
UPDATE sales_order o SET ship_to_id = d.id
  FROM unnest(%(ids)s::bigint[], %(name)s::text[], %(lines)s::text[], %(city)s::text[], %(province)s::text[], %(postcode)s::text[], %(country)s::text[],
              %(phone)s::text[]) AS g(id, name, lines, city, province, postcode, country, phone)
  JOIN document_address d ON d.hash = md5(concat_ws(chr(31), g.name, g.lines, g.city, g.province, g.postcode, g.country, g.phone))
  LEFT JOIN LATERAL (
       SELECT x.id FROM address a
         JOIN document_address x ON x.hash = md5(concat_ws(chr(31), a.name, a.lines, a.city, a.province, a.postcode, a.country, a.phone))
        WHERE a.customer_id = g.id AND a.kind = 'ship' AND a.is_default ORDER BY a.id LIMIT 1) old ON true
 WHERE o.customer_id = g.id AND o.state = 'received' AND (o.ship_to_id IS NULL OR o.ship_to_id = old.id)
"""
CHANGE = """
WITH given AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(name)s::text[], %(lines)s::text[], %(city)s::text[], %(province)s::text[], %(postcode)s::text[],
                         %(country)s::text[], %(phone)s::text[]) AS g(id, name, lines, city, province, postcode, country, phone)
), changed AS (
    UPDATE address a SET name = g.name, lines = g.lines, city = g.city, province = g.province, postcode = g.postcode, country = g.country, phone = g.phone
      FROM given g WHERE a.customer_id = g.id AND a.kind = 'ship' AND a.is_default RETURNING a.customer_id
)
INSERT INTO address (customer_id, kind, is_default, name, lines, city, province, postcode, country, phone)
SELECT g.id, 'ship', true, g.name, g.lines, g.city, g.province, g.postcode, g.country, g.phone
  FROM given g WHERE g.id NOT IN (SELECT customer_id FROM changed)
"""


def lock(customer_ids: Iterable[int]) -> None:
    """Lock the orders that may go to the new place, before their customers are locked."""
    ids = list(customer_ids)
    if ids:
        locks.orders(sql.ids(RECEIVED, ids=ids))


def move(places: Mapping[int, Mapping[str, str]]) -> None:
    """These customers take goods at these places now."""
    if places:
        parts = {name: [place.get(name, "ID" if name == "country" else "") for place in places.values()] for name in PARTS}
        sql.run(COPY, **parts)
        sql.run(ORDERS, ids=list(places), **parts)
        sql.run(CHANGE, ids=list(places), **parts)
