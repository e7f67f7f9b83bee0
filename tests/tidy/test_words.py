"""Every sentence a person may read has an Indonesian translation with the same holes.

Sentences are what templates translate, what Python gives to gettext, and the values of the flow's own tables (REFUSALS, HOLDS, ...). The
translations may stand in any package's `locale/id/LC_MESSAGES/django.po`. `python -m tests.tidy.test_words` prints what is missing.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.pofile import read_po

from alur.core import words

SRC = Path(__file__).resolve().parents[2] / "src" / "alur"
CALLS = {"gettext", "gettext_lazy", "gettext_noop", "_", "ngettext", "pgettext", "translate"}
TABLES = {"REFUSALS", "SENTENCES", "HOLDS", "KINDS", "EVENTS", "FINDINGS", "WARNINGS"}
TAG = re.compile(r"""\{%\s*translate\s+(["'])(?P<text>.+?)\1""")
INSIDE = re.compile(r"""\b_\((["'])(?P<text>.+?)\1\)""")
BLOCK = re.compile(r"\{%\s*blocktranslate\b(?P<options>[^%]*)%\}(?P<text>.*?)\{%\s*endblocktranslate\s*%\}", re.DOTALL)
PLURAL = re.compile(r"\{%\s*plural\s*%\}")
PERCENT = re.compile(r"%\((\w+)\)s")


def test_every_sentence_is_translated() -> None:
    known = translations()
    missing = {text: where for text, where in sentences().items() if not known.get(text)}
    assert not missing, "\n".join(f"{where}: {text!r} has no Indonesian" for text, where in sorted(missing.items()))


def test_translations_have_the_same_holes() -> None:
    wrong = [text for text, said in translations().items() if said and holes(text) != holes(said)]
    assert not wrong, "\n".join(f"{text!r}: {sorted(holes(text))} against {sorted(holes(translations()[text]))}" for text in wrong)


def test_no_sentence_is_translated_in_two_ways() -> None:
    seen: dict[str, str] = {}
    twice = []
    for file in SRC.rglob("locale/id/LC_MESSAGES/django.po"):
        for text, said in catalog(file).items():
            if said and seen.setdefault(text, said) != said:
                twice.append(text)
    assert not twice


def sentences() -> dict[str, str]:
    """Every sentence, and a file that has it."""
    found: dict[str, str] = {}
    for file in sorted(SRC.rglob("*.html")):
        for text in in_template(file.read_text()):
            found.setdefault(text, str(file.relative_to(SRC)))
    for file in sorted(SRC.rglob("*.py")):
        for text in in_python(ast.parse(file.read_text())):
            found.setdefault(text, str(file.relative_to(SRC)))
    for text in verbs():
        found.setdefault(text, "flow/map.py (a step's verb)")
    return found


def in_template(source: str) -> Iterator[str]:
    """What a template translates."""
    for match in (*TAG.finditer(source), *INSIDE.finditer(source)):
        yield match["text"]
    for match in BLOCK.finditer(source):
        for form in PLURAL.split(match["text"]):
            text = re.sub(r"\{\{\s*(\w+)\s*\}\}", r"%(\1)s", form)
            yield re.sub(r"\s*\n\s*", " ", text.strip()) if "trimmed" in match["options"] else text


def in_python(tree: ast.Module) -> Iterator[str]:
    """What Python gives to gettext, and the sentences of tables."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) in CALLS:
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str))
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target] if isinstance(statement, ast.AnnAssign) else []
        if any(isinstance(target, ast.Name) and target.id in TABLES for target in targets) and isinstance(statement.value, ast.Dict):
            for value in statement.value.values:
                yield from (n.value for n in ast.walk(value) if isinstance(n, ast.Constant) and isinstance(n.value, str) and " " in n.value)


def name_of(node: ast.expr) -> str:
    """f of f(...) and of x.f(...)."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def verbs() -> set[str]:
    """What buttons call the steps."""
    from alur.flow import map as flow
    from alur.web.flow import english

    return {english(step.name) for step in flow.MAP}


def catalog(file: Path) -> dict[str, str]:
    """The translations of one file; Indonesian has one form for one and for many."""
    found: dict[str, str] = {}
    with file.open("rb") as text:
        for message in read_po(text, locale="id"):
            if message.id and not message.fuzzy:
                forms, said = (message.id, message.string[0]) if isinstance(message.id, tuple) else ((message.id,), message.string)
                found |= {form: str(said) for form in forms}
    return found


def translations() -> dict[str, str]:
    """The translations of all packages; Django's and allauth's own come on top at run time."""
    return {text: said for file in sorted(SRC.rglob("locale/id/LC_MESSAGES/django.po")) for text, said in catalog(file).items()}


def holes(text: str) -> set[str]:
    """What is filled in: {over:money} and %(n)s."""
    return words.holes(text) | set(PERCENT.findall(text))


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alur.settings")
    django.setup()
    have = translations()
    for sentence, place in sentences().items():
        if not have.get(sentence):
            print(f'#: {place}\nmsgid "{sentence}"\nmsgstr ""\n')  # noqa: T201
