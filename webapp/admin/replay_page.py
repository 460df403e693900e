"""What a replay found, as its page shows it: numbers in words, rules as sentences, patients by name to their carers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import g, request
from markupsafe import Markup
from sqlalchemy import select

from records import access as records_access
from records import clock, patients
from records.db import db
from records.models import Enrolment, Programme
from triage import documents
from triage.documents import Document
from triage.levels import ASSESSED, Level
from triage.models import ProtocolVersion
from triage.replay.result import HOURS, RatedLower, Replayed
from triage.roster import open_hours
from webapp import formatting
from webapp.admin import replay_chart
from webapp.admin.roster_form import day_names
from webapp.admin.rule_words import Words
from webapp.extensions import language, translator
from webapp.permissions import allows

MOST_NAMED = 50
NOTHING = "–"


@dataclass(frozen=True)
class RuleRow:
    """`draft_level` and `against_level` are None on the side that has no such rule."""

    sentence: str
    draft_level: Level | None
    against_level: Level | None
    draft: str
    against: str
    gained: int
    lost: int

    @property
    def counts(self) -> bool:
        """Whether it was true of any answer on either side."""
        return any(text not in ("0", NOTHING) for text in (self.draft, self.against))


@dataclass(frozen=True)
class Person:
    """A patient who later fared badly. `name` is None for whoever may not see it."""

    name: str | None
    enrolment: str
    assessment: str
    kind: str
    on: date
    draft: Level
    against: Level
    days_before: int
    missed: bool


@dataclass(frozen=True)
class Page:
    result: Replayed
    since: date
    until: date
    rules: list[RuleRow]
    days: list[replay_chart.Day]
    chart: Markup
    people: list[Person]
    unlisted: int
    has_roster: bool

    @property
    def hours(self) -> list[int]:
        return [hour.hour for hour in self.days[0].hours] if self.days else []

    def matrix(self, against: Level, draft: Level) -> int:
        return self.result["matrix"].get(f"{against.code}>{draft.code}", 0)

    @property
    def levels(self) -> Sequence[Level]:
        return ASSESSED


def page(
    result: Replayed, *, version: ProtocolVersion, against: ProtocolVersion | None, programme: Programme, now: datetime
) -> Page:
    days = _days(result, programme)
    told = result["outcomes"]["rated_lower"][:MOST_NAMED]
    return Page(
        result=result,
        since=date.fromisoformat(result["from"]),
        until=date.fromisoformat(result["to"]),
        rules=_rules(result, version, against),
        days=days,
        chart=replay_chart.drawn(
            days, translator().gettext("Expected call-backs by hour of the week; the table below has the same numbers")
        ),
        people=_people(told, now),
        unlisted=result["outcomes"]["rated_lower_count"] - len(told),
        has_roster=result["forecast"]["callers"] is not None,
    )


def number(value: float | None, decimals: int = 1) -> str:
    """As the reader's language writes it; a dash where nothing is known."""
    if value is None:
        return NOTHING
    return formatting.number(Decimal(f"{value:.{decimals}f}"))


def _rules(result: Replayed, version: ProtocolVersion, against: ProtocolVersion | None) -> list[RuleRow]:
    new = Words(documents.reload(version.document), language())
    old = Words(documents.reload(against.document), language()) if against else None
    rows = [_rule(rule, found, new, old) for rule, found in result["by_rule"].items()]
    return sorted(rows, key=lambda row: (-(row.gained + row.lost), row.sentence))


def _rule(rule: str, found: Mapping[str, Any], new: Words, old: Words | None) -> RuleRow:
    sentence = _sentence(rule, new) or (_sentence(rule, old) if old else "") or rule
    levels = {side: Level.from_code(code) if (code := found[f"{side}_level"]) else None for side in _SIDES}
    return RuleRow(
        sentence=sentence,
        draft_level=levels["draft"],
        against_level=levels["against"],
        **{side: NOTHING if found[side] is None else str(found[side]) for side in _SIDES},
        gained=found["gained"],
        lost=found["lost"],
    )


_SIDES = ("draft", "against")


def _sentence(rule: str, words: Words) -> str:
    document: Document = words.document
    return next((words.rule(one) for one in document.rules if one.id == rule), "")


def _days(result: Replayed, programme: Programme) -> list[replay_chart.Day]:
    """The hours in which the centre is open, or in which anything is expected all the same."""
    forecast = result["forecast"]
    draft, against = forecast["draft"], forecast["against"]
    busy = {index % 24 for index in range(HOURS) if draft["mean"][index] or against["mean"][index]}
    hours = sorted(busy | set(open_hours(programme)))
    names = day_names("wide")

    def hour(day: int, at: int) -> replay_chart.Hour:
        index = day * 24 + at
        return replay_chart.Hour(
            at, draft["mean"][index], against["mean"][index], draft["high"][index], _capacity(forecast, index)
        )

    return [replay_chart.Day(names[day], [hour(day, at) for at in hours]) for day in range(7)]


def _capacity(forecast: Mapping[str, Any], index: int) -> float | None:
    """Calls that the callers of that hour can make."""
    callers, minutes = forecast["callers"], forecast["minutes_per_call"]
    return None if callers is None or not minutes else callers[index] * 60 / minutes


def _people(told: Sequence[Mapping[str, Any]], now: datetime) -> list[Person]:
    names = _names([one["enrolment"] for one in told], now)
    return [
        Person(
            name=names.get(one["enrolment"]),
            enrolment=one["enrolment"],
            assessment=one["assessment"],
            kind=one["kind"],
            on=date.fromisoformat(one["on"]),
            draft=Level.from_code(one["draft"]),
            against=Level.from_code(one["against"]),
            days_before=one["days_before"],
            missed=one["missed"],
        )
        for one in told
    ]


def _names(public_ids: Sequence[str], now: datetime) -> dict[str, str]:
    """Of the patients whom the reader follows."""
    return {str(one.public_id): patients.reveal(one.patient).name for one in _followed(public_ids, now)}


def _followed(public_ids: Sequence[str], now: datetime) -> list[Enrolment]:
    """Those whom the reader follows, each noted as a file that was opened; the caller commits."""
    if not public_ids or not allows(g.staff.role, "patient.read"):
        return []
    found = select(Enrolment).where(Enrolment.public_id.in_(public_ids), records_access.scope(g.staff))
    followed = list(db.session.scalars(found))
    for enrolment in followed:
        opened = {"staff": g.staff, "enrolment_id": enrolment.id, "page": "replay"}
        records_access.log_access(db.session, **opened, from_address=request.remote_addr, now=now)
    return followed


def for_reader(result: Replayed, now: datetime) -> Replayed:
    """The same, with the ids of nobody whom the reader does not follow; the caller commits."""
    outcomes = result["outcomes"]
    known = {str(one.public_id) for one in _followed([one["enrolment"] for one in outcomes["rated_lower"]], now)}
    listed: list[RatedLower] = [
        one if one["enrolment"] in known else {**one, "enrolment": "", "assessment": ""}
        for one in outcomes["rated_lower"]
    ]
    return {**result, "outcomes": {**outcomes, "rated_lower": listed}}


def today(programme: Programme) -> date:
    return clock.local_day(clock.now(), programme.zone)
