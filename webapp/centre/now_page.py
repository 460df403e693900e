"""The centre at this moment as its page shows it. No patient is named: the page may hang on a wall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from records.models import Role, Team
from triage.centre.standing import Board, Held, Person, Standing, Unanswered
from triage.incidents import Standing as Incident
from triage.levels import CALLED, Level
from webapp.admin.people_form import SHORT_ROLES
from webapp.clinic.board import wait


@dataclass(frozen=True)
class Wait:
    """`since` is in seconds since 1970, for the script that lets it run; `told` is for who has none."""

    since: int
    told: str


@dataclass(frozen=True)
class Line:
    """One level, one team, or everything."""

    name: str
    level: Level | None
    standing: Standing
    oldest: Wait | None
    levels: tuple[int, ...] = ()


@dataclass(frozen=True)
class Work:
    held: Held
    since: Wait
    is_late: bool


@dataclass(frozen=True)
class Caller:
    person: Person
    role: object
    work: tuple[Work, ...]


@dataclass(frozen=True)
class Lonely:
    found: Unanswered
    since: Wait
    team: str


@dataclass(frozen=True)
class Silence:
    found: Incident
    worst: Level | None


@dataclass(frozen=True)
class Now:
    levels: tuple[Level, ...]
    total: Line
    by_level: Sequence[Line]
    by_team: Sequence[Line]
    callers: Sequence[Caller]
    nobody: Sequence[Lonely]
    incidents: Sequence[Silence]
    moment: int

    def mark(self) -> list[Any]:
        """All that the page shows but how long it has been so, which the script lets run."""
        lines = [[line.name, line.levels, _standing(line.standing)] for line in (*self.by_level, *self.by_team)]
        callers = [
            [str(one.person.public_id), one.person.name]
            + [[str(work.held.enrolment), work.held.level, work.since.since, work.is_late] for work in one.work]
            for one in self.callers
        ]
        nobody = [[str(one.found.enrolment), one.found.level, one.since.since] for one in self.nobody]
        told = [[str(one.found.public_id), one.found.waiting, one.found.next_deadline_passed] for one in self.incidents]
        return [lines, callers, nobody, told]


def page(board: Board, teams: Sequence[Team], incidents: Sequence[Incident], moment: datetime) -> Now:
    names = {team.id: team.name for team in teams}
    return Now(
        levels=CALLED,
        total=_line("", None, board.of(), moment),
        by_level=[_line("", level, board.of(level=level), moment) for level in CALLED],
        by_team=[_team(board, team, moment) for team in teams],
        callers=[_caller(person, moment) for person in board.people if person.role != Role.ADMINISTRATOR],
        nobody=[Lonely(one, _wait(one.since, moment), names.get(one.team_id, "")) for one in board.nobody],
        incidents=[Silence(one, _level(one.worst)) for one in incidents],
        moment=int(moment.timestamp()),
    )


def _team(board: Board, team: Team, moment: datetime) -> Line:
    levels = tuple(board.of(team.id, level).total for level in CALLED)
    return _line(team.name, None, board.of(team.id), moment, levels)


def _line(name: str, level: Level | None, found: Standing, moment: datetime, levels: tuple[int, ...] = ()) -> Line:
    return Line(name, level, found, _wait(found.oldest, moment) if found.oldest else None, levels)


def _wait(since: datetime, moment: datetime) -> Wait:
    return Wait(int(since.timestamp()), wait(moment - since))


def _caller(person: Person, moment: datetime) -> Caller:
    work = tuple(Work(one, _wait(one.since, moment), not one.called and one.due_at < moment) for one in person.holds)
    return Caller(person, SHORT_ROLES[Role(person.role)], work)


def _level(rank: int) -> Level | None:
    return Level(rank) if rank in {int(one) for one in Level} else None


def _standing(found: Standing) -> list[Any]:
    since = int(found.oldest.timestamp()) if found.oldest else None
    return [since, found.total, found.late, found.soon, found.held, found.scheduled, found.physician, found.folded]
