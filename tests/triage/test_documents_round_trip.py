"""Every random document, in every shape there is, comes back from storage equal and with the same digest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.triage.factories import limit, number, rule, tiny
from tests.triage.random_protocols import conditions
from triage.documents import digest, dump, facts_in_use, load, review

spans = st.one_of(
    st.integers(1, 31).map(lambda days: {"days": days}), st.integers(1, 744).map(lambda hours: {"hours": hours})
)
windows = st.lists(st.tuples(st.sampled_from(["lowest", "highest", "latest", "change", "slope"]), spans), max_size=4)
given_values = st.one_of(
    st.none(),
    st.integers(0, 100),
    st.builds(lambda plus: {"limit": "low", "plus": plus}, st.integers(-3, 3)),
    st.builds(lambda over: {"limit": "middle", "plus": 0, "over": str(over)}, st.integers(1, 90)),
)
befores = st.lists(st.dictionaries(st.just("spo2"), given_values, max_size=1), max_size=3)
optional = st.sampled_from([None, {"compare": "first", "op": "=", "value": True}])
FIRST = {"name": "first", "kind": "boolean", "source": {"first_response": True}, "labels": {"en": "First"}}


def fact(place: int, kind: str, span: dict[str, int], optional_when: Any) -> dict[str, Any]:
    unit = "%/d" if kind == "slope" else "%"
    return number(f"window{place}", source={kind: "spo2", **span}, unit=unit, lowest="-99", optional_when=optional_when)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    facts = [fact(place, *drawn, draw(optional)) for place, drawn in enumerate(draw(windows))]
    rules = [
        rule(f"r{place}", "orange", when)
        for place, when in enumerate(draw(st.lists(conditions, min_size=1, max_size=3)))
    ]
    rules += [
        rule(f"w{place}", "red", {"compare": made["name"], "op": "<", "value": 0}) for place, made in enumerate(facts)
    ]
    cases = [{"name": "a case", "level": "green", "facts": {"spo2": draw(given_values)}, "before": draw(befores)}]
    values = sorted(draw(st.lists(st.integers(0, 100), min_size=2, max_size=2, unique=True)))
    limits = [limit(name, str(value)) for name, value in zip(("low", "middle"), values, strict=True)]
    return tiny(facts=[*tiny()["facts"], FIRST, *facts], rules=rules, limits=limits, cases=cases)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_every_document_round_trips_and_can_be_reviewed(data: dict[str, Any]):
    document = load(data)
    stored = json.loads(json.dumps(dump(document)))

    again = load(stored)

    assert again == document
    assert digest(again) == digest(document)
    assert dump(again) == stored
    names = [fact.name for fact in facts_in_use(document)]
    assert len(names) == len(set(names))
    assert {warning.where.partition(" › ")[0] for warning in review(document)} <= {"facts", "limits", "rules"}


@pytest.mark.parametrize(
    ("facts", "stored"),
    [
        ([], "4da915acfa652b9432648e2603214af433773fc2201879b55a1714dd287a0c18"),
        (
            [number("lowest", source={"lowest": "spo2", "days": 3})],
            "c1bde83737ba3905a08a3b3c97e6be89d43829dd19dbc4717cbd376ceacde026",
        ),
    ],
)
def test_a_document_in_force_keeps_the_digest_it_was_signed_with(facts: list[dict[str, Any]], stored: str):
    """As it was before windows of hours and counts of answers could be written."""
    assert digest(load(tiny(facts=[*tiny()["facts"], *facts]))).hex() == stored
