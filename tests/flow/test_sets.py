"""The queue rule, for every step of the map: a set gives what its members give one by one, in queue order or in any split; a repeat changes nothing.

In any other order a step grants less, never more, and ends the same once the worker has judged the rest. Goods and credit are scarce, and there
are refusals in between.
"""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from django.db import transaction

from alur.core import step
from alur.flow import map as flow
from alur.jobs import worker
from tests.world import AT, World, parts, picture

BY_INPUT = {
    "capture.cancel",
    "check.hold",
    "check.change_customer",
    "check.change_price",
    "check.change_product",
}  # a person's, on one thing: nothing to be in a queue for
STEPS = [each.name for each in flow.MAP if each.name not in BY_INPUT]
WORLDS = [(name, 1 + n % 2) for n, name in enumerate(STEPS)]  # each step in one of two worlds


def again(do: Callable[[], Any]) -> Any:
    """Do something, look, and take it back."""
    with transaction.atomic():
        do()
        seen = picture()
        transaction.set_rollback(True)
    return seen


def press(name: str, pieces: list[Any]) -> None:
    for piece in pieces:
        step.run(flow.by_name[name], piece, by="system", at=AT)


@pytest.mark.parametrize(("name", "seed"), WORLDS)
def test_a_set_is_one_by_one_in_queue_order_and_any_split(name: str, seed: int):
    world = World(seed)
    world.before(name)
    items = world.items(name)
    rng, n = Random(seed), len(items)
    whole = again(lambda: press(name, [items]))
    assert again(lambda: press(name, parts(items, range(1, n)))) == whole
    for _ in range(2):
        cuts = sorted(rng.sample(range(1, n), min(3, n - 1))) if n > 1 else []
        assert again(lambda cuts=cuts: press(name, parts(items, cuts))) == whole


@pytest.mark.parametrize("name", STEPS)
def test_a_repeat_changes_nothing(name: str):
    world = World(3)
    world.before(name)
    items = world.items(name)
    press(name, [items])
    before = picture()
    outcome = step.run(flow.by_name[name], items, by="system", at=AT)
    assert picture() == before
    assert not outcome.moved or name == "check.release"


@pytest.mark.parametrize("name", [each.name for each in flow.automatic])
def test_any_order_ends_the_same_after_the_worker(name: str):
    world = World(5)
    world.before(name)
    items = world.items(name)
    shuffled = list(items)
    Random(9).shuffle(shuffled)

    def then_work(pieces: list[Any]) -> None:
        press(name, pieces)
        worker.until_idle()

    in_queue = again(lambda: then_work([items]))
    assert again(lambda: then_work(parts(shuffled, range(1, len(shuffled))))) == in_queue
