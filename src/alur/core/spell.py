"""Whole numbers as words, in Indonesian (terbilang) and English: for receipts, and for saying a total on the telephone."""

from decimal import Decimal

ONES = {
    "id": ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh", "sebelas"),
    "en": (
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen",
        "sixteen", "seventeen", "eighteen", "nineteen",
    ),
}  # fmt: skip
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SCALES = (
    (10**15, "kuadriliun", "quadrillion"), (10**12, "triliun", "trillion"), (10**9, "miliar", "billion"), (10**6, "juta", "million"),
    (1000, "ribu", "thousand"), (100, "ratus", "hundred"),
)  # fmt: skip


def spell(value: Decimal | int, language: str = "id") -> str:
    """A number as words: 1.250.000 is "satu juta dua ratus lima puluh ribu". Decimals are left out."""
    number = int(value)
    if number < 0:
        return "minus " + spell(-number, language)
    small = ONES[language]
    if number < len(small):
        return small[number]
    return _indonesian(number) if language == "id" else _english(number)


def _indonesian(number: int) -> str:
    """From twelve on; seratus and seribu are one word."""
    if number < 20:
        return f"{ONES['id'][number - 10]} belas"
    if number < 100:
        return _with(f"{ONES['id'][number // 10]} puluh", number % 10, "id")
    size, word = next((size, word) for size, word, _ in SCALES if number >= size)
    count = number // size
    head = f"se{word}" if count == 1 and size <= 1000 else f"{spell(count)} {word}"
    return _with(head, number % size, "id")


def _english(number: int) -> str:
    """From twenty on."""
    if number < 100:
        return TENS[number // 10] + (f"-{ONES['en'][number % 10]}" if number % 10 else "")
    size, word = next((size, word) for size, _, word in SCALES if number >= size)
    return _with(f"{spell(number // size, 'en')} {word}", number % size, "en")


def _with(head: str, rest: int, language: str) -> str:
    return f"{head} {spell(rest, language)}" if rest else head
