"""Numbers as words."""

import pytest

from alur.core.spell import spell


@pytest.mark.parametrize(
    ("number", "indonesian", "english"),
    [
        (0, "nol", "zero"),
        (11, "sebelas", "eleven"),
        (15, "lima belas", "fifteen"),
        (21, "dua puluh satu", "twenty-one"),
        (100, "seratus", "one hundred"),
        (101, "seratus satu", "one hundred one"),
        (1_000, "seribu", "one thousand"),
        (1_500, "seribu lima ratus", "one thousand five hundred"),
        (111_000, "seratus sebelas ribu", "one hundred eleven thousand"),
        (1_001_000, "satu juta seribu", "one million one thousand"),
        (7_564_800, "tujuh juta lima ratus enam puluh empat ribu delapan ratus", "seven million five hundred sixty-four thousand eight hundred"),
        (2_000_000_000, "dua miliar", "two billion"),
        (-7, "minus tujuh", "minus seven"),
    ],
)
def test_spell(number, indonesian, english):
    assert (spell(number), spell(number, "en")) == (indonesian, english)
