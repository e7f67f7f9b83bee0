"""What is sold, in which units, at which prices and taxes."""

from django.db import models
from django.db.models import F, Q

from alur.models.fields import Quantity, choice, flag, integer, link, numbers, one_of, text


class Product(models.Model):
    """Goods, a service, a charge such as postage, or a kit. Counters and stock are in its base unit."""

    sku = models.TextField(unique=True)
    name_id = text()
    name_en = text()
    kind = choice("goods", "service", "charge", "kit")
    unit = text("pcs")
    multiple = Quantity(default=1, db_default=1)
    tax_class = text("standard")
    weight = Quantity(null=True, blank=True)
    volume = Quantity(null=True, blank=True)
    department = link("Department", null=True, blank=True, db_index=False)
    supply = choice("buy", "make", "none")
    lead_days = integer()
    stock_min = Quantity(null=True, blank=True)
    stock_max = Quantity(null=True, blank=True)
    active = flag(default=True)
    discontinued = flag()
    version = integer(1)

    class Meta:
        db_table = "product"
        constraints = (
            one_of("kind", "goods", "service", "charge", "kit"),
            one_of("supply", "buy", "make", "none"),
            models.CheckConstraint(condition=Q(multiple__gt=0), name="product_multiple_positive"),
        )


class ProductUnit(models.Model):
    """Another unit a product is written in: 1 dus = 12 pcs."""

    product = link(Product, db_index=False)
    unit = models.TextField()
    factor = Quantity()
    barcode = text()
    is_sale_default = flag()

    class Meta:
        db_table = "product_unit"
        constraints = (
            models.UniqueConstraint(fields=["product", "unit"], name="product_unit_once"),
            models.CheckConstraint(condition=Q(factor__gt=0), name="product_unit_factor_positive"),
        )


class ProductAlias(models.Model):
    """Another name for a product, for everyone or for one customer."""

    product = link(Product)
    alias = models.TextField(db_index=True)
    customer = link("Customer", null=True, blank=True, db_index=False)
    source = choice("typed", "learned")

    class Meta:
        db_table = "product_alias"
        constraints = (one_of("source", "typed", "learned"),)


class Component(models.Model):
    """What a kit holds, or what a made product is made of."""

    product = link(Product)
    part = link(Product, db_index=False)
    quantity = Quantity()

    class Meta:
        db_table = "component"
        constraints = (
            models.UniqueConstraint(fields=["product", "part"], name="component_once"),
            models.CheckConstraint(condition=~Q(product=F("part")), name="component_not_itself"),
        )


class PriceList(models.Model):
    """A list of prices in one currency, with or without tax in them."""

    code = models.TextField(unique=True)
    name = text()
    currency = text("IDR")
    tax_included = flag()
    is_default = flag()

    class Meta:
        db_table = "price_list"


class Price(models.Model):
    """A price per unit as written, on a list or for one customer, from a quantity, for a while."""

    price_list = link(PriceList, null=True, blank=True, db_index=False)
    customer = link("Customer", null=True, blank=True, db_index=False)
    product = link(Product)
    unit = models.TextField()
    from_quantity = Quantity(default=0, db_default=0)
    price = Quantity()
    discounts = numbers()
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    version = integer(1)

    class Meta:
        db_table = "price"
        constraints = (
            models.CheckConstraint(
                condition=Q(price_list__isnull=True, customer__isnull=False) | Q(price_list__isnull=False, customer__isnull=True),
                name="price_of_list_or_customer",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_from__isnull=True) | Q(valid_to__gte=F("valid_from")), name="price_valid_forward"
            ),
            models.UniqueConstraint(
                fields=["price_list", "customer", "product", "unit", "from_quantity", "valid_from"], nulls_distinct=False, name="price_once"
            ),
        )


class TaxRule(models.Model):
    """The tax on a product class for a customer class: tax = rate x base_num / base_den x amount.

    Indonesia since 2025: 12 % of 11/12 of the price, code 04; luxury goods 12 % of the price, code 01 (PMK 131/2024).
    """

    code = text()
    name = text()
    product_class = text("standard")
    customer_class = text("standard")
    rate = Quantity()
    base_num = integer(1)
    base_den = integer(1)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        db_table = "tax_rule"
        constraints = (models.CheckConstraint(condition=Q(base_num__gte=0, base_den__gte=1), name="tax_rule_fraction"),)
