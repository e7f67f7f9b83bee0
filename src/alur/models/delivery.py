"""Deliveries: goods (or a service) on their way to a customer, and back."""

from django.db import models
from django.db.models import F, Q

from alur.models.fields import Number, Quantity, choice, integer, link, one_of, ref, text, texts, zero
from alur.models.party import METHODS


class Delivery(models.Model):
    """One drop: scheduled -> picked -> dispatched -> delivered | failed, or cancelled. Its lines name the orders it serves."""

    number = models.TextField(unique=True)
    customer = link("Customer", db_index=False)
    ship_to = link("DocumentAddress", null=True, db_index=False)
    warehouse = link("Warehouse", null=True, db_index=False)
    department = link("Department", null=True, db_index=False)
    method = choice(*METHODS)
    state = choice("scheduled", "picked", "dispatched", "delivered", "failed", "cancelled")
    scheduled_on = models.DateField()
    delivery_window = text()
    vehicle = text()
    driver_id = ref(null=True)
    courier = text()
    tracking_number = text()
    cost = Quantity(null=True)
    attempt = integer(1)
    receiver = text()
    proof = texts()
    signed_copy_back_on = models.DateField(null=True)
    scheduled_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    picked_at = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    version = integer(1)

    class Meta:
        db_table = "delivery"
        constraints = (one_of("method", *METHODS), one_of("state", "scheduled", "picked", "dispatched", "delivered", "failed", "cancelled"))
        indexes = (
            models.Index(fields=["scheduled_on", "id"], condition=Q(state__in=["scheduled", "picked", "dispatched"]), name="delivery_open"),
            models.Index(fields=["customer", "id"], name="delivery_of_customer"),
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="delivery_ended"),
        )


class DeliveryLine(models.Model):
    """A quantity of an order line on a delivery. What was picked ends as delivered, again, lost or refused."""

    delivery = link(Delivery)
    order_line_id = ref(db_index=True)
    lot = integer()
    quantity = Quantity()
    picked = zero()
    delivered = zero()
    again = zero()
    lost = zero()
    refused = zero()
    reason = link("Reason", null=True, db_index=False)

    class Meta:
        db_table = "delivery_line"
        constraints = (
            models.CheckConstraint(condition=Q(picked__lte=F("quantity")), name="delivery_line_picked_at_most_planned"),
            models.CheckConstraint(condition=Q(picked__gte=F("delivered") + F("again") + F("lost") + F("refused")), name="delivery_line_ends_at_most_picked"),
        )


class Return(models.Model):
    """Goods a customer sends back: permitted -> received -> closed."""

    number = models.TextField(unique=True)
    customer = link("Customer", db_index=False)
    state = choice("permitted", "received", "closed")
    permitted_at = models.DateTimeField()
    by = text()

    class Meta:
        db_table = "return"
        constraints = (one_of("state", "permitted", "received", "closed"),)
        indexes = (models.Index(fields=["id"], condition=Q(state__in=["permitted", "received"]), name="return_open"),)


class ReturnLine(models.Model):
    """A quantity of a delivered line that may come back; what came was received or refused. value: what the received cost when it left."""

    parent = link(Return, db_column="return_id")
    delivery_line_id = ref(db_index=True)
    order_line_id = ref(db_index=True)
    quantity = Quantity()
    received = zero()
    refused = zero()
    value = zero(Number)
    reason = link("Reason", null=True, db_index=False)
    state = choice("permitted", "received", "closed")

    class Meta:
        db_table = "return_line"
        constraints = (
            one_of("state", "permitted", "received", "closed"),
            models.CheckConstraint(condition=Q(quantity__gte=F("received") + F("refused")), name="return_line_ends_at_most_permitted"),
        )
