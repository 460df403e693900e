"""Conditions as forms: any condition goes through the form and comes back the same; acts lose nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask, g
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from triage import documents
from triage.conditions.shapes import (
    OPERATORS,
    ORDERINGS,
    AllOf,
    AnyOf,
    AtLeast,
    Between,
    Change,
    Compare,
    Condition,
    Consecutive,
    LimitName,
    Missing,
    Not,
    OneOf,
    Operand,
)
from triage.documents import Document
from triage.facts import Fact, FactKind, unscale
from webapp.admin.builder import nodes
from webapp.admin.builder.nodes import LEAF, Node
from webapp.admin.builder.offered import Offer
from webapp.admin.builder.tree_form import Part, grow
from webapp.admin.builder.trees import node_of
from webapp.admin.rule_words import Words

DOCUMENT = documents.from_library("covid-19")


@pytest.fixture(scope="module")
def offer() -> Offer:
    return Offer(DOCUMENT, Words(DOCUMENT, "en"))


@pytest.fixture(autouse=True, scope="module")
def in_a_request(migrated_app: Flask) -> Iterator[None]:
    with migrated_app.test_request_context("/"):
        g.language = "en"
        yield


def operands(fact: Fact) -> st.SearchStrategy[Operand]:
    limits = [limit.name for limit in DOCUMENT.limits if (limit.unit, limit.decimals) == (fact.unit, fact.decimals)]
    numbers = st.integers(0, 9999).map(lambda scaled: unscale(scaled, fact.decimals) if fact.decimals else scaled)
    return numbers | st.sampled_from(limits).map(LimitName) if limits else numbers


def leaves(fact: Fact) -> st.SearchStrategy[Condition]:
    missing = st.just(Missing(fact.name))
    if fact.kind is FactKind.BOOLEAN:
        return missing | st.builds(Compare, st.just(fact.name), st.sampled_from(("=", "!=")), st.booleans())
    if fact.kind is FactKind.CODE:
        codes = st.sampled_from(list(fact.choices))
        some = st.sets(codes, min_size=1).map(lambda found: tuple(code for code in fact.choices if code in found))
        return (
            missing
            | st.builds(OneOf, st.just(fact.name), some)
            | st.builds(Compare, st.just(fact.name), st.sampled_from(("=", "!=")), codes)
        )
    numbers = operands(fact)
    found = missing | st.builds(Compare, st.just(fact.name), st.sampled_from(OPERATORS), numbers)
    found |= st.builds(Between, st.just(fact.name), numbers, numbers)
    others = [
        other.name
        for other in DOCUMENT.facts
        if other.name != fact.name and (other.kind, other.unit, other.decimals) == (fact.kind, fact.unit, fact.decimals)
    ]
    if others:
        found |= st.builds(Change, st.just(fact.name), st.sampled_from(others), st.sampled_from(ORDERINGS), numbers)
    return found


def holders(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(parts, min_size=1, max_size=4).map(tuple)
    return (
        st.builds(AllOf, several)
        | st.builds(AnyOf, several)
        | several.flatmap(lambda found: st.builds(AtLeast, st.integers(1, len(found)), st.just(found)))
        | st.builds(Not, parts)
        | st.builds(Consecutive, st.integers(2, 10), st.integers(1, 31), parts)
    )


CONDITIONS = st.recursive(st.one_of([leaves(fact) for fact in DOCUMENT.facts]), holders, max_leaves=12)


def through_the_form(condition: Condition, offer: Offer) -> Part:
    """As a browser would send what the page shows."""
    return grow(nodes.read(MultiDict(shown(grow(node_of(condition), offer)))), offer)


def shown(tree: Part) -> list[tuple[str, str]]:
    """What the drawn fields hold, the names of the page's own hidden ones beside them."""
    sent = []
    for part in tree.walk():
        sent += [(f"{part.id}-size", str(len(part.parts)))]
        sent += [(f"{part.id}-shape", part.shape)]
        for field in part.form:
            name = field.short_name.rpartition("-")[2] if "-" in field.short_name else field.short_name
            if name in ("shape", "size"):
                continue
            values = field.data if isinstance(field.data, list) else [field.data]
            sent += [(f"{part.id}-{name}", str(value)) for value in values if value]
    return sent


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(condition=CONDITIONS)
def test_any_condition_goes_through_the_form_and_comes_back_equal(offer: Offer, condition: Condition) -> None:
    comes_back_equal(offer, condition)


@pytest.mark.drill
@settings(max_examples=3000, suppress_health_check=[HealthCheck.too_slow])
@given(condition=CONDITIONS)
def test_thousands_of_conditions_go_through_the_form_and_come_back_equal(offer: Offer, condition: Condition) -> None:
    comes_back_equal(offer, condition)


def comes_back_equal(offer: Offer, condition: Condition) -> None:
    tree = through_the_form(condition, offer)

    assert tree.validate(), tree.errors()
    assert tree.condition() == condition


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(condition=CONDITIONS, data=st.data())
def test_wrapping_and_taking_out_again_changes_nothing(offer: Offer, condition: Condition, data: st.DataObject) -> None:
    root = node_of(condition)
    path = data.draw(st.sampled_from([path for path, _ in root.walk()]))
    before = root.copy()

    nodes.act(root, "wrap-any", path, {})
    assert root != before
    nodes.act(root, "unwrap", path, {})

    assert root == before


def test_a_rule_grows_to_its_bound_and_is_told_beyond_it() -> None:
    root = Node()
    for _ in range(nodes.MOST_CONDITIONS - 1):
        nodes.act(root, "add", (), {"when-new": "spo2"})
    full = root.copy()

    with pytest.raises(nodes.TooMuch):
        nodes.act(root, "add", (), {"when-new": "spo2"})
    with pytest.raises(nodes.TooMuch):
        nodes.act(root, "wrap-not", (0,), {})

    assert root == full, "nothing is left of what was refused"


