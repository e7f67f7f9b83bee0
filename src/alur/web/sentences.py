"""Codes as sentences. A bare code in front of a person is a bug, so even an unknown one is said in words."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, gettext_noop

from alur.web import flow, status
from alur.web.templatetags.words import spoken

COMMON = {
    "waits_for_ahead": gettext_noop("Others are ahead in the queue; it follows by itself."),
    "too_early": gettext_noop("It is too early for this; it follows by itself."),
    "stale_version": gettext_noop("Somebody else changed this meanwhile; your change was not made. Look at the new state and try again."),
    "awaiting_payment": gettext_noop("It waits for the customer's payment."),
}
UNKNOWN = gettext_noop("This did not go through ({code}).")


def of(code: str, facts: Mapping[str, Any] | None, step: str = "") -> str:
    """What is said of a refusal or a hold."""
    sentence = flow.sentence(code, step) or COMMON.get(code) or UNKNOWN
    return spoken(sentence, {"code": code, **_in_words(facts or {})})


def _in_words(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts that are codes of ours, as people say them."""
    said = dict(facts)
    state = said.get("state")
    if isinstance(state, str):
        known = next((words[state][0] for words in status.WORDS.values() if state in words), state)
        said["state"] = gettext(known)
    return said
