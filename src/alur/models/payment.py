"""Money in and out, and what it was allocated to."""

from django.db import models
from django.db.models import Q

from alur.models.fields import Number, Quantity, choice, flag, link, one_of, ref, text

KINDS = ("payment", "credit", "withholding", "vat_collector", "bank_fee", "write_off", "refund")


class Payment(models.Model):
    """Append-only: money that came in or went out. `order` is set when the money is meant for one order (an advance)."""

    number = models.TextField(unique=True)
    payer = link("Customer", db_index=False)
    direction = choice("in", "out")
    amount = Quantity()
    currency = text("IDR")
    way = choice("transfer", "cash", "giro", "card", "qris", "gateway")
    received_on = models.DateField()
    due_on = models.DateField(null=True)  # of a giro: from when the bank takes it
    reference = text()
    bank_account = link("BankAccount", null=True, db_index=False)
    order_id = ref(null=True)
    provider = text()
    provider_ref = models.TextField(null=True)
    at = models.DateTimeField()
    by = text()

    class Meta:
        db_table = "payment"
        constraints = (
            one_of("direction", "in", "out"),
            one_of("way", "transfer", "cash", "giro", "card", "qris", "gateway"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_positive"),
            models.UniqueConstraint(fields=["provider", "provider_ref"], name="payment_once"),
        )
        indexes = (
            models.Index(fields=["payer", "received_on"], name="payment_of_payer"),  # a twin is looked for on one day
            models.Index(fields=["received_on"], name="payment_of_day"),
            models.Index(fields=["due_on"], condition=Q(way="giro"), name="payment_by_giro"),
        )


class Clearing(models.Model):
    """Append-only: a giro was honoured or bounced."""

    payment = link(Payment, db_index=False)
    cleared_on = models.DateField(null=True)
    bounced_on = models.DateField(null=True)

    class Meta:
        db_table = "clearing"
        constraints = (
            models.CheckConstraint(condition=Q(cleared_on__isnull=True) ^ Q(bounced_on__isnull=True), name="clearing_one_end"),
            models.UniqueConstraint(fields=["payment"], name="clearing_once"),
        )


class Allocation(models.Model):
    """Append-only: an amount of a payment or credit note that settles an invoice part or a refund; a reversal is negative and names what it reverses."""

    payment_id = ref(null=True)
    credit_note_id = ref(null=True)
    invoice_id = ref(null=True)
    part = models.IntegerField(default=1, db_default=1)
    refund_id = ref(null=True)
    kind = choice(*KINDS)
    amount = Number()
    account = models.IntegerField(null=True)
    reverses_id = ref(null=True)
    on = models.DateField()
    at = models.DateTimeField()

    class Meta:
        db_table = "allocation"
        constraints = (
            one_of("kind", *KINDS),
            models.CheckConstraint(condition=Q(reverses_id__isnull=True) | Q(amount__lt=0), name="allocation_reversal_is_negative"),
            models.UniqueConstraint(fields=["reverses_id"], condition=Q(reverses_id__isnull=False), name="allocation_reversed_once"),
        )
        indexes = (
            models.Index(fields=["invoice_id"], condition=Q(invoice_id__isnull=False), name="allocation_of_invoice"),
            models.Index(fields=["payment_id"], condition=Q(payment_id__isnull=False), name="allocation_of_payment"),
            models.Index(fields=["credit_note_id"], condition=Q(credit_note_id__isnull=False), name="allocation_of_credit_note"),
            models.Index(fields=["refund_id"], condition=Q(refund_id__isnull=False), name="allocation_of_refund"),
        )


class OpenReceipt(models.Model):
    """Money (or a credit note) not yet allocated right now; gone when nothing of it is open."""

    payment_id = ref(null=True, unique=True)
    credit_note_id = ref(null=True, unique=True)
    payer_id = ref()
    order_id = ref(null=True)
    open = Quantity()
    cleared = flag(default=True)
    by_hand = flag()  # a person took it back from what it paid: only a person matches it again
    received_on = models.DateField()

    class Meta:
        db_table = "open_receipt"
        constraints = (models.CheckConstraint(condition=Q(open__gt=0), name="open_receipt_is_open"),)
        indexes = (
            models.Index(fields=["payer_id", "received_on"], name="open_receipt_of_payer"),
            models.Index(fields=["order_id"], condition=Q(order_id__isnull=False), name="open_receipt_of_order"),
        )
