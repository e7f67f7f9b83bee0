"""Small differences are found by their size, not among everything that is owed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """An index."""

    dependencies = (("alur", "0005_issue_tickets"),)
    operations = (migrations.AddIndex(model_name="openitem", index=models.Index(fields=["open"], name="open_item_by_size")),)
