"""What the page and the phone's script show: one screen a question, in one language, the same data for both."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from questionnaires.emergency import emergency_conditions
from questionnaires.enablement import enabled
from questionnaires.kinds import allows_negative, decimals_of, read
from questionnaires.languages import spoken
from questionnaires.messages import decimal_mark, templates
from questionnaires.schema import MEASURED, Condition, Facts, Item, ItemType, Questionnaire, Scalar, Text, Value
from records import texts


@dataclass(frozen=True, slots=True)
class Choice:
    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Check:
    """`question operator value`, the value as text: "true", "92", an option's code."""

    question: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Screen:
    """One question, or a text to read (`kind` "display"). Bounds are plain decimals or ISO dates, None for none."""

    link_id: str
    kind: str
    title: str
    hint: str | None
    help: tuple[str, ...]
    group: str | None
    options: tuple[Choice, ...]
    multiple: bool
    unit: str | None
    decimals: int
    signed: bool
    low: str | None
    high: str | None
    likely_low: str | None
    likely_high: str | None
    confirm_hint: str | None
    max_length: int | None
    required: bool
    could_not_measure: bool
    emergency: tuple[Check, ...]
    enable_when: tuple[Check, ...]
    enable_behavior: str

    def to_client(self) -> dict[str, Any]:
        """JSON-able, in camelCase as FHIR writes its names."""
        return {_camel(field.name): _plain(getattr(self, field.name)) for field in fields(self)}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Choice | Check):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return value


def screens(questionnaire: Questionnaire, language: str, facts: Facts | None = None) -> tuple[Screen, ...]:
    """The screens in order, without what `facts` (the hidden items' values) already rule out.

    A screen that other visible answers may still switch on is there, with its `enable_when`.
    """
    shown = spoken(questionnaire, language)
    ruled_out = _ruled_out(questionnaire, facts or {})
    return tuple(
        _screen(questionnaire, item, shown)
        for item in questionnaire.by_link_id.values()
        if not _silent(item) and item.link_id not in ruled_out and not _is_help(questionnaire, item)
    )


def _silent(item: Item) -> bool:
    return item.hidden or item.type is ItemType.GROUP


def _is_help(questionnaire: Questionnaire, item: Item) -> bool:
    """A display under a question belongs to that question's screen."""
    parent = questionnaire.by_link_id[item.parent] if item.parent else None
    return item.type is ItemType.DISPLAY and parent is not None and parent.is_question


def _ruled_out(questionnaire: Questionnaire, facts: Facts) -> frozenset[str]:
    """The items whose enablement hangs on hidden items alone and is off."""
    on = enabled(questionnaire, hidden_answers(questionnaire, facts))
    settled: set[str] = set()
    for item in questionnaire.evaluation:
        by_parent = item.parent is None or item.parent in settled
        by_facts = by_parent and all(questionnaire.by_link_id[c.question].hidden for c in item.conditions)
        if item.hidden or by_facts or item.parent in settled - on:
            settled.add(item.link_id)
    return frozenset(settled - on)


def hidden_answers(questionnaire: Questionnaire, facts: Facts) -> dict[str, list[Value]]:
    """The facts as stored answers to the hidden items they name; others are no concern of this questionnaire."""
    found: dict[str, list[Value]] = {}
    for link_id, text in hidden_texts(questionnaire, facts).items():
        value = read(questionnaire.by_link_id[link_id], text)
        if not isinstance(value, str):
            found[link_id] = [value]
    return found


def hidden_texts(questionnaire: Questionnaire, facts: Facts) -> dict[str, str]:
    """The facts as the page echoes them: "true", "false", a number or a code."""
    hidden = {item.link_id for item in questionnaire.questions if item.hidden}
    return {k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in facts.items() if k in hidden}


def _screen(questionnaire: Questionnaire, item: Item, shown: str) -> Screen:
    return Screen(
        link_id=item.link_id,
        kind=str(item.type),
        title=" ".join(part for part in (item.prefix, item.text.speak(shown)) if part),
        hint=_said(item.hint, shown),
        help=tuple(child.text.speak(shown) for child in item.items if child.type is ItemType.DISPLAY),
        group=_group(questionnaire, item, shown),
        options=_options(item, shown),
        multiple=item.repeats,
        unit=_said(item.unit.display, shown) if item.unit else None,
        decimals=decimals_of(item) if item.type in MEASURED else 0,
        signed=item.type in MEASURED and allows_negative(item),
        low=_bound(item.low),
        high=_bound(item.high),
        likely_low=_bound(item.likely_low),
        likely_high=_bound(item.likely_high),
        confirm_hint=_said(item.confirm_hint, shown),
        max_length=item.max_length,
        required=item.required,
        could_not_measure=item.could_not_measure,
        emergency=_checks(questionnaire, emergency_conditions(item)),
        enable_when=_checks(questionnaire, item.conditions),
        enable_behavior="all" if item.all_conditions else "any",
    )


def _said(text: Text | None, language: str) -> str | None:
    return text.speak(language) if text else None


def _group(questionnaire: Questionnaire, item: Item, shown: str) -> str | None:
    parent = questionnaire.by_link_id[item.parent] if item.parent else None
    return parent.text.speak(shown) or None if parent and parent.type is ItemType.GROUP else None


def _options(item: Item, shown: str) -> tuple[Choice, ...]:
    if item.type is ItemType.BOOLEAN:
        t = texts.translator(texts.best(shown))
        return Choice("true", t.gettext("Yes")), Choice("false", t.gettext("No"))
    return tuple(Choice(option.key, option.label.speak(shown)) for option in item.options)


def _bound(bound: Scalar | None) -> str | None:
    return None if bound is None else str(bound)


def _checks(questionnaire: Questionnaire, conditions: tuple[Condition, ...]) -> tuple[Check, ...]:
    return tuple(Check(c.question, c.operator, _key(questionnaire, c)) for c in conditions)


def _key(questionnaire: Questionnaire, condition: Condition) -> str:
    """The option's key where there is one, so that the script compares what the form posts."""
    for option in questionnaire.by_link_id[condition.question].options:
        if option.value == condition.value and condition.system in {None, option.system}:
            return option.key
    return str(condition.value).lower() if isinstance(condition.value, bool) else str(condition.value)


def to_client(questionnaire: Questionnaire, language: str, facts: Facts | None = None) -> dict[str, Any]:
    """All that the phone's script needs, JSON-able; `language` there is the one really spoken."""
    shown = spoken(questionnaire, language)
    messages: Mapping[str, str] = templates(texts.best(shown))
    return {
        "url": questionnaire.url,
        "version": questionnaire.version,
        "language": shown,
        "title": questionnaire.title.speak(shown),
        "decimalMark": decimal_mark(shown),
        "hidden": hidden_texts(questionnaire, facts or {}),
        "screens": [screen.to_client() for screen in screens(questionnaire, language, facts)],
        "messages": dict(messages),
    }
