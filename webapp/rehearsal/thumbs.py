"""From a condition to what a thumb types: a comma or a point, a slip now and then, "I could not measure"."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from questionnaires.answers import Validated, raw_from_json, validate
from questionnaires.schema import Questionnaire
from records.texts import DECIMAL_COMMA
from webapp.rehearsal.courses import Condition

Typed = dict[str, dict[str, Any]]
SIGNS = ("chest-pain", "blue-lips", "confusion", "fainted", "cannot-eat-drink")


def answered(
    questionnaire: Questionnaire, condition: Condition, *, oximeter: bool, language: str, clumsy: bool, rng: Random
) -> Validated:
    """The answers as the service takes them, after the page has asked once about what is unlikely or unreadable.

    A clumsy patient slips often, and half of the time says yes to the slip.
    """
    facts = {"has-oximeter": oximeter}
    meant = typed(condition, oximeter=oximeter, language=language)
    sent = slipped(meant, chance=0.45 if clumsy else 0.012, rng=rng)
    first = validate(questionnaire, raw_from_json(sent), facts=facts)
    if not first.errors and not first.to_confirm:
        return first
    again = _asked_again(first, sent, meant, stubborn=clumsy and rng.random() < 0.5)
    return validate(questionnaire, raw_from_json(again), facts=facts)


def plainly(questionnaire: Questionnaire, texts: Mapping[str, str], *, clumsy: bool, rng: Random) -> Validated:
    """The answers of a programme whose slips nobody has studied: now and then a measure is given up, or its last digit
    is typed twice; the page asks once, and who is clumsy often says yes to it.
    """
    meant: Typed = {link_id: {"raw": [text]} for link_id, text in texts.items()}
    sent, measured = dict(meant), [link_id for link_id, text in texts.items() if text[0].isdigit()]
    drawn, slip = rng.random(), rng.choice(measured)
    if drawn < (0.3 if clumsy else 0.01):
        text = texts[slip]
        sent[slip] = {"absent": True} if rng.random() < 0.5 else {"raw": [text + text[-1]]}
    first = validate(questionnaire, raw_from_json(sent))
    if not first.errors and not first.to_confirm:
        return first
    again = _asked_again(first, sent, meant, stubborn=clumsy and rng.random() < 0.5)
    return validate(questionnaire, raw_from_json(again))


def typed(condition: Condition, *, oximeter: bool, language: str) -> Typed:
    """What the patient means to type, in the shape of the client's JSON."""
    mark = "," if language in DECIMAL_COMMA else "."
    whole, tenth = divmod(condition.temperature, 10)
    texts = {
        "breathlessness": condition.breathlessness,
        "breathlessness-change": condition.change,
        **{sign: "true" if sign in condition.signs else "false" for sign in SIGNS},
        "temperature": f"{whole}{mark}{tenth}",
        "heart-rate": str(condition.heart_rate),
        "respiratory-rate": str(condition.respiratory_rate),
        "chills": condition.chills,
        "malaise": condition.malaise,
        "confinement": condition.confinement,
        "has-oximeter": str(oximeter).lower(),
    }
    if oximeter:
        texts["spo2"] = str(condition.spo2)
    return {link_id: {"raw": [text]} for link_id, text in texts.items()}


def slipped(meant: Typed, *, chance: float, rng: Random) -> Typed:
    """The same with at most one slip: a lost comma, a doubled digit, two measures swapped, or one given up."""
    drawn, kind = rng.random(), rng.choice(("comma", "doubled", "swapped", "given-up", "letters"))
    if drawn >= chance:
        return meant
    sent = dict(meant)
    match kind:
        case "comma":
            sent["temperature"] = {"raw": [_text(meant, "temperature").replace(",", "").replace(".", "")]}
        case "doubled":
            pulse = _text(meant, "heart-rate")
            sent["heart-rate"] = {"raw": [pulse + pulse[-1]]}
        case "swapped" if "spo2" in meant:
            sent["spo2"], sent["heart-rate"] = meant["heart-rate"], meant["spo2"]
        case "letters":
            sent["respiratory-rate"] = {"raw": [f"env. {_text(meant, 'respiratory-rate')}"]}
        case _:
            sent["spo2" if "spo2" in meant else "heart-rate"] = {"absent": True}
    return sent


def _text(entries: Mapping[str, Mapping[str, Any]], link_id: str) -> str:
    return str(entries[link_id]["raw"][0])


def _asked_again(first: Validated, sent: Typed, meant: Typed, *, stubborn: bool) -> Typed:
    """What is unreadable is typed again; what is unlikely is corrected, or confirmed as it stands."""
    again = dict(sent)
    for finding in first.errors:
        again[finding.link_id] = meant[finding.link_id]
    for finding in first.to_confirm:
        said = _text(sent, finding.link_id)
        # a true value that is merely unlikely is confirmed by anybody
        if stubborn or sent[finding.link_id] == meant[finding.link_id]:
            again[finding.link_id] = {"raw": [said], "confirmed": said}
        else:
            again[finding.link_id] = meant[finding.link_id]
    return again
