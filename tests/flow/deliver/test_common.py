"""What is booked with a delivery is booked in an open month, or not at all."""

import pytest

from alur.core import clock
from alur.flow import map as flow
from alur.flow.deliver.ending import Done
from alur.models import Period, Reason
from alur.reads import sentences
from tests import make


@pytest.mark.parametrize(
    ("before", "name", "report"),
    [
        ("deliver.pick", "deliver.dispatch", None),
        ("deliver.dispatch", "deliver.complete", Done(receiver="Budi")),
        ("deliver.dispatch", "deliver.fail", Done(reason="closed")),
    ],
)
def test_a_closed_month_takes_nothing(before, name, report):
    Reason.objects.create(kind="failed_delivery", code="closed")
    (order_id,) = make.confirmed()
    (delivery_id,) = make.deliveries([order_id], through=before)
    Period.objects.update_or_create(starts_on=clock.day(make.AT).replace(day=1), defaults={"state": "closed"})
    told = [make.count_of(table) for table in ("journal_line", "stock_move", "recheck")]
    items = {delivery_id: report} if report else [delivery_id]
    outcome = make.run(name, items)
    assert make.codes(outcome) == ["period_closed"]
    assert "23\N{NO-BREAK SPACE}Nov is closed" in sentences.refusals(flow.by_name[name], outcome.refused, "en")[0]
    assert [make.count_of(table) for table in ("journal_line", "stock_move", "recheck")] == told
    Period.objects.update(state="open")
    assert make.run(name, items).moved == [delivery_id]
