"""The order, its lines with their counters, and what stops it."""

from django.db import models
from django.db.models import F, Q

from alur.models.fields import Number, Quantity, choice, facts, flag, integer, link, numbers, one_of, ref, text, zero
from alur.models.party import METHODS

STATES = ("received", "verified", "confirmed", "fulfilled", "closed", "cancelled")


class SalesOrder(models.Model):
    """What a customer ordered. Queue key everywhere: (priority, received_at, id).

    granted: what verify last let through of the payer's credit (steps.md); it falls by cancel, amend down and issue.
    """

    number = models.TextField(unique=True)
    customer = link("Customer", db_index=False)
    payer = link("Customer", db_index=False)
    channel = text("phone")
    external_ref = models.TextField(null=True)
    customer_po = text()
    state = choice(*STATES)
    priority = integer(5)
    received_at = models.DateTimeField()
    requested_on = models.DateField(null=True)
    promised_on = models.DateField(null=True)
    method = models.TextField(null=True)
    ship_to = link("DocumentAddress", null=True, db_index=False)
    bill_to = link("DocumentAddress", null=True, db_index=False)
    terms = link("Terms", null=True, db_index=False)
    advance_pct = zero()
    currency = text("IDR")
    rate = Quantity(default=1, db_default=1)
    tax_included = flag()
    discount_pct = zero()
    discount_amount = zero()
    net = zero(Number)
    tax = zero(Number)
    rounding = zero(Number)
    total = zero(Number)
    delivery_rule = choice("available", "complete_line", "complete_order")
    invoice_rule = choice("delivery", "order", "day", "month")
    fingerprint = text()
    version = integer(1)
    priced_version = integer()
    promised_version = integer()
    prepared_version = integer()
    granted = zero()
    salesperson_id = ref(null=True)
    entered_by = text()

    class Meta:
        db_table = "sales_order"
        constraints = (
            one_of("state", *STATES),
            one_of("delivery_rule", "available", "complete_line", "complete_order"),
            one_of("invoice_rule", "delivery", "order", "day", "month"),
            models.CheckConstraint(condition=Q(method__isnull=True) | Q(method__in=METHODS), name="sales_order_method_known"),
            models.CheckConstraint(condition=Q(advance_pct__lte=100, discount_pct__lte=100, version__gte=1), name="sales_order_percents"),
            models.CheckConstraint(condition=~Q(state="cancelled") | Q(granted=0), name="sales_order_cancelled_grants_nothing"),
            models.UniqueConstraint(fields=["channel", "external_ref"], name="sales_order_once"),
        )
        indexes = (
            models.Index(fields=["customer", "received_at"], name="sales_order_of_customer"),
            models.Index(fields=["received_at", "id"], name="sales_order_newest"),
            models.Index(fields=["received_at", "id"], condition=Q(state="cancelled"), name="sales_order_cancelled"),
            models.Index(
                fields=["payer", "priority", "received_at", "id"],
                condition=Q(state__in=["received", "verified", "confirmed", "fulfilled"]),
                name="sales_order_open_of_payer",
            ),
            models.Index(fields=["priority", "received_at", "id"], condition=Q(state="received"), name="sales_order_received"),
            models.Index(fields=["priority", "received_at", "id"], condition=Q(state="verified"), name="sales_order_verified"),
            models.Index(fields=["priority", "received_at", "id"], condition=Q(state="confirmed"), name="sales_order_confirmed"),
            models.Index(fields=["priority", "received_at", "id"], condition=Q(state="fulfilled"), name="sales_order_fulfilled"),
        )


