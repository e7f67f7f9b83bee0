"""Customers, where and how they take goods, and on what terms they pay."""

from django.db import models
from django.db.models import Q

from alur.models.fields import Number, Quantity, choice, flag, integer, link, one_of, ref, text, texts

METHODS = ("own_fleet", "courier", "pickup", "on_site")


class Terms(models.Model):
    """When and in how many parts an invoice is paid. advance_pct 100 = pay first, 30 = down payment, 0 = on account."""

    code = models.TextField(unique=True)
    name = text()
    advance_pct = Quantity(default=0, db_default=0)
    due_from = choice("invoice", "delivery", "handover", "month_end")

    class Meta:
        db_table = "terms"
        constraints = (
            one_of("due_from", "invoice", "delivery", "handover", "month_end"),
            models.CheckConstraint(condition=Q(advance_pct__lte=100), name="terms_advance_at_most_all"),
        )


class TermsPart(models.Model):
    """A part of an invoice: this percent, due so many days after the terms' start."""

    terms = link(Terms)
    position = integer(1)
    percent = Quantity(default=100, db_default=100)
    days = integer()

    class Meta:
        db_table = "terms_part"
        constraints = (models.UniqueConstraint(fields=["terms", "position"], name="terms_part_once"),)


class Customer(models.Model):
    """Who orders. The payer (itself, or another customer) carries the credit limit and owes the money."""

    code = models.TextField(unique=True)
    name = models.TextField()
    kind = choice("business", "person")
    language = text("id")
    npwp = text()
    nik = text()
    nitku = text()
    pkp = flag()
    pkp_since = models.DateField(null=True, blank=True)
    tax_class = text("standard")
    price_list = link("PriceList", null=True, blank=True, db_index=False)
    terms = link(Terms, null=True, blank=True, db_index=False)
    credit_limit = Quantity(null=True, blank=True)
    payer = link("self", null=True, blank=True)
    blocked = choice("none", "order", "delivery", "all")
    blocked_reason = text()
    salesperson_id = ref(null=True, blank=True)
    warehouse = link("Warehouse", null=True, blank=True, db_index=False)
    method = models.TextField(null=True, blank=True)
    takes_backorders = flag(default=True)
    version = integer(1)

    class Meta:
        db_table = "customer"
        constraints = (
            one_of("kind", "business", "person"),
            one_of("blocked", "none", "order", "delivery", "all"),
            models.CheckConstraint(condition=Q(method__isnull=True) | Q(method__in=METHODS), name="customer_method_known"),
            models.CheckConstraint(condition=~Q(payer=models.F("id")), name="customer_payer_is_another"),
        )


class Address(models.Model):
    """Where a customer takes goods or papers today; documents keep their own copy."""

    customer = link(Customer)
    kind = choice("ship", "bill")
    name = text()
    lines = text()
    city = text()
    province = text()
    postcode = text()
    country = text("ID")
    phone = text()
    latitude = Number(null=True, blank=True)
    longitude = Number(null=True, blank=True)
    delivery_window = text()
    is_default = flag()

    class Meta:
        db_table = "address"
        constraints = (one_of("kind", "ship", "bill"),)


class DocumentAddress(models.Model):
    """An address as a document names it: never changed, one row for equal content."""

    hash = models.TextField(unique=True)
    name = text()
    lines = text()
    city = text()
    province = text()
    postcode = text()
    country = text("ID")
    phone = text()

    class Meta:
        db_table = "document_address"


class Contact(models.Model):
    """A person at a customer, and which documents they get."""

    customer = link(Customer)
    name = text()
    role = text()
    email = text()
    phone = text()
    language = text()
    documents = texts()

    class Meta:
        db_table = "contact"
