"""Who may do what in this company: an administrator invites people with a password for once, and gives or takes their roles."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.validators import validate_email
from django.db import connection, transaction
from django.forms import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from alur import log
from alur.core import clock
from alur.models import Company, Membership, User
from alur.models.public import ROLES as KNOWN
from alur.reads import settings as reads
from alur.web import drawers
from alur.web.account import once
from alur.web.drawers import Field, Form
from alur.web.request import Request
from alur.web.shell import ROLES

LAST = "last_admin"


def everyone(request: Request) -> HttpResponse:
    """The people of this company."""
    _allowed(request)
    rows = [(row, ", ".join(_role(role) for role in row.roles), reverse("people_change", args=[row.id])) for row in reads.people(request.company.slug)]
    crumbs = [(gettext("Settings"), reverse("settings")), (gettext("People"), "")]
    return render(request, "settings/people.html", {"rows": rows, "new": reverse("people_new"), "crumbs": crumbs})


def invite(request: Request) -> HttpResponse:
    """Ask who (GET), or make the person (POST) and say the password, once."""
    _allowed(request)
    fields = [
        Field("email", gettext("E-mail"), required=True, hint=gettext("They sign in with it.")),
        Field("name", gettext("Name"), required=True),
        Field("language", gettext("Language"), "choice", "id", "", [("id", "Bahasa Indonesia"), ("en", "English")]),
        _roles([]),
    ]
    form = Form(
        gettext("Invite somebody"), gettext("Invite"), drawers.typed(fields, request.POST), action=request.path, back=reverse("people"),
        text=gettext("They get a password that is good for signing in once; then they choose their own. Somebody who has an account keeps it."),
    )  # fmt: skip
    if request.method != "POST":
        return drawers.ask(request, form)
    form = replace(form, fields=[replace(field, error=_error(field)) for field in form.fields])
    if form.wrong:
        return drawers.ask(request, form, status=422)
    a = {field.name: field.value for field in form.fields}
    with transaction.atomic():
        user = User.objects.filter(email=a["email"].lower()).first()
        said = ""
        if user is None:
            user = User(email=a["email"].lower(), name=a["name"], language=a["language"])
            said = once.give(user)
            user.save()
        _write(request, user, a["roles"].split(), add=True)
    return _say(request, user, said) if said else drawers.done(request, form, gettext("%(who)s belongs to the company now") % {"who": user})


def change(request: Request, id: int) -> HttpResponse:  # noqa: A002
    """Ask for somebody's roles (GET), or set them (POST)."""
    _allowed(request)
    user, stored = _member(request, id)
    field = replace(_roles(stored), hint=gettext("None ticked: they do not belong to the company any more."))
    form = Form(
        gettext("Roles of %(who)s") % {"who": user}, gettext("Save the roles"), drawers.typed([field], request.POST), action=request.path,
        back=reverse("people"), carried=[("was", field.value)],
    )  # fmt: skip
    if request.method != "POST":
        form = replace(form, text=gettext("A forgotten password is replaced on their row.")) if _ours(request, user) else form
        return drawers.ask(request, form)
    if request.POST.get("was", "") != field.value:
        return drawers.ask(request, form.clashed({"roles": ", ".join(map(_role, stored)) or "–"}), status=409)
    wanted = form.fields[0].values
    if _write(request, user, wanted) == LAST:
        return drawers.ask(request, replace(form, errors=[gettext("This is the last administrator. Make somebody else one first.")]), status=422)
    return drawers.done(request, form, gettext("%(who)s: roles saved") % {"who": user})


@require_POST
def password(request: Request, id: int) -> HttpResponse:  # noqa: A002
    """Give somebody a new password for once; only to people of this company alone, for theirs opens other companies too."""
    _allowed(request)
    user, _stored = _member(request, id)
    if not _ours(request, user):
        raise PermissionDenied
    said = once.give(user)
    user.save(update_fields=["password"])
    return _say(request, user, said)


def _say(request: Request, user: User, said: str) -> HttpResponse:
    response = render(request, "settings/once_drawer.html" if request.htmx else "settings/once_page.html", {"who": user, "said": said})
    response["HX-Trigger"], response["Cache-Control"] = "alur:people", "no-store"
    return response


def _write(request: Request, user: User, wanted: Sequence[str], *, add: bool = False) -> str:
    """Make these the person's roles here, or add them; LAST if nobody would be left who may."""
    here = Company.objects.get(slug=request.company.slug)
    with transaction.atomic():
        with connection.cursor() as cursor:  # of two administrators who dismiss each other, one stays
            cursor.execute("LOCK TABLE public.membership IN SHARE ROW EXCLUSIVE MODE")
        mine = Membership.objects.filter(user=user, company=here)
        stored = set(mine.values_list("role", flat=True))
        roles = (stored if add else set()) | (set(wanted) & set(KNOWN))
        if "admin" in stored - roles and not Membership.objects.filter(company=here, role="admin", user__is_active=True).exclude(user=user).exists():
            return LAST
        mine.filter(role__in=stored - roles).delete()
        Membership.objects.bulk_create(Membership(user=user, company=here, role=role) for role in sorted(roles - stored))
        if roles != stored:
            told = log.Record("membership.changed", user.pk, subject_kind="membership", data={"user_id": user.pk, "roles": sorted(roles)})
            log.write([told], by=str(request.user.pk), at=clock.now())
    return ""


def _member(request: Request, id: int) -> tuple[User, list[str]]:  # noqa: A002
    """Somebody of this company, and the roles."""
    stored = list(Membership.objects.filter(user_id=id, company__slug=request.company.slug).values_list("role", flat=True))
    if not stored:
        raise Http404
    return User.objects.get(pk=id), [role for role in KNOWN if role in stored]


def _ours(request: Request, user: User) -> bool:
    """Whether somebody belongs to this company alone."""
    return not user.is_superuser and not Membership.objects.filter(user=user).exclude(company__slug=request.company.slug).exists()


def _allowed(request: Request) -> None:
    if "admin" not in request.roles:
        raise PermissionDenied


def _roles(stored: Sequence[str]) -> Field:
    return Field("roles", gettext("Roles"), "many", " ".join(stored), "", [(role, _role(role)) for role in KNOWN], required=True)


def _role(role: str) -> str:
    return gettext(ROLES.get(role, role))


def _error(field: Field) -> Any:
    if field.required and not field.value:
        return gettext("Please fill this in")
    if field.name == "email":
        try:
            validate_email(field.value)
        except ValidationError:
            return gettext("An e-mail address, such as budi@toko.co.id.")
    return ""
