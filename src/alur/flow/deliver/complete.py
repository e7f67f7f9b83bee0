"""Complete: the customer has the goods. What did not stay there is accounted for line by line.

    dispatched --complete--> delivered     delivery.completed     Dr cost of goods sold (inventory, stock loss), Cr goods in transit
    the last open quantity: order confirmed -> fulfilled     order.fulfilled

Rules: ending.py.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from alur.core.step import Outcome
from alur.flow.deliver import common, ending
from alur.flow.deliver.ending import Done, Ends

REFUSALS = {
    "does_not_add_up": "Of {line} on {delivery}, {shipped:qty} were shipped but {said:qty} are accounted for. Correct the quantities.",
    "nothing_delivered": "Nothing of {delivery} was delivered. Report it as failed instead, with the reason.",
    "no_reason": "Say why a part of {delivery} was not delivered.",
    **common.SENTENCES,
}

# Not claimed: a delivery is locked after its orders; who comes second is answered `already`.
WAITING = """
SELECT d.id FROM delivery d
 WHERE d.state IN ('scheduled', 'picked', 'dispatched') AND d.state = 'dispatched'
   AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'deliver.complete' AND b.subject_id = d.id)
 ORDER BY d.scheduled_on, d.id LIMIT %(limit)s
"""


def complete(deliveries: Sequence[int] | Mapping[int, Done], *, by: str, at: datetime) -> Outcome:
    """These deliveries arrived: in full, or as the driver reports."""
    return ending.end(deliveries, "delivered", event="delivery.completed", refused="delivery.complete_refused", by=by, at=at)


__all__ = ("REFUSALS", "Done", "Ends", "complete")
