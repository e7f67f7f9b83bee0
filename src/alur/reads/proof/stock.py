"""Stock is what its moves add up to, and what is promised of it is there."""

from typing import LiteralString

STOCK = "SELECT count(*) FROM stock"
LINES = "SELECT count(*) FROM order_line WHERE product_id IS NOT NULL"

CHECKS: dict[str, tuple[LiteralString, LiteralString]] = {
    "I1 reserved_is_on_hand": (
        STOCK,
        "SELECT format('stock %%s: %%s reserved of %%s on hand', id, reserved, on_hand) FROM stock WHERE NOT (0 <= reserved AND reserved <= on_hand)",
    ),
    "I2 reserved_is_reservations": (
        STOCK,
        """
        SELECT format('warehouse %%s product %%s: %%s reserved, reservations say %%s', warehouse_id, product_id, coalesce(s.reserved, 0), coalesce(r.q, 0))
          FROM stock s
          FULL JOIN (SELECT warehouse_id, product_id, lot, sum(quantity) AS q FROM reservation GROUP BY 1, 2, 3) r USING (warehouse_id, product_id, lot)
         WHERE coalesce(s.reserved, 0) <> coalesce(r.q, 0)
        """,
    ),
    "I2 line_reserved_is_reservations": (
        LINES,
        """
        SELECT format('order line %%s: %%s reserved and not shipped, reservations say %%s', l.id, l.reserved - l.shipped, coalesce(r.q, 0))
          FROM order_line l LEFT JOIN (SELECT order_line_id, sum(quantity) AS q FROM reservation GROUP BY 1) r ON r.order_line_id = l.id
         WHERE l.kind = 'goods' AND l.reserved - l.shipped <> coalesce(r.q, 0)
        """,
    ),
    "I2 backorder_is_what_is_missing": (
        LINES,
        """
        SELECT format('order line %%s: %%s open, backorder says %%s', l.id, l.ordered - l.cancelled - l.reserved, coalesce(b.open, 0))
          FROM order_line l JOIN sales_order o ON o.id = l.order_id LEFT JOIN backorder b ON b.order_line_id = l.id
         WHERE l.kind = 'goods' AND coalesce(b.open, 0) <> CASE WHEN o.state IN ('confirmed', 'fulfilled', 'closed', 'cancelled') OR b.id IS NOT NULL
                                                                THEN l.ordered - l.cancelled - l.reserved ELSE 0 END
        """,
    ),
    "I3 on_hand_is_moves": (
        STOCK,
        """
        SELECT format('warehouse %%s product %%s: %%s on hand, moves say %%s', warehouse_id, product_id, coalesce(s.on_hand, 0), coalesce(m.q, 0))
          FROM stock s FULL JOIN (SELECT warehouse_id, product_id, lot, sum(quantity) AS q FROM stock_move GROUP BY 1, 2, 3) m
         USING (warehouse_id, product_id, lot)
         WHERE coalesce(s.on_hand, 0) <> coalesce(m.q, 0)
        """,
    ),
    "I3 supply_lines_are_moves": (
        "SELECT count(*) FROM supply_line WHERE received > 0 OR sent > 0",
        """
        SELECT format('supply line %%s: %%s sent and %%s received, its moves say %%s and %%s', l.id, l.sent, l.received, l.received + m.road, m.came)
          FROM supply_line l JOIN supply_order o ON o.id = l.supply_order_id
          LEFT JOIN LATERAL (SELECT coalesce(sum(m.quantity) FILTER (WHERE m.warehouse_id = o.warehouse_id), 0) AS came,
                                    coalesce(sum(m.quantity) FILTER (WHERE w.kind = 'transit'), 0) AS road
                               FROM stock_move m JOIN warehouse w ON w.id = m.warehouse_id
                              WHERE m.product_id = l.product_id AND m.supply_line_id = l.id) m ON true
         WHERE l.received <> m.came OR (o.kind = 'transfer' AND l.sent <> l.received + m.road)
        """,
    ),
    "I4 value_is_moves": (
        STOCK,
        """
        SELECT format('warehouse %%s product %%s: worth %%s, moves say %%s', warehouse_id, product_id, coalesce(s.value, 0), coalesce(m.v, 0))
          FROM stock s FULL JOIN (SELECT warehouse_id, product_id, lot, sum(value) AS v FROM stock_move GROUP BY 1, 2, 3) m
         USING (warehouse_id, product_id, lot)
         WHERE coalesce(s.value, 0) <> coalesce(m.v, 0)
        """,
    ),
    "I4 value_is_ledger": (
        STOCK,
        """
        SELECT format('stock is worth %%s, account 1301 says %%s', s.v, l.v)
          FROM (SELECT coalesce(sum(value), 0) AS v FROM stock) s, (SELECT coalesce(sum(amount), 0) AS v FROM journal_line WHERE account = 1301) l
         WHERE s.v <> l.v
        """,
    ),
    "I4 in_transit_is_ledger": (
        "SELECT count(*) FROM delivery WHERE state = 'dispatched'",
        """
        SELECT format('on the road: %%s, account 1302 says %%s', d.v, l.v)
          FROM (SELECT coalesce(-sum(m.value), 0) AS v FROM stock_move m JOIN delivery_line n ON n.id = m.delivery_line_id
                  JOIN delivery d ON d.id = n.delivery_id WHERE d.state = 'dispatched') d,
               (SELECT coalesce(sum(amount), 0) AS v FROM journal_line WHERE account = 1302) l
         WHERE d.v <> l.v
        """,
    ),
    "I19 counters_in_order": (
        LINES,
        """
        SELECT format('order line %%s: ordered %%s cancelled %%s reserved %%s scheduled %%s picked %%s shipped %%s '
                      'delivered %%s returned %%s invoiced %%s credited %%s',
                      id, ordered, cancelled, reserved, scheduled, picked, shipped, delivered, returned, invoiced, credited)
          FROM order_line
         WHERE NOT (0 <= delivered AND delivered <= shipped AND shipped <= picked AND picked <= scheduled AND scheduled <= reserved
                    AND reserved <= ordered - cancelled AND 0 <= returned AND returned <= delivered AND invoiced <= delivered
                    AND 0 <= credited AND credited <= invoiced)
        """,
    ),
    "I19 counters_are_deliveries": (
        LINES,
        """
        SELECT format('order line %%s: scheduled %%s picked %%s shipped %%s delivered %%s, its deliveries say %%s %%s %%s %%s', l.id, l.scheduled,
                      l.picked, l.shipped, l.delivered, d.scheduled, d.picked, d.shipped, d.delivered)
          FROM order_line l
          JOIN (SELECT l.id,
                       coalesce(sum(CASE WHEN d.state IN ('scheduled', 'picked', 'dispatched') THEN n.quantity
                              WHEN d.state = 'delivered' THEN n.delivered END), 0) AS scheduled,
                       coalesce(sum(CASE WHEN d.state IN ('picked', 'dispatched') THEN n.picked WHEN d.state = 'delivered' THEN n.delivered END), 0) AS picked,
                       coalesce(sum(CASE WHEN d.state = 'dispatched' THEN n.picked WHEN d.state = 'delivered' THEN n.delivered END), 0) AS shipped,
                       coalesce(sum(n.delivered), 0) AS delivered
                  FROM order_line l LEFT JOIN delivery_line n ON n.order_line_id = l.id LEFT JOIN delivery d ON d.id = n.delivery_id
                 GROUP BY 1) d ON d.id = l.id
         WHERE l.kind IN ('goods', 'service')
           AND (l.scheduled, l.picked, l.shipped, l.delivered) IS DISTINCT FROM (d.scheduled, d.picked, d.shipped, d.delivered)
        """,
    ),
    "I19 invoiced_is_invoices": (
        LINES,
        """
        SELECT format('order line %%s: invoiced %%s, its invoices say %%s', l.id, l.invoiced, coalesce(i.q, 0))
          FROM order_line l
          LEFT JOIN (SELECT n.order_line_id, sum(n.quantity) AS q FROM invoice_line n JOIN invoice i ON i.id = n.invoice_id
                      WHERE i.kind = 'invoice' AND n.order_line_id IS NOT NULL GROUP BY 1) i ON i.order_line_id = l.id
         WHERE l.invoiced <> coalesce(i.q, 0)
        """,
    ),
}
