"""Stock: what lies where, what it is worth, who it is promised to, and what is on its way in."""

from django.db import models
from django.db.models import F, Q

from alur.models.fields import Number, Quantity, choice, integer, link, one_of, ref, text, zero


class Stock(models.Model):
    """What lies in a warehouse of a product (and lot; 0 = none). on_hand and value are the sums of its moves."""

    warehouse = link("Warehouse", db_index=False)
    product = link("Product")
    lot = integer()
    on_hand = zero()
    reserved = zero()
    unit_cost = zero()
    value = zero()

    class Meta:
        db_table = "stock"
        constraints = (
            models.UniqueConstraint(fields=["warehouse", "product", "lot"], name="stock_once"),
            models.CheckConstraint(condition=Q(reserved__lte=F("on_hand")), name="stock_reserved_at_most_on_hand"),
        )


class StockMove(models.Model):
    """Append-only: goods came, left or were counted, with the value they moved at."""

    warehouse_id = ref()
    product_id = ref()
    lot = integer()
    quantity = Number()
    value = Number()
    kind = choice("opening", "receipt", "dispatch", "back", "lost", "count", "transfer", "make", "return")
    order_line_id = ref(null=True)
    delivery_line_id = ref(null=True)
    supply_line_id = ref(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "stock_move"
        constraints = (one_of("kind", "opening", "receipt", "dispatch", "back", "lost", "count", "transfer", "make", "return"),)
        indexes = (
            models.Index(fields=["product_id", "id"], name="stock_move_of_product"),
            models.Index(fields=["delivery_line_id"], condition=Q(delivery_line_id__isnull=False), name="stock_move_of_delivery_line"),
        )


class Reservation(models.Model):
    """Stock promised to an order line; gone when shipped or released."""

    order_line_id = ref()
    product_id = ref()
    warehouse_id = ref()
    lot = integer()
    quantity = Quantity()

    class Meta:
        db_table = "reservation"
        constraints = (
            models.UniqueConstraint(fields=["order_line_id", "warehouse_id", "lot"], name="reservation_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_positive"),
        )


class Backorder(models.Model):
    """What reserve could not give an order line; filled in queue order from its warehouse. unpaid = passed over until paid."""

    order_line_id = ref(unique=True)
    order_id = ref()
    product_id = ref()
    warehouse_id = ref()
    open = Quantity()
    priority = integer(5)
    received_at = models.DateTimeField()
    unpaid = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "backorder"
        constraints = (models.CheckConstraint(condition=Q(open__gt=0), name="backorder_positive"),)
        indexes = (
            models.Index(fields=["product_id", "warehouse_id", "priority", "received_at", "order_id"], name="backorder_queue"),
            models.Index(fields=["order_id"], name="backorder_of_order"),
        )


class SupplyOrder(models.Model):
    """What was ordered from a supplier, production or another warehouse."""

    number = models.TextField(unique=True)
    external_ref = models.TextField(null=True)
    kind = choice("buy", "make", "transfer")
    supplier = link("Supplier", null=True, db_index=False)
    department = link("Department", null=True, db_index=False)
    from_warehouse = link("Warehouse", null=True, db_index=False)
    warehouse = link("Warehouse", db_index=False)
    state = choice("open", "received", "cancelled")
    ordered_at = models.DateTimeField()
    by = text()
    version = integer(1)

    class Meta:
        db_table = "supply_order"
        constraints = (
            one_of("kind", "buy", "make", "transfer"),
            one_of("state", "open", "received", "cancelled"),
            models.UniqueConstraint(fields=["external_ref"], name="supply_order_once"),
        )
        indexes = (models.Index(fields=["ordered_at"], condition=Q(state="open"), name="supply_order_open"),)


class SupplyLine(models.Model):
    """A product on its way in: how much, how much of it has come, when the rest is expected. sent: what of a transfer has left its warehouse."""

    supply_order = link(SupplyOrder)
    product = link("Product", db_index=False)
    quantity = Quantity()
    sent = zero()
    received = zero()
    unit_cost = zero()
    expected_on = models.DateField(null=True)
    state = choice("open", "received", "cancelled")
    order_line_id = ref(null=True)

    class Meta:
        db_table = "supply_line"
        constraints = (
            one_of("state", "open", "received", "cancelled"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="supply_line_positive"),
            models.CheckConstraint(condition=Q(received__lte=F("quantity"), sent__lte=F("quantity")), name="supply_line_at_most_ordered"),
        )
        indexes = (models.Index(fields=["product", "expected_on"], condition=Q(state="open"), name="supply_line_open"),)
