"""Stored assessments as columns: PostgreSQL takes the readings apart, COPY brings rows of one fixed width, and a block
of them is an array without a look at any one row.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from psycopg import sql

from records.driver import Driver
from triage.columns import FARTHEST, KNOWN, MISSING, UNREADABLE, Column
from triage.facts import NUMERIC, FactKind
from triage.levels import ASSESSED
from triage.replay.wanted import Wanted

Rows = npt.NDArray[Any]
"""A structured array: id, enrolment, version, at (µs since 2000), level, limited, snoozed, and the facts' columns."""

BATCH = 65_536
HEADER, TRAILER = 19, 2
ALWAYS = (
    ("id", "a.id", ">i8"),
    ("enrolment", "a.enrolment_id", ">i8"),
    ("version", "a.protocol_version_id", ">i8"),
    ("at", "a.assessed_at", ">i8"),
    ("level", "(CASE a.level {levels} END)::smallint", ">i2"),
    ("limited", "a.limits <> '{{}}'", "u1"),
    ("snoozed", "a.snoozed", "u1"),
)
EPOCH_2000 = 946_684_800_000_000
"""µs between the epochs of Unix and of PostgreSQL, whose binary instants count from 2000."""
STATUS = "CASE {reading} ->> 'status' WHEN 'known' THEN 0 WHEN 'implausible' THEN 1 WHEN 'unreadable' THEN 3 ELSE 2 END"
PLACE_OF_NONE = "CASE {reading} ->> 'status' WHEN 'unreadable' THEN -2 ELSE -1 END"


@dataclass(frozen=True)
class Extract:
    """The statement that reads assessments by `versions`, with the readings of `facts` taken from what they stored."""

    versions: Sequence[int]
    facts: Sequence[Wanted]

    def between(self, begins: datetime, ends: datetime) -> sql.Composed:
        levels = " ".join(f"WHEN '{level.code}' THEN {int(level)}" for level in ASSESSED)
        columns: list[sql.Composable] = [sql.SQL(text.format(levels=levels)) for _, text, _ in ALWAYS]
        for number, item in enumerate(self.facts):
            columns += _columns(item, sql.Identifier("x", f"f{number}"))
        return sql.SQL("SELECT {columns} FROM assessments a {readings} WHERE {where}").format(
            columns=sql.SQL(", ").join(columns), readings=self._readings(), where=self._where(begins, ends)
        )

    def _readings(self) -> sql.Composable:
        """The facts that are wanted, opened once for each row; `->` would open the whole again for each fact."""
        if not self.facts:
            return sql.SQL("")
        names = [sql.SQL("{} jsonb").format(sql.Identifier(item.name)) for item in self.facts]
        places = [sql.Identifier(f"f{number}") for number in range(len(self.facts))]
        return sql.SQL(
            "CROSS JOIN LATERAL (SELECT * FROM jsonb_to_record(a.facts) AS r({names})) AS x({places})"
        ).format(names=sql.SQL(", ").join(names), places=sql.SQL(", ").join(places))

    def _where(self, begins: datetime, ends: datetime) -> sql.Composed:
        return sql.SQL(
            "a.protocol_version_id = ANY({versions}) AND a.assessed_at >= {begins} AND a.assessed_at < {ends}"
        ).format(versions=list(self.versions), begins=begins, ends=ends)

    @property
    def dtype(self) -> np.dtype[Any]:
        """A binary row: the number of fields, then each one's length and its bytes."""
        fields = [(name, kind) for name, _, kind in ALWAYS]
        for number, item in enumerate(self.facts):
            fields += _fields(item, number)
        layout: list[tuple[str, str]] = [("fields", ">i2")]
        for name, kind in fields:
            layout += [(f"length of {name}", ">i4"), (name, kind)]
        return np.dtype(layout)


def _columns(item: Wanted, reading: sql.Identifier) -> list[sql.Composable]:
    kind, value = item.fact.kind, sql.SQL("({} ->> 'value')").format(reading)
    none = sql.SQL(PLACE_OF_NONE).format(reading=reading)
    if kind is FactKind.BOOLEAN:
        return [sql.SQL("coalesce({}::boolean::int, {})::smallint").format(value, none)]
    if kind is FactKind.CODE:
        codes = sql.Literal(list(item.fact.choices))
        return [sql.SQL("coalesce(array_position({}::text[], {}) - 1, {})::smallint").format(codes, value, none)]
    number = sql.SQL("{}::bigint").format(value)
    if item.fact.decimals > 4:  # what is hard to believe may then leave 64 bits
        least, most = sql.Literal(-FARTHEST), sql.Literal(FARTHEST)
        number = sql.SQL("least(greatest({}::numeric, {}), {})::bigint").format(value, least, most)
    status = sql.SQL(STATUS).format(reading=reading)
    return [sql.SQL("coalesce({}, 0)").format(number), sql.SQL("({})::smallint").format(status)]


def _fields(item: Wanted, number: int) -> list[tuple[str, str]]:
    if item.fact.kind in NUMERIC:
        return [(f"value {number}", ">i8"), (f"status {number}", ">i2")]
    return [(f"value {number}", ">i2")]


def column(item: Wanted, rows: Rows, number: int) -> Column:
    """One fact of a block of rows; `number` is its place in the Extract that read them."""
    found = rows[f"value {number}"]
    if item.fact.kind in NUMERIC:
        status = rows[f"status {number}"].astype(np.int8)
        return Column(pd.arrays.IntegerArray(found.astype(np.int64), status >= MISSING), status)
    absent = found < 0
    status = np.where(absent, np.where(found == -2, np.int8(UNREADABLE), np.int8(MISSING)), np.int8(KNOWN))
    if item.fact.kind is FactKind.BOOLEAN:
        return Column(pd.arrays.BooleanArray(found == 1, absent), status)
    return Column(pd.arrays.IntegerArray(np.where(absent, 0, found).astype(np.int64), absent), status)


def blocks(line: Driver, extract: Extract, begins: datetime, ends: datetime) -> Generator[Rows, None, None]:
    """Rows assessed from `begins` to before `ends`, at most BATCH at once, in no order."""
    copy = sql.SQL("COPY ({}) TO STDOUT (FORMAT BINARY)").format(extract.between(begins, ends))
    kind, first, content = extract.dtype, HEADER, bytearray()
    with line.cursor() as cursor, cursor.copy(copy) as stream:
        for (
            row
        ) in stream:  # nothing is kept of each but its bytes: a list of them would be gone through again and again
            content += row
            if len(content) >= BATCH * kind.itemsize + first:
                yield _array(content, kind, first)
                first, content = 0, bytearray()
        if len(content) > first + TRAILER:
            yield _array(content, kind, first)


def _array(content: bytearray, kind: np.dtype[Any], first: int) -> Rows:
    """Of whole rows; what follows the last of them is the end of the stream."""
    return np.frombuffer(content, dtype=kind, count=(len(content) - first) // kind.itemsize, offset=first)


def instants(rows: Rows) -> npt.NDArray[np.int64]:
    """When each was assessed, in µs since 1970."""
    return rows["at"].astype(np.int64) + EPOCH_2000
