"""What holds for every protocol and every set of facts."""

import json
from decimal import Decimal
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from tests.triage.factories import HISTORY, PATIENT, WELL, covid, rule, sentence, tiny
from triage.assess import Occasion, assess, compile_protocol, reassess
from triage.conditions.compiling import compile_condition
from triage.documents import digest, dump, load
from triage.facts import Inputs, gather
from triage.levels import Level
from triage.wording import word

CODES = ["none", "strong", "mild", "hard", "fine", "cannot-go-on", "talking", "at-rest", "worse", "better"]
anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-5, 220),
    st.decimals(allow_nan=True, allow_infinity=True),
    st.decimals(min_value=30, max_value=45, places=1),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(CODES),
)
stored = st.lists(
    st.one_of(
        anything, st.dictionaries(st.sampled_from(["decimal", "integer", "code", "absent", "unreadable"]), anything)
    ),
    max_size=2,
)
answers = st.dictionaries(st.sampled_from(sorted(WELL)), st.one_of(anything, stored))
all_inputs = st.builds(
    Inputs,
    answers=answers,
    previous=st.none() | answers,
    patient=st.dictionaries(st.sampled_from(sorted(PATIENT)), anything),
    history=st.dictionaries(st.sampled_from(sorted(HISTORY)), anything),
)
plausible = st.fixed_dictionaries(
    {
        "temperature": st.decimals(min_value=30, max_value=45, places=1),
        "heart-rate": st.integers(20, 250),
        "respiratory-rate": st.integers(4, 70),
        "spo2": st.integers(50, 100),
        "breathlessness": st.sampled_from(["none", "unusual-effort", "slight-effort", "talking", "at-rest"]),
        "breathlessness-change": st.sampled_from(["better", "same", "worse", "much-worse"]),
        "chills": st.sampled_from(["none", "mild", "strong"]),
        "confinement": st.sampled_from(["fine", "hard", "cannot-go-on"]),
        "fainted": st.booleans(),
        "cannot-eat-drink": st.booleans(),
        "chest-pain": st.booleans(),
        "blue-lips": st.booleans(),
        "confusion": st.booleans(),
    }
)
COMPARES = [
    {"compare": "spo2", "op": "<=", "limit": "low"},
    {"compare": "spo2", "op": ">", "value": 98},
    {"between": "spo2", "low": {"limit": "low"}, "high": {"limit": "middle"}},
    {"change": "spo2", "since": "before", "op": "<=", "value": -3},
    {"compare": "pain", "op": "=", "value": True},
    {"in": "chills", "codes": ["strong"]},
]
trees = st.recursive(
    st.sampled_from([*COMPARES, {"missing": "spo2"}]),
    lambda inner: st.one_of(
        st.builds(lambda part: {"not": part}, inner),
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"at_least": 1, "of": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"at_least": 2, "of": parts}, st.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=6,
)
documents = st.lists(st.tuples(st.sampled_from(["orange", "red"]), trees), min_size=1, max_size=4).map(
    lambda rules: load(tiny(rules=[rule(f"r{number}", *each) for number, each in enumerate(rules)]))
)
tiny_readings = st.builds(
    lambda spo2, before, pain, chills: gather(
        load_once().facts, Inputs({"spo2": spo2, "pain": pain, "chills": chills}, {"spo2": before}, {}, {})
    ),
    st.none() | st.integers(-2, 103),
    st.none() | st.integers(-2, 103),
    st.none() | st.booleans(),
    st.none() | st.sampled_from(["none", "strong", "other"]),
)


@cache
def load_once():
    return load(tiny())


def assess_covid(given_inputs, occasion=Occasion.ANSWER):
    return assess(covid(), gather(covid().document.facts, given_inputs), occasion=occasion)


@given(all_inputs)
def test_whatever_arrives_a_level_results_and_can_be_said_in_words(given_inputs):
    answer, silence = assess_covid(given_inputs), assess_covid(given_inputs, Occasion.SILENCE)

    assert answer.level in (Level.GREEN, Level.ORANGE, Level.RED)
    assert silence.level in (Level.SILENT, Level.SILENT_URGENT, Level.RED)
    for language in ("fr", "en", "ar"):
        wording = word(covid().document, answer, language)
        assert bool(wording.to_patient()) is bool(wording.to_caller()) is (answer.level is not Level.GREEN)
        assert isinstance(wording.comparisons(), list)


