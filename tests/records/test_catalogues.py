"""Every language says the same as French, room by room: nothing left out, nothing added, no value lost."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

import questionnaires
import triage
from records import texts

MODEL = texts.LOCALE / "fr"
ROOMS = sorted(path.stem for path in MODEL.glob("*.po"))
TRANSLATED = [
    pytest.param(folder.name, path.stem, id=f"{folder.name}/{path.stem}")
    for folder in sorted(texts.LOCALE.iterdir())
    if folder.is_dir() and folder != MODEL
    for path in sorted(folder.glob("*.po"))
]
PLURALS = {
    "fr": {0: 0, 1: 0, 2: 1, 11: 1},
    "ar": {0: 0, 1: 1, 2: 2, 3: 3, 10: 3, 11: 4, 99: 4, 100: 5, 101: 5, 102: 5, 103: 3, 111: 4, 1000: 5},
}
"""Which form each number takes, by the CLDR."""
ARABIC = "\u0621-\u064a"
DOCUMENTS = [
    path
    for room in (questionnaires, triage, texts)
    for path in sorted((Path(room.__file__).parent / "library").glob("*.json"))
    if path.stem != "value-sets"  # a directory of codes, in the language of whoever publishes them
]


def catalogue(language: str, room: str) -> Catalog:
    with (texts.LOCALE / language / f"{room}.po").open("rb") as file:
        return read_po(file)


def messages(language: str, room: str) -> dict[str | tuple[str, ...], Message]:
    found = [message for message in catalogue(language, room) if message.id]
    return {message.id if isinstance(message.id, str) else tuple(message.id): message for message in found}


def forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def parameters(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|\{\w+\}", text))


def arabic_of_catalogues() -> Iterator[tuple[str, str]]:
    for path in sorted((texts.LOCALE / "ar").glob("*.po")):
        for message in messages("ar", path.stem).values():
            yield from ((path.stem, text) for text in forms(message))


def arabic_of_documents() -> Iterator[tuple[str, str]]:
    for path in DOCUMENTS:
        yield from ((str(path), text) for text in said_in(json.loads(path.read_text())))


def said_in(node: object) -> Iterator[str]:
    """The texts of a document keyed by language, or given by the FHIR extension for translations."""
    if isinstance(node, list):
        for part in node:
            yield from said_in(part)
    if not isinstance(node, dict):
        return
    if "ar" in node:
        yield node["ar"]
    parts = {part.get("url"): part for part in node.get("extension", ()) if isinstance(part, dict)}
    if parts.get("lang", {}).get("valueCode") == "ar":
        yield parts["content"]["valueString"]
    for part in node.values():
        yield from said_in(part)


@pytest.mark.parametrize("language", [language for language in texts.LANGUAGES if language != texts.SOURCE])
def test_a_language_that_is_offered_has_every_room(language: str) -> None:
    assert sorted(path.stem for path in (texts.LOCALE / language).glob("*.po")) == ROOMS


@pytest.mark.parametrize(("language", "room"), TRANSLATED)
def test_a_room_translates_the_texts_that_french_translates_and_no_other(language: str, room: str) -> None:
    assert messages(language, room).keys() == messages("fr", room).keys()
    assert [name for name, message in messages(language, room).items() if message.fuzzy] == []


@pytest.mark.parametrize(("language", "room"), TRANSLATED)
def test_every_form_of_every_text_is_there_and_takes_the_parameters_of_its_text(language: str, room: str) -> None:
    expected = catalogue(language, room).num_plurals
    for name, message in messages(language, room).items():
        given = forms(message)
        assert len(given) == (1 if isinstance(name, str) else expected), name
        assert all(text.strip() for text in given), name
        wanted = parameters(name if isinstance(name, str) else name[-1])
        assert [parameters(text) for text in given] == [wanted] * len(given), name


@pytest.mark.parametrize("language", sorted(texts.WRITTEN - {texts.SOURCE}))
def test_the_merged_catalogue_counts_as_its_language_does(language: str) -> None:
    plural = texts.translator(language).catalogue.plural  # type: ignore[attr-defined]

    assert {number: plural(number) for number in PLURALS[language]} == PLURALS[language]


def test_two_rooms_that_count_differently_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "LOCALE", tmp_path)
    (tmp_path / "fr").mkdir()
    for room, rule in [("a", "(n > 1)"), ("b", "(n != 1)")]:
        (tmp_path / "fr" / f"{room}.po").write_text(
            f'msgid ""\nmsgstr ""\n"Language: fr\\n"\n"Plural-Forms: nplurals=2; plural={rule};\\n"\n\n'
            f'msgid "{room}"\nmsgid_plural "{room}s"\nmsgstr[0] "un"\nmsgstr[1] "des"\n'
        )

    with pytest.raises(texts.PluralsDiffer, match=r"b\.po"):
        texts.read_catalogue("fr")


def test_a_language_without_a_catalogue_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        texts.translator("tlh")


def test_only_a_right_to_left_sentence_has_its_figures_held_together() -> None:
    assert texts.together("92 %", "ar") == "\u206892 %\u2069"
    assert texts.together("92 %", "fr") == "92 %"


COUNTED = [
    pytest.param(name, texts.translator(language), id=f"{language}: {name[1][:40]}")
    for language in sorted(texts.WRITTEN - {texts.SOURCE})
    for room in ROOMS
    for name in messages(language, room)
    if isinstance(name, tuple)
]


@pytest.mark.parametrize(("name", "t"), COUNTED)
def test_every_counted_text_can_be_said_of_every_number(name: tuple[str, str], t: texts.Translator) -> None:
    others = dict.fromkeys(re.findall(r"%\((\w+)\)", " ".join(name)), 7)
    for number in (0, 1, 2, 3, 11, 100):
        said = t.ngettext(*name, number, **{**others, "num": number})
        assert said, number
        assert "%(" not in said, number
        assert said not in name, "left in English"


@pytest.mark.parametrize("said", [arabic_of_catalogues, arabic_of_documents], ids=["catalogues", "documents"])
def test_the_arabic_is_set_as_arabic_is(said: object) -> None:
    found = list(said())  # type: ignore[operator]
    assert len(found) > 100
    for place, text in found:
        assert not re.search(rf"[{ARABIC})»\u2069] *[,;?]", text), (place, text)
        assert not re.search(r" [،؛؟:!]|« | »", text), (place, text)
        assert not re.search(r"[\ufb50-\ufdff\ufe70-\ufeff\u0660-\u0669]", text), (place, text)
        assert not re.search("\u0640(?!\u2068)", text), "a tatweel only joins a preposition to Latin text"
        assert re.fullmatch("[^\u2068\u2069]*(\u2068[^\u2068\u2069]+\u2069[^\u2068\u2069]*)*", text), (place, text)
        assert "..." not in text


def test_no_document_speaks_less_arabic_than_french() -> None:
    for path in DOCUMENTS:
        written = path.read_text()
        assert written.count('"ar"') >= written.count('"en"') > 0, path
