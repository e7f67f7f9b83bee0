"""Fail: nothing of a delivery stayed with the customer. Unless said otherwise the goods come back and go out again.

    dispatched --fail--> failed     delivery.failed     Dr inventory (stock loss), Cr goods in transit

Rules: ending.py.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from alur.core.step import Outcome
from alur.flow.deliver import common, ending
from alur.flow.deliver.ending import Done

REFUSALS = {
    "does_not_add_up": "Of {line} on {delivery}, {shipped:qty} were shipped but {said:qty} are accounted for, or some as delivered. Correct that.",
    "no_reason": "Say why {delivery} failed.",
    **common.SENTENCES,
}


def fail(deliveries: Sequence[int] | Mapping[int, Done], *, by: str, at: datetime, reason: str | None = None) -> Outcome:
    """These deliveries failed, each for its own reason or all for the same."""
    given = deliveries if isinstance(deliveries, Mapping) else {i: Done(reason=reason) for i in deliveries}
    return ending.end(given, "failed", event="delivery.failed", refused="delivery.fail_refused", by=by, at=at)


__all__ = ("REFUSALS", "Done", "fail")
