"""The machine, quickly in every run and for long by `bin/explore`; a failure prints the seed that replays it."""

import os
import secrets

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.explore.machine import Company

RULES = int(os.environ.get("ALUR_EXPLORE_RULES", "150"))
SEED = int(os.environ.get("ALUR_EXPLORE_SEED") or secrets.randbelow(10**9))
STEPS = 50  # rules from an empty company on


def test_whatever_people_do_the_books_hold() -> None:
    """RULES rules, each followed by every proof."""
    machine = seed(SEED)(Company)
    profile = settings(
        max_examples=max(1, RULES // STEPS),
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # a failing course of 50 rules is read faster than it is shortened
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(machine, settings=profile)
    except BaseException as error:
        error.add_note(f"Replay it: bin/explore --rules {RULES} --seed {SEED}")
        raise
