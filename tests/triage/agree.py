"""Whether the two evaluators say the same of random protocols and patients.

`python -m tests.triage.agree --pairs 1000000` draws protocols, and patients for each, until so many pairs were judged
by both, as an answer and as a silence; it stops at the first that differs. A pair is one protocol with one patient.
"""

import argparse
import json
import sys
import time
from collections import Counter
from random import Random
from typing import Any

from tests.triage.chance import Maker, patient
from triage.assess import FLOOR, IN_DOUBT, Assessment, CompiledProtocol, Occasion, assess, compile_protocol
from triage.columnar import Judged, evaluate
from triage.columns import column_of, own_limits_of
from triage.conditions.shapes import facts_of
from triage.documents import Document, digest, dump, load
from triage.facts import MISSING

Said = dict[str, Any]


def said_alone(assessment: Assessment) -> Said:
    outcomes = {entry["rule"]: entry["outcome"] for entry in assessment.explanation["rules"]}
    return {
        "level": int(assessment.level),
        "fired": set(assessment.fired),
        "unknown": {rule for rule, outcome in outcomes.items() if outcome is None},
        "doubted": bool(assessment.doubts),
        "call_15": assessment.call_15,
    }


def said_together(judged: Judged, row: int) -> Said:
    return {
        "level": int(judged.levels[row]),
        "fired": {rule for rule, mask in judged.fired.items() if mask[row]},
        "unknown": {rule for rule, mask in judged.unknown.items() if mask[row]},
        "doubted": bool(judged.doubted[row]),
        "call_15": bool(judged.call_15[row]),
    }


def check(document: Document, random: Random, patients: int) -> Counter[str]:
    """Raises AssertionError for the first difference; returns how often each level and doubt was said."""
    protocol = compile_protocol(document)
    drawn = [patient(protocol, random) for _ in range(patients)]
    columns = {
        fact.name: column_of(fact, [readings.get(fact.name, MISSING) for readings, _ in drawn])
        for fact in protocol.facts.values()
    }
    own = own_limits_of(document.limits, [limits for _, limits in drawn])
    seen: Counter[str] = Counter()
    for occasion in Occasion:
        judged = evaluate(protocol, columns, rows=patients, own_limits=own, occasion=occasion)
        for row, (readings, limits) in enumerate(drawn):
            said = said_alone(assess(protocol, readings, own_limits=limits, occasion=occasion))
            assert said_together(judged, row) == said, (dump(document), readings, limits, occasion)
            holds(protocol, occasion, said)
            seen.update((f"{occasion} {said['level']}", f"{occasion} doubted {said['doubted']}"))
            seen["unknown"] += len(said["unknown"])
            seen["fired"] += len(said["fired"])
    return seen


def holds(protocol: CompiledProtocol, occasion: Occasion, said: Said) -> None:
    """The worst level wins, and what is unknown and may not be is never the mildest level."""
    rules = {item.rule.id: item for item in protocol.rules[occasion]}
    levels = [FLOOR[occasion], *(rules[name].rule.level for name in said["fired"])]
    assert said["level"] == max([*levels, IN_DOUBT[occasion]] if said["doubted"] else levels)
    for name in said["unknown"]:
        if not any(protocol.facts[fact].optional_when for fact in facts_of(rules[name].when)):
            assert said["doubted"]
    if rules and said["unknown"] == rules.keys():
        assert said["doubted"]


def survives_json(document: Document) -> None:
    again = load(json.loads(json.dumps(dump(document))))
    assert again == document
    assert digest(again) == digest(document)


def run(pairs: int, *, patients: int, seed: int) -> Counter[str]:
    random, seen, judged = Random(seed), Counter[str](), 0
    while judged < pairs:
        document = load(Maker(random).document())
        survives_json(document)
        seen += check(document, random, min(patients, pairs - judged))
        judged += min(patients, pairs - judged)
        seen["protocols"] += 1
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.triage.agree", description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--patients", type=int, default=50, help="of each protocol")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    started = time.monotonic()
    seen = run(arguments.pairs, patients=arguments.patients, seed=arguments.seed)
    seconds = time.monotonic() - started
    sys.stdout.write(f"{arguments.pairs:,} pairs agree, {seconds:.0f} s, seed {arguments.seed}: {dict(seen)}\n")


if __name__ == "__main__":
    main()
