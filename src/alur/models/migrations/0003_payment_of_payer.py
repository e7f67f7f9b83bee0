"""A twin of a payment is looked for among one payer's payments of one day, not among all of them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """One index instead of another."""

    dependencies = (("alur", "0002_guards"),)
    operations = (
        migrations.AlterField(
            model_name="payment",
            name="payer",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="alur.customer"),
        ),
        migrations.AddIndex(model_name="payment", index=models.Index(fields=["payer", "received_on"], name="payment_of_payer")),
    )
