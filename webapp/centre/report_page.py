"""The report of a shift as its page shows it: numbers as texts, each figure in a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from markupsafe import Markup

from records.models import Programme, Role, Staff
from triage.centre import figures
from triage.centre.figures import Times
from triage.centre.report import Report, Tally
from triage.levels import CALLED, Level
from triage.models import DispositionKind
from triage.targets import target_minutes
from webapp import formatting
from webapp.admin.roster_form import day_names
from webapp.centre import heat
from webapp.centre.hours_page import number
from webapp.clinic import wording
from webapp.clinic.board import wait
from webapp.extensions import translator

NOTHING = "–"


@dataclass(frozen=True)
class TimesRow:
    level: Level | None
    target: str
    times: Times
    percentiles: tuple[str, ...]
    longest: str
    within: str


@dataclass(frozen=True)
class WorkRow:
    """One team, one person, or everybody."""

    name: str
    tally: Tally
    held: str
    errors: int
    escalations: int = 0
    nobody: int = 0
    reds: str = ""


@dataclass(frozen=True)
class Decided:
    name: object
    count: int
    share: str


@dataclass(frozen=True)
class HourRow:
    hour: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Page:
    begins: str
    ends: str
    percents: tuple[int, ...]
    times: Sequence[TimesRow]
    whole: WorkRow
    teams: Sequence[WorkRow]
    people: Sequence[WorkRow]
    decided: Sequence[Decided]
    days: Sequence[tuple[str, str]]
    hours: Sequence[HourRow]
    heat: Markup | None
    load_from: str
    load_to: str


def page(found: Report, programmes: Sequence[Programme], reader: Staff) -> Page:
    zone = programmes[0].zone if programmes else "UTC"
    days = list(zip(day_names("abbreviated"), day_names("wide"), strict=True))
    whole = found.tally()
    return Page(
        begins=formatting.moment(found.begins, zone),
        ends=formatting.moment(min(found.ends, found.now), zone),
        percents=figures.PERCENTS,
        times=[_times(found, level, programmes) for level in (None, *CALLED)],
        whole=_work(
            translator().gettext("All together"), whole, *found.escalations(), times=found.times(None, Level.RED)
        ),
        teams=[
            _work(
                team.name,
                found.tally(team_id=team.id),
                *found.escalations(team.id),
                times=found.times(team.id, Level.RED),
            )
            for team in found.teams
        ],
        people=people(found, reader),
        decided=_decided(whole),
        days=days,
        hours=_hours(found),
        heat=heat.strip(found.load, days),
        load_from=formatting.day(found.load.first_on),
        load_to=formatting.day(found.load.last_on),
    )


def people(found: Report, reader: Staff) -> list[WorkRow]:
    """To a supervisor everybody by name; to anybody else themselves, and all others together."""
    t = translator()
    if reader.role == Role.SUPERVISOR:
        known = sorted(found.people.values(), key=lambda person: (person.name, person.id))
        return [_work(person.name, found.tally(staff_ids=[person.id])) for person in known]
    others = [key for key in found.people if key != reader.id]
    rows = [_work(t.gettext("You"), found.tally(staff_ids=[reader.id]))]
    return [*rows, _work(t.gettext("All others together"), found.tally(staff_ids=others))] if others else rows


def _work(name: str, tally: Tally, escalations: int = 0, nobody: int = 0, times: Times | None = None) -> WorkRow:
    return WorkRow(
        name=name,
        tally=tally,
        held=NOTHING if tally.mean_held is None else took(tally.mean_held),
        errors=tally.decided.get(DispositionKind.ENTRY_ERROR, 0),
        escalations=escalations,
        nobody=nobody,
        reds=_within(times) if times is not None else "",
    )


def _times(found: Report, level: Level | None, programmes: Sequence[Programme]) -> TimesRow:
    known = found.times(level=level)
    return TimesRow(
        level=level,
        target=_target(level, programmes),
        times=known,
        percentiles=tuple(_wait(known, value) for value in known.percentiles),
        longest=_wait(known, known.longest),
        within=_within(known),
    )


def _target(level: Level | None, programmes: Sequence[Programme]) -> str:
    """Each of the programmes' targets once."""
    if level is None:
        return ""
    minutes = sorted({target_minutes(programme, level) for programme in programmes})
    return " · ".join(wait(timedelta(minutes=one)) for one in minutes)


def _wait(known: Times, seconds: int | None) -> str:
    if not known.alerts:
        return NOTHING
    return translator().gettext("not yet") if seconds is None else took(seconds)


def took(seconds: float) -> str:
    return translator().gettext("under 1 min") if seconds < 60 else wait(timedelta(seconds=seconds))


def _within(known: Times) -> str:
    return NOTHING if known.share is None else percent(known.share)


def percent(share: float) -> str:
    """Whole per cents, but neither all nor nobody unless that is so."""
    rounded = int(share * 100 + 0.5 + 1e-9)
    return f"{min(max(rounded, 1), 99) if 0 < share < 1 else rounded}\u00a0%"


def _decided(whole: Tally) -> list[Decided]:
    found = sorted(whole.decided.items(), key=lambda one: (-one[1], one[0]))
    return [
        Decided(wording.DISPOSITIONS.get(DispositionKind(kind), kind), count, percent(count / whole.decisions))
        for kind, count in found
    ]


def _hours(found: Report) -> list[HourRow]:
    return [
        HourRow(
            f"{hour:02}:00",
            tuple(
                (number(found.load.opened.get((day, hour), 0)), number(found.load.calls.get((day, hour), 0)))
                for day in range(7)
            ),
        )
        for hour in found.load.hours
    ]
