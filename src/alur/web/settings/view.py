"""Settings: what the company wants, the data it keeps, and who may do what. Every table of tables.py has its list and its form here."""

from dataclasses import replace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from alur.core import clock
from alur.models import Customer, Product
from alur.reads import settings as reads
from alur.web import drawers, typed
from alur.web.drawers import Form
from alur.web.request import Request
from alur.web.settings import columns, holidays, people, policy, prices, rows
from alur.web.settings.tables import BY_NAME, TABLES, Table, may
from alur.web.voice import voice

GROUPS = (
    (gettext_noop("What selling stands on"), ("terms", "price_list", "tax_rule", "reason")),
    (gettext_noop("Places and days"), ("warehouse", "department", "transport_days", "holiday")),
    (gettext_noop("Partners and money"), ("supplier", "bank_account")),
)
WIDE = frozenset({"name", "lines", "email", "holder", "working_days", "parts", "name_id", "name_en", "province", "bank"})
PARENTS = {"customer_id": (Customer, "customer", "code"), "product_id": (Product, "product", "sku")}


def index(request: Request) -> HttpResponse:
    """Everything that can be set."""
    counts = reads.counts()
    groups = [
        (gettext(word), [(gettext(BY_NAME[n].title), gettext(BY_NAME[n].text), counts[n], reverse("data", args=[n])) for n in names]) for word, names in GROUPS
    ]
    words = {"groups": groups, "counts": counts, "admin": "admin" in request.roles, "crumbs": []}
    return render(request, "settings/index.html", words)


def everything(request: Request, name: str) -> HttpResponse:
    """A table's rows."""
    table = _table(name)
    if table.parent:
        raise Http404
    q = request.GET.get("q", "").strip()[:80]
    found, every = rows.found(table, q)
    asked = [column for column in rows.columns(table) if column.listed]
    words = {
        "table": table, "title": gettext(table.title), "text": gettext(table.text), "q": q, "every": every, "shown": len(found),
        "heads": [(gettext(column.word), column.name in WIDE, column.kind in ("number", "whole")) for column in asked],
        "rows": [
            (row.pk, reverse("data_row", args=[name, row.pk]), [(column.said(stored[column.name]), column.kind in ("number", "whole")) for column in asked])
            for row, stored in zip(found, rows.values(table, found), strict=True)
        ],
        "may": may(table, request), "new": reverse("data_new", args=[name]), "prices": name == "price_list", "holidays": name == "holiday",
        "events": reads.history([name], voice().language),
        "crumbs": [(gettext("Settings"), reverse("settings")), (gettext(table.title), "")],
    }  # fmt: skip
    return render(request, "settings/table.html", words)


def change(request: Request, name: str, id: int = 0) -> HttpResponse:  # noqa: A002
    """Ask for a row (GET), or write it (POST); `?of=` is whose row a new one is."""
    table = _allowed(request, name)
    row = _row(table, id, request.GET.get("of") or request.POST.get("of"))
    if _by_step(table, row):
        return redirect("customer_change", row.customer_id, "address")
    form, stored = _form(request, table, row)
    if request.method != "POST":
        return drawers.ask(request, form)
    given, errors = columns.read(_asked(table, row), form.fields)
    if errors:
        return drawers.ask(request, _wrong(form, errors), status=422)
    done = rows.save(table, row, given, request.POST.get("mark", ""), by=str(request.user.pk), at=clock.now())
    if done.stale:  # or taken out: then the page it stood on has no such row any more
        now = {c.name: c.said(stored[c.name]) for c in _asked(table, row) if c.text(stored[c.name]) != request.POST.get(f"was-{c.name}", "")}
        return drawers.ask(request, form.clashed(now), status=409)
    if done.errors:
        return drawers.ask(request, _wrong(form, done.errors), status=422)
    return drawers.done(request, form, gettext("%(what)s: saved") % {"what": gettext(table.one)} if done.changed else gettext("Nothing was different"))


@require_POST
def remove(request: Request, name: str, id: int) -> HttpResponse:  # noqa: A002
    """Take a row out."""
    table = _allowed(request, name)
    if not table.removable:
        raise PermissionDenied
    row = _row(table, id, None)
    if _by_step(table, row):
        raise PermissionDenied
    form, _stored = _form(request, table, row)
    why = rows.remove(table, row, by=str(request.user.pk), at=clock.now())
    if why:
        return drawers.ask(request, replace(form, errors=[why]), status=422)
    return drawers.done(request, form, gettext("%(what)s: taken out") % {"what": gettext(table.one)})


