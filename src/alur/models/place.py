"""Warehouses, departments, days and roads: where work happens and how long it takes."""

from django.db import models
from django.db.models import F, Q

from alur.models.fields import Quantity, choice, flag, integer, link, one_of, text, weekdays, zero


class Warehouse(models.Model):
    """A place with stock. Orders after the cut-off hour (company's zone) leave the next working day."""

    code = models.TextField(unique=True)
    name = text()
    kind = choice("own", "transit", "returns", "quarantine", "consignment")
    priority = integer(1)
    lines = text()
    city = text()
    province = text()
    cut_off_hour = integer(15)
    working_days = weekdays()
    active = flag(default=True)

    class Meta:
        db_table = "warehouse"
        constraints = (one_of("kind", "own", "transit", "returns", "quarantine", "consignment"),)


class Department(models.Model):
    """Who does the work: a warehouse crew, production, a service team. daily_limit: units of a working day that says nothing else (`capacity`)."""

    code = models.TextField(unique=True)
    name = text()
    kind = choice("warehouse", "production", "service")
    working_days = weekdays()
    daily_limit = Quantity(default=8, db_default=8)

    class Meta:
        db_table = "department"
        constraints = (one_of("kind", "warehouse", "production", "service"),)


class Capacity(models.Model):
    """How much of a department's day is booked."""

    department = link(Department, db_index=False)
    day = models.DateField()
    booked = zero()
    limit = Quantity()

    class Meta:
        db_table = "capacity"
        constraints = (
            models.UniqueConstraint(fields=["department", "day"], name="capacity_once"),
            models.CheckConstraint(condition=Q(booked__lte=F("limit")), name="capacity_not_overbooked"),
        )


class Booking(models.Model):
    """Units of a department's day that an order line has taken."""

    department = link(Department)
    day = models.DateField()
    order_line_id = models.BigIntegerField(db_index=True)
    units = Quantity()

    class Meta:
        db_table = "booking"
        constraints = (models.UniqueConstraint(fields=["order_line_id", "department", "day"], name="booking_once"),)


class Holiday(models.Model):
    """A day on which nothing leaves and nothing arrives."""

    on = models.DateField(unique=True)
    name = text()

    class Meta:
        db_table = "holiday"


class TransportDays(models.Model):
    """Days on the road from a warehouse to a province by a method."""

    warehouse = link(Warehouse, db_index=False)
    province = models.TextField()
    method = models.TextField()
    days = integer(1)

    class Meta:
        db_table = "transport_days"
        constraints = (models.UniqueConstraint(fields=["warehouse", "province", "method"], name="transport_days_once"),)


class Supplier(models.Model):
    """Who sells to us."""

    code = models.TextField(unique=True)
    name = text()
    email = text()
    phone = text()

    class Meta:
        db_table = "supplier"


class BankAccount(models.Model):
    """Where customers pay to, and the ledger account it is booked on."""

    code = models.TextField(unique=True)
    bank = text()
    number = text()
    holder = text()
    account = integer(1102)
    currency = text("IDR")
    is_default = flag()

    class Meta:
        db_table = "bank_account"


class Reason(models.Model):
    """Why something went short, failed, came back or was given up."""

    kind = choice("short_pick", "failed_delivery", "return", "cancel", "write_off")
    code = models.TextField()
    name_id = text()
    name_en = text()
    stock_effect = choice("none", "quantity", "all")
    lost_sale = flag()

    class Meta:
        db_table = "reason"
        constraints = (
            one_of("kind", "short_pick", "failed_delivery", "return", "cancel", "write_off"),
            one_of("stock_effect", "none", "quantity", "all"),
            models.UniqueConstraint(fields=["kind", "code"], name="reason_once"),
        )
