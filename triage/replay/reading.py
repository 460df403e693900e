"""The answers of a period, block by block, with a column for each fact that either protocol reads.

Read in slices of time, the earliest first, each about as long as SLICE_SECONDS takes to read: an index of blocks finds
a slice wherever it lies, and no statement runs long. Memory is that of one block, whatever the period holds.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from records.driver import Driver
from triage import protocols
from triage.assess import CompiledProtocol
from triage.columns import Column
from triage.models import ProtocolVersion
from triage.replay import extracting, own_limits
from triage.replay.extracting import Extract, Rows
from triage.replay.population import Chosen
from triage.replay.wanted import Definition, Wanted, stored_by
from triage.replay.working_out import WorkingOut

SLICE_SECONDS = 4.0
FIRST_SLICE, LONGEST_SLICE, SHORTEST_SLICE = timedelta(hours=1), timedelta(days=7), timedelta(seconds=1)


@dataclass(frozen=True)
class Block:
    """Some answers: `columns` by the definition of the fact; `own` are the limits of the rows that `limited` marks."""

    ids: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]
    versions: npt.NDArray[np.int64]
    at: npt.NDArray[np.int64]
    stored: npt.NDArray[np.int8]
    snoozed: npt.NDArray[np.bool_]
    limited: npt.NDArray[np.bool_]
    own: Sequence[Mapping[str, Decimal]]
    columns: Mapping[Definition, Column]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Group:
    """Versions that stored the same of the needed facts; the others of these are worked out."""

    extract: Extract
    others: Sequence[Wanted]


def groups(session: Session, versions: Sequence[int], needed: Sequence[Wanted]) -> list[Group]:
    """Of versions by what their assessments stored."""
    found: dict[tuple[bool, ...], list[int]] = {}
    for version in versions:
        found.setdefault(stored_by(_compiled(session, version), needed), []).append(version)
    return [
        Group(
            Extract(alike, [item for item, has in zip(needed, stored, strict=True) if has]),
            [item for item, has in zip(needed, stored, strict=True) if not has],
        )
        for stored, alike in found.items()
    ]


def _compiled(session: Session, version_id: int) -> CompiledProtocol:
    version = session.get_one(ProtocolVersion, version_id)
    return protocols.compiled(session, version_id=version.id, digest=version.digest)


class Reading:
    """Of one replay. `line` brings the rows; what must be looked up for some of them meanwhile goes over `aside`."""

    def __init__(self, line: Driver, aside: Driver, who: Chosen, parts: Sequence[Group], zone: str) -> None:
        self.line, self.aside, self.who, self.parts = line, aside, who, parts
        self.others = WorkingOut(aside, zone)

    def slices(self, begins: datetime, ends: datetime) -> Iterator[Generator[Block, None, None]]:
        """Each slice must be used up before the next is asked for."""
        length = FIRST_SLICE
        while begins < ends:
            until, started = min(begins + length, ends), time.monotonic()
            yield self._slice(begins, until)
            took = time.monotonic() - started
            factor = 2.0 if took < SLICE_SECONDS / 2 else SLICE_SECONDS / took
            length = max(SHORTEST_SLICE, min(LONGEST_SLICE, length * factor))
            begins = until

    def _slice(self, begins: datetime, ends: datetime) -> Generator[Block, None, None]:
        for group in self.parts:
            with closing(extracting.blocks(self.line, group.extract, begins, ends)) as blocks:
                for found in blocks:
                    places = self.who.places(found["enrolment"].astype(np.int64))
                    mine = places >= 0
                    if mine.any():
                        yield self._block(found if mine.all() else found[mine], places[mine], group)

    def _block(self, rows: Rows, places: npt.NDArray[np.int64], group: Group) -> Block:
        ids, limited = rows["id"].astype(np.int64), rows["limited"].astype(np.bool_)
        columns = {
            item.definition: extracting.column(item, rows, number) for number, item in enumerate(group.extract.facts)
        }
        if group.others:
            made = self.others.columns(ids, group.others)
            columns |= {item.definition: column for item, column in zip(group.others, made, strict=True)}
        return Block(
            ids=ids,
            places=places,
            versions=rows["version"].astype(np.int64),
            at=extracting.instants(rows),
            stored=rows["level"].astype(np.int8),
            snoozed=rows["snoozed"].astype(np.bool_),
            limited=limited,
            own=own_limits.read(self.aside, ids[limited]) if limited.any() else (),
            columns=columns,
        )
