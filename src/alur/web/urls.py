"""All addresses: each screen keeps its own `urls`. A new screen is one line here."""

from importlib import import_module

SCREENS = (
    "account",
    "board",
    "books",
    "customers",
    "departments",
    "entry",
    "deliveries",
    "hands",
    "holds",
    "kept",
    "lists",
    "money",
    "orders",
    "papers",
    "products",
    "returns",
    "search",
    "settings",
    "sheet_of_parts",
    "steps",
    "supply",
    "today",
)

urlpatterns = [url for screen in SCREENS for url in import_module(f"alur.web.{screen}.view").urls]
handler403 = "alur.web.failures.forbidden"
handler404 = "alur.web.failures.not_found"
handler500 = "alur.web.failures.broken"
