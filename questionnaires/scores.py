"""The scores that a questionnaire's hidden items name, worked out from the answers in force. Unknown is never 0."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from questionnaires import news2
from questionnaires.enablement import enabled
from questionnaires.kinds import scalar_of
from questionnaires.schema import Item, ItemType, Questionnaire, Value
from questionnaires.score_shapes import Banding, CountOf, News2, Score, SumOfWeights
from questionnaires.together import chosen

Given = Mapping[str, Sequence[Value]]
ALERT = {"alert", "A", "248234008"}
"""Codes for an alert patient: ACVPU's and SNOMED CT's."""
NOT_ALERT = {"C", "V", "P", "U", "confusion", "voice", "pain", "unresponsive"}


def scores(questionnaire: Questionnaire, answers: Given) -> dict[str, Decimal | None]:
    """Each score by its item's linkId, None where an answer it needs is missing, absent or unreadable.

    What is not asked (a disabled question) adds nothing to a sum or a count, and leaves any other score unknown.
    """
    on = enabled(questionnaire, answers)
    known: dict[str, Decimal | None] = {}
    waiting = [item for item in questionnaire.questions if item.score is not None and item.link_id in on]
    for item in sorted(waiting, key=lambda item: isinstance(item.score, Banding)):  # a band may look at a sum
        known[item.link_id] = _worked_out(questionnaire, item.score, answers, on, known)
    return {item.link_id: known[item.link_id] for item in waiting}


def stored_scores(questionnaire: Questionnaire, answers: Given) -> dict[str, list[Value]]:
    """Each known score as the stored answer to its item; one that is unknown is no answer."""
    items, known = questionnaire.by_link_id, scores(questionnaire, answers)
    return {link_id: [_as_stored(items[link_id], number)] for link_id, number in known.items() if number is not None}


def _as_stored(item: Item, number: Decimal) -> Value:
    whole = item.type is ItemType.INTEGER and number == number.to_integral_value()
    return {"integer": int(number)} if whole else {"decimal": f"{number:f}"}


def _worked_out(
    questionnaire: Questionnaire,
    score: Score | None,
    answers: Given,
    on: frozenset[str],
    known: Mapping[str, Decimal | None],
) -> Decimal | None:
    match score:
        case SumOfWeights():
            asked = [questionnaire.by_link_id[link_id] for link_id in score.questions if link_id in on]
            weights = [_weight(item, answers) for item in asked]
            return None if None in weights else sum((w for w in weights if w is not None), Decimal(0))
        case CountOf():
            asked_ids = [link_id for link_id in score.questions if link_id in on]
            said = [_said(answers, link_id) for link_id in asked_ids]
            return None if None in said else Decimal(sum(score.answer in texts for texts in said if texts is not None))
        case Banding():
            number = known.get(score.question, _number(answers, score.question, on))
            reached = [band.value for band in score.bands if number is not None and number >= band.low]
            return Decimal(reached[-1]) if reached else None
        case News2():
            found = news2.total(_readings(score, answers, on))
            return None if found is None else Decimal(found)
    return None


def _values(answers: Given, link_id: str | None) -> list[Value]:
    given = answers.get(link_id, ()) if link_id else ()
    return [value for value in given if "absent" not in value and "unreadable" not in value]


def _weight(item: Item, answers: Given) -> Decimal | None:
    """The weights of the options chosen, None without an answer."""
    options = [chosen(item, value) for value in _values(answers, item.link_id)]
    weights = [option.weight for option in options if option is not None and option.weight is not None]
    return sum(weights, Decimal(0)) if weights and len(weights) == len(options) else None


def _said(answers: Given, link_id: str) -> set[str] | None:
    """The answers as texts, `true` and `false` for yes and no; None without one."""
    contents = [scalar_of(value) for value in _values(answers, link_id)]
    return {str(c).lower() if isinstance(c, bool) else str(c) for c in contents} or None


def _number(answers: Given, link_id: str, on: frozenset[str]) -> Decimal | None:
    values = _values(answers, link_id) if link_id in on else []
    content = scalar_of(values[0]) if len(values) == 1 else None
    return Decimal(content) if isinstance(content, int | Decimal) and not isinstance(content, bool) else None


def _flag(answers: Given, link_id: str | None, on: frozenset[str]) -> bool | None:
    values = _values(answers, link_id) if link_id in on else []
    content = scalar_of(values[0]) if len(values) == 1 else None
    return content if isinstance(content, bool) else None


def _alert(answers: Given, link_id: str, on: frozenset[str]) -> bool | None:
    """From a code of ACVPU; any other answer says nothing."""
    values = _values(answers, link_id) if link_id in on else []
    content = scalar_of(values[0]) if len(values) == 1 else None
    return True if content in ALERT else False if content in NOT_ALERT else None


def _readings(score: News2, answers: Given, on: frozenset[str]) -> news2.Readings:
    return news2.Readings(
        respiratory_rate=_number(answers, score.respiratory_rate, on),
        spo2=_number(answers, score.spo2, on),
        on_oxygen=_flag(answers, score.on_oxygen, on),
        systolic=_number(answers, score.systolic, on),
        heart_rate=_number(answers, score.heart_rate, on),
        alert=_alert(answers, score.consciousness, on),
        temperature=_number(answers, score.temperature, on),
        hypercapnic=_flag(answers, score.hypercapnic, on) if score.hypercapnic else False,
    )
