"""One replay from the first answer to the result. Writes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from records import clock, driver
from records.driver import Driver
from records.models import Programme
from triage import documents
from triage.assess import CompiledProtocol, compile_protocol
from triage.columnar import Judged, evaluate
from triage.documents import Document
from triage.replay import forecast, own_limits, population
from triage.replay.calls import Book, Centre
from triage.replay.comparing import Comparison, Pair, alerts
from triage.replay.missed import WITHIN_DAYS, Followed
from triage.replay.reading import Block, Reading, groups
from triage.replay.result import Forecast, Named, Replayed
from triage.replay.wanted import Wanted, together, wanted
from triage.replay.working_out import approximated, why_not

Tell = Callable[[int], None]
"""Called now and then with the answers so far; what it raises ends the replay."""


@dataclass(frozen=True)
class Side:
    """One of the two protocols, the facts that it reads, and its number where it is a stored version."""

    protocol: CompiledProtocol
    wanted: Mapping[str, Wanted]
    number: int | None = None

    def judge(self, block: Block) -> Judged:
        own = own_limits.spread(self.protocol.document.limits, block.own, block.limited)
        columns = {name: block.columns[item.definition] for name, item in self.wanted.items()}
        return evaluate(self.protocol, columns, rows=len(block), own_limits=own)

    @property
    def named(self) -> Named:
        return {"slug": self.protocol.document.slug, "number": self.number, "digest": self.protocol.digest}


def side(document: Document, number: int | None = None) -> Side:
    """Codes in columns are places among the choices, and the order of these is lost where a document is stored: both
    sides have them in one order, so that both can read the same column.
    """
    facts = tuple(replace(fact, choices=dict(sorted(fact.choices.items()))) for fact in document.facts)
    protocol = compile_protocol(replace(document, facts=facts))
    return Side(protocol, wanted(protocol), number)


def run(
    session: Session,
    *,
    document: Document,
    against: Document,
    programme: Programme,
    from_on: date,
    to_on: date,
    now: datetime,
    numbers: tuple[int | None, int | None] = (None, None),
    within: int = WITHIN_DAYS,
    tell: Tell = lambda _rows: None,
) -> Replayed:
    """`document` replayed against `against` on what the programme's patients answered between two of the centre's days,
    both included. `numbers` are those of the two versions, where they are stored ones. Goes over the session's own
    transaction, which it neither ends nor writes in, and one more connection. Raises what `tell` raises.
    """
    started = time.monotonic()
    draft, other = side(document, numbers[0]), side(against, numbers[1])
    line = driver.under(session)
    session.execute(text("SET LOCAL statement_timeout = '10min'"))  # of a slice: rows must not count twice after one
    work = Work(session, line, draft, other, programme, from_on, to_on, now, within)
    with beside(session) as aside:
        work.read(aside, tell)
    return work.result(time.monotonic() - started)


@contextmanager
def beside(session: Session) -> Iterator[Driver]:
    """Another connection to the same database, on which each statement stands for itself."""
    engine = session.get_bind().engine
    assert isinstance(engine, Engine)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        found = connection.connection.driver_connection
        assert isinstance(found, psycopg.Connection)
        yield found


class Work:
    """What is known before the first answer, and what the answers add up to."""

    def __init__(
        self,
        session: Session,
        line: Driver,
        draft: Side,
        against: Side,
        programme: Programme,
        from_on: date,
        to_on: date,
        now: datetime,
        within: int,
    ) -> None:
        self.session, self.line, self.draft, self.against = session, line, draft, against
        self.programme, self.from_on, self.to_on, self.now = programme, from_on, to_on, now
        self.begins, self.ends = population.bounds(programme, from_on, to_on)
        self.who = population.chosen(line, programme.id)
        self.versions = population.versions(line, programme.id)
        self.needed = together(draft.wanted, against.wanted)
        self.parts = groups(session, list(self.versions), self.needed)
        self.centre = Centre(programme, from_on, to_on)
        self.comparison = Comparison(draft.protocol, against.protocol)
        self.books = [Book(self.centre, len(self.who.known)) for _ in (draft, against)]
        events = population.events(line, self.who, from_on, to_on + timedelta(days=within))
        self.followed = Followed(events, self.who, from_on, within)
        self.seen = np.zeros(len(self.who.known), dtype=np.bool_)
        self.assessed_by = dict.fromkeys(self.versions, 0)

    def read(self, aside: Driver, tell: Tell) -> None:
        reading = Reading(self.line, aside, self.who, self.parts, self.programme.zone)
        same = self.draft.protocol.digest == self.against.protocol.digest
        for slice_of in reading.slices(self.begins, self.ends):
            before = self.comparison.rows
            with closing(slice_of):  # whatever ends this early must end the statement under way, too
                for block in slice_of:
                    against = self.against.judge(block)
                    self._add(block, Pair(against if same else self.draft.judge(block), against))
                    tell(self.comparison.rows)
            for book in self.books:
                book.close_slice()
            if self.comparison.rows == before:  # nothing was told of it, and a long silence is no lost worker
                tell(before)

    def _add(self, block: Block, pair: Pair) -> None:
        versions, counts = np.unique(block.versions, return_counts=True)
        for version, count in zip(versions.tolist(), counts.tolist(), strict=True):
            self.assessed_by[version] += count
        own = np.isin(block.versions, self._same_as_against())
        self.comparison.add(pair, ids=block.ids, stored=block.stored, own=own)
        self.seen[block.places] = True
        for book, judged in zip(self.books, (pair.draft, pair.against), strict=True):
            put_off = block.snoozed & (judged.levels <= block.stored)
            raised = alerts(judged.levels) & ~put_off
            book.add(block.places[raised], block.at[raised], judged.levels[raised])
        self.followed.add(
            pair, ids=block.ids, places=block.places, at=block.at, days=lambda at: self.centre.local(at)[0]
        )

    def _same_as_against(self) -> list[int]:
        digest = self.against.protocol.digest
        return [number for number, version in self.versions.items() if version.digest == digest]

    def result(self, seconds: float) -> Replayed:
        gained, lost, recoloured = self.comparison.changes()
        examples = {kind: list(self._public(ids).values()) for kind, ids in self.comparison.examples.items()}
        others = [item.fact for group in self._groups_read() for item in group]
        return {
            "programme": self.programme.slug,
            "draft": self.draft.named,
            "against": self.against.named,
            "from": self.from_on.isoformat(),
            "to": self.to_on.isoformat(),
            "zone": self.programme.zone,
            "synthetic": self.who.synthetic,
            "rows": self.comparison.rows,
            "patients": int(np.count_nonzero(self.seen)),
            "assessed_by": {
                str(self.versions[version].number): count for version, count in self.assessed_by.items() if count
            },
            "rechecked": self.comparison.recheck(),
            "levels": self.comparison.levels(),
            "matrix": self.comparison.pairs(),
            "gained": gained,
            "lost": lost,
            "recoloured": recoloured,
            "call_15": self.comparison.emergencies(),
            "by_rule": self.comparison.by_rule(),
            "calls": {
                "draft": forecast.means(self.books[0].by_hour()),
                "against": forecast.means(self.books[1].by_hour()),
                "total": {"draft": self.books[0].total, "against": self.books[1].total},
                "weeks": round(self.centre.days / 7, 4),
            },
            "forecast": self._forecast(),
            "outcomes": self.followed.result(self._public),
            "examples": {"gained": examples["gained"], "lost": examples["lost"], "recoloured": examples["recoloured"]},
            "not_replayable": {fact.name: why for fact in others if (why := why_not(fact)) is not None},
            "approximated": {
                fact.name: "as-enrolled-now" for fact in others if why_not(fact) is None and approximated(fact)
            },
            "silence_rules_changed": silence_rules_changed(self.draft, self.against),
            "seconds": round(seconds, 3),
        }

    def _groups_read(self) -> list[Sequence[Wanted]]:
        """What had to be worked out for versions that assessed any of the answers."""
        read = {version for version, count in self.assessed_by.items() if count}
        return [group.others for group in self.parts if read & set(group.extract.versions)]

    def _forecast(self) -> Forecast:
        active_now, active_then = population.active(self.line, self.who, self.begins, self.ends, self.now)
        minutes, measured = population.minutes_per_call(self.line, self.programme.id, self.now)
        callers = population.callers(self.line, self.programme.id)
        tomorrow = clock.local_day(self.now, self.programme.zone) + timedelta(days=1)
        scale = active_now / active_then if active_then else 1.0
        sides = [
            forecast.side(book.by_hour(), scale=scale, minutes=minutes, callers=callers, tomorrow=tomorrow)
            for book in self.books
        ]
        return {
            "tomorrow": tomorrow.isoformat(),
            "active_now": active_now,
            "active_then": active_then,
            "scale": round(scale, 4),
            "minutes_per_call": minutes,
            "minutes_from": measured,
            "percentile": forecast.PERCENTILE,
            "callers": callers,
            "draft": sides[0],
            "against": sides[1],
        }

    def _public(self, ids: Sequence[int]) -> dict[int, str]:
        """Public ids of assessments, in the order of `ids`."""
        statement = "SELECT id, public_id FROM assessments WHERE id = ANY(%(ids)s)"
        found = {row["id"]: str(row["public_id"]) for row in driver.all_rows(self.line, statement, {"ids": list(ids)})}
        return {number: found[number] for number in ids}


def silence_rules_changed(draft: Side, against: Side) -> list[str]:
    """Rules for silences that one of the two does not have, or has otherwise."""
    ours, theirs = (
        {rule["id"]: rule for rule in documents.dump(side.protocol.document)["rules"] if rule["on_silence"]}
        for side in (draft, against)
    )
    names = dict.fromkeys([*ours, *theirs])
    return [name for name in names if ours.get(name) != theirs.get(name)]
