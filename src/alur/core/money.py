"""Money: one function for the totals of every document, and one for discounts.

Rules: reference model.md "Money rules"; whole rupiah: PER-11/PJ/2025 art. 129. Amounts are Decimal in the document's currency.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
UNITS = {"IDR": Decimal(1), "JPY": Decimal(1), "KRW": Decimal(1), "VND": Decimal(1), "KWD": Decimal("0.001"), "BHD": Decimal("0.001")}
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Rule:
    """A tax rule as a document needs it: tax = rate / 100 x num / den of the amount."""

    id: int
    rate: Decimal
    num: int = 1
    den: int = 1

    def __hash__(self) -> int:
        """Its id's: every line of every document is summed by its rule."""
        return hash(self.id)


@dataclass(frozen=True, slots=True)
class TaxLine:
    """One rule of a document: net = amount without tax, base = what the law shows (DPP), tax."""

    rule_id: int
    net: Decimal
    base: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """What a document comes to: net + tax + rounding = total."""

    net: Decimal
    tax: Decimal
    rounding: Decimal
    total: Decimal
    taxes: tuple[TaxLine, ...]


def unit_of(currency: str) -> Decimal:
    """The smallest amount a document of this currency is written in."""
    return UNITS.get(currency, CENT)


def half_up(value: Decimal, unit: Decimal = CENT) -> Decimal:
    """Round half away from zero to a unit."""
    return (value / unit).quantize(Decimal(1), rounding=ROUND_HALF_UP) * unit


def line_unit(currency: str) -> Decimal:
    """What a line's net is rounded to: two decimals, or the currency's own where it has more."""
    return min(CENT, unit_of(currency))


def discounted(amount: Decimal, discounts: Sequence[Decimal]) -> Decimal:
    """An amount less its discounts in order: 10 then 5 takes 14.5 %."""
    for percent in discounts:
        amount = amount * (100 - percent) / 100
    return amount


def totals(lines: Iterable[tuple[Decimal, Rule | None]], *, currency: str, tax_included: bool) -> Totals:
    """The totals of a document from its lines as priced: per tax rule one sum S, one rounding, one tax.

    Prices without tax: T = S rounded to the currency's unit, tax = round(rate x fraction x S), total = T + tax.
    Prices with tax: total = T, tax = T - round(T / (1 + rate x fraction)). rounding = sum of (T - S).
    The base (DPP) is only shown: round(fraction x S), or round(fraction x (T - tax)) with tax in the price.
    """
    unit = unit_of(currency)
    sums: dict[Rule | None, Decimal] = {}
    for amount, rule in lines:
        sums[rule] = sums.get(rule, ZERO) + amount
    tax = rounding = total = ZERO
    taxes = []
    for rule, asked in sums.items():
        rounded = half_up(asked, unit)
        rate = ZERO if rule is None else rule.rate * rule.num / (rule.den * 100)
        if tax_included:
            part = rounded - half_up(rounded / (1 + rate), unit)
            total += rounded
        else:
            part = half_up(rate * asked, unit)
            total += rounded + part
        tax += part
        rounding += rounded - asked
        if rule is not None:
            without = rounded - part if tax_included else asked
            taxes.append(TaxLine(rule.id, without, half_up(without * rule.num / rule.den, unit), part))
    return Totals(total - tax - rounding, tax, rounding, total, tuple(taxes))


def spread(amount: Decimal, weights: Sequence[Decimal], unit: Decimal = CENT) -> list[Decimal]:
    """Split an amount in proportion to weights; each part rounded, the last one with a weight takes the rest."""
    whole = sum(weights, ZERO)
    if not whole:
        return [ZERO for _ in weights]
    parts = [half_up(amount * weight / whole, unit) if weight else ZERO for weight in weights]
    last = max(i for i, weight in enumerate(weights) if weight)
    parts[last] += amount - sum(parts, ZERO)
    return parts


def so_far(net: Decimal, quantity: Decimal, ordered: Decimal, currency: str) -> Decimal:
    """A line's net for the first so many of what was ordered; parts are differences of this, so they add up."""
    if quantity == ordered:
        return net
    return half_up(net * quantity / ordered, line_unit(currency)) if ordered else ZERO


def advance(total: Decimal, percent: Decimal, currency: str) -> Decimal:
    """What must be paid first of a total."""
    return half_up(total * percent / 100, unit_of(currency))
