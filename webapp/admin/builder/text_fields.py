"""Texts of a protocol as they are typed: sentences in several languages, names made from words, numbers of limits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from wtforms import StringField, ValidationError
from wtforms.widgets import TextArea

from questionnaires.messages import templates
from questionnaires.numbers import NumberProblem, parse_number
from records.fields import Fields
from webapp.extensions import language, translator

LONGEST = 2000
"""As `triage.documents.fields` takes a text."""
ISOLATES = dict.fromkeys(map(ord, "\u2066\u2067\u2068\u2069"))
LONGEST_NAME = 40


class Sentence(StringField):
    """A text of a document, on several lines where `lines`. Isolates, which hold a figure together in a right-to-left
    sentence, belong to it; what hides otherwise is refused.
    """

    def __init__(
        self, *args: Any, needed: str = "", longest: int = LONGEST, lines: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.needed, self.longest = needed, longest
        if lines:
            self.widget = TextArea()

    def pre_validate(self, _form: Any) -> None:
        fields, typed = Fields(), self.data or ""
        fields.lines(self.name, typed.translate(ISOLATES), self.longest)
        for sentence in fields.errors.values():
            raise ValidationError(sentence.text(translator()))
        self.data = unicodedata.normalize("NFC", typed.replace("\r\n", "\n").replace("\r", "\n")).strip()
        if not self.data and self.needed:
            raise ValidationError(self.needed)
        if self.data.count("\u2068") != self.data.count("\u2069"):
            said = translator().gettext("This holds characters that cannot be read. Type it again.")
            raise ValidationError(said)


class Measure(StringField):
    """A number with at most so many decimals; `number` is how it was read, None when nothing was typed."""

    number: Decimal | None = None

    def __init__(self, *args: Any, decimals: int = 0, needed: bool = True, signed: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.decimals, self.needed, self.signed = decimals, needed, signed

    def pre_validate(self, _form: Any) -> None:
        if not (self.data or "").strip() and not self.needed:
            return
        read = parse_number(self.data or "", decimals=self.decimals, signed=self.signed)
        if isinstance(read, NumberProblem):
            raise ValidationError(templates(language())[read.value])
        self.number = read


def name_from(words: str, taken: Collection[str], otherwise: str) -> str:
    """A name that documents can use, made from words once and kept for good: "SpO2 : rouge" gives spo2_rouge."""
    plain = unicodedata.normalize("NFKD", re.sub(r"\{[^}]*\}", " ", words)).encode("ascii", "ignore").decode().lower()
    found = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    found = found if re.match(r"[a-z]", found) else f"{otherwise}_{found}".strip("_")
    name = found[:LONGEST_NAME].rstrip("_")
    number = 2
    while name in taken:
        name = f"{found[:LONGEST_NAME].rstrip('_')}_{number}"
        number += 1
    return name
