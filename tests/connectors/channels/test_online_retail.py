"""Reading the Online Retail file: every row is in a sale, in a return, or refused with its reason."""

from decimal import Decimal

import pytest

from alur.connectors.channels import online_retail

HEAD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
AT = "12/1/10 8:26"


def read(tmp_path, *rows):
    """Read a file of these rows."""
    path = tmp_path / "retail.csv"
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return online_retail.read(path)


@pytest.mark.parametrize(
    ("row", "became"),
    [
        (f"536365,85123a,HEART,6,{AT},2.55,17850,United Kingdom", "sale"),
        (f"536365,85123A,HEART,6,{AT},2.55,,United Kingdom", "sale"),
        (f"536365,85123A,HEART,-6,{AT},2.55,17850,United Kingdom", "no_quantity"),
        (f"536365,85123A,,6,{AT},0,,United Kingdom", "no_price"),
        (f"536365,85123A,HEART,six,{AT},2.55,17850,United Kingdom", "unreadable"),
        ("536365,85123A,HEART,6,yesterday,2.55,17850,United Kingdom", "unreadable"),
        (f"A563185,B,Adjust bad debt,1,{AT},11062.06,,United Kingdom", "no_order"),
        (f"C536379,85123A,HEART,-6,{AT},2.55,17850,United Kingdom", "return"),
        (f"C536379,D,Discount,-1,{AT},27.5,17850,United Kingdom", "return"),
        (f"C536379,85123A,HEART,6,{AT},2.55,17850,United Kingdom", "no_quantity"),
        (f"C536379,AMAZONFEE,AMAZON FEE,-1,{AT},13541.33,,United Kingdom", "no_customer"),
        (f"CX,85123A,HEART,-6,{AT},2.55,17850,United Kingdom", "no_order"),
    ],
)
def test_a_row(tmp_path, row, became):
    file = read(tmp_path, row)
    found = {"sale": file.documents, "return": file.returns}
    assert file.rows == 1
    assert [kind for kind, documents in found.items() if documents] + [r.reason for r in file.refused] == [became]
    assert {r.reason for r in file.refused} <= online_retail.WORDS.keys()
    for document in (*file.documents, *file.returns):
        assert document.rows[0].quantity > 0


def test_documents_come_in_the_order_of_their_time(tmp_path):
    file = read(
        tmp_path,
        "536366,22633,WARMER,10,12/1/10 8:28,1.85,17850,United Kingdom",
        "C536367,22633,WARMER,-4,7/1/11 9:00,1.85,17850,United Kingdom",
        "536365,85123A,HEART,6,12/1/10 8:26,2.55,17850,United Kingdom",
        "536366,85123A,HEART,1,12/1/10 8:28,2.55,17850,United Kingdom",
    )
    assert [(d.number, len(d.rows)) for d in file.documents] == [("536365", 1), ("536366", 2)]
    (back,) = file.returns
    assert (back.number, f"{back.at:%H:%M}", back.rows[0].number, back.rows[0].quantity) == ("C536367", "08:00", 2, Decimal(4))
