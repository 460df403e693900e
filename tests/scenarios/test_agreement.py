"""At one instant of a rehearsed centre the queue, the board, the report and its file say what the rows say."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from questionnaires.models import Checkin
from records import programmes
from records.models import Enrolment, Role, Staff, Team
from tests.factories import make_staff
from triage import callbacks
from triage.centre.report import report
from triage.centre.standing import board
from triage.centre.table import as_csv
from triage.levels import CALLED, Level
from triage.models import Alert, Attempt, Callback, Disposition
from webapp import rehearsal
from webapp.config import Settings

pytestmark = pytest.mark.drill

NOW = datetime(2026, 11, 20, 9, 20, tzinfo=UTC)
DAYS = timedelta(days=2)


@pytest.fixture
def watcher(session: Session, settings: Settings) -> Staff:
    rehearsal.rehearse(session, settings, patients=60, days=2, seed=7, ends_at=NOW)
    team = session.scalars(sa.select(Team)).one()
    return make_staff(session, Role.SUPERVISOR, teams=[team], now=NOW)


def test_every_page_tells_the_same_numbers_as_the_rows_and_nothing_is_lost(session: Session, watcher: Staff) -> None:
    opened = session.scalars(sa.select(Callback).where(Callback.state == "open")).all()
    by_level = Counter(Level(one.rank) for one in opened)
    late = sum(one.due_at < NOW for one in opened)

    page = callbacks.queue(session, staff=watcher, now=NOW, limit=500)
    assert (len(page.rows), page.counts.total) == (len(opened), len(opened))
    assert Counter(Level(row.rank) for row in page.rows) == by_level
    assert +Counter(page.counts.by_level) == {level.code: n for level, n in by_level.items()}

    (team,) = watcher.teams
    shown = board(session, team_ids=[team.id], now=NOW)
    assert {level: one.total for (_, level), one in shown.standing.items()} == by_level
    assert (shown.of().late, shown.of().total) == (late, len(opened))
    assert shown.of().held == sum(one.claim_ends_at is not None and one.claim_ends_at > NOW for one in opened)

    told = report(
        session,
        teams=[team],
        programmes=list(programmes.loaded(session)),
        zone="Europe/Paris",
        begins=NOW - DAYS,
        ends=NOW + timedelta(seconds=1),
        now=NOW,
    )
    alerts = Counter(Level(rank) for rank in session.scalars(sa.select(Alert.rank)))
    outcomes = Counter(session.scalars(sa.select(Attempt.outcome)))
    decided = Counter(session.scalars(sa.select(Disposition.kind)))
    tally = told.tally()
    assert {level: told.times(level=level).alerts for level in alerts} == alerts
    assert (tally.tried, tally.reached, tally.decided) == (outcomes.total(), outcomes["reached"], decided)
    file = {tuple(line[:7]): line[7] for line in csv.reader(StringIO(as_csv(told, [], CALLED).decode("utf-8-sig")))}
    assert file["times", "", "", "", "", "", "alerts"] == str(alerts.total())
    assert file["times", "", "red", "", "", "", "alerts"] == str(alerts[Level.RED])
    assert file["work", "", "", "", "", "", "tried"] == str(outcomes.total())
    assert file["work", team.name, "", "", "", "", "decisions"] == str(decided.total())
    assert_nothing_is_lost(session)


def assert_nothing_is_lost(session: Session) -> None:
    """Every alert that nobody decided about stands in an open call-back; every silence of somebody followed is one; and
    each red has a caller."""
    waiting = sa.select(Alert).join(Callback).where(Alert.closed_at.is_(None), Callback.state != "open")
    assert session.scalars(waiting).all() == []
    without = sa.select(Callback).where(Callback.state == "open", ~sa.exists().where(standing_of(Callback)))
    assert session.scalars(without).all() == [], "nobody is called for nothing"
    unraised = (
        sa.select(Checkin)
        .join(Enrolment, Enrolment.id == Checkin.enrolment_id)
        .where(Checkin.state == "missed", Checkin.silence_raised_at.is_(None), Enrolment.state == "active")
    )
    assert session.scalars(unraised).all() == []

    reds = session.scalars(sa.select(Alert).where(Alert.rank == Level.RED)).all()
    assert reds
    called = {one.callback_id: one.at for one in session.scalars(sa.select(Attempt).order_by(Attempt.at))}
    open_ids = set(session.scalars(sa.select(Callback.id).where(Callback.state == "open")))
    for red in reds:
        tried = red.callback_id in called and called[red.callback_id] >= red.raised_at
        assert red.callback_id in open_ids or tried, "closed, and nobody called"


def standing_of(callback: type[Callback]) -> sa.ColumnElement[bool]:
    return (Alert.callback_id == callback.id) & Alert.closed_at.is_(None)
