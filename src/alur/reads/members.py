"""Who is what where."""

from typing import Any

from alur.core import sql

DEMO_PASSWORD = "alur-demo-2026"  # noqa: S105  of every visitor below: it opens made-up data only

MINE = """
SELECT c.slug, c.schema, c.name, c.currency, c.time_zone, c.language, c.trial, array_agg(m.role ORDER BY m.role) AS roles
  FROM membership m JOIN company c ON c.id = m.company_id
 WHERE m.user_id = %(user)s
 GROUP BY c.id
 ORDER BY c.name, c.slug
"""
# who may try a demo: people of trial companies alone, with an address that cannot exist
VISITORS = """
SELECT u.email, u.name, array_agg(m.role ORDER BY m.role) AS roles, max(c.name) AS company
  FROM "user" u JOIN membership m ON m.user_id = u.id JOIN company c ON c.id = m.company_id
 WHERE c.trial AND u.is_active AND u.email LIKE '%%.example'
   AND NOT EXISTS (SELECT FROM membership o JOIN company r ON r.id = o.company_id WHERE o.user_id = u.id AND NOT r.trial)
 GROUP BY u.id
 ORDER BY min(u.id)
 LIMIT 12
"""


def of(user: int) -> list[Any]:
    """The companies a user belongs to, with the roles."""
    return sql.read(MINE, user=user)


def visitors() -> list[Any]:
    """The people of trial companies, for a demo's sign-in page."""
    return sql.read(VISITORS)
