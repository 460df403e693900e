"""How a service says no: in a sentence for people, in their language, that tells what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from records.texts import Translator


@dataclass(frozen=True)
class Sentence:
    """A source text and its values; `text` says it in a language. The values are codes and numbers, never identity."""

    message: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def text(self, t: Translator) -> str:
        return t.gettext(self.message, **self.values)


class Refused(Exception):
    """Base of every refusal of a service; nothing was changed."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence.message)
        self.sentence = sentence

    def text(self, t: Translator) -> str:
        return self.sentence.text(t)


class FieldErrors(Exception):
    """Every field of a form that cannot be taken, all at once; nothing was changed."""

    def __init__(self, errors: Mapping[str, Sentence]) -> None:
        super().__init__(", ".join(sorted(errors)))
        self.errors = dict(errors)

    def texts(self, t: Translator) -> dict[str, str]:
        """The sentence of each refused field, by the field's name."""
        return {name: sentence.text(t) for name, sentence in self.errors.items()}
