"""Of many rows together the same is said as of each alone. Examples are pairs of a protocol and a patient."""

from decimal import Decimal
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.triage.agree import check, run, said_alone, said_together, survives_json
from tests.triage.chance import Maker
from tests.triage.factories import covid, limit, number, rule, with_rules
from triage import columnar, columns
from triage.assess import Occasion, assess, compile_protocol
from triage.documents import load
from triage.facts import read
from triage.levels import Level

documents = st.randoms(use_true_random=False).map(lambda random: load(Maker(random).document()))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents, st.integers(0, 2**32))
def test_the_two_evaluators_agree_on_any_protocol_and_any_patients(document, seed):
    survives_json(document)
    check(document, Random(seed), patients=10)


@pytest.mark.drill
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents, st.integers(0, 2**32))
def test_the_two_evaluators_agree_on_twenty_thousand_pairs(document, seed):
    """1,000 protocols with 20 patients each, as an answer and as a silence."""
    survives_json(document)
    check(document, Random(seed), patients=20)


def test_chance_draws_protocols_and_patients_of_which_every_thing_is_said():
    seen = run(1000, patients=50, seed=5)

    for occasion, levels in ((Occasion.ANSWER, (0, 30, 40)), (Occasion.SILENCE, (20, 35, 40))):
        assert all(seen[f"{occasion} {level}"] > 50 for level in levels)
        assert all(seen[f"{occasion} doubted {doubted}"] > 50 for doubted in (True, False))
    assert min(seen["unknown"], seen["fired"]) > 200


def test_rows_are_judged_alike_wherever_the_blocks_end(monkeypatch):
    document = load(Maker(Random(3)).document())
    for block in (1, 7, 50, 51):
        monkeypatch.setattr(columnar, "BLOCK", block)
        check(document, Random(4), patients=50)


def test_a_fact_without_a_column_is_missing_everywhere():
    document = with_rules(rule("low", "red", {"compare": "spo2", "op": "<=", "limit": "low"}))
    protocol = compile_protocol(document)

    judged = columnar.evaluate(protocol, {}, rows=3)

    assert said_together(judged, 2) == said_alone(assess(protocol, {}))
    assert judged.levels.tolist() == [Level.ORANGE] * 3
    assert judged.outcome("low").isna().all()


def test_no_rows_are_judged_too():
    assert len(columnar.evaluate(covid(), {}, rows=0).levels) == 0


def test_arrays_are_read_as_single_values_are():
    document = with_rules(rule("low", "red", {"compare": "spo2", "op": "<=", "limit": "low"}))
    spo2 = next(fact for fact in document.facts if fact.name == "spo2")
    raw = [97, None, 101, -1, 10**12, 0, 100, Decimal("3.4"), "?"]
    whole = [round(value) if isinstance(value, int | Decimal) else None for value in raw]

    column = columns.from_arrays(
        spo2,
        pd.array(whole, dtype="Int64"),
        unreadable=np.array([value == "?" for value in raw]),
        inexact=np.array([isinstance(value, Decimal) for value in raw]),
    )

    expected = columns.column_of(spo2, [read(spo2, value) for value in raw])
    assert column.status.tolist() == expected.status.tolist()
    assert list(column.values) == list(expected.values)


def test_codes_are_places_among_the_choices_and_others_cannot_be_read():
    chills = next(fact for fact in with_rules(rule("r", "red", {"missing": "chills"})).facts if fact.name == "chills")

    column = columns.from_arrays(chills, pd.array([0, 1, 2, -1, None], dtype="Int64"))

    assert [columns.STATUSES[place].value for place in column.status] == [
        "known",
        "known",
        "unreadable",
        "unreadable",
        "missing",
    ]


def test_a_column_that_hides_a_known_value_or_shows_a_missing_one_is_refused():
    values = pd.array([1, None], dtype="Int64")

    with pytest.raises(ValueError, match="masked exactly"):
        columns.Column(values, np.array([columns.KNOWN, columns.KNOWN], dtype=np.int8))


def test_numbers_too_far_for_64_bits_stay_on_their_side_of_every_limit_and_change():
    fine = {"decimals": 6, "lowest": "0", "highest": "100"}
    document = with_rules(
        rule("up", "red", {"change": "spo2", "since": "before", "op": ">", "value": 3}),
        rule("high", "orange", {"compare": "spo2", "op": ">", "limit": "low"}),
        facts=[number("spo2", **fine), number("before", source={"previous": "spo2"}, **fine)],
        limits=[limit("low", "92", decimals=6)],
        orders=[],
        usual={},
    )
    protocol = compile_protocol(document)
    drawn = [
        {name: read(protocol.facts[name], Decimal(value)) for name, value in row.items()}
        for row in ({"spo2": "9" * 13, "before": "0"}, {"spo2": "-" + "9" * 13, "before": "100"})
    ]
    columns_of = {
        name: columns.column_of(protocol.facts[name], [row[name] for row in drawn]) for name in ("spo2", "before")
    }

    judged = columnar.evaluate(protocol, columns_of, rows=2)

    assert [said_together(judged, row) for row in (0, 1)] == [said_alone(assess(protocol, row)) for row in drawn]
    assert judged.fired["up"].tolist() == [True, False]
