"""The published protocols that are stated in the library, and people who answer their questionnaires."""

from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from questionnaires import library
from questionnaires.scores import stored_scores
from triage.assess import Assessment, CompiledProtocol, assess, compile_protocol
from triage.documents import from_library
from triage.facts import Inputs, gather

NEWS2, COVID_WATCH, NIMES, COVALGO = "news2", "covid-watch", "nimes", "covalgo"
PUBLISHED = (NEWS2, COVID_WATCH, NIMES, COVALGO)
SHIPPED = tuple(sorted(book.name.removesuffix(".json") for book in (files("triage") / "library").iterdir()))
WELL: dict[str, dict[str, Any]] = {
    NEWS2: {
        "consciousness": [{"code": "A"}],
        "respiratory-rate": [{"decimal": "16"}],
        "spo2": [{"integer": 97}],
        "hypercapnic": [{"boolean": False}],
        "on-oxygen": [{"boolean": False}],
        "systolic": [{"integer": 120}],
        "heart-rate": [{"integer": 70}],
        "temperature": [{"decimal": "37.0"}],
    },
    COVID_WATCH: {"feeling": [{"code": "same"}], "harder-to-breathe": [{"boolean": False}]},
    NIMES: {
        "condition": [{"code": "no"}],
        "breathing": [{"code": "no"}],
        "daily-life": [{"boolean": True}],
        "stay-at-home": [{"boolean": True}],
    },
    COVALGO: {
        "borg": [{"decimal": "1"}],
        "chest-pain": [{"boolean": False}],
        "consciousness": [{"boolean": False}],
        "hydration": [{"boolean": True}],
        "digestive": [{"boolean": False}],
        "temperature": [{"decimal": "37.0"}],
        "heart-rate": [{"integer": 75}],
        "respiratory-rate": [{"integer": 16}],
        "spo2": [{"integer": 97}],
        "serious-illness": [{"boolean": False}],
        "stay-at-home": [{"boolean": True}],
    },
}
PATIENT = {"age_years": 54, "lives_alone": False, "has_oximeter": True, "day_of_illness": 3, "risk_tier": "standard"}
HISTORY = {"missed_checkins_in_a_row": 0, "failed_calls": 0, "last_level": "green"}


@cache
def protocol(slug: str) -> CompiledProtocol:
    return compile_protocol(from_library(slug))


def stored(value: object) -> object:
    """A plain value as the answer that is stored for it; None for "could not measure"."""
    if value is None:
        return [{"absent": "could-not-measure"}]
    if isinstance(value, list):
        return value
    kind = {bool: "boolean", int: "integer", str: "code", Decimal: "decimal"}[type(value)]
    return [{kind: str(value) if kind == "decimal" else value}]


def answered(slug: str, **changes: object) -> dict[str, Any]:
    """What somebody well answers, with some changed, and the scores worked out from it."""
    given = {name.replace("_", "-"): stored(value) for name, value in changes.items()}
    assert given.keys() <= WELL[slug].keys()
    answers = {**WELL[slug], **given}
    return {**answers, **stored_scores(library.questionnaire(slug), answers)}


def assessed(
    slug: str, *, earlier: Any = (), previous: Any = None, patient: Any = None, **changes: object
) -> Assessment:
    inputs = Inputs(
        answers=answered(slug, **changes),
        previous=previous,
        patient={**PATIENT, **(patient or {})},
        history=HISTORY,
        earlier=earlier,
    )
    return assess(protocol(slug), gather(protocol(slug).document.facts, inputs))
