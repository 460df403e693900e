"""Patients' own limits as they were when each answer was assessed. Few patients have any, so these are read apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from records import driver
from records.driver import Driver
from triage.columns import OwnLimits, integers, own_limits_of
from triage.documents import Limit

READ = "SELECT id, limits FROM assessments WHERE id = ANY(%(ids)s)"
AT_ONCE = 10_000
Own = Sequence[Mapping[str, Decimal]]


def read(line: Driver, ids: npt.NDArray[np.int64]) -> list[dict[str, Decimal]]:
    """Those of each assessment, in order."""
    found: dict[int, dict[str, Decimal]] = {}
    for start in range(0, len(ids), AT_ONCE):
        rows = driver.all_rows(line, READ, {"ids": ids[start : start + AT_ONCE].tolist()})
        found |= {row["id"]: {name: Decimal(text) for name, text in row["limits"].items()} for row in rows}
    return [found[number] for number in ids.tolist()]


def spread(limits: Sequence[Limit], own: Own, where: npt.NDArray[np.bool_]) -> OwnLimits | None:
    """Columns for all rows, of which those marked by `where` have `own`; None where nobody has any."""
    if not own:
        return None
    few = own_limits_of(limits, own)
    unfit = np.zeros(len(where), dtype=np.bool_)
    unfit[where] = few.unfit
    values = {}
    for name, column in few.values.items():
        numbers, absent = np.zeros(len(where), dtype=np.int64), np.ones(len(where), dtype=np.bool_)
        numbers[where], absent[where] = column.to_numpy(dtype=np.int64, na_value=0), column.isna()
        values[name] = integers(numbers, absent)
    return OwnLimits(values, unfit)
