"""What is in each stage right now: one query for the rows of a page, one for its counts, one for the numbers of the nav.

A stage's members are stated once (`_HERE`), as the index-friendly condition on stored facts; the step's own WAITING says what the worker
would take next of them. `since` is when the wait began, `late` is past the stage's target.
"""

from dataclasses import dataclass
from typing import Any, LiteralString

from alur.core import company, sql

PAGE = 25
MOST = 10_000  # rows a press may be for


@dataclass(frozen=True, slots=True)
class Query:
    """What a person asked of a list; every field has a neutral value."""

    tab: str = "all"
    q: str = ""
    channel: str = ""
    warehouse: int = 0
    sort: str = "queue"
    page: int = 1


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a list: its rows, and how many there are in each tab, shown, and hidden by the filters."""

    rows: list[Any]
    tabs: dict[str, int]
    shown: int
    hidden: int
    hidden_late: int
    newest: int  # the highest id in the stage

    @property
    def every(self) -> int:
        """All members of the stage, filtered or not."""
        return self.tabs["all"]


# hours a stage may take before what is in it counts as late; each is a parameter of the statements, by its stage's name
TARGET = {"capture": 1, "check": 24, "confirm": 48, "deliver": 0, "invoice": 24, "pay": 0, "returns": 72, "settle": 24}
PAYING = 72  # hours an order may wait for its advance
AGED = ("capture", "check", "invoice", "returns", "settle")  # whose target is an age; elsewhere it is a day: the promise, the delivery's, the due day
NOUN = {
    "capture": "order", "check": "order", "confirm": "order", "deliver": "delivery", "invoice": "order", "pay": "item", "returns": "return", "settle": "order",
}  # fmt: skip


# ---------- members: (id, since, late) ----------
def _orders(stage: LiteralString, where: LiteralString) -> LiteralString:
    return f"""SELECT id, received_at AS since, received_at < %(now)s::timestamptz - make_interval(hours => %({stage})s) AS late
                 FROM sales_order WHERE {where}"""


# Verified, or confirmed and not all of it on a delivery. Late: the promised day is over; no day at all though goods are wanted soon; an advance is long due.
_CONFIRM: LiteralString = """
SELECT o.id, o.received_at AS since, CASE
         WHEN h.opened_at IS NOT NULL THEN h.opened_at < %(now)s::timestamptz - make_interval(hours => %(paying)s)
         WHEN o.promised_on IS NOT NULL THEN o.promised_on < %(today)s
         ELSE o.received_at < %(now)s::timestamptz - make_interval(hours => %(confirm)s)
              AND coalesce(o.requested_on <= %(today)s + (SELECT reserve_ahead_days FROM policy ORDER BY id DESC LIMIT 1), true) END AS late
  FROM sales_order o LEFT JOIN hold h ON h.order_id = o.id AND h.resolved_at IS NULL AND h.code = 'awaiting_payment'
 WHERE o.state = 'verified'
    OR o.state = 'confirmed' AND EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.ordered - l.cancelled > l.scheduled)
"""
# Delivered and not billed. What is billed once a month is late only after the month is over. Credit still granted (or none needed) tells
# orders with something to bill from the many that only wait for money, without a look at their lines.
_INVOICE: LiteralString = """
SELECT o.id, d.at AS since, CASE o.invoice_rule
         WHEN 'month' THEN (d.at AT TIME ZONE %(zone)s)::date < date_trunc('month', %(today)s::timestamp)
         ELSE d.at < %(now)s::timestamptz - make_interval(hours => %(invoice)s) END AS late
  FROM sales_order o
 CROSS JOIN LATERAL (SELECT max(coalesce(d.ended_at, o.received_at)) AS at, count(*) AS n
                       FROM order_line l LEFT JOIN delivery_line x ON x.order_line_id = l.id LEFT JOIN delivery d ON d.id = x.delivery_id
                      WHERE l.order_id = o.id AND l.delivered - l.returned > l.invoiced - l.credited) d
 WHERE (o.state = 'fulfilled' AND (o.granted > 0 OR o.advance_pct > 0 OR o.total = 0) OR o.state = 'confirmed' AND o.invoice_rule <> 'order') AND d.n > 0
