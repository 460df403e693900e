"""Patients to whom something happened later, and what each version would have said of their answers before it.

An event has a day and no hour: what was answered on that day counts as before it. Memory grows with the events, not
with the answers, but for what is rated lower of their answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from triage.levels import Level
from triage.replay.comparing import Pair, alerts
from triage.replay.population import Chosen, Event
from triage.replay.result import LISTED, Outcomes, RatedLower

Numbers = npt.NDArray[np.int64]
WITHIN_DAYS = 30
SPAN = 1 << 20
"""More days than any period has."""


class Followed:
    """`first` is the first day of the period, from which days are counted."""

    def __init__(self, events: Sequence[Event], who: Chosen, first: date, within: int = WITHIN_DAYS) -> None:
        self.events, self.who, self.first, self.within = events, who, first, within
        self.keys = np.array([self._key(event) for event in events], dtype=np.int64)
        self.marked = np.zeros(len(who.known), dtype=np.bool_)
        self.marked[self.keys // SPAN] = True
        self.worst = np.full((2, len(events)), -1, dtype=np.int64)
        self.lower: list[npt.NDArray[Any]] = []

    def _key(self, event: Event) -> int:
        return (event.enrolment_id - self.who.base) * SPAN + (event.on - self.first).days

    def add(
        self, pair: Pair, *, ids: Numbers, places: Numbers, at: Numbers, days: Callable[[Numbers], Numbers]
    ) -> None:
        """`days` tells the centre's day of instants; it is asked only of the patients with an event."""
        if not len(self.keys):
            return
        concerned = np.flatnonzero(self.marked[places])
        if not len(concerned):
            return
        mine = places[concerned] * SPAN + days(at[concerned])
        next_one = np.searchsorted(self.keys, mine)
        found = next_one < len(self.keys)
        gap = np.where(found, self.keys[np.minimum(next_one, len(self.keys) - 1)] - mine, SPAN)
        before = gap <= self.within  # of another patient the gap is about SPAN, for days are few
        concerned, event, gap = concerned[before], next_one[before], gap[before]
        draft, against = (side.levels[concerned].astype(np.int64) for side in (pair.draft, pair.against))
        for worst, levels in zip(self.worst, (draft, against), strict=True):
            np.maximum.at(worst, event, levels)
        low = draft < against
        kept = (event, ids[concerned], at[concerned], draft, against, gap)
        self.lower.append(np.stack([column[low] for column in kept], axis=1))

    def result(self, assessments: Callable[[Sequence[int]], Mapping[int, str]]) -> Outcomes:
        """`assessments` gives the public ids of some."""
        reached = np.flatnonzero(self.worst[1] >= 0)
        patients = self._patients(reached)
        listed = self._listed(patients)
        names = assessments([place for _, place in listed[:LISTED]])
        return {
            "within_days": self.within,
            "followed": len(patients),
            "kinds": dict(Counter(self.events[event].kind for event in reached.tolist())),
            "caught": {
                "draft": sum(bool(alerts(self.worst[0, events]).any()) for events in patients.values()),
                "against": sum(bool(alerts(self.worst[1, events]).any()) for events in patients.values()),
            },
            "missed": sum(item["missed"] for item, _ in listed),
            "rated_lower_count": len(listed),
            "rated_lower": [{**item, "assessment": names[place]} for item, place in listed[:LISTED]],
        }

    def _patients(self, reached: Numbers) -> dict[int, list[int]]:
        """The events of each patient that follow an answer."""
        found: dict[int, list[int]] = {}
        for event in reached.tolist():
            found.setdefault(self.events[event].enrolment_id, []).append(event)
        return found

    def _listed(self, patients: Mapping[int, list[int]]) -> list[tuple[RatedLower, int]]:
        """Each patient once, with the answer to look at; those whom the draft would have missed come first."""
        lower: dict[int, list[list[int]]] = {}
        for row in np.concatenate(self.lower).tolist() if self.lower else ():
            lower.setdefault(self.events[row[0]].enrolment_id, []).append(row)
        found = [self._one(rows, patients[patient]) for patient, rows in lower.items()]
        return sorted(found, key=lambda item: (not item[0]["missed"], item[0]["days_before"], item[0]["enrolment"]))

    def _one(self, rows: list[list[int]], events: list[int]) -> tuple[RatedLower, int]:
        event, assessment, at, draft, against, gap = max(rows, key=lambda row: (row[4] - row[3], row[4], row[2]))
        happened = self.events[event]
        caught = [bool(alerts(self.worst[side, events]).any()) for side in (0, 1)]
        moment = datetime.fromtimestamp(0, tz=UTC) + timedelta(microseconds=at)
        return {
            "enrolment": happened.enrolment,
            "kind": happened.kind,
            "on": happened.on.isoformat(),
            "assessment": "",
            "at": moment.isoformat(),
            "draft": Level(draft).code,
            "against": Level(against).code,
            "days_before": gap,
            "answers": len(rows),
            "missed": caught[1] and not caught[0],
        }, assessment
