"""The extension that names how a hidden item's score is worked out, and that it names questions which have it."""

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise

from questionnaires import fhir_names as fhir
from questionnaires.elements import Element, exact
from questionnaires.findings import Finding, Severity
from questionnaires.kinds import offered_units, unit_of
from questionnaires.schema import Item, ItemType
from questionnaires.score_shapes import Band, Banding, CountOf, News2, Score, SumOfWeights, questions_of

MEASURED_HERE = {ItemType.INTEGER, ItemType.DECIMAL, ItemType.QUANTITY}
WHOLE = {ItemType.INTEGER, ItemType.DECIMAL}
NEWS2_UNITS = {"temperature": "Cel", "systolic": "mm[Hg]"}
"""Of the readings that people measure in other units too."""


def read_score(extension: Element | None) -> Score | None:
    """A shape of the closed set; anything else is refused."""
    if extension is None:
        return None
    texts: dict[str, list[str]] = {}
    bands: list[Band | None] = []
    for part in extension.objects("extension"):
        if part.string("url") == "band":
            bands.append(_band(part))
        else:
            texts.setdefault(part.string("url"), []).append(str(part.value()[1]))
    score = _shape(texts, [band for band in bands if band is not None])
    if score is None or None in bands:
        extension.refuse("bad-extension", extension=fhir.SCORE)
        return None
    return score


def _shape(texts: dict[str, list[str]], bands: list[Band]) -> Score | None:
    shape = texts.pop("shape", [""])[0]
    questions = tuple(texts.pop("question", ()))
    if shape == "sum" and questions and not texts and not bands:
        return SumOfWeights(questions)
    if shape == "count" and questions and texts.keys() == {"answer"} and not bands:
        return CountOf(questions, texts["answer"][0])
    if shape == "bands" and len(questions) == 1 and bands and not texts:
        rising = all(a.low < b.low for a, b in pairwise(bands))
        return Banding(questions[0], tuple(bands)) if rising else None
    if shape == "news2" and not questions and not bands:
        return _news2({name.replace("-", "_"): found[0] for name, found in texts.items()})
    return None


def _news2(fields: dict[str, str]) -> News2 | None:
    try:
        return News2(**fields)
    except TypeError:
        return None


def _band(part: Element) -> Band | None:
    parts = {inner.string("url"): inner.value()[1] for inner in part.objects("extension")}
    low, value = exact(parts.get("low")), parts.get("value")
    return Band(low, value) if isinstance(low, Decimal) and type(value) is int else None


def check_scores(items: tuple[Item, ...], by_link_id: Mapping[str, Item], findings: list[Finding]) -> None:
    """Adds a finding per score that cannot be worked out, or that stands where a person would be asked."""
    for item in items:
        if item.score is None:
            continue
        if not item.hidden or item.type not in WHOLE:
            findings.append(Finding(item.link_id, "score-not-hidden"))
        for link_id in questions_of(item.score):
            question = by_link_id.get(link_id)
            if (
                question is None
                or not _fits(item.score, question)
                or not _is_in_its_unit(item.score, question)
                or _leaves_fractions(item, question)
            ):
                findings.append(Finding(item.link_id, "score-of-nothing", Severity.ERROR, {"question": link_id}))


def _is_in_its_unit(score: Score, question: Item) -> bool:
    """Bands are of one unit: where people choose theirs, or measure in another, the number alone says nothing."""
    if isinstance(score, CountOf | SumOfWeights):
        return True
    unit = unit_of(question)
    wanted = [code for name, code in NEWS2_UNITS.items() if getattr(score, name, None) == question.link_id]
    return not offered_units(question) and (unit is None or all(unit.code == code for code in wanted))


def _leaves_fractions(item: Item, question: Item) -> bool:
    """A whole number cannot hold a sum of halves."""
    weights = [option.weight for option in question.options if option.weight is not None]
    whole = all(weight == weight.to_integral_value() for weight in weights)
    return item.type is ItemType.INTEGER and isinstance(item.score, SumOfWeights) and not whole


def _fits(score: Score, question: Item) -> bool:
    match score:
        case SumOfWeights():
            return bool(question.options) and all(option.weight is not None for option in question.options)
        case CountOf():
            return question.type is ItemType.BOOLEAN or bool(question.options)
        case Banding():
            return question.type in MEASURED_HERE
        case News2():
            return question.is_question
