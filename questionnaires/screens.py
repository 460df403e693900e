"""What the page and the phone's script show: one screen a question, in one language, the same data for both."""

from collections.abc import Iterator, Mapping
from typing import Any

from questionnaires.controls import control_of, exclusive_of, is_open, phone_pattern, places_of
from questionnaires.emergency import emergency_conditions
from questionnaires.enablement import enabled
from questionnaires.kinds import allows_negative, decimals_of, offered_units, read, scalar_of, unit_of
from questionnaires.languages import spoken
from questionnaires.messages import decimal_mark, templates
from questionnaires.parts import PARTS_OF
from questionnaires.schema import MEASURED, Condition, Facts, Item, ItemType, Questionnaire, Scalar, Value
from questionnaires.screen_shapes import Check, Choice, Gate, Screen
from questionnaires.screen_texts import around, beside, fixed, groups_of, hint, options_of, said, shown_unit, titled
from questionnaires.together import chosen
from records import texts

__all__ = ["Check", "Choice", "Gate", "Screen", "hidden_answers", "hidden_texts", "is_beside", "screens", "to_client"]


def screens(questionnaire: Questionnaire, language: str, facts: Facts | None = None) -> tuple[Screen, ...]:
    """The screens in order, without what `facts` (the hidden items' values) already rule out.

    A screen that other visible answers may still switch on is there, with its `enable_when`.
    """
    shown = spoken(questionnaire, language)
    ruled_out = _ruled_out(questionnaire, facts or {})
    return tuple(
        _screen(questionnaire, item, shown)
        for item in questionnaire.by_link_id.values()
        if not _silent(item) and item.link_id not in ruled_out and not is_beside(questionnaire, item)
    )


def _silent(item: Item) -> bool:
    return item.hidden or item.type is ItemType.GROUP or (item.read_only and not item.is_fixed)


def is_beside(questionnaire: Questionnaire, item: Item) -> bool:
    """A display under a question belongs to that question's screen, unless it waits for an answer."""
    parent = questionnaire.by_link_id[item.parent] if item.parent else None
    within = item.type is ItemType.DISPLAY and parent is not None and parent.is_question
    return within and not item.conditions and not item.hidden


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
    """The facts, and the document's own hidden answers, as the page echoes them: "true", "false", a number or a key."""
    hidden = {item.link_id for item in questionnaire.questions if item.hidden and item.score is None}
    told: dict[str, Any] = {i.link_id: _own_key(i) for i in questionnaire.fixed if len(i.initial) == 1}
    told |= {name: fact for name, fact in facts.items() if name in hidden}
    return {k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in told.items()}


def _own_key(item: Item) -> Any:
    """What a form would post for the answer that the document gives."""
    option = chosen(item, item.initial[0])
    return option.key if option else scalar_of(item.initial[0])


def _screen(questionnaire: Questionnaire, item: Item, shown: str) -> Screen:
    control = control_of(item)
    guide, notes = beside(item, shown)
    return Screen(
        link_id=item.link_id,
        kind=str(item.type),
        title=titled(item, shown),
        hint=hint(item, shown),
        help=guide,
        group=groups_of(questionnaire, item, shown),
        options=options_of(item, shown),
        multiple=item.repeats,
        unit=shown_unit(unit_of(item), shown),
        decimals=decimals_of(item) if item.type in MEASURED else 0,
        signed=item.type in MEASURED and allows_negative(item),
        low=_bound(item.low),
        high=_bound(item.high),
        likely_low=_bound(item.likely_low),
        likely_high=_bound(item.likely_high),
        confirm_hint=said(item.confirm_hint, shown),
        max_length=item.max_length,
        required=item.required,
        could_not_measure=item.could_not_measure and control != "fixed",
        emergency=_checks(questionnaire, emergency_conditions(item)),
        enable_when=_checks(questionnaire, item.conditions),
        enable_behavior="all" if item.all_conditions else "any",
        control=control,
        places=0 if (places := places_of(item)) == 1 else places,
        parts=PARTS_OF.get(item.type, ()) if control == "parts" else (),
        own_text=is_open(item) and bool(item.options),
        exclusive=exclusive_of(item),
        units=tuple(Choice(unit.code, unit.display.speak(shown)) for unit in offered_units(item)),
        low_unit=item.low_unit,
        high_unit=item.high_unit,
        step=_bound(item.step),
        fewest=item.fewest if item.repeats else None,
        most=item.most if item.repeats else None,
        min_length=item.min_length,
        pattern=phone_pattern(item),
        fixed=fixed(item, shown) if control == "fixed" else (),
        notes=notes,
        gates=tuple(_gates(questionnaire, item)),
        under=tuple(holder.link_id for holder in around(questionnaire, item) if holder.is_question),
    )


def _gates(questionnaire: Questionnaire, item: Item) -> Iterator[Gate]:
    for holder in around(questionnaire, item):
        if holder.conditions:
            yield Gate(holder.all_conditions, _checks(questionnaire, holder.conditions))


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
