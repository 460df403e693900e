"""Some rows of the columns, and the outcome of each condition in them.

A condition over columns is two masks: where it is surely true, and where it is true or unknown. That is Kleene's logic:
each of `all`, `any`, `not` and `at least` acts on both masks alike, and where they differ the outcome is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from triage.assess import CompiledProtocol
from triage.columns import IMPLAUSIBLE, KNOWN, MISSING, Column, Mask, OwnLimits
from triage.conditions.compiling import TESTS, constant
from triage.conditions.shapes import (
    AllOf,
    AnyOf,
    AtLeast,
    Between,
    Change,
    Compare,
    Condition,
    LimitName,
    Missing,
    Not,
    OneOf,
    Operand,
    parts_of,
)
from triage.facts import FactKind


class Outcome(NamedTuple):
    """The same array twice where nothing is unknown."""

    surely: Mask
    possibly: Mask


class Facts(NamedTuple):
    """One fact of a block; `absent` and `unsure` (no known value) are None where they hold for no row."""

    values: npt.NDArray[Any]
    status: npt.NDArray[np.int8]
    absent: Mask | None
    unsure: Mask | None


class Block:
    """Some rows, and what was found out about them so far: rules share many conditions."""

    def __init__(
        self, protocol: CompiledProtocol, columns: Mapping[str, Column], place: slice, own: OwnLimits | None
    ) -> None:
        self.protocol, self.columns, self.place = protocol, columns, place
        self.rows = place.stop - place.start
        self.nothing: Mask = np.zeros(self.rows, dtype=np.bool_)
        self.everything: Mask = np.ones(self.rows, dtype=np.bool_)
        self.bounds: dict[str, Any] = {name: value for name, (value, _) in protocol.bounds.items()}
        self.misfit = self.nothing if own is None else self.adopt(own)
        self.read: dict[str, Facts] = {}
        self.outcomes: dict[Condition, Outcome] = {}

    def adopt(self, own: OwnLimits) -> Mask:
        """Takes over the own limits that fit; returns where they do not: one that does not discards all of its row."""
        misfit = own.unfit[self.place].copy()
        has_own = misfit.copy()
        limits = {limit.name: limit for limit in self.protocol.document.limits}
        wanted: dict[str, Any] = dict(self.bounds)
        for name, column in own.values.items():
            given = ~np.asarray(column[self.place].isna())
            has_own |= given
            if name not in limits:
                misfit |= given
                continue
            values = column[self.place].to_numpy(dtype=np.int64, na_value=0)
            misfit |= given & ((values < limits[name].lowest) | (values > limits[name].highest))
            wanted[name] = np.where(given, values, limits[name].value)
        if not has_own.any():
            return misfit
        for order in self.protocol.document.orders:
            misfit |= has_own & ~held(order.operator, wanted[order.lower], wanted[order.higher])
        for name in own.values.keys() & limits.keys():
            self.bounds[name] = np.where(misfit, limits[name].value, wanted[name])
        return misfit

    def fact(self, name: str) -> Facts:
        if name not in self.read:
            self.read[name] = self._fact(self.columns.get(name))
        return self.read[name]

    def _fact(self, column: Column | None) -> Facts:
        if column is None:
            status = np.full(self.rows, MISSING, dtype=np.int8)
            return Facts(np.zeros(self.rows, dtype=np.int64), status, self.everything, self.everything)
        part, status = column.values[self.place], column.status[self.place]
        kind = np.bool_ if isinstance(part, pd.arrays.BooleanArray) else np.int64
        values = part.to_numpy(dtype=kind, na_value=kind(0))
        if not status.any():
            return Facts(values, status, None, None)
        absent = status >= MISSING
        return Facts(values, status, absent if absent.any() else None, status != KNOWN)

    def any_implausible(self, names: Iterable[str]) -> Mask:
        found = [self.fact(name) for name in names]
        masks = (fact.status == IMPLAUSIBLE for fact in found if fact.unsure is not None)
        return reduce(np.logical_or, masks, self.nothing)

    def outcome(self, condition: Condition) -> Outcome:
        if condition not in self.outcomes:
            self.outcomes[condition] = self._outcome(condition)
        return self.outcomes[condition]

    def _outcome(self, condition: Condition) -> Outcome:
        match condition:
            case Compare(name, operator, operand):
                fact = self.fact(name)
                return known_unless(fact.absent, held(operator, fact.values, self.bound(name, operand)))
            case OneOf(name, codes):
                fact = self.fact(name)
                equal = (fact.values == self.code(name, code) for code in codes)
                return known_unless(fact.absent, reduce(np.logical_or, equal, self.nothing))
            case Between(name, low, high):
                fact = self.fact(name)
                inside = (self.bound(name, low) <= fact.values) & (fact.values <= self.bound(name, high))
                return known_unless(fact.absent, inside)
            case Change(name, since, operator, operand):
                now, before = self.fact(name), self.fact(since)
                change = now.values - before.values
                unknown = either(now.absent, before.unsure)
                return known_unless(unknown, held(operator, change, self.bound(name, operand)))
            case Missing(name):
                absent = self.fact(name).absent
                return known_unless(None, self.nothing if absent is None else absent)
        return self.group(condition)

    def group(self, condition: Condition) -> Outcome:
        parts = [self.outcome(part) for part in parts_of(condition)]
        if isinstance(condition, Not):
            (part,) = parts
            surely = ~part.possibly
            return Outcome(surely, surely if part.possibly is part.surely else ~part.surely)
        surely = self.together(condition, (part.surely for part in parts))
        if all(part.possibly is part.surely for part in parts):
            return Outcome(surely, surely)
        return Outcome(surely, self.together(condition, (part.possibly for part in parts)))

    def together(self, condition: Condition, masks: Iterator[Mask]) -> Mask:
        if isinstance(condition, AllOf):
            return reduce(np.logical_and, masks, self.everything)
        if isinstance(condition, AnyOf):
            return reduce(np.logical_or, masks, self.nothing)
        assert isinstance(condition, AtLeast)
        counted: Mask = sum(masks, np.zeros(self.rows, dtype=np.int32)) >= condition.count
        return counted

    def blamed(self, condition: Condition) -> Mask:
        """Where the condition is unknown for the want of a fact that may not be missing."""
        surely, possibly = self.outcome(condition)
        if possibly is surely:
            return self.nothing
        unknown = possibly ^ surely
        parts = parts_of(condition)
        if parts:
            return unknown & reduce(np.logical_or, (self.blamed(part) for part in parts), self.nothing)
        if isinstance(condition, Compare | OneOf | Between):
            return unknown & ~self.excused(condition.fact)
        assert isinstance(condition, Change)
        now, before = self.fact(condition.fact), self.fact(condition.since)
        blind = self.nothing if now.absent is None else now.absent & ~self.excused(condition.fact)
        before_blind = self.nothing if before.unsure is None else before.unsure & ~self.excused(condition.since)
        return blind | before_blind

    def excused(self, name: str) -> Mask:
        """Where the fact is missing and may be."""
        may_be = self.protocol.facts[name].optional_when
        return self.nothing if may_be is None else (self.fact(name).status == MISSING) & self.outcome(may_be).surely

    def bound(self, name: str, operand: Operand) -> Any:
        if isinstance(operand, LimitName):
            return self.bounds[operand.name]
        fact = self.protocol.facts[name]
        return self.code(name, operand) if fact.kind is FactKind.CODE else constant(fact, operand)[0]

    def code(self, name: str, code: object) -> int:
        """The place among the choices; -2 equals none, and the document was checked."""
        return next((place for place, each in enumerate(self.protocol.facts[name].choices) if each == code), -2)


def held(operator: str, values: Any, bound: Any) -> Mask:
    found: Mask = np.asarray(TESTS[operator](values, bound))
    return found


def known_unless(unknown: Mask | None, found: Mask) -> Outcome:
    return Outcome(found, found) if unknown is None else Outcome(found & ~unknown, found | unknown)


def either(one: Mask | None, other: Mask | None) -> Mask | None:
    if one is None or other is None:
        return one if other is None else other
    return one | other