@given(all_inputs, st.sampled_from(list(Occasion)))
def test_an_assessment_can_be_relived_from_what_was_stored(given_inputs, occasion):
    first = assess(
        covid(),
        gather(covid().document.facts, given_inputs),
        own_limits={"spo2_red": Decimal(88)},
        occasion=occasion,
    )
    kept = json.loads(json.dumps(first.to_json()))

    again = reassess(
        compile_protocol(load(dump(covid().document))),
        facts=kept["facts"],
        own_limits=kept["own_limits"],
        occasion=kept["explanation"]["occasion"],
    )

    assert again == first
    assert again.to_json() == kept


@given(documents, tiny_readings)
def test_the_worst_level_wins_and_the_unknown_is_never_green(document, readings):
    result = assess(compile_protocol(document), readings)

    outcomes = {entry["rule"]: entry["outcome"] for entry in result.explanation["rules"]}
    expected = [each.level for each in document.rules if outcomes[each.id] is True]
    assert None not in outcomes.values() or result.doubts
    assert result.level is max([Level.GREEN, *expected, *([Level.ORANGE] if result.doubts else [])])


@given(plausible, st.sets(st.sampled_from(sorted(WELL.keys() - {"malaise"}))))
def test_taking_values_away_never_makes_green(given_answers, removed):
    left = {key: value for key, value in given_answers.items() if key not in removed}
    full = assess_covid(Inputs(given_answers, WELL, PATIENT, HISTORY))
    less = assess_covid(Inputs(left, WELL, PATIENT, HISTORY))

    assert (less.level is Level.GREEN) <= (full.level is Level.GREEN and not removed)


@given(plausible, plausible)
def test_a_worse_answer_beside_the_others_never_lowers_the_level(given_answers, other):
    before = assess_covid(Inputs(given_answers, WELL, PATIENT, HISTORY)).level

    for flag in ("chest-pain", "fainted", "blue-lips"):
        worse = assess_covid(
            Inputs({**given_answers, flag: given_answers[flag] or other[flag]}, WELL, PATIENT, HISTORY)
        )
        assert worse.level >= before


@given(documents)
def test_every_document_survives_json(document):
    kept = json.loads(json.dumps(dump(document)))

    assert load(kept) == document
    assert digest(load(kept)) == digest(document)


@given(trees, tiny_readings)
def test_a_condition_that_is_known_stays_so_when_a_missing_fact_turns_up(tree, readings):
    if "missing" in json.dumps(tree):
        return
    document = load(tiny(rules=[rule("r", "red", tree)]))
    protocol = compile_protocol(document)
    evaluate = compile_condition(document.rules[0].when, protocol.facts)
    known = evaluate(readings, protocol.bounds)["outcome"]
    usual = gather(document.facts, Inputs({"spo2": 93, "pain": True, "chills": "none"}, {"spo2": 97}, {}, {}))
    filled = {name: usual[name] if reading.value is None else reading for name, reading in readings.items()}

    if known is not None:
        assert evaluate(filled, protocol.bounds)["outcome"] is known


def test_readings_without_any_entry_still_give_a_level():
    assert assess(covid(), {}).level is Level.ORANGE
    assert assess(covid(), {}, occasion=Occasion.SILENCE).level is Level.SILENT_URGENT


def test_nothing_assessed_at_all_is_a_finding_even_where_everything_is_optional():
    facts = [
        {**tiny()["facts"][0], "optional_when": {"compare": "first", "op": "=", "value": True}},
        {"name": "first", "kind": "boolean", "source": {"first_response": True}, "labels": sentence("First")},
    ]
    document = load(tiny(facts=facts, usual={}))

    result = assess(compile_protocol(document), gather(document.facts, Inputs({}, None, {}, {})))

    assert (result.level, [doubt.reason for doubt in result.doubts]) == (Level.ORANGE, ["nothing_assessed"])
