"""The chart of accounts of an Indonesian trading company; steps name accounts by these names."""

from alur.core import sql

CASH, BANK, GIRO_IN_HAND = 1101, 1102, 1105
RECEIVABLE = 1201
INVENTORY, GOODS_IN_TRANSIT = 1301, 1302
TAX_WITHHELD, VAT_COLLECTED_BY_BUYER = 1401, 1402
UNALLOCATED_RECEIPTS, CUSTOMER_ADVANCES, OUTPUT_VAT, GOODS_NOT_INVOICED = 2101, 2102, 2103, 2104
OPENING_EQUITY = 3101
REVENUE, DOCUMENT_ROUNDING = 4101, 4901
COST_OF_GOODS, STOCK_LOSS, STOCK_DIFFERENCE, STOCK_ROUNDING = 5101, 5102, 5103, 5104
BANK_FEES, PAYMENT_DIFFERENCES = 6101, 6102

CHART = (
    (CASH, "Kas", "Cash", "asset"),
    (BANK, "Bank", "Bank", "asset"),
    (GIRO_IN_HAND, "Giro diterima", "Giro in hand", "asset"),
    (RECEIVABLE, "Piutang usaha", "Accounts receivable", "asset"),
    (INVENTORY, "Persediaan barang", "Inventory", "asset"),
    (GOODS_IN_TRANSIT, "Barang dalam perjalanan", "Goods in transit", "asset"),
    (TAX_WITHHELD, "PPh dipotong pelanggan", "Income tax withheld by customers", "asset"),
    (VAT_COLLECTED_BY_BUYER, "PPN dipungut pembeli", "VAT collected by buyers", "asset"),
    (UNALLOCATED_RECEIPTS, "Penerimaan belum dialokasikan", "Unallocated receipts", "liability"),
    (CUSTOMER_ADVANCES, "Uang muka pelanggan", "Customer advances", "liability"),
    (OUTPUT_VAT, "PPN keluaran", "Output VAT", "liability"),
    (GOODS_NOT_INVOICED, "Barang diterima belum difaktur", "Goods received not invoiced", "liability"),
    (OPENING_EQUITY, "Ekuitas pembukaan", "Opening equity", "equity"),
    (REVENUE, "Penjualan", "Revenue", "income"),
    (DOCUMENT_ROUNDING, "Pembulatan dokumen", "Document rounding", "income"),
    (COST_OF_GOODS, "Harga pokok penjualan", "Cost of goods sold", "expense"),
    (STOCK_LOSS, "Kerugian persediaan", "Stock loss", "expense"),
    (STOCK_DIFFERENCE, "Selisih persediaan", "Stock difference", "expense"),
    (STOCK_ROUNDING, "Pembulatan persediaan", "Stock rounding", "expense"),
    (BANK_FEES, "Biaya bank", "Bank fees", "expense"),
    (PAYMENT_DIFFERENCES, "Selisih pembayaran", "Payment differences", "expense"),
)

OPEN = """
INSERT INTO account (code, name_id, name_en, kind)
SELECT * FROM unnest(%(code)s::int[], %(name_id)s::text[], %(name_en)s::text[], %(kind)s::text[])
ON CONFLICT DO NOTHING
"""


def open_books() -> None:
    """Give the current company its accounts."""
    code, name_id, name_en, kind = zip(*CHART, strict=True)
    sql.run(OPEN, code=list(code), name_id=list(name_id), name_en=list(name_en), kind=list(kind))
