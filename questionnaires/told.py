"""What somebody answered, question by question, in the words and the language in which it can be read back to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date

from questionnaires.languages import spoken
from questionnaires.messages import decimal_mark
from questionnaires.schema import Item, Questionnaire, Value
from records.texts import around, separator, together

NUMBERS = ("decimal", "quantity", "integer")


@dataclass(frozen=True, slots=True)
class Told:
    """One question and its answer; figures stand with their unit."""

    link_id: str
    question: str
    answer: str


def told(questionnaire: Questionnaire, answers: Mapping[str, Sequence[Value]], language: str) -> list[Told]:
    """Every answer to a question that was shown, in the order of the questionnaire. Never raises on stored answers."""
    shown = spoken(questionnaire, language)
    between = separator(shown)
    return [
        Told(item.link_id, item.text.speak(shown), between.join(_word(item, value, shown) for value in given))
        for item in questionnaire.by_link_id.values()
        if item.is_question and not item.hidden and (given := answers.get(item.link_id))
    ]


def _word(item: Item, value: Value, shown: str) -> str:
    t = around(shown)
    if "absent" in value:
        return t.gettext("could not measure")
    if "unreadable" in value:
        return t.gettext("“%(text)s”, which could not be read", text=value["unreadable"])
    for option in item.options:
        if value.get(option.kind) == option.value and (value.get("system") or None) in (None, option.system or None):
            return option.label.speak(shown)
    if "boolean" in value:
        return t.gettext("Yes") if value["boolean"] else t.gettext("No")
    for kind in NUMBERS:
        if kind in value:
            return _figure(item, value, str(value[kind]), shown)
    if "date" in value:
        return _day(str(value["date"]), shown)
    return next((str(said) for kind, said in value.items() if kind != "confirmed"), "")


def _figure(item: Item, value: Value, number: str, shown: str) -> str:
    unit = next((known for known in (item.unit, *item.units) if known and known.code == value.get("unit")), item.unit)
    figure = number.replace(".", decimal_mark(shown))
    return together(f"{figure}\u202f{unit.display.speak(shown)}" if unit else figure, shown)


def _day(text: str, shown: str) -> str:
    """A whole date in words; a year or a month alone as it stands."""
    try:
        return str(format_date(date.fromisoformat(text), "long", locale=around(shown).language))
    except ValueError:
        return text
