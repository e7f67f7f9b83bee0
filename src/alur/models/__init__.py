"""The tables. Thin on purpose: columns, checks, keys; rules live in `flow/`, questions in `reads/`."""

from alur.models.delivery import Delivery, DeliveryLine, Return, ReturnLine
from alur.models.event import Event, Follower
from alur.models.invoice import HandOver, Invoice, InvoiceLine, InvoicePart, InvoiceTax, OpenItem, ProForma
from alur.models.ledger import Account, JournalEntry, JournalLine, Period, Series
from alur.models.order import Approval, Attachment, Broken, Draft, Hold, Note, OrderLine, Recheck, SalesOrder
from alur.models.party import Address, Contact, Customer, DocumentAddress, Terms, TermsPart
from alur.models.payment import Allocation, Clearing, OpenReceipt, Payment
from alur.models.place import BankAccount, Booking, Capacity, Department, Holiday, Reason, Supplier, TransportDays, Warehouse
from alur.models.policy import Policy
from alur.models.product import Component, Price, PriceList, Product, ProductAlias, ProductUnit, TaxRule
from alur.models.public import Company, Membership, User
from alur.models.stock import Backorder, Reservation, Stock, StockMove, SupplyLine, SupplyOrder

__all__ = (
    "Account",
    "Address",
    "Allocation",
    "Approval",
    "Attachment",
    "Backorder",
    "BankAccount",
    "Booking",
    "Broken",
    "Capacity",
    "Clearing",
    "Company",
    "Component",
    "Contact",
    "Customer",
    "Delivery",
    "DeliveryLine",
    "Department",
    "DocumentAddress",
    "Draft",
    "Event",
    "Follower",
    "HandOver",
    "Hold",
    "Holiday",
    "Invoice",
    "InvoiceLine",
    "InvoicePart",
    "InvoiceTax",
    "JournalEntry",
    "JournalLine",
    "Membership",
    "Note",
    "OpenItem",
    "OpenReceipt",
    "OrderLine",
    "Payment",
    "Period",
    "Policy",
    "Price",
    "PriceList",
    "ProForma",
    "Product",
    "ProductAlias",
    "ProductUnit",
    "Reason",
    "Recheck",
    "Reservation",
    "Return",
    "ReturnLine",
    "SalesOrder",
    "Series",
    "Stock",
    "StockMove",
    "Supplier",
    "SupplyLine",
    "SupplyOrder",
    "TaxRule",
    "Terms",
    "TermsPart",
    "TransportDays",
    "User",
    "Warehouse",
)  # fmt: skip
