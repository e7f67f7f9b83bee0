"""The demo's orders: how many arrive when, from whom, for what; and those of its last day that stop somebody."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from alur.cli.trial.wholesaler import DISCONTINUED, GOODS, SERVICES, Shop
from alur.core import clock, company, sql, step
from alur.flow import map as flow
from alur.flow.capture.draft import LineDraft, OrderDraft, Place
from alur.models import Customer

PER_HOUR = {0: 3.6, 1: 4.2, 2: 4.0, 3: 4.0, 4: 4.4, 5: 2.0, 6: 0.5}  # by weekday, 07.00 to 17.00
OPENS, SHUTS = 7, 17
CHANNELS = ("phone", "phone", "phone", "email", "email", "shop", "shop", "api", "file")
EVERY = 23  # one order in so many has a service on it
PRICES = {row[0]: Decimal(row[4]) for row in GOODS}
LIMITED = "SELECT id, credit_limit FROM customer WHERE credit_limit IS NOT NULL AND blocked = 'none' ORDER BY credit_limit, id"


@dataclass
class Arrivals:
    """Orders by chance, the same for the same seed."""

    shop: Shop
    rng: Random
    key: int = 0
    made: int = 0

    def between(self, then: datetime, at: datetime) -> int:
        """Receive what arrives from then until at; how many."""
        drafts = [self._draft(when) for when in self._moments(then, at)]
        return self.receive(drafts, at)

    def receive(self, drafts: list[OrderDraft], at: datetime) -> int:
        """Hand drafts to the door."""
        if drafts:
            outcome = step.run(flow.by_name["capture.receive"], drafts, by="import", at=at)
            self.made += len(outcome.moved)
        return len(drafts)

    def _moments(self, then: datetime, at: datetime) -> Iterator[datetime]:
        zone = ZoneInfo(company.current().time_zone)
        moment = then
        while moment < at:
            local = moment.astimezone(zone)
            hour_end = min(at, moment + timedelta(hours=1))
            if OPENS <= local.hour < SHUTS:
                share = (hour_end - moment) / timedelta(hours=1)
                expected = PER_HOUR[local.weekday()] * share
                count = int(expected) + (self.rng.random() < expected % 1)
                yield from sorted(moment + (hour_end - moment) * self.rng.random() for _ in range(count))
            moment = hour_end

    def _draft(self, at: datetime) -> OrderDraft:
        rng, self.key = self.rng, self.key + 1
        channel = rng.choice(CHANNELS)
        wanted = clock.day(at) + timedelta(days=rng.choice((1, 2, 2, 3, 5, 8))) if rng.random() < 0.4 else None
        lines = tuple(self.line(*row) for row in self._choose(rng))
        if self.key % EVERY == 7:
            lines += (self.line(SERVICES[self.key // EVERY % len(SERVICES)][0], 1),)
        if rng.random() < 0.12:
            lines += (LineDraft(Decimal(1), self.shop.charge),)
        return OrderDraft(
            key=self.key, customer_id=rng.choices(self.shop.customers, self.shop.weights)[0], channel=channel, lines=lines, received_at=at, requested_on=wanted,
            external_ref=f"{channel[:2].upper()}-{at:%y%m%d}-{self.key}" if channel != "phone" else None,
            customer_po=f"PO-{rng.randrange(1000, 9999)}" if rng.random() < 0.3 else "",
        )  # fmt: skip

    def _choose(self, rng: Random) -> list[tuple[str, int]]:
        rows = []
        for sku, *_names, price, _cost, _dus, multiple in rng.sample(GOODS, rng.choice((1, 2, 2, 3, 3, 4, 5, 7))):
            units = rng.choice((1, 2, 3, 4, 6)) if price > 150_000 else rng.choice((2, 4, 6, 10, 12, 24))
            rows.append((sku, -(-units // multiple) * multiple))
        return rows

    def line(self, sku: str, quantity: int, price: Decimal | None = None) -> LineDraft:
        """A line of a draft."""
        return LineDraft(Decimal(quantity), self.shop.products[sku], price=price)

    def troubled(self, at: datetime) -> int:
        """Orders of the last hours that each stop for another reason, so that every kind of hold can be seen and settled."""
        small, large = self._limited()
        someone = iter(self.shop.customers[20:])
        self._block(blocked := next(someone))
        usual = (self.line("KP-GAYO-1", 4), self.line("SR-VAN-750", 12))
        repeated = next(someone)
        cases = (
            (small, (self.line("GP-PUTIH-50", 24), self.line("TB-DIG", 18))),  # over its limit
            (next(someone), (self.line("SR-KRM-750", 12, PRICES["SR-KRM-750"] - 6_500), self.line("CP-12P", 20))),  # another price
            (next(someone), (self.line("CK-180", 8), self.line("KP-HOUS-1", 3))),  # not a multiple of 6
            (next(someone), (self.line(DISCONTINUED[0], 6), self.line("SR-HZL-750", 6))),
            (blocked, usual),
            (next(someone), (self.line("TH-MEL-50", 2),)),  # below the minimum
            (repeated, usual),
            (repeated, usual),  # the same again
            (large, (*usual, LineDraft(Decimal(2), as_written="sirop leci yang biasa"))),  # a product we do not know
            (next(someone), (LineDraft(Decimal(4), self.shop.products["GR-TGN"], price=Decimal(299_000), price_reason="manual"),)),  # below cost
        )  # fmt: skip
        drafts = [self._plain(who, lines, at - timedelta(minutes=200 - 7 * n)) for n, (who, lines) in enumerate(cases)]
        nowhere = self._plain(next(someone), usual, at - timedelta(minutes=60), ship_to=Place(name="Kedai Baru", city="Bogor", province="Jawa Barat"))
        return self.receive([*drafts, nowhere], at)

    def _plain(self, customer: int, lines: tuple[LineDraft, ...], at: datetime, **fields: object) -> OrderDraft:
        self.key += 1
        return OrderDraft(key=self.key, customer_id=customer, lines=lines, received_at=at, **fields)  # type: ignore[arg-type]

    def _limited(self) -> tuple[int, int]:
        rows = sql.rows(LIMITED)
        return rows[0].id, rows[-1].id

    def _block(self, customer: int) -> None:
        Customer.objects.filter(id=customer).update(blocked="order", blocked_reason="Alamat tagihan sedang diperiksa")
