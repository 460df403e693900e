"""The scores of stored answers in words, for staff. A patient is never shown one: a bare number asks to be misread."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from questionnaires.answers import value_of
from questionnaires.languages import spoken
from questionnaires.messages import decimal_mark
from questionnaires.schema import Questionnaire, Value


def scores_in_words(questionnaire: Questionnaire, answers: Mapping[str, Sequence[Value]], language: str) -> list[str]:
    """Each score with its name: "NEWS2: 5", or "NEWS2: –" where an answer that it needs is missing."""
    shown = spoken(questionnaire, language)
    told = []
    for item in questionnaire.scored:
        number = value_of(answers, item.link_id)
        known = isinstance(number, int | Decimal) and not isinstance(number, bool)
        text = f"{number}".replace(".", decimal_mark(language)) if known else "–"
        told.append(f"{item.text.speak(shown) or item.link_id}: {text}")
    return told