"""
# A difference the policy lets go is no money to wait for; it is settled.
_SMALL: LiteralString = "i.uncleared = 0 AND i.open < i.total AND i.open <= (SELECT write_off_limit FROM policy ORDER BY id DESC LIMIT 1)"
# Only closing is left. Orders that may be there are few, known by their ticket, return, small difference or failure: no look at all that are paid later.
_SETTLE: LiteralString = f"""
SELECT o.id, e.at AS since, e.at < %(now)s::timestamptz - make_interval(hours => %(settle)s) AS late
  FROM sales_order o CROSS JOIN LATERAL (SELECT coalesce(max(at), o.received_at) AS at FROM event WHERE order_id = o.id) e
 WHERE o.state = 'fulfilled' AND o.id = ANY(ARRAY(
           SELECT order_id FROM recheck WHERE step = 'close'
           UNION ALL SELECT subject_id FROM broken WHERE step = 'settle.close'
           UNION ALL SELECT l.order_id FROM return_line r JOIN order_line l ON l.id = r.order_line_id WHERE r.state <> 'closed'
           UNION ALL SELECT l.order_id FROM open_item i JOIN invoice_line x ON x.invoice_id = i.invoice_id JOIN order_line l ON l.id = x.order_line_id
                      WHERE {_SMALL}))
   AND NOT EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.delivered - l.returned > l.invoiced - l.credited)
   AND NOT EXISTS (SELECT FROM open_item i WHERE NOT ({_SMALL}) AND i.invoice_id IN (
           SELECT x.invoice_id FROM order_line l JOIN invoice_line x ON x.order_line_id = l.id WHERE l.order_id = o.id
           UNION ALL SELECT v.id FROM invoice v WHERE v.order_id = o.id))
"""
_HERE: dict[LiteralString, LiteralString] = {
    "capture": _orders("capture", "state = 'received' AND priced_version < version"),
    "check": _orders("check", "state = 'received' AND priced_version >= version"),
    "confirm": _CONFIRM,
    "deliver": "SELECT id, scheduled_at AS since, scheduled_on < %(today)s AS late FROM delivery WHERE state IN ('scheduled', 'picked', 'dispatched')",
    "invoice": _INVOICE,
    "pay": f"""SELECT i.id, i.issued_on::timestamp AT TIME ZONE %(zone)s AS since, coalesce(i.due_on < %(today)s, false) AS late
                 FROM open_item i WHERE NOT ({_SMALL})""",
    "returns": """SELECT id, permitted_at AS since, permitted_at < %(now)s::timestamptz - make_interval(hours => %(returns)s) AS late
                    FROM "return" WHERE state <> 'closed'""",
    "settle": _SETTLE,
}

# ---------- what a row shows, by noun ----------
_ORDER: LiteralString = """
SELECT o.id, o.number, o.state, o.channel, o.priority, o.received_at, o.promised_on, o.total, o.currency, here.since, here.late, c.name AS customer,
       c.warehouse_id, h.code AS hold, h.facts AS hold_facts, h.line_id AS hold_line, h.opened_at AS held_at, coalesce(h.holds, 0) AS holds
  FROM here JOIN sales_order o ON o.id = here.id JOIN customer c ON c.id = o.customer_id
  LEFT JOIN LATERAL (SELECT x.code, x.facts, x.line_id, x.opened_at, count(*) OVER () AS holds FROM hold x
                      WHERE x.order_id = o.id AND x.resolved_at IS NULL ORDER BY x.id LIMIT 1) h ON true
"""
_DELIVERY: LiteralString = """
SELECT d.id, d.number, d.state, d.method AS channel, 0 AS priority, d.scheduled_on::timestamp AT TIME ZONE %(zone)s AS received_at,
       d.scheduled_on AS promised_on, d.cost AS total,
       here.since, here.late, c.name AS customer, d.warehouse_id, CASE WHEN d.state = 'scheduled' THEN NULL ELSE d.state END AS hold,
       d.delivery_window, d.vehicle, d.courier, a.city, w.name AS warehouse
  FROM here JOIN delivery d ON d.id = here.id JOIN customer c ON c.id = d.customer_id
  LEFT JOIN document_address a ON a.id = d.ship_to_id LEFT JOIN warehouse w ON w.id = d.warehouse_id
