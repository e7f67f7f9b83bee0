"""A long past for a company that measures: its closed orders, copied as often as wanted, each copy a little earlier and under ids of its own.

What is copied is everything an order leaves behind, so that tables and indexes are as large as they would be. Stock and the gapless series stay as
they are: the copies are weight, not books.
"""

from collections.abc import Callable
from typing import Any, LiteralString

from psycopg import Connection, sql

TABLES = (
    "sales_order", "order_line", "pro_forma", "delivery", "delivery_line", "stock_move", "invoice", "invoice_line", "invoice_part", "invoice_tax",
    "payment", "allocation", "journal_entry", "journal_line", "event",
)  # fmt: skip
OWN = {"id", "order_id", "order_line_id", "delivery_id", "delivery_line_id", "invoice_id", "payment_id", "entry_id", "subject_id"}  # ids that are copied too
UNIQUE = {"number", "external_ref", "provider_ref"}
LEFT_OUT: dict[str, LiteralString] = {
    "stock_move": "t.delivery_line_id IS NULL",
    "journal_entry": "t.subject_kind NOT IN {own}",
    "journal_line": "e.subject_kind NOT IN {own}",
}
SUBJECTS = ("order", "delivery", "invoice", "payment")
COLUMNS = """
SELECT column_name, data_type FROM information_schema.columns
 WHERE table_schema = current_schema() AND table_name = %(table)s AND is_generated = 'NEVER' ORDER BY ordinal_position
"""
SPAN = "SELECT greatest(1, max(received_at)::date - min(received_at)::date + 1) FROM sales_order"
ID_SPACE = 10_000_000  # between two copies; more than the ids of one


def multiply(connection: Connection, copies: int, progress: Callable[[], None]) -> None:
    """Copy all orders of the current schema, which are closed, so many times into the past; progress hears each table."""
    days = _one(connection, SPAN)
    for table in TABLES:
        columns = connection.execute(COLUMNS, {"table": table}).fetchall()
        connection.execute(_copy(table, columns, days), {"copies": copies})
        progress()
    connection.execute("VACUUM ANALYZE")


def _copy(table: str, columns: list[Any], days: int) -> sql.Composed:
    own = sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, SUBJECTS)))
    join = sql.SQL(" JOIN journal_entry e ON e.id = t.entry_id") if table == "journal_line" else sql.SQL("")
    out = sql.SQL(LEFT_OUT.get(table, "false")).format(own=own)
    return sql.SQL("""
INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE
SELECT {values} FROM generate_series(1, %(copies)s) AS k CROSS JOIN {table} t{join} WHERE t.id > 0 AND NOT ({out})
""").format(
        table=sql.Identifier(table),
        names=sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns),
        values=sql.SQL(", ").join(_value(name, kind, days) for name, kind in columns),
        join=join,
        out=out,
    )


def _value(name: str, kind: str, days: int) -> sql.Composable:
    column = sql.SQL("t.{}").format(sql.Identifier(name))
    if name in OWN:
        return sql.SQL("{} - k::bigint * {}").format(column, sql.Literal(ID_SPACE))
    if name in UNIQUE:
        return sql.SQL("{} || '-' || k").format(column)
    if kind.startswith("timestamp"):
        return sql.SQL("{} - k * {} * interval '1 day'").format(column, sql.Literal(days))
    if kind == "date":
        return sql.SQL("{} - k * {}").format(column, sql.Literal(days))
    return column


def _one(connection: Connection, statement: LiteralString) -> Any:
    row = connection.execute(statement).fetchone()
    return row[0] if row else None
