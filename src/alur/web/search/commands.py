"""What can be done and where one can go, by the words people type for it, in either language."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

from alur.web.shell import Shell, where


@dataclass(frozen=True, slots=True)
class Command:
    """Something to do, or a place."""

    label: str
    url: str
    icon: str


# (words, the URL's name, icon, who may, other words for it)
DO = (
    (gettext_noop("New telephone order"), "phone", "phone", {"desk", "manager", "admin"}, "baru pesanan telepon buat entry new order"),
    (gettext_noop("Record a payment"), "payment_new", "wallet", {"finance", "admin"}, "bayar pembayaran catat uang masuk money receipt"),
    (gettext_noop("Unmatched payments"), "payments", "wallet", {"finance", "manager", "admin"}, "pembayaran belum cocok payments open"),
    (gettext_noop("Invoices and what is owed"), "invoices", "receipt", {"finance", "manager", "admin", "desk"}, "faktur piutang tagihan invoices aging"),
    (gettext_noop("Deliveries"), "deliveries", "truck", set(), "kiriman pengiriman surat jalan"),
    (gettext_noop("Journal"), "journal", "book", {"finance", "manager", "admin"}, "jurnal buku ledger"),
    (gettext_noop("Change password"), "account_change_password", "lock", set(), "kata sandi ganti password"),
)
# other words for the places of the nav
ALSO = {"today": "home beranda hari ini", "orders": "pesanan order semua", "customers": "pelanggan customer", "products": "produk stok barang stock",
        "exceptions": "ditahan holds pengecualian", "books": "neraca saldo trial balance buku"}  # fmt: skip


def of(q: str, shell: Shell) -> list[Command]:
    """The commands and places that every word of this may mean; with nothing typed all of them."""
    return [each for each, words in _every(shell) if _means(q, f"{each.label} {words}")]


def _every(shell: Shell) -> Iterator[tuple[Command, str]]:
    for word, name, icon, roles, more in DO:
        url = where(name)
        if url and (not roles or roles & shell.roles_of):
            yield Command(gettext(word), url, icon), f"{word} {more}"
    for place in (*shell.nav, *shell.stages, *shell.data):
        yield Command(place.label, place.url, place.icon or "right"), f"{place.name} {ALSO.get(place.name, '')}"


def _means(q: str, words: str) -> bool:
    every = words.lower().split()
    return all(any(word.startswith(part) for word in every) for part in q.lower().split())


__all__ = ("DO", "Command", "of")
