"""A department's day is as full as its visits say, and never fuller than its limit."""

from typing import LiteralString

DAYS = "SELECT count(*) FROM capacity"

CHECKS: dict[str, tuple[LiteralString, LiteralString]] = {
    "I20 booked_within_limit": (
        DAYS,
        'SELECT format(\'department %%s on %%s: %%s booked of %%s\', department_id, day, booked, "limit") FROM capacity WHERE booked > "limit"',
    ),
    "I20 booked_is_bookings": (
        DAYS,
        """
        SELECT format('department %%s on %%s: %%s booked, bookings say %%s', department_id, day, coalesce(c.booked, 0), coalesce(b.units, 0))
          FROM capacity c FULL JOIN (SELECT department_id, day, sum(units) AS units FROM booking GROUP BY 1, 2) b USING (department_id, day)
         WHERE coalesce(c.booked, 0) <> coalesce(b.units, 0)
        """,
    ),
    "I20 bookings_are_visits": (
        "SELECT count(*) FROM booking",
        """
        SELECT format('department %%s on %%s, order line %%s: %%s booked, its visits say %%s', department_id, day, order_line_id,
                      coalesce(b.units, 0), coalesce(v.units, 0))
          FROM booking b
          FULL JOIN (SELECT d.department_id, d.scheduled_on AS day, x.order_line_id,
                            sum(CASE d.state WHEN 'scheduled' THEN x.quantity ELSE x.delivered END) AS units
                       FROM delivery d JOIN delivery_line x ON x.delivery_id = d.id JOIN order_line l ON l.id = x.order_line_id AND l.kind = 'service'
                      WHERE d.department_id IS NOT NULL AND d.state IN ('scheduled', 'delivered') GROUP BY 1, 2, 3) v
         USING (department_id, day, order_line_id)
         WHERE coalesce(b.units, 0) <> coalesce(v.units, 0)
        """,
    ),
    "proposals_are_of_visits_to_come": (
        "SELECT count(*) FROM hold WHERE code = 'date_proposed'",
        """
        SELECT format('hold %%s of order %%s is about a visit (%%s) that is %%s', h.id, h.order_id, h.facts ->> 'delivery_id', coalesce(d.state, 'not there'))
          FROM hold h LEFT JOIN delivery d ON d.id = (h.facts ->> 'delivery_id')::bigint
         WHERE h.code = 'date_proposed' AND h.resolved_at IS NULL AND d.state IS DISTINCT FROM 'scheduled'
        """,
    ),
}
