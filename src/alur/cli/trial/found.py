"""What every new company starts with: books, policy, its own warehouse, a bank account, reasons."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alur.books import chart
from alur.models import BankAccount, Policy, PriceList, Reason, Supplier, Terms, TermsPart, Warehouse

REASONS = (
    ("short_pick", "not_found", "Tidak ditemukan di rak", "Not found on the shelf", "quantity", False),
    ("short_pick", "damaged", "Rusak", "Damaged", "quantity", False),
    ("failed_delivery", "closed", "Toko tutup", "Shop closed", "none", False),
    ("failed_delivery", "nobody_home", "Penerima tidak ada", "Nobody to receive", "none", False),
    ("failed_delivery", "refused", "Ditolak penerima", "Refused by the receiver", "none", True),
    ("failed_delivery", "lost", "Hilang atau rusak di jalan", "Lost or broken on the way", "quantity", False),
    ("return", "defective", "Cacat", "Defective", "none", False),
    ("return", "wrong_item", "Salah kirim", "Wrong item", "none", False),
    ("return", "discount", "Potongan harga", "Discount", "none", False),
    ("cancel", "customer", "Diminta pelanggan", "Asked by the customer", "none", True),
    ("cancel", "no_stock", "Stok tidak ada", "Out of stock", "none", True),
    ("write_off", "rounding", "Pembulatan", "Rounding", "none", False),
)


@dataclass(frozen=True, slots=True)
class Founded:
    """The rows that what follows refers to."""

    warehouse: Warehouse
    price_list: PriceList
    on_account: Terms
    prepaid: Terms


def found(at: datetime, *, currency: str, province: str = "", policy: dict[str, Any] | None = None) -> Founded:
    """Give the current company, which has tables only, what it needs to sell."""
    chart.open_books()
    Policy.objects.create(at=at, by="system", **(policy or {}))
    Reason.objects.bulk_create([Reason(kind=k, code=c, name_id=i, name_en=e, stock_effect=s, lost_sale=lost) for k, c, i, e, s, lost in REASONS])
    BankAccount.objects.create(code="BANK", bank="Bank", number="0000000000", holder="-", currency=currency, is_default=True)
    Supplier.objects.create(code="S0", name="Pemasok umum")
    on_account, prepaid = Terms.objects.create(code="N30", name="30 hari"), Terms.objects.create(code="PREPAID", name="Bayar di muka", advance_pct=100)
    TermsPart.objects.bulk_create([TermsPart(terms=on_account, days=30), TermsPart(terms=prepaid, days=0)])
    return Founded(
        Warehouse.objects.create(code="MAIN", name="Gudang utama", province=province),
        PriceList.objects.create(code="LIST", name="Daftar umum", currency=currency, is_default=True),
        on_account,
        prepaid,
    )
