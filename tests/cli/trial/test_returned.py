"""A tiny Online Retail file, imported and played to its end: returns, a claim and a discount are credited through the real steps."""

import csv
import json
import os
import subprocess
import sys
from decimal import Decimal

import pytest

from alur.core import company, sql

ROWS = """\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,HEART HOLDER,6,12/1/10 8:26,2.55,17850,United Kingdom
536365,POST,POSTAGE,1,12/1/10 8:26,18.00,17850,United Kingdom
536366,22633,HAND WARMER,10,12/1/10 8:28,1.85,17850,United Kingdom
C536400,85123A,HEART HOLDER,-2,12/2/10 9:00,2.55,17850,United Kingdom
C536401,99999X,LAMP,-1,12/2/10 9:10,5.00,17850,United Kingdom
C536402,D,Discount,-1,12/2/10 9:20,3.50,17850,United Kingdom
C536403,85123A,HEART HOLDER,-2,12/2/10 9:30,2.55,13047,United Kingdom
C536404,BANK CHARGES,Bank charges,-1,12/2/10 9:40,1.00,,United Kingdom
536370,85123A,HEART HOLDER,-3,12/2/10 9:50,2.55,,United Kingdom
"""
CREDITS = """
SELECT v.total, v.return_id IS NOT NULL AS goods, r.code, o.external_ref
  FROM invoice v LEFT JOIN reason r ON r.id = v.reason_id
  JOIN LATERAL (SELECT DISTINCT o.external_ref FROM invoice_line b JOIN order_line l ON l.id = b.order_line_id JOIN sales_order o ON o.id = l.order_id
                 WHERE b.invoice_id = v.id) o ON true
 WHERE v.kind = 'credit_note' ORDER BY v.total DESC
"""
LEFT = """
SELECT (SELECT sum(quantity) FROM return_line WHERE received = quantity AND state = 'closed'), (SELECT count(*) FROM draft),
       (SELECT count(*) FROM open_receipt), (SELECT count(*) FROM open_item)
"""


def alur(*args):
    """Call the command; its JSON."""
    done = subprocess.run([sys.executable, "-m", "alur", *args, "--json"], env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.usefixtures("transactional_db")
def test_all_rows_are_in_orders_in_returns_or_refused_and_returns_are_credited(tmp_path):
    file, refused = tmp_path / "retail.csv", tmp_path / "refused.csv"
    file.write_text(ROWS, encoding="utf-8")
    told = alur("import", "online-retail", str(file), "--refused", str(refused))
    told.pop("seconds")
    assert told == {"rows_read": 9, "rows_in_orders": 3, "rows_in_returns": 3, "rows_refused": 3, "orders": 2}
    with refused.open(encoding="utf-8") as rows:
        assert [row[:2] for row in csv.reader(rows)][1:] == [["7", "no_sale"], ["8", "no_customer"], ["9", "no_quantity"]]

    first = alur("simulate", "--days", "1", "--company", "online-retail")  # nothing is delivered yet, all waits for its day
    assert first["returns"] == {"requested": 3, "open": 0, "closed": 0, "claims": 0, "refused": {}}
    last = alur("simulate", "--until-idle", "--company", "online-retail")
    assert last["returns"] == {"requested": 0, "open": 0, "closed": 1, "claims": 2, "refused": {}}
    assert (last["orders"], last["closed_share"], last["waiting"]) == ({"closed": 2}, 1.0, {})
    with company.use("online-retail"):
        assert [tuple(row) for row in sql.read(CREDITS)] == [
            (Decimal("5.10"), True, None, "536365"),
            (Decimal("5.00"), False, "defective", "536366"),
            (Decimal("3.50"), False, "discount", "536366"),
        ]
        assert tuple(sql.read(LEFT)[0]) == (Decimal(2), 0, 0, 0)
    alur("verify-books", "--company", "online-retail")
