"""The demo's company: PT Tirta Boga Niaga, wholesaler of coffee and household goods, with its products, customers and people. All invented."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from random import Random

import holidays

from alur.cli.trial.found import found
from alur.models import (
    Address,
    BankAccount,
    Contact,
    Customer,
    Department,
    Holiday,
    Price,
    PriceList,
    Product,
    ProductAlias,
    ProductUnit,
    Supplier,
    TaxRule,
    Terms,
    TermsPart,
    TransportDays,
    Warehouse,
)  # fmt: skip
from alur.supply import opening

# sku, Indonesian, English, unit, price, cost in % of it, per dus, order multiple
GOODS = (
    ("KP-GAYO-1", "Biji kopi Arabika Gayo 1 kg", "Arabica Gayo beans 1 kg", "kg", 285_000, 68, 10, 1),
    ("KP-TORA-1", "Biji kopi Arabika Toraja 1 kg", "Arabica Toraja beans 1 kg", "kg", 298_000, 69, 10, 1),
    ("KP-FLOR-1", "Biji kopi Arabika Flores Bajawa 1 kg", "Arabica Flores Bajawa beans 1 kg", "kg", 276_000, 67, 10, 1),
    ("KP-KINT-1", "Biji kopi Arabika Kintamani 1 kg", "Arabica Kintamani beans 1 kg", "kg", 292_000, 68, 10, 1),
    ("KP-DAMP-1", "Biji kopi Robusta Dampit 1 kg", "Robusta Dampit beans 1 kg", "kg", 142_000, 71, 10, 1),
    ("KP-TEMA-1", "Biji kopi Robusta Temanggung 1 kg", "Robusta Temanggung beans 1 kg", "kg", 138_000, 71, 10, 1),
    ("KP-HOUS-1", "Kopi campuran rumah 1 kg", "House blend 1 kg", "kg", 198_000, 66, 10, 1),
    ("KP-DEKA-500", "Kopi tanpa kafein 500 g", "Decaf coffee 500 g", "pak", 176_000, 70, 12, 1),
    ("KP-DRIP-10", "Kopi saring celup isi 10", "Drip bags, box of 10", "kotak", 62_000, 60, 24, 1),
    ("SS-UHT-12", "Susu UHT full cream 1 L, dus 12", "UHT full cream milk 1 L, case of 12", "dus", 214_000, 84, 1, 1),
    ("SS-OAT-6", "Susu oat barista 1 L, dus 6", "Barista oat milk 1 L, case of 6", "dus", 228_000, 80, 1, 1),
    ("SS-KEN-24", "Susu kental manis 490 g, dus 24", "Condensed milk 490 g, case of 24", "dus", 312_000, 85, 1, 1),
    ("SS-EVA-24", "Susu evaporasi 380 g, dus 24", "Evaporated milk 380 g, case of 24", "dus", 348_000, 84, 1, 1),
    ("GP-AREN-5", "Gula aren cair 5 kg", "Liquid palm sugar 5 kg", "jerigen", 178_000, 72, 4, 1),
    ("GP-PUTIH-50", "Gula pasir 50 kg", "White sugar 50 kg", "sak", 812_000, 91, 1, 1),
    ("GP-SACHET-500", "Gula sachet 8 g, isi 500", "Sugar sachets 8 g, 500 pieces", "pak", 96_000, 70, 6, 1),
    ("SR-VAN-750", "Sirup vanila 750 ml", "Vanilla syrup 750 ml", "btl", 96_500, 62, 12, 1),
    ("SR-VAN-1L", "Sirup vanila 1 liter", "Vanilla syrup 1 litre", "btl", 121_000, 62, 12, 1),
    ("SR-VNF-750", "Sirup vanila bebas gula 750 ml", "Sugar-free vanilla syrup 750 ml", "btl", 108_500, 64, 12, 1),
    ("SR-KRM-750", "Sirup karamel 750 ml", "Caramel syrup 750 ml", "btl", 96_500, 62, 12, 1),
    ("SR-HZL-750", "Sirup hazelnut 750 ml", "Hazelnut syrup 750 ml", "btl", 98_500, 62, 12, 1),
    ("SR-PDN-750", "Sirup pandan 750 ml", "Pandan syrup 750 ml", "btl", 89_000, 60, 12, 1),
    ("PS-VAN-100", "Pasta vanila 100 ml", "Vanilla paste 100 ml", "btl", 74_000, 58, 24, 1),
    ("BK-COK-1", "Bubuk cokelat 1 kg", "Chocolate powder 1 kg", "kg", 118_000, 66, 12, 1),
    ("BK-MAT-500", "Bubuk matcha 500 g", "Matcha powder 500 g", "pak", 164_000, 63, 12, 1),
    ("BK-TAR-1", "Bubuk taro 1 kg", "Taro powder 1 kg", "kg", 92_000, 61, 12, 1),
    ("TH-HIT-100", "Teh hitam celup isi 100", "Black tea bags, 100 pieces", "kotak", 38_500, 70, 24, 1),
    ("TH-MEL-50", "Teh melati celup isi 50", "Jasmine tea bags, 50 pieces", "kotak", 24_000, 70, 24, 1),
    ("CP-08P", "Gelas kertas 8 oz, isi 50", "Paper cups 8 oz, 50 pieces", "pak", 31_000, 64, 20, 1),
    ("CP-12P", "Gelas kertas 12 oz, isi 50", "Paper cups 12 oz, 50 pieces", "pak", 38_000, 64, 20, 1),
    ("CP-16S", "Gelas plastik 16 oz, isi 50", "Plastic cups 16 oz, 50 pieces", "pak", 34_500, 66, 20, 1),
    ("TP-12", "Tutup gelas 12 oz, isi 50", "Lids 12 oz, 50 pieces", "pak", 19_500, 62, 40, 1),
    ("SD-BAM-100", "Sedotan bambu isi 100", "Bamboo straws, 100 pieces", "pak", 42_000, 58, 20, 1),
    ("SD-KER-250", "Sedotan kertas isi 250", "Paper straws, 250 pieces", "pak", 36_000, 61, 20, 1),
    ("TS-NAP-12", "Serbet kertas, dus 12 pak", "Paper napkins, case of 12", "dus", 84_000, 70, 1, 1),
    ("CK-180", "Cangkir cappuccino 180 ml", "Cappuccino cup 180 ml", "bh", 42_500, 55, 6, 6),
    ("CK-200", "Cangkir latte 200 ml", "Latte cup 200 ml", "bh", 44_000, 55, 6, 6),
    ("CK-ESP", "Cangkir espresso 80 ml", "Espresso cup 80 ml", "bh", 34_000, 55, 6, 6),
    ("GL-350", "Gelas tinggi 350 ml", "Tall glass 350 ml", "bh", 27_400, 58, 12, 12),
    ("PR-20", "Piring saji 20 cm", "Serving plate 20 cm", "bh", 38_000, 56, 12, 1),
    ("SN-TEH-12", "Sendok teh baja, isi 12", "Steel teaspoons, set of 12", "set", 68_000, 57, 10, 1),
    ("TK-600", "Teko susu baja 600 ml", "Steel milk jug 600 ml", "bh", 128_000, 60, 12, 1),
    ("SR-V60-02", "Saringan V60 ukuran 02", "V60 dripper size 02", "bh", 112_000, 59, 12, 1),
    ("KS-V60-100", "Kertas saring V60, isi 100", "V60 filter papers, 100 pieces", "pak", 58_000, 63, 24, 1),
    ("TM-58", "Tamper 58 mm", "Tamper 58 mm", "bh", 215_000, 61, 6, 1),
    ("TB-DIG", "Timbangan digital barista", "Digital barista scale", "bh", 385_000, 66, 6, 1),
    ("GR-TGN", "Penggiling kopi tangan", "Hand coffee grinder", "bh", 465_000, 68, 4, 1),
    ("FP-600", "French press 600 ml", "French press 600 ml", "bh", 189_000, 60, 8, 1),
    ("SB-CUC-5", "Sabun cuci piring 5 L", "Dish soap 5 L", "jerigen", 64_000, 68, 4, 1),
    ("SB-LAN-5", "Pembersih lantai 5 L", "Floor cleaner 5 L", "jerigen", 72_000, 67, 4, 1),
    ("SB-TAN-5", "Sabun tangan 5 L", "Hand soap 5 L", "jerigen", 78_000, 66, 4, 1),
    ("PB-MES-1", "Bubuk pembersih mesin kopi 1 kg", "Coffee machine cleaner 1 kg", "kg", 246_000, 64, 12, 1),
    ("LP-MIC-6", "Lap mikrofiber isi 6", "Microfibre cloths, pack of 6", "pak", 54_000, 55, 20, 1),
    ("KR-SMP-XL", "Kantong sampah XL isi 20", "Bin bags XL, 20 pieces", "pak", 32_000, 62, 30, 1),
)
DISCONTINUED = ("SR-KRM-700", "Sirup karamel 700 ml (lama)", "Caramel syrup 700 ml (old)", "btl", 88_000, 64, 12, 1)
CREW = ("PASANG", "Tim pemasangan")  # three visits a day, Monday to Friday
SERVICES = (
    ("JS-PASANG", "Pasang dan setel mesin kopi", "Coffee machine set-up", "kunjungan", 350_000),
    ("JS-LATIH", "Pelatihan barista di tempat", "Barista training on site", "kunjungan", 450_000),
)
CHARGE = ("ONGKIR", "Ongkos kirim", "Delivery charge", 45_000)
ALIASES = (
    ("SR-VAN-750", "sirop vanilla"),
    ("KP-GAYO-1", "kopi aceh gayo"),
    ("SS-UHT-12", "susu cair"),
    ("CP-12P", "paper cup 12"),
    ("GP-AREN-5", "gula merah cair"),
)
KINDS = ("Kafe", "Kedai Kopi", "Resto", "Hotel", "Toko", "Warung", "Katering", "Kantin", "Toko Roti", "Koperasi")
NAMES = (
    "Teras Hujan", "Puri Kenanga", "Sinar Pagi", "Gandum Mas", "Bina Sejahtera", "Ikan Bakar Muara", "Bu Tatik", "Kampus Cendana", "Senja", "Lereng Merapi",
    "Dapur Ningsih", "Kopi Tuju", "Rasa Bahari", "Melati Indah", "Anugerah", "Sumber Rejeki", "Pasar Lama", "Rumah Kayu", "Pelangi", "Bukit Hijau",
)  # fmt: skip
PLACES = (
    ("Jakarta Selatan", "DKI Jakarta", "12130"), ("Jakarta Barat", "DKI Jakarta", "11430"), ("Jakarta Timur", "DKI Jakarta", "13220"),
    ("Depok", "Jawa Barat", "16411"), ("Bogor", "Jawa Barat", "16121"), ("Bekasi", "Jawa Barat", "17141"), ("Bandung", "Jawa Barat", "40115"),
    ("Cimahi", "Jawa Barat", "40511"), ("Tangerang", "Banten", "15111"), ("Serang", "Banten", "42111"), ("Semarang", "Jawa Tengah", "50131"),
)  # fmt: skip
STREETS = ("Jl. Melati", "Jl. Kenanga Raya", "Jl. Merdeka", "Jl. Diponegoro", "Jl. Pahlawan", "Jl. Anggrek", "Jl. Cendana", "Jl. Sudirman")
PEOPLE = (
    "Ratna Dewanti",
    "Andri Saputra",
    "Yanto Wijaya",
    "Siti Rahma",
    "Budi Hartono",
    "Lina Marlina",
    "Agus Wibowo",
    "Dewi Lestari",
    "Rudi Salim",
    "Maya Sari",
)
CUSTOMERS = 140
ROADS = {
    "JKT": (("DKI Jakarta", 0), ("Banten", 0), ("Jawa Barat", 1), ("Jawa Tengah", 1)),
    "BDG": (("Jawa Barat", 0), ("DKI Jakarta", 1), ("Banten", 1), ("Jawa Tengah", 1)),
}


@dataclass(frozen=True, slots=True)
class Shop:
    """What the arrivals of the demo choose from."""

    customers: list[int]
    weights: list[int]
    products: dict[str, int]
    charge: int


def build(start: datetime, rng: Random) -> Shop:
    """Fill the current company, which has tables only, as it stood on its first day."""
    base = found(start, currency="IDR", province="DKI Jakarta", policy={"minimum_order": 100_000})
    Warehouse.objects.filter(id=base.warehouse.id).update(code="JKT", name="Gudang Cakung", city="Jakarta Timur", lines="Jl. Raya Cakung 21")
    bandung = Warehouse.objects.create(code="BDG", name="Gudang Bandung", city="Bandung", province="Jawa Barat", priority=2)
    TransportDays.objects.bulk_create([
        TransportDays(warehouse=w, province=p, method=m, days=d)
        for w, roads in ((base.warehouse, ROADS["JKT"]), (bandung, ROADS["BDG"]))
        for p, days in roads
        for m, d in (("own_fleet", days), ("courier", days + 1))
    ])  # fmt: skip
    _holidays(start)
    TaxRule.objects.create(code="04", name="PPN 12 % x DPP 11/12", rate=12, base_num=11, base_den=12)
    BankAccount.objects.update(code="BCA", bank="BCA", number="123 555 7788", holder="PT Tirta Boga Niaga")
    Supplier.objects.bulk_create(
        [
            Supplier(code="S1", name="CV Kebun Gayo Lestari"),
            Supplier(code="S2", name="PT Susu Murni Nusantara"),
            Supplier(code="S3", name="UD Rumah Tangga Jaya"),
        ]
    )
    products = _products(base.price_list, base.warehouse.id, bandung.id, start)
    customers = _customers(base, bandung.id, products, rng)
    return Shop([c.id for c in customers], [rng.choice((1, 1, 2, 3, 6)) for _ in customers], products, products[CHARGE[0]])


def _holidays(start: datetime) -> None:
    """National holidays and joint leave (cuti bersama) of the years around."""
    years = range(start.year, start.year + 3)
    days = holidays.country_holidays("ID", years=years, categories=("public", "government"), language="id")
    Holiday.objects.bulk_create([Holiday(on=day, name=name) for day, name in sorted(days.items())])


def _products(prices: PriceList, jakarta: int, bandung: int, start: datetime) -> dict[str, int]:
    made = Product.objects.bulk_create([
        Product(sku=sku, name_id=name, name_en=english, unit=unit, multiple=multiple, lead_days=3 + len(sku) % 5, stock_min=40, stock_max=400,
                discontinued=sku == DISCONTINUED[0])
        for sku, name, english, unit, _price, _cost, _dus, multiple in (*GOODS, DISCONTINUED)
    ])  # fmt: skip
    ids = {p.sku: p.id for p in made}
    crew = Department.objects.create(code=CREW[0], name=CREW[1], kind="service", working_days=[1, 2, 3, 4, 5], daily_limit=3)
    for sku, name, english, unit, _price in SERVICES:
        ids[sku] = Product.objects.create(sku=sku, name_id=name, name_en=english, kind="service", unit=unit, supply="none", department=crew).id
    ids[CHARGE[0]] = Product.objects.create(sku=CHARGE[0], name_id=CHARGE[1], name_en=CHARGE[2], kind="charge", unit="kali", supply="none").id
    rows = [Price(price_list=prices, product_id=ids[CHARGE[0]], unit="kali", price=CHARGE[3])]
    rows += [Price(price_list=prices, product_id=ids[sku], unit=unit, price=price) for sku, _name, _english, unit, price in SERVICES]
    units, stock = [], []
    for sku, _name, _english, unit, price, cost, dus, _multiple in (*GOODS, DISCONTINUED):
        rows.append(Price(price_list=prices, product_id=ids[sku], unit=unit, price=price))
        rows.append(Price(price_list=prices, product_id=ids[sku], unit=unit, from_quantity=24, price=price, discounts=[Decimal(3)]))
        if dus > 1:
            units.append(ProductUnit(product_id=ids[sku], unit="dus", factor=dus))
        worth = Decimal(price) * cost / 100
        amount = 600 if price > 300_000 else 1_500
        stock += [opening.Opening(jakarta, ids[sku], Decimal(amount), worth), opening.Opening(bandung, ids[sku], Decimal(amount // 3), worth)]
    Price.objects.bulk_create(rows)
    ProductUnit.objects.bulk_create(units)
    ProductAlias.objects.bulk_create([ProductAlias(product_id=ids[sku], alias=alias) for sku, alias in ALIASES])
    opening.open_stock(stock, at=start)
    return ids


def _customers(base: object, bandung: int, products: dict[str, int], rng: Random) -> list[Customer]:
    short, down = Terms.objects.create(code="N14", name="14 hari"), Terms.objects.create(code="DP30", name="Uang muka 30 %, sisanya 30 hari", advance_pct=30)
    TermsPart.objects.bulk_create([TermsPart(terms=short, days=14), TermsPart(terms=down, days=30)])
    terms = [base.on_account, base.on_account, short, short, base.prepaid, down]  # type: ignore[attr-defined]
    titles = ("PT", "CV", "UD", "", "", "")
    made, places = [], []
    for n in range(CUSTOMERS):
        place = PLACES[n % len(PLACES)]
        kind, name = KINDS[n % len(KINDS)], NAMES[(n * 7 + n // 20) % len(NAMES)]
        title = titles[n % len(titles)]
        own = terms[n % len(terms)]
        full = f"{title} {name}".strip() if title else f"{kind} {name}"
        branch = f" {place[0]}" if n >= 40 else ""
        made.append(Customer(
            code=f"C{n + 1:04}", name=full + branch, kind="business", npwp=f"0{rng.randrange(10**14, 10**15)}" if title else "", pkp=bool(title), terms=own,
            credit_limit=None if own is base.prepaid else rng.choice((40, 60, 90, 150, 300)) * 1_000_000,  # type: ignore[attr-defined]
            warehouse_id=bandung if place[0] in ("Bandung", "Cimahi") else None, method="courier" if place[1] == "Jawa Tengah" else None,
        ))  # fmt: skip
        places.append(place)
    Customer.objects.bulk_create(made)
    Address.objects.bulk_create([
        Address(customer=c, kind="ship", name=c.name, lines=f"{rng.choice(STREETS)} {rng.randrange(1, 120)}", city=p[0], province=p[1], postcode=p[2],
                phone=f"0812-5550-{1000 + n}", is_default=True)
        for n, (c, p) in enumerate(zip(made, places, strict=True))
    ])  # fmt: skip
    Contact.objects.bulk_create([
        Contact(customer=c, name=PEOPLE[n % len(PEOPLE)], role="Pembelian", phone=f"0813-5550-{2000 + n}", email=f"beli{n + 1}@pelanggan.example")
        for n, c in enumerate(made)
    ])  # fmt: skip
    goods = [row for row in GOODS if row[4] < 200_000]
    Price.objects.bulk_create([
        Price(customer=c, product_id=products[sku], unit=unit, price=(Decimal(price) * Decimal("0.94")).quantize(Decimal(100)))
        for n, c in enumerate(made) if n % 9 == 0
        for sku, _name, _english, unit, price, *_rest in goods[n % 5 :: 9]
    ])  # fmt: skip
    return made
