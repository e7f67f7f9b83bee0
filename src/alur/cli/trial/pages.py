"""What every page costs the server, asked as an administrator's browser would: time, size, statements."""

import statistics
import time
from collections.abc import Iterator
from typing import LiteralString

from django.test import Client
from django.urls import NoReverseMatch, URLPattern, reverse
from rich.progress import Progress

from alur.core import company, sql
from alur.models import Company, Membership, User
from alur.web import counts, urls

TIMES = 11
HOST = "localhost"
# A thing of each kind that has a page of its own, by the number people know.
SAMPLES: dict[str, LiteralString] = {
    "order": "SELECT number FROM sales_order WHERE id > 0 ORDER BY id DESC LIMIT 1",
    "customer": "SELECT code FROM customer ORDER BY id LIMIT 1",
    "product": "SELECT sku FROM product ORDER BY id LIMIT 1",
    "delivery": "SELECT number FROM delivery WHERE id > 0 ORDER BY id DESC LIMIT 1",
    "invoice": "SELECT number FROM invoice WHERE id > 0 ORDER BY id DESC LIMIT 1",
    "payment": "SELECT number FROM payment WHERE id > 0 ORDER BY id DESC LIMIT 1",
}
SEARCHES = ("search", "?q="), ("orders", "?q=")
WORDS = ("SO-2026-00", "Customer 77", "SKU5", "0812")
EMAIL = "bench@alur.invalid"


def measure(progress: Progress) -> dict[str, dict[str, float]]:
    """Every page of the map of addresses that shows something to read: {page: {p50_ms, p95_ms, kb, queries}}."""
    _forget()
    user = User.objects.create_user(EMAIL, name="Bench")
    try:
        Membership.objects.create(user=user, company=Company.objects.get(slug=company.current().slug), role="admin")
        browser = Client(headers={"host": HOST})
        browser.force_login(user)
        found = {}
        for page in progress.track(sorted(set(_addresses())), description="pages"):
            measured = _page(browser, page)
            if measured:
                found[page] = measured
        return found
    finally:
        _forget()


def _forget() -> None:
    Membership.objects.filter(user__email=EMAIL).delete()
    User.objects.filter(email=EMAIL).delete()


def _addresses() -> Iterator[str]:
    samples = {kind: sql.read(statement)[0][0] for kind, statement in SAMPLES.items()}
    for pattern in urls.urlpatterns:
        name = pattern.name if isinstance(pattern, URLPattern) else None
        if name is None:
            continue
        arguments = list(pattern.pattern.converters)
        try:
            yield reverse(name, args=[samples[name.split("_")[0]]] if len(arguments) == 1 else [])
        except (KeyError, NoReverseMatch):  # an address of something this company has none of, or of a form's answer
            continue
    for name, question in SEARCHES:
        for word in WORDS:
            yield reverse(name) + question + word


def _page(browser: Client, address: str) -> dict[str, float] | None:
    times, answer, statements = [], None, 0
    for _ in range(TIMES + 1):
        counts.forget(company.current().slug)
        with sql.counting() as counted:
            began = time.perf_counter()
            answer = browser.get(address)
            times.append((time.perf_counter() - began) * 1000)
        statements = counted.statements
        if answer.status_code != 200 or answer.streaming or "html" not in answer.headers.get("Content-Type", ""):
            return None
    p95 = statistics.quantiles(times[1:], n=20)[-1]  # the first one reads templates
    size = len(answer.content) if answer else 0
    return {"p50_ms": round(statistics.median(times[1:]), 1), "p95_ms": round(p95, 1), "kb": round(size / 1024, 1), "queries": statements}
