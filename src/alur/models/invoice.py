"""Pro formas, invoices and what is owed on them. An issued invoice is never changed."""

from django.db import models
from django.db.models import Q

from alur.models.fields import Number, Quantity, choice, flag, integer, link, one_of, ref, text, zero


class ProForma(models.Model):
    """A preview of the invoice at one version of the order; its lines are the order's at that version."""

    order = link("SalesOrder", db_index=False)
    version = integer(1)
    number = models.TextField(unique=True)
    total = Number()
    made_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "pro_forma"
        constraints = (models.UniqueConstraint(fields=["order", "version"], name="pro_forma_once"),)


class Invoice(models.Model):
    """Append-only: an invoice, advance invoice or credit note; total is before advances are deducted. Only an advance names its order.

    A credit note names the return or the reason it stands on, and the nota retur by which a buyer who is PKP gives the tax back.
    """

    kind = choice("invoice", "advance", "credit_note")
    number = models.TextField(unique=True)
    customer = link("Customer", db_index=False)
    payer = link("Customer")
    bill_to = link("DocumentAddress", null=True, db_index=False)
    order = link("SalesOrder", null=True, db_index=False)
    currency = text("IDR")
    rate = Quantity(default=1, db_default=1)
    tax_included = flag()
    issued_on = models.DateField()
    issued_at = models.DateTimeField()
    net = zero(Number)
    tax = zero(Number)
    rounding = zero(Number)
    total = zero(Number)
    return_id = ref(null=True)
    reason_id = ref(null=True)
    nota_retur = text()
    nota_retur_on = models.DateField(null=True)

    class Meta:
        db_table = "invoice"
        constraints = (
            one_of("kind", "invoice", "advance", "credit_note"),
            models.CheckConstraint(
                condition=Q(kind="advance", order__isnull=False) | (~Q(kind="advance") & Q(order__isnull=True)), name="invoice_order_only_on_advance"
            ),
            models.CheckConstraint(condition=Q(total=models.F("net") + models.F("tax") + models.F("rounding")), name="invoice_adds_up"),
        )
        indexes = (
            models.Index(fields=["order"], condition=Q(order__isnull=False), name="invoice_advance_of_order"),
            models.Index(fields=["return_id"], condition=Q(return_id__isnull=False), name="invoice_of_return"),
        )


class InvoiceLine(models.Model):
    """Append-only: a billed quantity or amount of an order line, a credit of an invoice line, or the deduction of an advance.

    net is the amount as priced (with tax where the order's prices include it); tax is filled on deductions only,
    since tax belongs to the document's rules (`invoice_tax`), not to its lines.
    """

    invoice = link(Invoice)
    order_line_id = ref(null=True)
    delivery_line_id = ref(null=True)
    credited_line_id = ref(null=True)
    advance_id = ref(null=True)
    tax_rule_id = ref(null=True)
    quantity = Number(null=True)
    net = Number()
    tax = zero(Number)

    class Meta:
        db_table = "invoice_line"
        indexes = (
            models.Index(fields=["order_line_id"], condition=Q(order_line_id__isnull=False), name="invoice_line_of_order_line"),
            models.Index(fields=["advance_id"], condition=Q(advance_id__isnull=False), name="invoice_line_of_advance"),
            models.Index(fields=["credited_line_id"], condition=Q(credited_line_id__isnull=False), name="invoice_line_credits"),
        )


class InvoicePart(models.Model):
    """Append-only: a part of an invoice's payment: percent, from when, how many days."""

    invoice = link(Invoice)
    position = integer(1)
    percent = Quantity()
    due_from = text("invoice")
    days = integer()

    class Meta:
        db_table = "invoice_part"


class InvoiceTax(models.Model):
    """Append-only: one tax rule of a document: its amount as priced, its base as the law shows it (DPP) and its tax."""

    invoice = link(Invoice)
    tax_rule_id = ref(null=True)
    net = Number()
    base = Number()
    tax = Number()

    class Meta:
        db_table = "invoice_tax"


class HandOver(models.Model):
    """Tukar faktur: the day the customer took the invoice, from which its days count."""

    invoice = link(Invoice, db_index=False)
    on = models.DateField()
    by = text()

    class Meta:
        db_table = "hand_over"
        constraints = (models.UniqueConstraint(fields=["invoice"], name="hand_over_once"),)


class OpenItem(models.Model):
    """What is owed right now on one part of a document; gone when nothing is open and nothing uncleared."""

    invoice_id = ref()
    part = integer(1)
    payer_id = ref()
    issued_on = models.DateField()
    due_on = models.DateField(null=True)
    total = Quantity()
    open = Quantity()
    uncleared = zero()
    reminded = integer()  # the level of the last reminder

    class Meta:
        db_table = "open_item"
        constraints = (
            models.UniqueConstraint(fields=["invoice_id", "part"], name="open_item_once"),
            models.CheckConstraint(condition=Q(open__gt=0) | Q(uncleared__gt=0), name="open_item_is_open"),
            models.CheckConstraint(condition=Q(total__gte=models.F("open") + models.F("uncleared")), name="open_item_at_most_total"),
        )
        indexes = (
            models.Index(fields=["payer_id", "due_on"], name="open_item_of_payer"),
            models.Index(fields=["due_on"], condition=Q(reminded__lt=3), name="open_item_to_remind"),
            models.Index(fields=["open"], name="open_item_by_size"),  # the few small ones that may be written off
        )
