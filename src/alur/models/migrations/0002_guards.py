"""What Django's models cannot say: append-only tables, balanced entries, sequences, room for updates, search."""

from django.db import migrations

APPEND_ONLY = (
    "stock_move", "invoice", "invoice_line", "invoice_part", "invoice_tax", "payment", "clearing", "allocation", "journal_entry", "journal_line", "event",
)  # fmt: skip
KEPT = ("sales_order", "order_line", "delivery", "delivery_line", "customer", "product", "warehouse", "account", "supply_order", "supply_line", "reason")
FILL = {"order_line": 60, "sales_order": 70, "stock": 50, "delivery": 70, "delivery_line": 70, "open_item": 70, "open_receipt": 70, "backorder": 70}

REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: write a new row that corrects the old one', TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $$;
CREATE FUNCTION refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are never deleted: others refer to them without a foreign key', TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_TABLE_NAME || '_kept';
END $$;
"""

BALANCE = """
CREATE FUNCTION refuse_unbalanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad bigint;
BEGIN
  SELECT entry_id INTO bad FROM added GROUP BY entry_id HAVING sum(amount) <> 0 OR count(*) < 2 LIMIT 1;
  IF bad IS NOT NULL THEN
    RAISE EXCEPTION 'journal entry % does not balance', bad USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_balances';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER journal_line_balances AFTER INSERT ON journal_line REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_unbalanced();
"""

SEQUENCES = "".join(f"CREATE SEQUENCE {name}_number;\n" for name in ("sales_order", "delivery", "pro_forma", "payment", "supply_order", "return"))

SEARCH = """
CREATE INDEX product_search ON product USING gin (lower(sku || ' ' || name_id || ' ' || name_en) gin_trgm_ops);
CREATE INDEX product_alias_search ON product_alias USING gin (lower(alias) gin_trgm_ops);
CREATE INDEX customer_search ON customer USING gin (lower(code || ' ' || name) gin_trgm_ops);
CREATE INDEX contact_phone_search ON contact USING gin (regexp_replace(phone, '[^0-9]', '', 'g') gin_trgm_ops);
CREATE INDEX sales_order_po_starts ON sales_order (lower(customer_po) text_pattern_ops) WHERE customer_po <> '';
CREATE INDEX sales_order_po_ends ON sales_order (reverse(lower(customer_po)) text_pattern_ops) WHERE customer_po <> '';
"""


def each_company(statements: str) -> migrations.RunSQL:
    """Run in every company's schema."""
    return migrations.RunSQL(statements, hints={"company": True})


class Migration(migrations.Migration):
    """Guards, sequences, room, search."""

    dependencies = (("alur", "0001_initial"),)
    operations = (
        migrations.RunSQL(
            "CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public; CREATE EXTENSION IF NOT EXISTS unaccent SCHEMA public", hints={"company": False}
        ),
        each_company(REFUSE),
        *(
            each_company(f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")
            for table in APPEND_ONLY
        ),
        *(each_company(f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete()") for table in KEPT),
        each_company(BALANCE),
        each_company(SEQUENCES),
        *(each_company(f"ALTER TABLE {table} SET (fillfactor = {room})") for table, room in FILL.items()),
        each_company(SEARCH),
    )
