"""Twenty rules over a million responses in memory, and over ten million that go by in chunks; on one core.

Beside pandas doing only the comparisons that the rules are made of, on the same columns, and beside the evaluator of
single answers. What is timed starts with the columns made and ends with level, rules and doubts of each row.
`python -m bench.columns ROWS` runs the chunks in a process of its own, so that its peak of memory is theirs.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from statistics import median

import numpy as np
import orjson
import pandas as pd

from bench.assessing import RULES, twenty_rules
from bench.timing import Figure, alternate
from triage.assess import CompiledProtocol, assess
from triage.columnar import Judged, evaluate
from triage.columns import Column, from_arrays
from triage.conditions.compiling import TESTS, constant
from triage.conditions.shapes import Compare, Condition, LimitName, Missing, OneOf, parts_of
from triage.facts import NUMERIC, Fact, FactKind, Reading, Status, read, unscale

BARE, OURS = "pandas, the comparisons alone", f"{RULES} rules"
CHUNK = 250_000
SAMPLE = 2_000
MISSING_SHARE = 0.03
USUAL = {"temperature": (372, 6), "respiratory_rate": (16, 3), "heart_rate": (75, 12), "spo2": (96, 2)}
"""Mean and spread, scaled; other numbers lie anywhere in their plausible range."""
Columns = dict[str, Column]


def measure(*, rows: int, stream: int, repetitions: int) -> list[Figure]:
    protocol = twenty_rules()
    columns = drawn(protocol, rows, np.random.default_rng(1))
    acts = [
        lambda: _rate(rows, lambda: _compared(protocol, columns)),
        lambda: _rate(rows, lambda: _all(protocol, columns)),
    ]
    bare, ours = alternate(acts, repetitions)
    alone = tuple(_alone(protocol, columns) for _ in range(repetitions))
    told = orjson.loads(
        subprocess.run([sys.executable, "-m", "bench.columns", str(stream)], capture_output=True, check=True).stdout
    )
    ratio = median(ours) / median(bare)
    notes = {"rows": rows, "of_single": f"{median(ours) / median(alone):.0f}"}
    streamed = {
        "rows": told["rows"],
        "chunk": CHUNK,
        "peak": f"{told['peak']:.0f}MB",
        "before": f"{told['before']:.0f}MB",
    }
    return [
        Figure("columns", BARE, "rows/s", bare, notes={"comparisons": len(_leaves(protocol))}),
        Figure(
            "columns", "one by one, explained", "rows/s", alone, BARE, median(alone) / median(bare), {"rows": SAMPLE}
        ),
        Figure("columns", OURS, "rows/s", ours, BARE, ratio, notes),
        Figure("columns", f"{OURS}, streamed", "rows/s", (told["rate"],), BARE, told["rate"] / median(bare), streamed),
    ]


def drawn(protocol: CompiledProtocol, rows: int, chance: np.random.Generator) -> Columns:
    return {name: _column(fact, rows, chance) for name, fact in protocol.facts.items()}


def _column(fact: Fact, rows: int, chance: np.random.Generator) -> Column:
    absent = chance.random(rows) < MISSING_SHARE
    if fact.kind is FactKind.BOOLEAN:
        return from_arrays(fact, pd.arrays.BooleanArray(chance.random(rows) < 0.05, absent))
    if fact.kind is FactKind.CODE:
        values = np.minimum(chance.geometric(0.7, rows) - 1, len(fact.choices) - 1)
    elif fact.name in USUAL:
        values = np.rint(chance.normal(*USUAL[fact.name], rows)).astype(np.int64)
    else:
        values = chance.integers(fact.lowest or 0, (fact.highest or 0) + 1, rows)
    return from_arrays(fact, pd.arrays.IntegerArray(values, absent))


def _rate(rows: int, act: Callable[[], object]) -> float:
    """By seconds of the processor: one core, and what else the machine does meanwhile is not counted."""
    started = time.process_time()
    act()
    return rows / (time.process_time() - started)


def _all(protocol: CompiledProtocol, columns: Columns) -> Judged:
    return evaluate(protocol, columns, rows=len(next(iter(columns.values()))))


def _leaves(protocol: CompiledProtocol) -> list[Condition]:
    def of(condition: Condition) -> list[Condition]:
        parts = parts_of(condition)
        return [leaf for part in parts for leaf in of(part)] if parts else [condition]

    return [leaf for rule in protocol.document.rules for leaf in of(rule.when)]


def _compared(protocol: CompiledProtocol, columns: Columns) -> list[object]:
    """Each comparison as pandas does it on nullable columns; nothing is joined, counted or told."""
    series = {name: pd.Series(column.values) for name, column in columns.items()}
    return [_leaf(protocol, leaf, series) for leaf in _leaves(protocol)]


def _leaf(protocol: CompiledProtocol, leaf: Condition, series: dict[str, pd.Series]) -> object:
    assert isinstance(leaf, Compare | OneOf | Missing)
    fact, values = protocol.facts[leaf.fact], series[leaf.fact]
    codes = list(fact.choices)
    if isinstance(leaf, Missing):
        return values.isna()
    if isinstance(leaf, OneOf):
        return values.isin([codes.index(code) for code in leaf.codes])
    if isinstance(leaf.operand, LimitName):
        return TESTS[leaf.operator](values, protocol.bounds[leaf.operand.name][0])
    bound = codes.index(str(leaf.operand)) if fact.kind is FactKind.CODE else constant(fact, leaf.operand)[0]
    return TESTS[leaf.operator](values, bound)


def _alone(protocol: CompiledProtocol, columns: Columns) -> float:
    """The first rows by the evaluator of single answers, which must say the same."""
    rows = [
        {name: _reading(protocol.facts[name], column, row) for name, column in columns.items()} for row in range(SAMPLE)
    ]
    started = time.process_time()
    said = [assess(protocol, readings).level for readings in rows]
    seconds = time.process_time() - started
    assert said == _all(protocol, columns).levels[:SAMPLE].tolist()
    return SAMPLE / seconds


def _reading(fact: Fact, column: Column, row: int) -> Reading:
    value = column.values[row]
    if value is pd.NA:
        return Reading(Status.MISSING)
    if fact.kind is FactKind.CODE:
        return read(fact, list(fact.choices)[value])
    return read(fact, Decimal(unscale(int(value), fact.decimals)) if fact.kind in NUMERIC else bool(value))


def _stream(rows: int) -> dict[str, float]:
    """Chunk after chunk, none kept; drawing them is not timed."""
    protocol, chance = twenty_rules(), np.random.default_rng(2)
    _all(protocol, drawn(protocol, 1000, chance))
    before, seconds = _held(), 0.0
    for _ in range(rows // CHUNK):
        columns = drawn(protocol, CHUNK, chance)
        seconds += CHUNK / _rate(CHUNK, lambda columns=columns: _all(protocol, columns))
    return {"rows": rows // CHUNK * CHUNK, "rate": rows // CHUNK * CHUNK / seconds, "before": before, "peak": _held()}


def _held() -> float:
    """The most that this process ever held, in megabytes; getrusage would tell its parent's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(_stream(int(sys.argv[1]))))
