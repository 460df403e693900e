"""Every text of every room and every template has its French, and the French is set as French is."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from records import texts
from tests.webapp.pages import TEMPLATES

CHECKOUT = TEMPLATES.parent.parent
ROOMS = ("records", "questionnaires", "triage", "notifications", "webapp")
SOURCES = sorted(path for room in ROOMS for path in (CHECKOUT / room).rglob("*.py"))
PAGES = sorted(TEMPLATES.rglob("*.html"))
KEYWORDS = {"gettext", "ngettext", "_", "lazy", "Sentence", "Required"}
CATALOGUE = texts.read_catalogue("fr")


def of_room(path: Path) -> list[Message]:
    return [message for message in read_po(BytesIO(path.read_bytes()), locale="fr") if message.id]


TEXT_MESSAGES = {message.id for message in of_room(texts.LOCALE / "fr" / "notifications.po")}
"""Written in the alphabet of text messages, which has no curly apostrophe."""
FRENCH = {path.stem: of_room(path) for path in sorted((texts.LOCALE / "fr").glob("*.po"))}
"""By room: a test of its own for each message costs more than all of its checks."""


def of_page(path: Path) -> set[str]:
    with path.open("rb") as file:
        found = [message for _, _, message, _ in babel_extract(file, ["_", "gettext", "ngettext"], [], {})]
    return {message if isinstance(message, str) else message[0] for message in found}


def of_source(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {*of_calls(tree), *of_refusals(tree), *of_tables(tree)}


def of_calls(tree: ast.Module) -> Iterator[str]:
    """The text that one of the translating calls is given, or the texts it chooses between."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).rpartition(".")[2] in KEYWORDS:
            text = node.args[0]
            for part in (text.body, text.orelse) if isinstance(text, ast.IfExp) else (text,):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


def of_refusals(tree: ast.Module) -> Iterator[str]:
    """`message = "…"` in the body of a refusal's class."""
    for node in ast.walk(tree):
        for part in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(part, ast.Assign) and ast.unparse(part.targets[0]) == "message":
                yield ast.literal_eval(part.value)


def of_tables(tree: ast.Module) -> Iterator[str]:
    """The sentences of a table that is looked up by code: `gettext(TABLE[code])`."""
    looked_up = {
        node.args[0].value.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith("gettext")
        and isinstance(node.args[0], ast.Subscript)
        and isinstance(node.args[0].value, ast.Name)
    }
    for node in tree.body:
        if (
            isinstance(node, ast.Assign)
            and ast.unparse(node.targets[0]) in looked_up
            and isinstance(node.value, ast.Dict)
        ):
            yield from (value.value for value in node.value.values if isinstance(value, ast.Constant))


def untranslated(found: set[str]) -> list[str]:
    known = {text: CATALOGUE.get(text) for text in found}
    return sorted(text for text, message in known.items() if message is None or not all(strings(message)))


def strings(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def originals(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


def parameters(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)[sd]", text))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_every_text_of_a_template_has_its_french(path: Path) -> None:
    assert untranslated(of_page(path)) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_every_text_of_a_python_source_has_its_french(path: Path) -> None:
    assert untranslated(of_source(path)) == []


@pytest.mark.parametrize("room", FRENCH)
def test_the_french_is_set_as_french_is(room: str) -> None:
    for message, text in [(one, text) for one in FRENCH[room] for text in strings(one)]:
        # 15:30 and the like have no space at all; U+202F is the one space that may stand before these signs
        assert not re.search(r"[ \u00a0][?!:;»](?!=)|«[ \u00a0]|«\w|\w[?!;»]", text), text
        assert "'" not in text or message.id in TEXT_MESSAGES, f"the apostrophe is ’: {text}"
        assert "..." not in text, text


LIBRARY = sorted(path for room in ROOMS for path in (CHECKOUT / room / "library").glob("*.json"))


def french_of(node: object) -> Iterator[str]:
    """The French of a document of the library: its own texts where French is its language, or what is keyed "fr"."""
    for part in node if isinstance(node, list) else ():
        yield from french_of(part)
    for name, part in node.items() if isinstance(node, dict) else ():
        if isinstance(part, str) and name in ("fr", "text", "display", "title", "description", "valueString"):
            yield part
        if not (name == "extension" and is_translation(part)):
            yield from french_of(part)


def is_translation(part: object) -> bool:
    return isinstance(part, list) and any(
        str(one.get("url")).endswith("/translation") for one in part if isinstance(one, dict)
    )


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_the_french_of_the_library_is_set_as_french_is(path: Path) -> None:
    said = list(french_of(json.loads(path.read_text())))
    assert said
    for text in said:
        assert not re.search(r"[ \u00a0][?!:;»](?!=)|«[ \u00a0]|«\w|\w[?!;»]", text), text


@pytest.mark.parametrize("room", FRENCH)
def test_the_french_takes_the_parameters_of_its_text_and_no_other(room: str) -> None:
    for message in FRENCH[room]:
        given = set().union(*(parameters(text) for text in originals(message)))
        taken = [parameters(text) for text in strings(message)]

        assert all(used <= given for used in taken), message.id
        assert given - {"num"} <= taken[-1], f"what the English says is lost: {message.id}"


def test_the_extractors_find_texts_where_rooms_and_pages_write_them(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('{{ _("One") }} {{ ngettext("%(num)d day", "%(num)d days", 2) }}')
    source = tmp_path / "room.py"
    source.write_text(
        't.gettext("Two")\nlazy("Three")\nX = Sentence("Four")\nclass No(Refused):\n    message = "Five"\n'
        'CODES = {"a": "Six"}\nt.gettext(CODES[row["code"]])\nt.gettext("Seven" if a else "Eight")\n'
        'OTHER = {"b": "not a text"}\n'
    )

    assert of_page(page) == {"One", "%(num)d day"}
    assert of_source(source) == {"Two", "Three", "Four", "Five", "Six", "Seven", "Eight"}
