"""A request as every view behind the door gets it: what the middleware added."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from alur.core.company import Company
from alur.models import User


class Request(HttpRequest):
    """For annotations only; the middleware sets these on Django's own request."""

    user: User  # type: ignore[assignment]  # behind the door everybody is known
    htmx: HtmxDetails
    company: Company
    companies: list[tuple[str, str]]  # (slug, name) of the person's companies
    roles: frozenset[str]
    theme: str
    language_chosen: bool
    mark: str  # what the log had said before the page read anything (reads/news.py)
    stage: str  # a view sets it: which stage of the nav is lit
