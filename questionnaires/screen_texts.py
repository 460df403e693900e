"""The words of one screen, in one language: its title and hint, the groups around it, what a constant answer says."""

from collections.abc import Iterator
from decimal import Decimal

from questionnaires.kinds import scalar_of, unit_of
from questionnaires.messages import decimal_mark, templates
from questionnaires.moments import as_typed
from questionnaires.schema import Item, ItemType, Option, Questionnaire, Text, Unit, Value
from questionnaires.screen_shapes import Choice
from questionnaires.together import chosen
from records import texts

GUIDES = {"help", "flyover"}
"""Displays that explain how: they stand behind a line to open."""


def titled(item: Item, shown: str) -> str:
    return " ".join(part for part in (item.prefix, item.text.speak(shown)) if part)


def hint(item: Item, shown: str) -> str | None:
    """The form's own hint, and how many answers it takes."""
    told = [item.hint.speak(shown)] if item.hint else []
    if item.repeats and (item.fewest or item.most):
        code = "how-many" if item.fewest and item.most else "too-few-answers" if item.fewest else "too-many-answers"
        told.append(templates(texts.best(shown))[code] % {"least": item.fewest, "most": item.most})
    return " ".join(told) or None


def beside(item: Item, shown: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The texts behind "how to measure", and those that always stand under the question."""
    beside = [child for child in item.items if child.type is ItemType.DISPLAY and not child.conditions]
    said = [(child.control in GUIDES, child.text.speak(shown)) for child in beside if not child.hidden]
    return tuple(text for guide, text in said if guide), tuple(text for guide, text in said if not guide)


def fixed(item: Item, shown: str) -> tuple[str, ...]:
    """The document's own answer in words."""
    return tuple(_in_words(item, value, shown) for value in item.initial)


def _in_words(item: Item, value: Value, shown: str) -> str:
    option = chosen(item, value)
    if option is not None:
        return option.label.speak(shown)
    if "boolean" in value:
        yes, no = _yes_no(shown)
        return yes.label if value["boolean"] else no.label
    content = scalar_of(value)
    if {"date", "datetime", "time"} & value.keys():
        return as_typed(str(content))
    said = f"{content:f}".replace(".", decimal_mark(shown)) if isinstance(content, Decimal) else str(content)
    unit = shown_unit(unit_of(item), shown)
    return f"{said}\u202f{unit}" if unit else said


def shown_unit(unit: Unit | None, shown: str) -> str | None:
    return unit.display.speak(shown) if unit else None


def groups_of(questionnaire: Questionnaire, item: Item, shown: str) -> str | None:
    """The headings of the groups around it, the outermost first."""
    names = [titled(holder, shown) for holder in around(questionnaire, item) if holder.type is ItemType.GROUP]
    return " – ".join(name for name in reversed(names) if name) or None


def options_of(item: Item, shown: str) -> tuple[Choice, ...]:
    if item.type is ItemType.BOOLEAN:
        return _yes_no(shown)
    return tuple(Choice(option.key, _label(option, shown)) for option in item.options)


def _label(option: Option, shown: str) -> str:
    return as_typed(str(option.value)) if option.kind in {"date", "time"} else option.label.speak(shown)


def _yes_no(shown: str) -> tuple[Choice, Choice]:
    t = texts.translator(texts.best(shown))
    return Choice("true", t.gettext("Yes")), Choice("false", t.gettext("No"))


def said(text: Text | None, language: str) -> str | None:
    return text.speak(language) if text else None


def around(questionnaire: Questionnaire, item: Item) -> Iterator[Item]:
    """The items that hold it, the nearest first."""
    while item.parent is not None:
        item = questionnaire.by_link_id[item.parent]
        yield item
