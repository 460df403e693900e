"""Every text of the pure core has its French, and the catalogue holds nothing else."""

import ast
from collections.abc import Iterator
from pathlib import Path

from babel.messages.pofile import read_po

import triage
from records import texts

ROOM = Path(triage.__file__).parent
FILES = [
    ROOM / "findings.py",
    ROOM / "cases.py",
    ROOM / "wording.py",
    *sorted((ROOM / "conditions").glob("*.py")),
    *sorted((ROOM / "documents").glob("*.py")),
]


def texts_in(node: ast.AST) -> Iterator[str]:
    """The message of a call to `add` (its last positional argument) or `gettext`, or a message chosen beforehand."""
    values: list[ast.expr] = []
    if isinstance(node, ast.Call) and node.args:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        values = {"add": node.args[-1:], "gettext": node.args[:1]}.get(name, [])
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "message":
        values = [node.value]
    for value in values:
        for part in (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


def messages() -> set[str]:
    return {text for file in FILES for node in ast.walk(ast.parse(file.read_text())) for text in texts_in(node)}


def test_every_text_of_the_core_has_its_french_and_its_own_catalogue_holds_nothing_else():
    translated = {message.id: message.string for message in texts.read_catalogue("fr") if message.id}
    told = {message if isinstance(message, str) else message[0] for message in translated}

    assert of_room("triage-core").keys() <= messages() <= told
    assert all(translated.values())


def of_room(room: str) -> dict[str, str]:
    with (texts.LOCALE / "fr" / f"{room}.po").open("rb") as file:
        return {str(message.id): message.string for message in read_po(file, locale="fr") if message.id}


def test_a_translation_keeps_the_parameters_of_its_text():
    t = texts.translator("fr")
    values = {name: f"«{name}»" for text in messages() for name in parameters(text)}

    for text in messages():
        shown = t.gettext(text, **values) if parameters(text) else t.gettext(text)
        assert all(f"«{name}»" in shown for name in parameters(text)), text


def parameters(text: str) -> list[str]:
    return [part.split(")s")[0] for part in text.split("%(")[1:]]