"""
# Many wait for money. Outer joins cost nothing where nobody asks for a name, and a sort by what the item itself knows is done before names are looked up.
_ITEM: LiteralString = """
SELECT i.id, v.number, CASE WHEN i.open = 0 THEN 'giro' WHEN i.open < i.total THEN 'part' ELSE 'open' END AS state, v.kind AS channel, 0 AS priority,
       here.since AS received_at, i.due_on AS promised_on, i.open AS total, here.since, here.late, c.name AS customer,
       0::bigint AS warehouse_id, NULL::text AS hold, i.total AS whole, i.uncleared, i.reminded, i.payer_id, i.part, i.invoice_id
  FROM here JOIN open_item i ON i.id = here.id LEFT JOIN invoice v ON v.id = i.invoice_id LEFT JOIN customer c ON c.id = i.payer_id
"""
_RETURN: LiteralString = """
SELECT r.id, r.number, r.state, '' AS channel, 0 AS priority, r.permitted_at AS received_at, NULL::date AS promised_on,
       (SELECT sum(l.value) FROM return_line l WHERE l.return_id = r.id) AS total, here.since, here.late, c.name AS customer,
       0::bigint AS warehouse_id, NULL::text AS hold, (SELECT sum(l.quantity) FROM return_line l WHERE l.return_id = r.id) AS quantity
  FROM here JOIN "return" r ON r.id = here.id JOIN customer c ON c.id = r.customer_id
"""
_ROWS: dict[str, LiteralString] = {"order": _ORDER, "delivery": _DELIVERY, "item": _ITEM, "return": _RETURN}

# ---------- what a tab and a filter let through ----------
_TABS: dict[LiteralString, LiteralString] = {
    "all": "true",
    "clean": "hold IS NULL",
    "held": "hold IS NOT NULL",
    "late": "late",
    "scheduled": "state = 'scheduled'",
    "picked": "state = 'picked'",
    "dispatched": "state = 'dispatched'",
    "permitted": "state = 'permitted'",
    "received": "state = 'received'",
}
TABS: dict[str, tuple[LiteralString, ...]] = {
    "order": ("all", "clean", "held", "late"),
    "delivery": ("all", "scheduled", "picked", "dispatched", "late"),
    "item": ("all", "late"),
    "return": ("all", "permitted", "received", "late"),
}
_SORTS: dict[LiteralString, LiteralString] = {
    "queue": "priority, received_at, id",
    "-received": "received_at DESC, id DESC",
    "promise": "promised_on NULLS LAST, id",
    "total": "total DESC NULLS LAST, id",
    "customer": "customer, id",
}
SORTS = tuple(_SORTS)
_LET: LiteralString = """(%(q)s = '' OR number ILIKE %(like)s OR customer ILIKE %(like)s) AND (%(channel)s = '' OR channel = %(channel)s)
   AND (%(warehouse)s = 0 OR warehouse_id = %(warehouse)s)"""


def _list(stage: LiteralString, tab: LiteralString, sort: LiteralString) -> LiteralString:
    return f"""WITH here AS ({_HERE[stage]}), line AS ({_ROWS[NOUN[stage]]})
SELECT * FROM line WHERE ({tab}) AND {_LET} ORDER BY {sort} LIMIT %(limit)s OFFSET %(offset)s"""


def _tally(stage: LiteralString, tab: LiteralString) -> LiteralString:
    tabs = ", ".join(f"count(*) FILTER (WHERE {_TABS[name]}) AS {name}" for name in TABS[NOUN[stage]] if name != "all")
    return f"""WITH here AS ({_HERE[stage]}), line AS ({_ROWS[NOUN[stage]]})
