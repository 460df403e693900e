"""Facts that an assessment did not store, or stored by another definition: worked out from what was answered.

Earlier answers are those that had come in by then. What a patient is like is taken as the enrolment says today, for
nobody kept what it said then; what is known of the history of calls and silences is not kept either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pandas as pd

from records import clock, crypto, driver
from records.driver import Driver
from records.patients import years_between
from triage import earlier
from triage.answered import plain
from triage.columns import MISSING as ABSENT
from triage.columns import Column, column_of
from triage.facts import MISSING, WINDOWS, Earlier, Fact, Inputs, Reading, SourceKind, read
from triage.facts.gathering import back
from triage.facts.windows import window
from triage.replay.wanted import Wanted
from triage.situation import AGE, illness_day, known_zone

AT_ONCE = 2_000
DAY_OF_ILLNESS = "day_of_illness"
OF_ENROLMENT = ("risk_tier", "lives_alone", "has_oximeter")

READ = """
    SELECT {columns}
    FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS asked (id, place)
    JOIN assessments a ON a.id = asked.id JOIN responses r ON r.id = a.response_id
    JOIN enrolments e ON e.id = r.enrolment_id LEFT JOIN checkins c ON c.id = r.checkin_id
    {joined}
    ORDER BY asked.place
"""
PREVIOUS = """
    LEFT JOIN LATERAL (
        SELECT p.id, p.answers FROM responses p
        WHERE p.enrolment_id = r.enrolment_id AND p.due_at < r.due_at AND p.id < r.id
        ORDER BY p.due_at DESC, p.id DESC LIMIT 1
    ) previous ON true
"""
PAST = f"""
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_object('id', p.public_id, 'at', p.due_at, 'answers', (
            SELECT coalesce(jsonb_object_agg(key, p.answers -> key), '{{{{}}}}') FROM unnest(%(keys)s::text[]) key
            WHERE p.answers ? key))) AS answers
        FROM (
            SELECT DISTINCT ON (due_at) public_id, due_at, answers FROM responses
            WHERE enrolment_id = r.enrolment_id AND due_at < r.due_at AND id < r.id
              AND due_at >= r.due_at - make_interval(days => %(days)s + 1, hours => 1)
            ORDER BY due_at DESC, id DESC LIMIT {earlier.MOST_RESPONSES}
        ) p
    ) past ON true
"""  # noqa: S608 - constants only
ON = "coalesce(c.local_on::text, 'at ' || r.due_at::text) || ' ' || e.zone"
LATEST = """jsonb_build_object('on', {on}, 'due', r.due_at, 'past', past.answers, 'answers', (
    SELECT coalesce(jsonb_object_agg(key, r.answers -> key), '{{}}') FROM unnest(%(keys)s::text[]) key
    WHERE r.answers ? key))::text"""
BORN = """
    SELECT e.id, p.public_id, p.birth_date, k.wrapped FROM enrolments e
    JOIN patients p ON p.id = e.patient_id JOIN patient_keys k ON k.patient_id = p.id WHERE e.id = ANY(%(ids)s)
