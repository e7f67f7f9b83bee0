"""Turn the Online Retail file into a company: customers, products, opening stock, and its sale documents as orders.

Its returns wait as requests until `alur simulate` gets to their day (requested.py).
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from alur.cli.trial import requested
from alur.cli.trial.found import Founded, found
from alur.connectors.channels import online_retail
from alur.connectors.channels.online_retail import Document, File
from alur.core import step
from alur.flow import map as flow
from alur.flow.capture.draft import LineDraft, OrderDraft, Place
from alur.models import Address, Customer, Product, TaxRule
from alur.supply import opening

SET = 500  # orders a call: some ten thousand lines
POLICY = {"overdue_amount": 1000, "write_off_limit": Decimal("0.05"), "method": "courier"}


@dataclass(slots=True)
class Imported:
    """What became of the file."""

    rows_in_orders: int = 0
    rows_in_returns: int = 0
    orders: int = 0


def fill(file: File, progress: Callable[[int], None]) -> Imported:
    """Make everything in the current company, which has tables only; progress hears how many rows were written."""
    base = found(file.documents[0].at, currency="GBP", province="United Kingdom", policy=POLICY)
    TaxRule.objects.create(code="0", name="No tax", rate=0)
    products = _products(file, base)
    customers = _customers(file, base)
    read, refused = sum(len(d.rows) for d in file.returns), len(file.refused)
    requested.store(requested.plan(file))
    done = Imported(rows_in_returns=read - len(file.refused) + refused)
    receive = flow.by_name["capture.receive"]
    for documents in _sets(file.documents):
        outcome = step.run(receive, [_draft(d, customers, products) for d in documents], by="import", at=documents[-1].at)
        if outcome.refused:
            raise AssertionError(outcome.refused[0])
        rows = sum(len(d.rows) for d in documents)
        done.orders += len(outcome.moved)
        done.rows_in_orders += rows
        progress(rows)
    return done


def _sets(documents: list[Document]) -> Iterator[list[Document]]:
    for start in range(0, len(documents), SET):
        yield documents[start : start + SET]


def _products(file: File, base: Founded) -> dict[str, int]:
    """A product a code, named as most rows name it; goods lie in stock as often as they will be sold, at 60 % of their median price."""
    names: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    prices: dict[str, list[Decimal]] = defaultdict(list)
    sold: dict[str, Decimal] = defaultdict(Decimal)
    for document in file.documents:
        for row in document.rows:
            names[row.code][row.description] += 1
            prices[row.code].append(row.price)
            sold[row.code] += row.quantity
    made = Product.objects.bulk_create([
        Product(sku=code, name_id=name, name_en=name, kind="charge" if online_retail.is_charge(code) else "goods", supply="buy", lead_days=7)
        for code, name in ((code, max(found, key=lambda n: found[n])) for code, found in sorted(names.items()))
    ])  # fmt: skip
    opening.open_stock(
        [
            opening.Opening(base.warehouse.id, product.id, sold[product.sku], median(prices[product.sku]) * Decimal("0.6"))
            for product in made
            if product.kind == "goods"
        ],
        at=file.documents[0].at,
    )
    return {product.sku: product.id for product in made}


def _customers(file: File, base: Founded) -> dict[tuple[str, str], int]:
    """Known customers get 30 days and three times their largest document; guests of a country share one customer who pays first."""
    largest: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for document in file.documents:
        key = _who(document)
        largest[key] = max(largest[key], sum((row.quantity * row.price for row in document.rows), Decimal(0)))
    made = Customer.objects.bulk_create([
        Customer(code=code, name=f"Customer {code}", language="en", terms=base.on_account, credit_limit=3 * amount)
        if code
        else Customer(code=f"GUEST {country.upper()}", name=f"Guests in {country}", language="en", kind="person", terms=base.prepaid)
        for (code, country), amount in largest.items()
    ])  # fmt: skip
    country_of = {_who(d): d.country for d in reversed(file.documents)}
    Address.objects.bulk_create([Address(customer=c, name=c.name, country=country_of[key], is_default=True) for key, c in zip(largest, made, strict=True)])
    return {key: c.id for key, c in zip(largest, made, strict=True)}


def _who(document: Document) -> tuple[str, str]:
    return (document.customer, "" if document.customer else document.country)


def _draft(document: Document, customers: dict[tuple[str, str], int], products: dict[str, int]) -> OrderDraft:
    return OrderDraft(
        key=int(document.number),
        customer_id=customers[_who(document)],
        channel="file",
        external_ref=document.number,
        received_at=document.at,
        ship_to=Place(lines=document.country, city=document.country, country=document.country),  # all the file knows, and enough
        lines=tuple(LineDraft(row.quantity, products[row.code], price=row.price, price_reason="imported", as_written=row.description) for row in document.rows),
    )
