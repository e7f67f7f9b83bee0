"""Which tax rule holds on a day. The rule is picked at the tax point: delivery, or payment if that is earlier (art. 13(1a) UU PPN)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from alur.core import sql
from alur.core.money import Rule

RULES = "SELECT id, product_class, customer_class, rate, base_num, base_den, valid_from, valid_to FROM tax_rule ORDER BY valid_from DESC NULLS LAST, id"


@dataclass(slots=True)
class Rules:
    """The tax rules as rows, newest first."""

    rows: Sequence[Any]
    found: dict[tuple[int, date], Rule] = field(default_factory=dict)

    def on(self, rule_id: int | None, day: date) -> Rule | None:
        """The rule of a line at its tax point: the stored one, or where that does not hold then, the one of the same classes that does."""
        if rule_id is None:
            return None
        rule = self.found.get((rule_id, day))
        if rule is None:
            stored = next(row for row in self.rows if row.id == rule_id)
            same = (row for row in self.rows if (row.product_class, row.customer_class) == (stored.product_class, stored.customer_class))
            row = stored if _holds(stored, day) else next((row for row in same if _holds(row, day)), stored)
            rule = self.found[rule_id, day] = Rule(row.id, row.rate, row.base_num, row.base_den)
        return rule


def rules() -> Rules:
    """All of them, in one statement."""
    return ask()()


def ask() -> Callable[[], Rules]:
    """The same, asked for together with what is asked next."""
    found = sql.ask(RULES)
    return lambda: Rules(found.rows())


def _holds(rule: Any, day: date) -> bool:
    return (rule.valid_from is None or rule.valid_from <= day) and (rule.valid_to is None or day <= rule.valid_to)
