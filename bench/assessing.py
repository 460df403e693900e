"""One assessment, without any database: the rules with their explanation, beside comparisons that explain nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

from bench.house import TYPED, as_json
from bench.timing import Figure, alternate
from questionnaires import library, reading
from questionnaires.answers import raw_from_json, validate
from triage.assess import assess, compile_protocol
from triage.documents import from_library
from triage.facts import Inputs, gather

SLUG = "covid-19"
BARE = "twenty bare comparisons"


def measure(*, repetitions: int, each: int) -> list[Figure]:
    protocol = compile_protocol(from_library(SLUG))
    questionnaire = reading.parse(library.document(SLUG))
    raw = raw_from_json(as_json("green"))
    answers = validate(questionnaire, raw, facts={"has-oximeter": True}).answers
    patient = {"risk_tier": "standard", "lives_alone": False, "has_oximeter": True, "day_of_illness": 3}
    history = {"missed_checkins_in_a_row": 0, "failed_calls": 0, "last_level": "green"}
    given = Inputs(answers=answers, previous=answers, patient=patient, history=history)
    readings = gather(protocol.facts.values(), given)
    acts: dict[str, Callable[[], object]] = {
        BARE: lambda: _compared(TYPED["green"]),
        "validate 14 answers": lambda: validate(questionnaire, raw, facts={"has-oximeter": True}),
        "gather facts": lambda: gather(protocol.facts.values(), given),
        "assess": lambda: assess(protocol, readings),
    }
    timed = [lambda act=act: _each_us(act, each) for act in acts.values()]
    found = dict(zip(acts, alternate(timed, repetitions), strict=True))
    limit = Figure("assess", "", "µs", found[BARE])
    rules = {"rules": len(protocol.document.rules)}
    return [
        Figure("assess", BARE, "µs", found[BARE]),
        Figure("assess", "validate 14 answers", "µs", found["validate 14 answers"]),
        Figure("assess", "gather facts", "µs", found["gather facts"]),
        Figure(
            room="assess",
            name="assess, explained",
            unit="µs",
            values=found["assess"],
            of=BARE,
            ratio=Figure("", "", "", found["assess"]).median / limit.median,
            notes=rules,
        ),
    ]


def _each_us(act: Callable[[], object], each: int) -> float:
    started = time.perf_counter()
    for _ in range(each):
        act()
    return (time.perf_counter() - started) / each * 1e6


def _compared(typed: dict[str, str]) -> int:
    """What twenty rules cost when nobody asks why: typed text read, compared, the worst kept; nothing explained."""
    numbers = [
        float(typed[name].replace(",", ".")) for name in ("temperature", "heart-rate", "respiratory-rate", "spo2")
    ]
    levels = [2 * (value > bound) for value, bound in zip(numbers * 3, range(100, 160, 5), strict=False)]
    levels += [3 * (typed[name] == "true") for name in ("chest-pain", "blue-lips", "confusion", "fainted")]
    levels += [2 * (typed[name] == "severe") for name in ("chills", "malaise", "breathlessness", "confinement")]
    return max(levels)
