"""The programme, its schedule, teams and heartbeats."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from records import audit, audit_check, heartbeats, programmes, teams, texts
from records.models import Programme
from records.programmes import ScheduleRefused
from records.refusals import FieldErrors
from tests.factories import NOW, make_programme, make_staff, make_team


def test_the_library_is_loaded_once_and_its_changes_are_kept(session: Session) -> None:
    first = programmes.load_library(session, now=NOW)
    first.phone = "+33199009999"
    session.commit()

    again = programmes.load_library(session, now=NOW)
    assert (again.id, again.phone) == (first.id, "+33199009999")
    assert session.scalar(sa.select(sa.func.count(Programme.id))) == 1
    assert audit_check.verify(session).entries == 1


def test_the_covid_programme_is_the_one_of_the_domain(session: Session) -> None:
    programme = make_programme(session)

    assert (programme.slug, programme.zone, programme.opens, programme.closes) == (
        "covid-19",
        "Europe/Paris",
        time(8),
        time(20),
    )
    assert [(slot["at"], slot["tier"]) for slot in programme.schedule] == [("08:00", "all"), ("15:00", "intensive")]
    assert (programme.duration_days, programme.intensive_from_day, programme.intensive_to_day) == (30, 6, 12)
    assert (programme.red_minutes, programme.orange_minutes) == (10, 120)
    assert set(programme.name) == set(programme.languages) == {"fr", "en", "ar"}


@pytest.mark.parametrize(
    ("at", "minutes", "allowed"),
    [
        ("08:00", 240, True),
        ("15:59", 240, True),
        ("16:00", 240, False),
        ("03:59", 240, False),
        ("04:00", 240, True),
        ("21:00", 240, False),
        ("08:00", 720, False),
    ],
)
def test_a_schedule_whose_call_falls_outside_the_hours_is_refused(
    session: Session, at: str, minutes: int, allowed: bool
) -> None:
    programme = make_programme(session)
    programme.schedule, programme.silent_after_minutes = [{"slot": "s", "at": at, "tier": "all"}], minutes

    if allowed:
        programmes.check_schedule(programme)
        return
    with pytest.raises(ScheduleRefused) as refused:
        programmes.check_schedule(programme)
    assert at in refused.value.text(texts.translator("fr"))
    session.rollback()


@pytest.mark.parametrize(
    ("zone", "within"), [("Europe/Paris", True), ("Indian/Reunion", True), ("Pacific/Noumea", False)]
)
def test_a_zone_is_known_to_fall_outside_the_centres_hours(session: Session, zone: str, within: bool) -> None:
    programme = make_programme(session)

    for day in (datetime(2026, 1, 10, 9, tzinfo=UTC), datetime(2026, 7, 10, 9, tzinfo=UTC)):
        assert programmes.calls_within_hours(programme, zone, day) is within


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\x00b"])
def test_a_team_needs_a_name(session: Session, name: str) -> None:
    with pytest.raises(FieldErrors):
        teams.create(session, name=name, actor=audit.SYSTEM, now=NOW)


def test_a_team_of_a_taken_name_is_refused(session: Session) -> None:
    make_team(session, "North")

    with pytest.raises(FieldErrors) as refused:
        teams.create(session, name=" North ", actor=audit.SYSTEM, now=NOW)
    assert set(refused.value.errors) == {"name"}


def test_the_teams_of_somebody_are_in_the_order_of_their_names(session: Session) -> None:
    member = make_staff(session, teams=[make_team(session, "South"), make_team(session, "North")])

    assert [team.name for team in teams.of_staff(member)] == ["North", "South"]
    assert [team.name for team in teams.everyone(session)] == ["North", "South"]


def test_a_heartbeat_tells_the_last_run_and_the_last_failure_without_its_words(session: Session) -> None:
    heartbeats.beat(session, job="close", now=NOW, took_ms=5, done=3)
    later = NOW + timedelta(minutes=1)
    heartbeats.beat(session, job="close", now=later, took_ms=9, done=0, error=ValueError("Léa Morel"))
    latest = later + timedelta(minutes=1)
    heartbeats.beat(session, job="close", now=latest, took_ms=4, done=1)
    heartbeats.beat(session, job="ask", now=NOW, took_ms=1, done=0)
    session.commit()

    ask, close = heartbeats.all_beats(session)
    assert (ask.job, ask.failed_at, ask.error) == ("ask", None, None)
    assert (close.beat_at, close.took_ms, close.done) == (latest, 4, 1)
    assert (close.failed_at, close.error) == (later, "ValueError")
