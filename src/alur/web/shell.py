"""What stands around every page: the way through Alur, the company, the person, language and theme. One context processor: `shell`."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, gettext, gettext_noop

from alur.core import words
from alur.web import counts, live
from alur.web.voice import voice

SHEETS = ("ground", "shell", "state", "table", "blocks", "forms", "hands", "narrow")
NEXT_THEME = {"auto": "light", "light": "dark", "dark": "auto"}
# the eight stages in the order of the process; their folders in flow/ have the same names
STAGES = {
    "capture": gettext_noop("Capture"),
    "check": gettext_noop("Check"),
    "confirm": gettext_noop("Confirm"),
    "deliver": gettext_noop("Deliver"),
    "invoice": gettext_noop("Invoice"),
    "pay": gettext_noop("Payment"),
    "returns": gettext_noop("Returns"),
    "settle": gettext_noop("Settle"),
}
ROLES = {
    "desk": gettext_noop("Order desk"),
    "verifier": gettext_noop("Verifier"),
    "warehouse": gettext_noop("Warehouse"),
    "dispatcher": gettext_noop("Dispatcher"),
    "driver": gettext_noop("Driver"),
    "technician": gettext_noop("Technician"),
    "finance": gettext_noop("Finance"),
    "manager": gettext_noop("Manager"),
    "admin": gettext_noop("Administrator"),
}
# (name of the URL, words, icon): a place is shown once its screen exists
NAV = (("today", gettext_noop("Today"), "home"), ("exceptions", gettext_noop("Exceptions"), "pause"))
DATA = (
    ("orders", gettext_noop("Orders"), "file"),
    ("customers", gettext_noop("Customers"), "user"),
    ("products", gettext_noop("Products & stock"), "box"),
    ("supply", gettext_noop("Supply"), "swap"),
    ("departments", gettext_noop("Departments"), "calendar"),
    ("books", gettext_noop("Books"), "book"),
    ("insight", gettext_noop("Insight"), "chart"),
    ("settings", gettext_noop("Settings"), "set"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A link of the shell."""

    label: str
    url: str
    icon: str = ""
    here: bool = False
    count: int | None = None
    late: int = 0
    open: str = ""  # a dialog to open instead
    name: str = ""
    oldest: datetime | None = None


def where(name: str, *args: object) -> str:
    """The address of a screen, or nothing where there is no such screen (yet)."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


class Shell:
    """Lazy: a page that shows no nav asks no counts."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.company = getattr(request, "company", None)
        self.companies = getattr(request, "companies", [])
        self.theme = getattr(request, "theme", "auto")
        self.next_theme = NEXT_THEME[self.theme]
        self.language = get_language() or settings.LANGUAGE_CODE
        self.languages = words.LANGUAGES
        self.other_language = "en" if self.language == "id" else "id"
        self.now = voice().now
        self.sign = words.CURRENCIES.get(voice().currency, (voice().currency, 2))[0].strip()
        self.sheets = [static(f"alur/{name}.css") for name in SHEETS]

    def _here(self, url: str) -> bool:
        path = self.request.path
        return path == url or (url != "/" and path.startswith(url))

    def _places(self, places: tuple[tuple[str, str, str], ...]) -> list[Place]:
        found = ((name, gettext(label), icon, where(name)) for name, label, icon in places)
        return [Place(label, url, icon, self._here(url), *self._counted(name), name=name) for name, label, icon, url in found if url]

    def _counted(self, name: str) -> tuple[int | None, int]:
        count = self.counts.get(name)
        return (count.waiting, count.late) if count else (None, 0)

    @cached_property
    def counts(self) -> dict[str, counts.Count]:
        """How much waits in each stage, and how much of it is late."""
        return counts.of(self.company.slug) if self.company else {}

    @cached_property
    def nav(self) -> list[Place]:
        """The places above the flow."""
        return self._places(NAV)

    @cached_property
    def data(self) -> list[Place]:
        """The places below the flow."""
        return self._places(DATA)

    @cached_property
    def stages(self) -> list[Place]:
        """The flow."""
        stage = getattr(self.request, "stage", "")
        found = []
        for name, label in STAGES.items():
            url, count = where("stage", name), self.counts.get(name, counts.NONE)
            found.append(Place(gettext(label), url, "", name == stage or self._here(url), count.waiting, count.late, name=name, oldest=count.oldest))
        return found

    @cached_property
    def tabbar(self) -> list[Place]:
        """A phone's doors: home, the flow, search, what is stuck, orders."""
        first = self._places(NAV)
        flow = Place(gettext("Flow"), where("flow") or "/", "truck", any(each.here for each in self.stages))
        search = Place(gettext("Search"), where("search"), "search", open="palette")
        return [*first[:1], flow, search, *first[1:], *self._places(DATA[:1])]

    @property
    def live(self) -> str:
        """What a page that keeps up carries; nothing without a company."""
        return live.word(self.company) if self.company else ""

    @property
    def mark(self) -> str:
        """What the log had said when this page began to read."""
        return getattr(self.request, "mark", "")

    @property
    def new_order(self) -> str:
        """Where a telephone order is entered, for those who may."""
        return where("phone") if self.roles_of & {"desk", "manager", "admin"} else ""

    @property
    def roles_of(self) -> frozenset[str]:
        """The person's roles in this company."""
        return getattr(self.request, "roles", frozenset())

    @property
    def roles(self) -> str:
        """The roles as words."""
        return ", ".join(gettext(ROLES[role]) for role in ROLES if role in self.roles_of)

    @property
    def parts(self) -> str:
        """The page of parts, for those who build."""
        return where("parts") if settings.DEBUG or "admin" in self.roles_of else ""


def shell(request: HttpRequest) -> dict[str, Shell]:
    """For settings.TEMPLATES."""
    return {"shell": Shell(request)}