def test_a_rule_nests_as_deep_as_documents_may_and_no_deeper() -> None:
    root = Node()
    for depth in range(nodes.DEEPEST):
        nodes.act(root, "group", (0,) * depth, {})

    with pytest.raises(nodes.TooMuch):
        nodes.act(root, "group", (0,) * nodes.DEEPEST, {})

    assert root.depth == nodes.DEEPEST


def test_removing_takes_a_part_with_all_it_holds_and_leaves_the_others_as_typed() -> None:
    typed = {"fact": ["spo2"], "number": ["ninety"]}
    root = Node("all", {}, [Node("any", {}, [Node(LEAF, {"fact": ["chills"]})]), Node(LEAF, typed)])

    nodes.act(root, "remove", (0,), {})

    assert root == Node("all", {}, [Node(LEAF, typed)])


def test_moving_stays_among_the_neighbours() -> None:
    first, second = Node(LEAF, {"fact": ["spo2"]}), Node(LEAF, {"fact": ["chills"]})
    root = Node("all", {}, [first, second])

    nodes.act(root, "down", (0,), {})
    assert root.parts == [second, first]
    nodes.act(root, "up", (0,), {})
    assert root.parts == [second, first], "the first cannot go further up"


@pytest.mark.parametrize("verb", ["", "save", "wrap-leaf", "wrap-nonsense", "drop"])
def test_a_button_that_no_page_has_does_nothing(verb: str) -> None:
    root = node_of(DOCUMENT.rules[0].when)
    before = root.copy()

    assert nodes.act(root, verb, (), {}) is None
    assert root == before


@pytest.mark.parametrize("text", ["x", "0.", "-1", "1.2.3.4.5.6.7.8.9.10.11.12.13.14", "9999", "٣"])
def test_a_place_that_no_page_names_is_no_place(text: str) -> None:
    assert nodes.read_path(text) is None


def test_a_form_of_nonsense_is_read_as_far_as_one_rule_may_grow() -> None:
    sent = MultiDict({"when-shape": "evil", "when-size": "999999", "when-0-size": "40", "when-0-shape": "any"})

    root = nodes.read(sent)

    assert root.shape == "all"
    assert root.size <= 3 * nodes.MOST_CONDITIONS


def leaf_error(offer: Offer, **typed: str | list[str]) -> list[str]:
    values = {name: [value] if isinstance(value, str) else value for name, value in typed.items()}
    tree = grow(Node("all", {}, [Node(LEAF, values)]), offer)
    tree.validate()
    return [text for _, text in tree.errors()]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"fact": "spo2"}, "Choose how to compare"),
        ({"fact": "spo2", "relation": "<="}, "Choose a limit or type a number"),
        ({"fact": "spo2", "relation": "<=", "limit": "spo2_red", "number": "92"}, "not both"),
        ({"fact": "spo2", "relation": "<=", "number": "ninety"}, "Type digits only"),
        ({"fact": "spo2", "relation": "<=", "number": "92.5"}, "decimal"),
        ({"fact": "spo2", "relation": "<=", "limit": "temperature_red_high"}, "Choose among the choices shown"),
        ({"fact": "spo2", "relation": "between", "number": "90"}, "Choose a limit or type a number"),
        ({"fact": "spo2", "relation": "between", "since": "spo2_previous", "number": "1", "number_to": "2"}, "change"),
        ({"fact": "lives_alone"}, "Choose yes, no or not known"),
        ({"fact": "chills", "relation": "in"}, "Tick at least one choice"),
        ({"fact": "chills", "relation": "=", "codes": ["none", "strong"]}, "Tick exactly one choice"),
        ({"fact": "gone"}, "no longer part of the protocol"),
    ],
)
def test_what_a_condition_lacks_is_said_in_words(offer: Offer, typed: dict[str, str], said: str) -> None:
    assert any(said in text for text in leaf_error(offer, **typed))


def test_a_group_says_that_it_is_empty_and_how_many_it_can_count(offer: Offer) -> None:
    empty = grow(Node("any"), offer)
    too_many = grow(Node("at_least", {"count": ["3"]}, [Node(LEAF, {"fact": ["fainted"], "answer": ["yes"]})]), offer)

    assert not empty.validate()
    assert not too_many.validate()
    assert "Add at least one condition here" in empty.errors()[0][1]
    assert "from 1 to 1" in too_many.errors()[0][1]


def test_only_limits_of_the_facts_own_measure_are_offered(offer: Offer) -> None:
    fact = next(fact for fact in DOCUMENT.facts if fact.name == "spo2")

    assert set(offer.limits_for(fact)) == {"spo2_red", "spo2_orange", "spo2_first"}


def test_facts_of_a_silence_are_those_known_without_an_answer(offer: Offer) -> None:
    named = {name for _, facts in offer.facts(on_silence=True) for name, _ in facts}

    assert "lives_alone" in named
    assert "spo2" not in named


def test_a_number_is_written_as_documents_write_it(offer: Offer) -> None:
    tree = grow(Node(LEAF, {"fact": ["temperature"], "relation": [">="], "number": ["39,5"]}), offer)

    assert tree.validate()
    assert tree.condition() == Compare("temperature", ">=", "39.5")
    assert documents.load(documents.dump(with_rule(tree.condition())))


def with_rule(when: Condition) -> Document:
    return replace(DOCUMENT, rules=(replace(DOCUMENT.rules[0], when=when), *DOCUMENT.rules[1:]))
