"""Orders newest first, what a day brought, and numbers of which people remember the end."""

from django.db import migrations, models
from django.db.models import Q

SEARCH = """
CREATE INDEX sales_order_po_starts ON sales_order (lower(customer_po) text_pattern_ops) WHERE customer_po <> '';
CREATE INDEX sales_order_po_ends ON sales_order (reverse(lower(customer_po)) text_pattern_ops) WHERE customer_po <> '';
CREATE INDEX contact_phone_search ON contact USING gin (regexp_replace(phone, '[^0-9]', '', 'g') gin_trgm_ops);
DROP INDEX contact_phone;
DROP INDEX sales_order_po;
"""


class Migration(migrations.Migration):
    """Indexes only."""

    dependencies = (("alur", "0003_payment_of_payer"),)
    operations = (
        migrations.AddIndex(model_name="salesorder", index=models.Index(fields=["received_at", "id"], name="sales_order_newest")),
        migrations.AddIndex(model_name="hold", index=models.Index(fields=["resolved_at"], condition=Q(resolved_at__isnull=False), name="hold_resolved")),
        migrations.AddIndex(model_name="delivery", index=models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="delivery_ended")),
        migrations.AddIndex(model_name="payment", index=models.Index(fields=["received_on"], name="payment_of_day")),
        migrations.RunSQL(SEARCH, hints={"company": True}),
    )