"""

Read = Callable[[str], Reading]


def why_not(fact: Fact) -> str | None:
    """A code of wording.WHY where the fact cannot be worked out."""
    if fact.source.kind is SourceKind.HISTORY:
        return "history"
    known = (*OF_ENROLMENT, DAY_OF_ILLNESS, AGE)
    return "unknown-attribute" if fact.source.kind is SourceKind.PATIENT and fact.source.key not in known else None


def approximated(fact: Fact) -> bool:
    """Whether it may have been otherwise then."""
    return fact.source.kind is SourceKind.PATIENT and fact.source.key != AGE


class WorkingOut:
    """Of one replay: `zone` is the centre's. Birth dates are opened once for each enrolment."""

    def __init__(self, line: Driver, zone: str) -> None:
        self.line, self.zone = line, zone
        self.births: dict[int, date] = {}

    def columns(self, ids: npt.NDArray[np.int64], needed: Sequence[Wanted]) -> list[Column]:
        """Of the assessments of these ids, a column each of `needed`."""
        possible = [item for item in needed if why_not(item.fact) is None]
        texts: list[list[str | None]] = [[] for _ in possible]
        for start in range(0, len(ids), AT_ONCE):
            for row in self._read(ids[start : start + AT_ONCE].tolist(), possible):
                for column, text in zip(texts, row, strict=True):
                    column.append(text)
        made = dict(zip((item.definition for item in possible), map(self._column, possible, texts), strict=True))
        return [made.get(item.definition) or missing(item.fact, len(ids)) for item in needed]

    def _read(self, ids: list[int], needed: Sequence[Wanted]) -> list[tuple[str | None, ...]]:
        if not needed:
            return []
        sources = [item.fact.source for item in needed]
        looking = earlier.looks_back([item.fact for item in needed])
        joined = PREVIOUS if any(s.kind in (SourceKind.PREVIOUS, SourceKind.FIRST_RESPONSE) for s in sources) else ""
        values: dict[str, Any] = {"ids": ids} | {f"k{number}": source.key for number, source in enumerate(sources)}
        if looking:
            joined += PAST.format()
            values |= {"keys": list(looking.answers), "days": looking.days}
        columns = ", ".join(_raw(item.fact, number) for number, item in enumerate(needed))
        return self.line.execute(READ.format(columns=columns, joined=joined), values).fetchall()

    def _column(self, item: Wanted, texts: list[str | None]) -> Column:
        """Thousands of patients give the same few hundred answers: each is read once."""
        places, distinct = pd.factorize(np.array(texts, dtype=object))
        if item.fact.source.key == AGE and item.fact.source.kind is SourceKind.PATIENT:
            self._open_births(distinct.tolist())
        reading = self._reader(item)
        readings = [*(reading(text) for text in distinct), MISSING]  # what is null has the place -1
        found = column_of(item.fact, readings)
        return Column(found.values[places], found.status[places])

    def _reader(self, item: Wanted) -> Read:
        fact = item.fact
        match fact.source.kind:
            case SourceKind.PATIENT if fact.source.key == DAY_OF_ILLNESS:
                return lambda text: read(fact, self._day_of_illness(text))
            case SourceKind.PATIENT if fact.source.key == AGE:
                return lambda text: read(fact, self._age(text))
            case kind if kind in WINDOWS or kind is SourceKind.BACK:
                return lambda text: self._past(item, orjson.loads(text))
        return lambda text: read(fact, plain(orjson.loads(text), fact.unit))

    def _past(self, item: Wanted, found: Mapping[str, Any]) -> Reading:
        on, zone = self._day(found["on"])
        before: Sequence[Earlier] = earlier.earlier(
            found["past"], on=on, zone=zone, at=datetime.fromisoformat(found["due"])
        )
        if item.fact.source.kind is SourceKind.BACK:
            return back(item.fact, before)
        return window(item.fact, item.facts, Inputs(found["answers"], None, {}, {}, earlier=before))

    def _day(self, text: str) -> tuple[date, str]:
        """The patient's day that was decided about, and their zone."""
        when, _, named = text.rpartition(" ")
        zone = known_zone(named, self.zone)
        if when.startswith("at "):
            return clock.local_day(datetime.fromisoformat(when.removeprefix("at ")), zone), zone
        return date.fromisoformat(when), zone

    def _day_of_illness(self, text: str) -> int | None:
        onset, _, day = text.partition(" ")
        return illness_day(date.fromisoformat(onset), self._day(day)[0])

    def _age(self, text: str) -> int:
        enrolment, _, day = text.partition(" ")
        return years_between(self.births[int(enrolment)], self._day(day)[0])

    def _open_births(self, texts: Sequence[str]) -> None:
        ids = {int(text.partition(" ")[0]) for text in texts} - self.births.keys()
        for row in driver.all_rows(self.line, BORN, {"ids": list(ids)}):
            key = crypto.unwrap_data_key(crypto.Sealed(row["wrapped"]), row["public_id"])
            sealed, place = crypto.Sealed(row["birth_date"]), {"table": "patients", "column": "birth_date"}
            opened = crypto.unseal(sealed, key, public_id=row["public_id"], **place)
            self.births[row["id"]] = date.fromisoformat(opened)


def _raw(fact: Fact, number: int) -> str:
    """SQL of the text that the fact is read from; null where it is missing."""
    key = f"%(k{number})s::text"
    match fact.source.kind:
        case SourceKind.ANSWER:
            return f"(r.answers -> {key})::text"
        case SourceKind.PREVIOUS:
            return f"(previous.answers -> {key})::text"
        case SourceKind.FIRST_RESPONSE:
            return "(previous.id IS NULL)::text"
        case SourceKind.PATIENT if fact.source.key == DAY_OF_ILLNESS:
            return f"e.onset_on::text || ' ' || {ON}"
        case SourceKind.PATIENT if fact.source.key == AGE:
            return f"e.id::text || ' ' || {ON}"
        case SourceKind.PATIENT:
            return f"to_jsonb(e.{OF_ENROLMENT[OF_ENROLMENT.index(fact.source.key)]})::text"  # never the document's text
    return LATEST.format(on=ON)


def missing(fact: Fact, rows: int) -> Column:
    found = column_of(fact, [MISSING])
    return Column(found.values[np.zeros(rows, dtype=np.int64)], np.full(rows, ABSENT, dtype=np.int8))
