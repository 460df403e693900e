"""Facts of many responses, a column each: scaled integers, yes or no, or codes by their place among the choices.

At this boundary values are pandas' nullable Int64 and boolean. Nothing is ever a float, and what has no value is
masked, never NaN. Only replay imports this: pandas costs a process a second and tens of megabytes, and no web process
needs it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from triage.documents import Limit
from triage.facts import NUMERIC, Fact, FactKind, Reading, Status, scale

Mask = npt.NDArray[np.bool_]
Nullable = pd.arrays.IntegerArray | pd.arrays.BooleanArray

STATUSES = (Status.KNOWN, Status.IMPLAUSIBLE, Status.MISSING, Status.UNREADABLE)
"""The status column holds places in this tuple."""
KNOWN, IMPLAUSIBLE, MISSING, UNREADABLE = range(4)
FARTHEST = 4 * 10**18
"""Numbers are cut to plus and minus this. Limits and plausible ranges end at 10**18 (twelve digits, six decimals), so
that no comparison and no difference comes out otherwise, and no difference of two leaves 64 bits.
"""


@dataclass(frozen=True, slots=True)
class Column:
    """One fact of each row. `values` is Int64 (numbers, days, codes) or boolean, and masked exactly where `status`
    (int8, places in STATUSES) says missing or unreadable. A code that is none of the fact's choices is -1.
    """

    values: Nullable
    status: npt.NDArray[np.int8]

    def __post_init__(self) -> None:
        if len(self.values) != len(self.status) or not np.array_equal(self.values.isna(), self.status >= MISSING):
            raise ValueError("values must be masked exactly where the status is missing or unreadable")

    def __len__(self) -> int:
        return len(self.status)


@dataclass(frozen=True, slots=True)
class OwnLimits:
    """Patients' own limits: of each limit an Int64 column, scaled like the limit and masked where there is none.
    `unfit` marks rows that hold more than fits the columns: a limit that the protocol does not have, or one that is
    too fine.
    """

    values: Mapping[str, pd.arrays.IntegerArray]
    unfit: Mask


def integers(values: npt.NDArray[np.int64], absent: Mask) -> pd.arrays.IntegerArray:
    return pd.arrays.IntegerArray(values, absent)


def from_arrays(fact: Fact, values: Nullable, *, unreadable: Mask | None = None, inexact: Mask | None = None) -> Column:
    """A column as `triage.facts.read` reads each value. What is masked is missing, or `unreadable` where that says so;
    a number outside the plausible range, or an `inexact` one (rounded: it was finer than the fact), is implausible.
    Codes are places among `fact.choices`; any other is unreadable.
    """
    absent = np.asarray(values.isna())
    status = np.where(absent, np.int8(MISSING), np.int8(KNOWN))
    if fact.kind in NUMERIC:
        numbers = np.clip(values.to_numpy(dtype=np.int64, na_value=0), -FARTHEST, FARTHEST)
        status[~absent & _implausible(fact, numbers)] = IMPLAUSIBLE
        if inexact is not None:
            status[~absent & inexact] = IMPLAUSIBLE
        values = integers(numbers, absent)
    elif fact.kind is FactKind.CODE:
        codes = values.to_numpy(dtype=np.int64, na_value=0)
        strange = ~absent & ((codes < 0) | (codes >= len(fact.choices)))
        status[strange] = UNREADABLE
        values = integers(codes, absent | strange)
    if unreadable is not None:
        status[unreadable] = UNREADABLE
        values = values.copy()
        values[unreadable] = pd.NA
    return Column(values, status)


def _implausible(fact: Fact, numbers: npt.NDArray[np.int64]) -> Mask:
    outside: Mask = np.zeros(len(numbers), dtype=np.bool_)
    if fact.lowest is not None:
        outside |= numbers < fact.lowest
    if fact.highest is not None:
        outside |= numbers > fact.highest
    return outside


def column_of(fact: Fact, readings: Sequence[Reading]) -> Column:
    """The readings of one fact, row by row."""
    status = np.array([STATUSES.index(reading.status) for reading in readings], dtype=np.int8)
    absent = status >= MISSING
    if fact.kind is FactKind.BOOLEAN:
        flags = np.array([bool(reading.value) for reading in readings], dtype=np.bool_)
        return Column(pd.arrays.BooleanArray(flags, absent), status)
    places = {code: place for place, code in enumerate(fact.choices)}
    whole = [_whole(reading.value, places) for reading in readings]
    return Column(integers(np.array(whole, dtype=np.int64), absent), status)


def _whole(value: Any, places: Mapping[str, int]) -> int:
    if isinstance(value, str):
        return places.get(value, -1)
    return 0 if value is None else cut(value)


def cut(number: int) -> int:
    return max(-FARTHEST, min(number, FARTHEST))


def own_limits_of(limits: Sequence[Limit], rows: Sequence[Mapping[str, Decimal]]) -> OwnLimits:
    """The own limits of each row, by name and in the limit's unit; an empty mapping for a patient without."""
    known = {limit.name for limit in limits}
    unfit = np.array([not row.keys() <= known for row in rows], dtype=np.bool_)
    values = {}
    for limit in limits:
        if not any(limit.name in row for row in rows):
            continue
        scaled = [scale(row[limit.name], limit.decimals) if limit.name in row else None for row in rows]
        unfit |= np.array([limit.name in row and each is None for row, each in zip(rows, scaled, strict=True)])
        absent = np.array([each is None for each in scaled], dtype=np.bool_)
        values[limit.name] = integers(np.array([cut(each or 0) for each in scaled], dtype=np.int64), absent)
    return OwnLimits(values, unfit)
