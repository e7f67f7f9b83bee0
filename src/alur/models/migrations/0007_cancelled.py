"""Cancelled orders are few among many."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """An index."""

    dependencies = (("alur", "0006_small_differences"),)
    operations = (
        migrations.AddIndex(
            model_name="salesorder", index=models.Index(fields=["received_at", "id"], condition=Q(state="cancelled"), name="sales_order_cancelled")
        ),
    )