class OrderLine(models.Model):
    """One thing ordered. Each counter is the quantity, in base units, that is now at or past that point of the line's life."""

    order = link(SalesOrder)
    position = integer(1)
    kind = choice("goods", "service", "charge", "kit", "comment")
    product = link("Product", null=True, db_index=False)
    as_written = text()
    customer_sku = text()
    unit = text("pcs")
    factor = Quantity(default=1, db_default=1)
    quantity = zero()
    ordered = zero()
    customer_price = Quantity(null=True)
    unit_price = Quantity(null=True)
    price_reason = models.TextField(null=True)
    price_by = text()
    discounts = numbers()
    header_discount = zero(Number)
    net = zero(Number)
    tax_rule = link("TaxRule", null=True, db_index=False)
    warehouse = link("Warehouse", null=True, db_index=False)
    ship_to = link("DocumentAddress", null=True, db_index=False)
    requested_on = models.DateField(null=True)
    not_before = models.DateField(null=True)
    first_promised_on = models.DateField(null=True)
    promised_on = models.DateField(null=True)
    cancel_on = models.DateField(null=True)
    parent_id = ref(null=True)
    substitute_for_id = ref(null=True)
    cancelled = zero()
    reserved = zero()
    scheduled = zero()
    picked = zero()
    shipped = zero()
    delivered = zero()
    returned = zero()
    invoiced = zero()
    credited = zero()

    class Meta:
        db_table = "order_line"
        constraints = (
            one_of("kind", "goods", "service", "charge", "kit", "comment"),
            models.CheckConstraint(
                condition=Q(price_reason__isnull=True) | Q(price_reason__in=["list", "break", "customer", "manual", "imported"]),
                name="order_line_price_reason_known",
            ),
            models.CheckConstraint(condition=Q(cancelled__lte=F("ordered")), name="order_line_cancelled_at_most_ordered"),
            models.CheckConstraint(condition=Q(reserved__lte=F("ordered") - F("cancelled")), name="order_line_reserved_at_most_open"),
            models.CheckConstraint(condition=Q(scheduled__lte=F("reserved")), name="order_line_scheduled_at_most_reserved"),
            models.CheckConstraint(condition=Q(picked__lte=F("scheduled")), name="order_line_picked_at_most_scheduled"),
            models.CheckConstraint(condition=Q(shipped__lte=F("picked")), name="order_line_shipped_at_most_picked"),
            models.CheckConstraint(condition=Q(delivered__lte=F("shipped")), name="order_line_delivered_at_most_shipped"),
            models.CheckConstraint(condition=Q(returned__lte=F("delivered")), name="order_line_returned_at_most_delivered"),
            models.CheckConstraint(condition=Q(invoiced__lte=F("delivered")), name="order_line_invoiced_at_most_delivered"),
            models.CheckConstraint(condition=Q(credited__lte=F("invoiced")), name="order_line_credited_at_most_invoiced"),
        )


class Hold(models.Model):
    """Why an order waits for a person (or for money). An open hold has no resolved_at; its line only says what it is about."""

    order = link(SalesOrder)
    line_id = ref(null=True)
    code = models.TextField()
    facts = facts()
    owner = text("verifier")
    opened_at = models.DateTimeField()
    opened_by = text()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = text()
    resolution = text()

    class Meta:
        db_table = "hold"
        constraints = (
            models.UniqueConstraint(fields=["order", "line_id", "code"], condition=Q(resolved_at__isnull=True), nulls_distinct=False, name="hold_open_once"),
        )
        indexes = (
            models.Index(fields=["code", "opened_at"], condition=Q(resolved_at__isnull=True), name="hold_open_by_code"),
            models.Index(fields=["resolved_at"], condition=Q(resolved_at__isnull=False), name="hold_resolved"),
        )


class Approval(models.Model):
    """A person's yes to a finding, with the facts that were approved; verify ignores the finding while it is no worse."""

    order = link(SalesOrder)
    line_id = ref(null=True)
    code = models.TextField()
    facts = facts()
    reason = text()
    by = text()
    at = models.DateTimeField()
    until = models.DateField(null=True)

    class Meta:
        db_table = "approval"


class Recheck(models.Model):
    """An order a step must look at again. Not unique: the step deletes exactly the rows it read, so no wake-up is lost.

    after_on: not before this day is over (the last of a collective invoice's period).
    """

    step = models.TextField()
    order_id = ref()
    why = text()
    after_on = models.DateField(null=True)

    class Meta:
        db_table = "recheck"
        constraints = (one_of("step", "price", "verify", "promise", "issue", "close"),)
        indexes = (models.Index(fields=["step", "order_id"], name="recheck_of_step"),)


class Broken(models.Model):
    """An id at which a step failed for a reason no judge foresaw; the step's worklist leaves it out."""

    step = models.TextField()
    subject_id = ref()
    constraint = text()
    at = models.DateTimeField()

    class Meta:
        db_table = "broken"
        constraints = (models.UniqueConstraint(fields=["step", "subject_id"], name="broken_once"),)


class Draft(models.Model):
    """An order somebody is still typing."""

    user_id = ref(db_index=True)
    data = facts()
    saved_at = models.DateTimeField()
    version = integer(1)

    class Meta:
        db_table = "draft"


class Note(models.Model):
    """What a person wrote about an order, customer, delivery ..."""

    subject_kind = models.TextField()
    subject_id = ref()
    body = models.TextField()
    by = text()
    at = models.DateTimeField()

    class Meta:
        db_table = "note"
        indexes = (models.Index(fields=["subject_kind", "subject_id"], name="note_of_subject"),)


class Attachment(models.Model):
    """A file kept with an order, customer, delivery ..."""

    subject_kind = models.TextField()
    subject_id = ref()
    name = models.TextField()
    media_type = text()
    size = integer()
    content = models.BinaryField()
    by = text()
    at = models.DateTimeField()

    class Meta:
        db_table = "attachment"
        indexes = (models.Index(fields=["subject_kind", "subject_id"], name="attachment_of_subject"),)