def _table(name: str) -> Table:
    if name not in BY_NAME:
        raise Http404
    return BY_NAME[name]


def _allowed(request: Request, name: str) -> Table:
    table = _table(name)
    if not may(table, request):
        raise PermissionDenied
    return table


def _row(table: Table, id: int, of: str | None) -> Any:  # noqa: A002
    """The stored row, or a new one with what it starts with."""
    if id:
        found = table.model.objects.filter(pk=id).first()
        if found is None:
            raise Http404
        return found
    row = table.model(**{column.name: column.start for column in table.columns if column.start is not None})
    if table.parent:
        model = PARENTS[table.parent][0]
        owner = model.objects.filter(pk=typed.whole(of)).first()
        if owner is None:
            raise Http404
        setattr(row, table.parent, owner.pk)
    return row


def _by_step(table: Table, row: Any) -> bool:
    """Whether orders stand on this row: where a customer usually takes goods is changed by check.change_customer."""
    return table.name == "address" and row.pk is not None and row.kind == "ship" and row.is_default


def _asked(table: Table, row: Any) -> list[columns.Column]:
    """What is asked: a code that is stored stays."""
    return [column for column in rows.columns(table) if row.pk is None or not column.code]


def _form(request: Request, table: Table, row: Any) -> tuple[Form, dict[str, Any]]:
    """The form of a row, and its stored values."""
    if row.pk is None:
        stored = {column.name: getattr(row, column.name, None) for column in table.columns} | (
            {table.more.column.name: table.more.column.start} if table.more else {}
        )
    else:
        stored = rows.values(table, [row])[0]
    fields = [column.field(stored[column.name]) for column in _asked(table, row)]
    said = next((str(stored[c.name]) for c in table.columns if c.name in ("name", "alias", "unit", "code") and stored[c.name]), "")
    carried = [(f"was-{field.name}", field.value) for field in fields]
    carried += [("mark", rows.mark(table, row))] if row.pk else []
    carried += [("of", str(getattr(row, table.parent)))] if table.parent else []
    title = gettext(table.one) if row.pk is None or not said else f"{gettext(table.one)}: {said}"
    form = Form(
        title, gettext("Save") if row.pk else gettext("Add it"), drawers.typed(fields, request.POST if "mark" in request.POST or not row.pk else {}),
        action=request.path if not request.path.endswith("/remove") else reverse("data_row", args=[table.name, row.pk]), back=_back(table, row),
        text=gettext(table.text), carried=carried,
        remove=reverse("data_remove", args=[table.name, row.pk]) if row.pk and table.removable else "",
    )  # fmt: skip
    return form, stored


def _wrong(form: Form, errors: Any) -> Form:
    known = {field.name for field in form.fields}
    fields = [replace(field, error=errors.get(field.name, "")) for field in form.fields]
    return replace(form, fields=fields, errors=[text for name, text in errors.items() if name not in known])


def _back(table: Table, row: Any) -> str:
    if not table.parent:
        return reverse("data", args=[table.name])
    model, url, key = PARENTS[table.parent]
    return reverse(url, args=[model.objects.values_list(key, flat=True).get(pk=getattr(row, table.parent))])


urls = [
    path("settings/", index, name="settings"),
    path("settings/policy/", policy.page, name="policy"),
    path("settings/policy/<slug:name>", policy.change, name="policy_change"),
    path("settings/policy/<slug:name>/preview", policy.preview, name="policy_preview"),
    path("settings/people/", people.everyone, name="people"),
    path("settings/people/new", people.invite, name="people_new"),
    path("settings/people/<int:id>", people.change, name="people_change"),
    path("settings/people/<int:id>/password", people.password, name="people_password"),
    path("settings/prices/<int:id>/", prices.page, name="list_prices"),
    path("settings/data/holiday/propose", holidays.propose, name="holidays_propose"),
    path("settings/data/<slug:name>/", everything, name="data"),
    path("settings/data/<slug:name>/new", change, name="data_new"),
    path("settings/data/<slug:name>/<int:id>", change, name="data_row"),
    path("settings/data/<slug:name>/<int:id>/remove", remove, name="data_remove"),
]
assert {name for _word, names in GROUPS for name in names} <= {table.name for table in TABLES}  # every group names tables that are there
