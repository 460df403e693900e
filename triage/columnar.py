"""Many sets of facts against one protocol at once: the same meaning as `triage.assess`, column by column.

`tests/triage/agree.py` holds the two to each other on random protocols and facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from triage.assess import FLOOR, IN_DOUBT, CompiledProtocol, CompiledRule, Occasion
from triage.column_blocks import Block
from triage.columns import Column, Mask, OwnLimits

BLOCK = 32_768
"""Rows looked at together: their columns stay in the processor's cache, and what is remembered of them stays small."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Of each row: `levels` (int8 of triage.levels.Level), whether anything is in doubt, whether the screen says to
    call 15; and for each rule of the occasion, in the document's order, whether it fired and whether it stayed unknown.
    """

    levels: npt.NDArray[np.int8]
    doubted: Mask
    call_15: Mask
    fired: Mapping[str, Mask]
    unknown: Mapping[str, Mask]

    def outcome(self, rule: str) -> pd.arrays.BooleanArray:
        """True, false or NA (unknown), as pandas has it."""
        return pd.arrays.BooleanArray(self.fired[rule], self.unknown[rule])


def evaluate(
    protocol: CompiledProtocol,
    columns: Mapping[str, Column],
    *,
    rows: int,
    own_limits: OwnLimits | None = None,
    occasion: Occasion = Occasion.ANSWER,
) -> Judged:
    """Each row as `assess` would say of it. A fact without a column is missing everywhere. Memory beyond the columns
    and the result is that of one block, whatever `rows` is; the result is two bytes a rule and three more for each row.
    """
    rules = protocol.rules[occasion]
    judged = Judged(
        levels=np.full(rows, FLOOR[occasion], dtype=np.int8),
        doubted=np.zeros(rows, dtype=np.bool_),
        call_15=np.zeros(rows, dtype=np.bool_),
        fired={item.rule.id: np.zeros(rows, dtype=np.bool_) for item in rules},
        unknown={item.rule.id: np.zeros(rows, dtype=np.bool_) for item in rules},
    )
    for start in range(0, rows, BLOCK):
        place = slice(start, min(start + BLOCK, rows))
        block = Block(protocol, columns, place, own_limits)
        _judge(block, rules, occasion, judged, place)
    return judged


def _judge(block: Block, rules: tuple[CompiledRule, ...], occasion: Occasion, judged: Judged, place: slice) -> None:
    levels, doubted, call_15 = judged.levels[place], judged.doubted[place], judged.call_15[place]
    doubted |= block.misfit
    doubted |= block.any_implausible(frozenset[str]().union(*(item.doubtable for item in rules)))
    undecided = block.everything
    for item in rules:
        surely, possibly = block.outcome(item.when)
        judged.fired[item.rule.id][place] = surely
        np.maximum(levels, surely * np.int8(item.rule.level), out=levels)
        if item.rule.call_15:
            call_15 |= surely
        if possibly is surely:
            undecided = block.nothing
            continue
        unknown = judged.unknown[item.rule.id][place]
        np.not_equal(possibly, surely, out=unknown)
        undecided = undecided & unknown
        doubted |= block.blamed(item.when)
    if rules:
        doubted |= undecided
    np.maximum(levels, doubted * np.int8(IN_DOUBT[occasion]), out=levels)
