"""One assessment without any database: twenty rules with their explanation, beside the same comparisons bare."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from statistics import median
from typing import Any

from bench.house import as_json
from bench.timing import Figure, alternate
from questionnaires import library, reading
from questionnaires.answers import raw_from_json, validate
from triage.assess import CompiledProtocol, assess, compile_protocol
from triage.documents import from_library
from triage.facts import Inputs, gather

SLUG = "covid-19"
RULES = 20
BARE = "twenty bare comparisons"


def twenty_rules() -> CompiledProtocol:
    """The first twenty rules for answers of the shipped protocol, with all of its facts."""
    document = from_library(SLUG)
    answered = tuple(rule for rule in document.rules if not rule.on_silence)
    return compile_protocol(replace(document, rules=answered[:RULES]))


def measure(*, repetitions: int, each: int) -> list[Figure]:
    protocol = twenty_rules()
    questionnaire = reading.parse(library.document(SLUG))
    raw = raw_from_json(as_json("green"))
    answers = validate(questionnaire, raw, facts={"has-oximeter": True}).answers
    patient = {"risk_tier": "standard", "lives_alone": False, "has_oximeter": True, "day_of_illness": 3}
    history = {"missed_checkins_in_a_row": 0, "failed_calls": 0, "last_level": "green"}
    given = Inputs(answers=answers, previous=answers, patient=patient, history=history)
    readings = gather(protocol.facts.values(), given)
    values = {name: reading.value for name, reading in readings.items()}
    bounds = {name: bound for name, (bound, _) in protocol.bounds.items()}
    acts: dict[str, Callable[[], object]] = {
        BARE: lambda: _compared(values, bounds),
        "validate 14 answers": lambda: validate(questionnaire, raw, facts={"has-oximeter": True}),
        "gather the facts": lambda: gather(protocol.facts.values(), given),
        "assess, explained": lambda: assess(protocol, readings),
    }
    assert _compared(values, bounds) == assess(protocol, readings).level
    timed = [lambda act=act: _each_us(act, each) for act in acts.values()]
    found = dict(zip(acts, alternate(timed, repetitions), strict=True))
    notes = {"gather the facts": {"facts": len(protocol.facts)}, "assess, explained": {"rules": RULES}}
    return [_figure(name, values, found[BARE], notes.get(name, {})) for name, values in found.items()]


def _figure(name: str, values: tuple[float, ...], bare: tuple[float, ...], notes: dict[str, Any]) -> Figure:
    if values is bare:
        return Figure("assess", name, "µs", values)
    return Figure("assess", name, "µs", values, BARE, median(values) / median(bare), notes)


def _each_us(act: Callable[[], object], each: int) -> float:
    """Of the processor: what else the machine does meanwhile is not counted."""
    started = time.process_time()
    for _ in range(each):
        act()
    return (time.process_time() - started) / each * 1e6


def _compared(value: Mapping[str, Any], bound: Mapping[str, int]) -> int:
    """The same twenty rules over the same values when nobody asks why and nothing is ever missing."""
    return max(
        30 * (value["temperature"] >= bound["temperature_orange_high"]),
        30 * (value["temperature"] <= bound["temperature_orange_low"]),
        40 * (value["temperature"] > bound["temperature_red_high"]),
        30 * (value["respiratory_rate"] >= bound["respiratory_rate_orange_high"]),
        40 * (value["respiratory_rate"] >= bound["respiratory_rate_red_high"]),
        40 * (value["respiratory_rate"] <= bound["respiratory_rate_red_low"]),
        30 * (value["heart_rate"] > bound["heart_rate_orange_high"]),
        40 * (value["heart_rate"] > bound["heart_rate_red_high"]),
        40 * (value["heart_rate"] < bound["heart_rate_red_low"]),
        30 * (value["spo2"] <= bound["spo2_orange"]),
        40 * (value["spo2"] <= bound["spo2_red"]),
        40 * (value["spo2_previous"] is None and bound["spo2_red"] < value["spo2"] < bound["spo2_first"]),
        30 * (value["breathlessness"] == "unusual-effort"),
        40 * (value["breathlessness"] == "slight-effort"),
        40 * (value["breathlessness"] in ("talking", "at-rest")),
        30 * (value["breathlessness_change"] == "worse"),
        40 * (value["breathlessness_change"] == "much-worse"),
        40 * (value["fainted"] is True),
        40 * (value["cannot_eat_drink"] is True),
        30 * (value["chills"] == "strong"),
    )
