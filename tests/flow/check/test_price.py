"""Orders are priced, and priced again when a ticket says so."""

from decimal import Decimal

from alur.core import sql
from alur.log import recheck
from alur.models import Price, SalesOrder
from tests import make


def test_an_order_is_priced_from_the_list():
    (one,) = make.orders(1, lines=[(make.product(100_000), 10), (make.product(200_000), 5)])
    outcome = make.run("check.price")
    assert outcome.moved == [one]
    order = make.order(one)
    assert (order.priced_version, order.net, order.tax, order.total) == (1, 2_000_000, 220_000, 2_220_000)
    assert [(line.unit_price, line.price_reason, line.net) for line in make.lines_of(one)] == [(100_000, "list", 1_000_000), (200_000, "list", 1_000_000)]
    assert make.events(one) == ["order.received", "order.priced"]
    assert make.run("check.price", [one]).already == [one]
    assert make.run("check.price").moved == []
