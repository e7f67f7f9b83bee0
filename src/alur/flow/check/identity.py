"""Whether a buyer's tax identity can be one: since 2024 the NPWP has 16 digits, and NITKU is that NPWP with the 6 digits of a branch (PER-6/PJ/2024).

A wrong one cannot be replaced on a faktur pajak, only cancelled and issued again (PER-11/PJ/2025 art. 49): it is refused where it is typed. Pure.
"""

import re
from collections.abc import Mapping
from typing import Any

REFUSALS = {
    "bad_npwp": "An NPWP has 16 digits; an old one of 15 gets a 0 in front. Correct it, or leave it empty.",
    "bad_nik": "A NIK has 16 digits, as on the identity card. Correct it, or leave it empty.",
    "bad_nitku": "A NITKU has 22 digits: the 16 of the NPWP and 6 of the branch, 000000 for the head office. Correct it, or leave it empty.",
    "pkp_without_npwp": "A PKP has an NPWP. Give it, or say that this customer is no PKP.",
}


def digits(text: str) -> str:
    """A number as it is stored: without the dots, dashes and blanks it is printed with; an old NPWP of 15 digits in its new form."""
    found = re.sub(r"[\s.\-/]", "", text)
    return f"0{found}" if len(found) == 15 and found.isdecimal() else found


def wrong(row: Mapping[str, Any]) -> str:
    """Why npwp, nik, nitku and pkp of a customer cannot be; empty if they can."""
    npwp, nik, nitku = (str(row.get(name) or "") for name in ("npwp", "nik", "nitku"))
    if npwp and not re.fullmatch(r"[0-9]{16}", npwp):
        return "bad_npwp"
    if nik and not re.fullmatch(r"[0-9]{16}", nik):
        return "bad_nik"
    if nitku and not (re.fullmatch(r"[0-9]{22}", nitku) and nitku.startswith(npwp)):
        return "bad_nitku"
    return "pkp_without_npwp" if row.get("pkp") and not npwp else ""
