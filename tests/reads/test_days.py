"""Working days, cut-off hours, holidays."""

from datetime import UTC, date, datetime

import pytest

from alur.reads import days

WEEK = frozenset({1, 2, 3, 4, 5, 6})
CHRISTMAS = frozenset({date(2026, 12, 24), date(2026, 12, 25)})
MONDAY = date(2026, 12, 21)


@pytest.mark.parametrize(
    ("start", "working", "holidays", "first"),
    [
        (MONDAY, WEEK, (), MONDAY),
        (date(2026, 12, 24), WEEK, CHRISTMAS, date(2026, 12, 26)),
        (date(2026, 12, 24), {4, 5}, CHRISTMAS, date(2026, 12, 31)),
        (date(2026, 12, 27), WEEK, (), date(2026, 12, 28)),
        (MONDAY, frozenset(), (), MONDAY),  # a warehouse that never works does not stop the world
    ],
)
def test_first_working(start, working, holidays, first):
    assert days.first_working(start, working, holidays) == first


@pytest.mark.parametrize(
    ("hour", "not_before", "leaves"),
    [(14, None, MONDAY), (15, None, date(2026, 12, 22)), (15, date(2026, 12, 24), date(2026, 12, 26)), (9, date(2026, 12, 1), MONDAY)],
)
def test_leaves(hour, not_before, leaves):
    place = days.Place(15, WEEK, CHRISTMAS)
    assert place.leaves(datetime(2026, 12, 21, hour, tzinfo=UTC), not_before=not_before) == leaves


def test_nothing_arrives_on_a_holiday():
    assert days.arrives(date(2026, 12, 23), 1, CHRISTMAS) == date(2026, 12, 26)
    assert days.arrives(date(2026, 12, 26), 1, CHRISTMAS) == date(2026, 12, 27)
