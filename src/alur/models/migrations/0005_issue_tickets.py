"""Issue is woken by tickets, as close is: docs/decisions/0003-issue-is-woken-by-tickets.md."""

from django.db import migrations, models
from django.db.models import Q

WAKE = """
INSERT INTO recheck (step, order_id, why)
SELECT DISTINCT 'issue', o.id, 'delivered' FROM sales_order o JOIN order_line l ON l.order_id = o.id
 WHERE o.state IN ('confirmed', 'fulfilled') AND l.delivered - l.returned > l.invoiced - l.credited
"""


class Migration(migrations.Migration):
    """One more word; what waits already gets its ticket."""

    dependencies = (("alur", "0004_newest_first"),)
    operations = (
        migrations.RemoveConstraint(model_name="recheck", name="recheck_step_known"),
        migrations.AddConstraint(
            model_name="recheck",
            constraint=models.CheckConstraint(condition=Q(step__in=("price", "verify", "promise", "issue", "close")), name="recheck_step_known"),
        ),
        migrations.RunSQL(WAKE, hints={"company": True}),
    )
