"""Texts of the service in each language, usable anywhere: web page, message or command line.

Source texts are English. Each room keeps its translations in `records/locale/<language>/<room>.po`; all files of a
language are read together, once, straight from the source catalogue, so there is no compiled file to forget.
"""

from __future__ import annotations

import gettext
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).parent / "locale"
LANGUAGES = {"fr": "Français", "en": "English"}
DEFAULT = "fr"
RIGHT_TO_LEFT = frozenset({"ar", "he", "fa", "ur"})


class ConflictingTranslation(ValueError):
    """Two catalogue files of one language translate the same text differently."""


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
    """Every catalogue file of `language`, merged. Raises ConflictingTranslation."""
    merged = Catalog(locale=language)
    for path in sorted((LOCALE / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if not message.id or not message.string:
                    continue
                known = merged.get(message.id)
                if known is not None and known.string != message.string:
                    raise ConflictingTranslation(f"{path.name}: {message.id!r}")
                merged.add(message.id, message.string)
    return merged


@lru_cache
def translator(language: str) -> Translator:
    """The translator of `language`; an unknown language is a programming error and raises KeyError."""
    if language not in LANGUAGES:
        raise KeyError(language)
    if language == "en":
        return Translator(language, gettext.NullTranslations())
    compiled = BytesIO()
    write_mo(compiled, read_catalogue(language))
    compiled.seek(0)
    return Translator(language, gettext.GNUTranslations(compiled))


def direction(language: str) -> str:
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def best(accepted: str | None) -> str:
    """The language to speak to someone whose preference is `accepted`, falling back to the service's own."""
    return accepted if accepted in LANGUAGES else DEFAULT
