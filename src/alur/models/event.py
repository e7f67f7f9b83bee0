"""The log, and how far each reader of it has come."""

from django.db import models
from django.db.models import Q

from alur.models.fields import Xid, facts, ref, text


class Event(models.Model):
    """Append-only: what happened to what, by whom, when. data: ids, codes, numbers, dates; never a name, an address or typed text."""

    tx = Xid(db_default=models.Func(function="pg_current_xact_id"))
    kind = models.TextField()
    subject_kind = text("order")
    subject_id = ref()
    order_id = ref(null=True)
    actor = text()
    at = models.DateTimeField()
    data = facts()

    class Meta:
        db_table = "event"
        indexes = (
            models.Index(fields=["order_id"], condition=Q(order_id__isnull=False), name="event_of_order"),
            models.Index(fields=["subject_kind", "subject_id"], condition=Q(order_id__isnull=True), name="event_of_subject"),
        )


class Follower(models.Model):
    """How far a reader of the log has come."""

    name = models.TextField(unique=True)
    tx = Xid()
    event_id = ref(default=0, db_default=0)

    class Meta:
        db_table = "follower"
