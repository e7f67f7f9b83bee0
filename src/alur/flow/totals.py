"""What orders come to after quantities changed: net, tax, rounding and total are those of ordered - cancelled, and `granted` falls with them.

Cancel, amend, complete and fail call `rewrite` after their counters moved. A line's own net is for the whole `ordered`; only price writes it.
Rules: reference model.md "Money rules", and `granted` under "The order".
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from alur.core import money, sql
from alur.reads import billed, credit

LINES = """
SELECT o.id, o.currency, o.tax_included, o.advance_pct, l.id AS line_id, l.net, l.ordered, l.cancelled, r.id AS rule_id, r.rate, r.base_num, r.base_den
  FROM sales_order o
  LEFT JOIN order_line l ON l.order_id = o.id AND l.ordered > 0
  LEFT JOIN tax_rule r ON r.id = l.tax_rule_id
 WHERE o.id = ANY(%(ids)s::bigint[])
 ORDER BY o.id, l.position, l.id
"""
# granted only falls here: verify alone raises it
REWRITE = """
UPDATE sales_order o SET net = t.net, tax = t.tax, rounding = t.rounding, total = t.total, granted = least(o.granted, t.granted)
  FROM unnest(%(id)s::bigint[], %(net)s::numeric[], %(tax)s::numeric[], %(rounding)s::numeric[], %(total)s::numeric[], %(granted)s::numeric[])
       AS t(id, net, tax, rounding, total, granted)
 WHERE o.id = t.id
"""


def rewrite(order_ids: Iterable[int]) -> None:
    """Write these orders' totals anew from what is still wanted of their lines, and lower `granted` to what they now ask for."""
    ids = list(order_ids)
    if not ids:
        return
    asked = billed.of(ids)
    rows = [_row(list(lines), asked) for _, lines in groupby(sql.rows(LINES, ids=ids), key=lambda line: line.id)]
    sql.run(REWRITE, **dict(zip(("id", "net", "tax", "rounding", "total", "granted"), map(list, zip(*rows, strict=True)), strict=True)))


def of(lines: Sequence[Any]) -> money.Totals:
    """What an order comes to, of its rows as LINES gives them: with what is cancelled taken off."""
    order = lines[0]
    amounts = [(money.so_far(line.net, line.ordered - line.cancelled, line.ordered, order.currency), _rule(line)) for line in lines if line.ordered is not None]
    return money.totals(amounts, currency=order.currency, tax_included=order.tax_included)


def _row(lines: list[Any], asked: dict[int, Any]) -> tuple[Any, ...]:
    """An order's totals, and what it puts at risk now."""
    order, totals = lines[0], of(lines)
    so_far = asked[order.id]
    risk = credit.at_risk(totals.total, order.advance_pct, order.currency, so_far.billed, so_far.deducted)
    return order.id, totals.net, totals.tax, totals.rounding, totals.total, risk


def _rule(line: Any) -> money.Rule | None:
    return None if line.rule_id is None else money.Rule(line.rule_id, line.rate, line.base_num, line.base_den)
