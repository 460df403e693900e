"""Texts of the service in each language, usable anywhere: web page, message or command line.

Source texts are English. Each room keeps its translations in `records/locale/<language>/<room>.po`; all files of a
language are read together, once, straight from the source catalogue, so there is no compiled file to forget.
"""

from __future__ import annotations

import gettext
from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).parent / "locale"
LANGUAGES = {"fr": "Français", "en": "English", "ar": "العربية"}
"""What people may choose. A language with a catalogue that is not among them is written, but not yet offered."""
DEFAULT = "fr"
SOURCE = "en"
WRITTEN = frozenset({SOURCE, *(folder.name for folder in LOCALE.iterdir() if folder.is_dir())})
RIGHT_TO_LEFT = frozenset({"ar", "he", "fa", "ur"})
SEPARATORS = {"ar": "، ", "fa": "، ", "ur": "، "}
DECIMAL_COMMA = frozenset({"fr", "ar"})
"""Languages whose readers write 38,6; the others write 38.6."""


class ConflictingTranslation(ValueError):
    """Two catalogue files of one language translate the same text differently."""


class PluralsDiffer(ValueError):
    """Two catalogue files of one language count differently."""


class Translator:
    """The texts of one language; parameters are named, `%(name)s`."""

    def __init__(self, language: str, catalogue: gettext.NullTranslations) -> None:
        self.language = language
        self.catalogue = catalogue

    def gettext(self, message: str, /, **values: Any) -> str:
        text = self.catalogue.gettext(message)
        return text % values if values else text

    def ngettext(self, one: str, many: str, num: int, /, **values: Any) -> str:
        return self.catalogue.ngettext(one, many, num) % {"num": num, **values}


def read_catalogue(language: str) -> Catalog:
    """Every catalogue file of `language`, merged. Raises ConflictingTranslation, PluralsDiffer.

    Plurals are counted as the files say: Babel's own rule for Arabic swaps the last two forms. A file without plural
    texts needs no rule.
    """
    merged, rule = Catalog(locale=language), ""
    for path in sorted((LOCALE / language).glob("*.po")):
        with path.open("rb") as file:
            room = read_po(file, locale=language)
        if any(message.pluralizable for message in room):
            rule = rule or room.plural_forms
            if room.plural_forms != rule:
                raise PluralsDiffer(f"{path.name}: {room.plural_forms}")
        for message in room:
            if not message.id or not message.string:
                continue
            known = merged.get(message.id)
            if known is not None and known.string != message.string:
                raise ConflictingTranslation(f"{path.name}: {message.id!r}")
            merged.add(message.id, message.string)
    if rule:
        merged.mime_headers = [("Plural-Forms", rule)]
    return merged


@lru_cache
def translator(language: str) -> Translator:
    """The translator of `language`; a language without a catalogue is a programming error and raises KeyError."""
    if language not in WRITTEN:
        raise KeyError(language)
    if language == SOURCE:
        return Translator(language, gettext.NullTranslations())
    compiled = BytesIO()
    write_mo(compiled, read_catalogue(language))
    compiled.seek(0)
    return Translator(language, gettext.GNUTranslations(compiled))


def direction(language: str) -> str:
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def spoken(wanted: str, written: Sequence[str]) -> str:
    """The language in which a document that is `written` in some is shown, as a whole, to somebody who wants `wanted`.

    Of a document that lacks it, the first language in which the service's own words can stand around it.
    """
    if wanted in written:
        return wanted
    return next((language for language in written if language in WRITTEN), written[0])


def around(language: str) -> Translator:
    """The service's own words around a document in `language`: in another one where the service has no such words."""
    return translator(language if language in WRITTEN else DEFAULT)


def separator(language: str) -> str:
    """What stands between the members of a list."""
    return SEPARATORS.get(language, ", ")


def together(text: str, language: str) -> str:
    """`text`, a figure with its unit, so that a right-to-left sentence does not turn it round; for plain text only."""
    return f"\u2068{text}\u2069" if language in RIGHT_TO_LEFT else text


def best(accepted: str | None) -> str:
    """The language to speak to someone whose preference is `accepted`, falling back to the service's own."""
    return accepted if accepted in LANGUAGES else DEFAULT
