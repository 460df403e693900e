"""Reading the fields of a document, noting every fault and going on with a harmless stand-in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from triage.facts import Translations, as_number, scale
from triage.findings import Findings
from triage.spelling import nearest

NAME = re.compile(r"[a-z][a-z0-9_]{0,59}", re.ASCII)
LONGEST = 2000
Read = TypeVar("Read")


class Fields:
    """The fields of one JSON object at `where`. After a fault the value returned only lets the reading go on."""

    def __init__(self, data: object, where: str, findings: Findings, allowed: Iterable[str]) -> None:
        self.data: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
        self.where, self.findings = where, findings
        if not isinstance(data, Mapping):
            findings.add(where, "write an object with named fields here")
        known = sorted(allowed)
        for extra in sorted(map(str, set(self.data) - set(known))):
            hint = nearest(extra, known)
            findings.add(where, "there is no field %(name)s: remove it or write %(hint)s", name=extra, hint=hint)

    def add(self, key: str, message: str, **values: object) -> None:
        self.findings.add(f"{self.where} › {key}" if self.where else key, message, **values)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.data.get(key, default)
        if not isinstance(value, str) or len(value) > LONGEST or (default is None and not value.strip()):
            self.add(key, "write a text here, at most %(most)s characters long", most=LONGEST)
            return ""
        return value

    def name(self, key: str) -> str:
        value = self.data.get(key)
        if not isinstance(value, str) or not NAME.fullmatch(value):
            self.add(key, "write a name: a small letter, then small letters, digits or underscores")
            return ""
        return value

    def one_of(self, key: str, known: Iterable[str], default: str | None = None) -> str:
        value, names = self.data.get(key, default), list(known)
        if value not in names:
            self.add(key, "%(given)s is not possible here: write one of %(known)s", given=value, known=", ".join(names))
            return names[0]
        return str(value)

    def flag(self, key: str) -> bool:
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            self.add(key, "write true or false")
            return False
        return value

    def decimals(self) -> int:
        value = self.data.get("decimals", 0)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 6:
            self.add("decimals", "write a whole number from 0 to 6")
            return 0
        return value

    def number(self, key: str, decimals: int) -> int:
        """Scaled. Floats are refused: 39.1 has no exact binary form, so decimal numbers are written as text."""
        value = self.data.get(key)
        number = as_number(value)
        scaled = None if number is None else scale(number, decimals)
        if scaled is None:
            self.add(
                key,
                "write a number between quotes with at most %(decimals)s decimals, instead of %(given)s",
                decimals=decimals,
                given=value,
            )
            return 0
        return scaled

    def optional_number(self, key: str, decimals: int) -> int | None:
        return None if self.data.get(key) is None else self.number(key, decimals)

    def translations(self, key: str, languages: Iterable[str]) -> Translations:
        return translations(self.data.get(key), languages, lambda message, **values: self.add(key, message, **values))

    def each(self, key: str, read: Callable[[object, str], Read], *, at_least: int = 0) -> tuple[Read, ...]:
        """Every entry of a list, each read where it stands."""
        items = self.data.get(key, [])
        if not isinstance(items, list | tuple) or len(items) < at_least:
            self.add(key, "write a list with at least %(least)s entries", least=at_least)
            return ()
        return tuple(read(item, self.entry(key, item, number)) for number, item in enumerate(items, 1))

    def entry(self, key: str, item: object, number: int) -> str:
        """Where an entry stands: by its own name when it has one, since people count badly."""
        given = item.get("name", item.get("id")) if isinstance(item, Mapping) else None
        label = given if isinstance(given, str) and given else str(number)
        return f"{self.where} › {key} › {label}" if self.where else f"{key} › {label}"


def translations(data: object, languages: Iterable[str], add: Callable[..., None]) -> Translations:
    """A text in each language of the document, none empty."""
    given = data if isinstance(data, Mapping) else {}
    wanted = list(languages)
    for language in wanted:
        text = given.get(language)
        if not isinstance(text, str) or not text.strip():
            add("the text in language %(language)s is missing: write it", language=language)
        elif len(text) > LONGEST:
            add(
                "the text in language %(language)s is too long: %(most)s characters at most",
                language=language,
                most=LONGEST,
            )
    for extra in sorted(map(str, set(given) - set(wanted))):
        add("language %(language)s is not one of the document's: remove it or declare it", language=extra)
    return {language: given[language] for language in wanted if isinstance(given.get(language), str)}
