"""Refusals as this reader's sentences: reads/sentences.py in the voice of the request."""

from collections.abc import Mapping, Sequence
from typing import Any

from alur.core.step import Refusal
from alur.flow import map as flow
from alur.reads import sentences
from alur.web.voice import voice


def refusals(step: str, refused: Sequence[Refusal]) -> list[str]:
    """A sentence for each refusal of a step, names looked up at once."""
    return sentences.refusals(flow.by_name[step], refused, voice().language, shared=flow.REFUSALS, now=voice().now)


def of(code: str, facts: Mapping[str, Any], step: str) -> str:
    """The sentence of one refusal."""
    return refusals(step, [Refusal(0, code, dict(facts))])[0]