SELECT count(*) AS "all", {tabs}, count(*) FILTER (WHERE ({tab}) AND {_LET}) AS shown,
       count(*) FILTER (WHERE ({tab}) AND NOT ({_LET})) AS hidden, count(*) FILTER (WHERE ({tab}) AND NOT ({_LET}) AND late) AS hidden_late,
       coalesce(max(id), 0) AS newest FROM line"""


def _every(stage: LiteralString, tab: LiteralString) -> LiteralString:
    return f"""WITH here AS ({_HERE[stage]}), line AS ({_ROWS[NOUN[stage]]})
SELECT id FROM line WHERE ({tab}) AND {_LET} AND id <= %(newest)s ORDER BY priority, received_at, id LIMIT %(limit)s"""


def _some(stage: LiteralString) -> LiteralString:
    return f"""WITH here AS (SELECT given.id, h.since, coalesce(h.late, false) AS late
  FROM unnest(%(ids)s::bigint[]) AS given(id) LEFT JOIN ({_HERE[stage]}) h ON h.id = given.id) {_ROWS[NOUN[stage]]}"""


STAGES: LiteralString = " UNION ALL ".join(
    f"SELECT '{stage}' AS stage, count(*) AS waiting, count(*) FILTER (WHERE late) AS late, min(since) AS oldest FROM ({here}) here"
    for stage, here in _HERE.items()
)
LISTS: dict[tuple[str, str, str], LiteralString] = {
    (stage, tab, sort): _list(stage, _TABS[tab], _SORTS[sort]) for stage in _HERE for tab in TABS[NOUN[stage]] for sort in _SORTS
}
TALLIES: dict[tuple[str, str], LiteralString] = {(stage, tab): _tally(stage, _TABS[tab]) for stage in _HERE for tab in TABS[NOUN[stage]]}
EVERY: dict[tuple[str, str], LiteralString] = {(stage, tab): _every(stage, _TABS[tab]) for stage in _HERE for tab in TABS[NOUN[stage]]}
SOME: dict[str, LiteralString] = {stage: _some(stage) for stage in _HERE}
WAREHOUSES = "SELECT id, code, name FROM warehouse WHERE kind = 'own' ORDER BY priority, id LIMIT 12"


def stages(now: Any, today: Any) -> list[Any]:
    """How much waits in each stage, how much of it is late, and since when the oldest."""
    return sql.read(STAGES, **_at(now, today))


def page(stage: str, query: Query, *, now: Any, today: Any) -> Found:
    """One page of a stage's list, with its counts."""
    at = _at(now, today)
    asked = _asked(query)
    tally = sql.read(TALLIES[stage, query.tab], **at, **asked)[0]._asdict()
    last = max(1, -(-tally["shown"] // PAGE))
    rows = sql.read(LISTS[stage, query.tab, query.sort], limit=PAGE, offset=(min(query.page, last) - 1) * PAGE, **at, **asked)
    return Found(rows, {tab: tally[tab] for tab in TABS[NOUN[stage]]}, tally["shown"], tally["hidden"], tally["hidden_late"], tally["newest"])


def every(stage: str, query: Query, *, newest: int, now: Any, today: Any) -> list[int]:
    """The ids of all rows the list shows on all its pages, in queue order; of none that came after the reader looked (`newest`)."""
    return [row.id for row in sql.read(EVERY[stage, query.tab], newest=newest, limit=MOST, **_at(now, today), **_asked(query))]


def some(stage: str, ids: list[int], *, now: Any, today: Any) -> list[Any]:
    """Rows as the stage's list shows them, wherever they are by now: after a step moved them. Who left the stage has no age in it."""
    return sql.read(SOME[stage], ids=ids, **_at(now, today))


def warehouses() -> list[Any]:
    """The company's own warehouses, for a filter."""
    return sql.read(WAREHOUSES)


def _asked(query: Query) -> dict[str, Any]:
    return {"q": query.q, "like": f"%{_escaped(query.q)}%", "channel": query.channel, "warehouse": query.warehouse}


def _at(now: Any, today: Any) -> dict[str, Any]:
    return {"now": now, "today": today, "zone": company.current().time_zone, "paying": PAYING, **TARGET}


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
