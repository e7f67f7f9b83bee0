"""The process table as pages need it: which steps a stage has for whom, what they are called, what a code says."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext

from alur.core.step import Step
from alur.flow import map as flow


@dataclass(frozen=True, slots=True)
class Button:
    """A step as a button."""

    name: str
    verb: str
    needs: tuple[str, ...]


def buttons(stage: str, noun: str, roles: Iterable[str]) -> list[Button]:
    """The steps for what a stage's list shows, as far as these roles go; those that ask nothing come first.

    One that needs the version somebody looked at is for one row and has a screen of its own.
    """
    mine = [s for s in flow.MAP if stage_of(s) == stage and s.noun == noun and "version" not in s.needs and flow.may(s, roles)]
    return [button(step) for step in sorted(mine, key=lambda step: bool(step.needs))]


def stage_of(step: Step) -> str:
    """The list a step's rows stand in: its own stage's; orders without a price have only just been captured."""
    return "capture" if step.name == "check.price" else step.name.partition(".")[0]


def button(step: Step) -> Button:
    """A step as a button."""
    return Button(step.name, verb(step.name), step.needs)


def verb(step: str) -> str:
    """What a button calls a step: check.verify is Verify."""
    return gettext(english(step))


def english(step: str) -> str:
    """The verb before translation."""
    return step.rpartition(".")[2].replace("_", " ").capitalize()
