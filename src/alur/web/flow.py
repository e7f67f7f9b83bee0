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
    """The steps of a stage that work on rows of this noun and that these roles include; those done by hand first."""
    mine = [s for s in flow.MAP if s.name.partition(".")[0] == stage and s.noun == noun and flow.may(s, roles)]
    return [button(step) for step in sorted(mine, key=lambda step: step.auto)]


def button(step: Step) -> Button:
    """A step as a button."""
    return Button(step.name, verb(step.name), step.needs)


def verb(step: str) -> str:
    """What a button calls a step: check.verify is Verify."""
    return gettext(english(step))


def english(step: str) -> str:
    """The verb before translation."""
    return step.rpartition(".")[2].replace("_", " ").capitalize()
