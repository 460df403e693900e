"""A rehearsal leaves a living queue at whatever hour it ends, and never touches real people."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from questionnaires import versions
from questionnaires.models import Checkin, Response
from records import audit_check, doors, heartbeats, phones
from records.models import Enrolment, Patient, Role, Staff, Team
from records.patients import reveal
from tests.factories import make_enrolment, make_programme, make_staff
from triage import callbacks, protocols
from triage.models import Assessment, Callback
from webapp import rehearsal
from webapp.config import Settings

MORNING = datetime(2026, 11, 20, 9, 20, tzinfo=UTC)
NIGHT = datetime(2026, 11, 20, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize("ends_at", [MORNING, pytest.param(NIGHT, marks=pytest.mark.drill)], ids=["morning", "night"])
def test_the_queue_is_alive_whatever_the_hour(session: Session, settings: Settings, ends_at: datetime) -> None:
    table = rehearsal.rehearse(session, settings, patients=12, days=2, seed=3, ends_at=ends_at)

    rows = callbacks.queue(session, staff=physician(session), now=ends_at).rows
    assert sum(row.level == "red" for row in rows) >= 2
    assert sum(row.level == "orange" for row in rows) >= 1
    assert sum(row.level.startswith("silent") for row in rows) >= 1
    assert sum(row.claimed_by is not None for row in rows) == 1
    assert all(row.opened_at <= ends_at for row in rows)
    assert table["open now"] == str(session.scalars(sa.select(sa.func.count(Checkin.id)).where(open_(Checkin))).one())
    assert_everything_is_whole(session, table)
    assert_somebody_can_answer_now(session, settings, ends_at, asked=ends_at == MORNING)


def physician(session: Session) -> Staff:
    team = session.scalars(sa.select(Team).where(Team.name == "Vigidom")).one()
    return make_staff(session, Role.PHYSICIAN, teams=[team])


def open_(table: type[Checkin] | type[Callback]) -> sa.ColumnElement[bool]:
    return table.state == "open"


def assert_everything_is_whole(session: Session, table: rehearsal.Table) -> None:
    """Everybody is invented, nobody can sign in, nothing is left unassessed, the trail is whole."""
    people = session.scalars(sa.select(Patient)).all()
    assert len(people) == int(table["patients"]) == 12
    assert all(person.rehearsal and phones.is_fictional(reveal(person).phone or "") for person in people)
    rehearsing = sa.select(Staff.password_hash).where(Staff.email.startswith("rehearsal-"))
    assert set(session.scalars(rehearsing)) == {None}
    unassessed = sa.select(Response.id).outerjoin(Assessment).where(Assessment.id.is_(None))
    assert session.scalars(unassessed).all() == []
    assert int(table["answers"]) == sum(int(table[level]) for level in ("green", "orange", "red"))
    assert audit_check.verify(session).problems == []


def assert_somebody_can_answer_now(session: Session, settings: Settings, now: datetime, *, asked: bool) -> None:
    found = rehearsal.patient_link(session, settings, now=now)
    assert found is not None
    url, born = found
    kind, public_id = doors.read_link(url.removeprefix("http://localhost/q/"))
    assert kind == ("checkin" if asked else "invite")
    behind = sa.select(Enrolment).outerjoin(Checkin, Checkin.enrolment_id == Enrolment.id)
    one = session.scalars(
        behind.where(sa.or_(Checkin.public_id == public_id, Enrolment.public_id == public_id)).limit(1)
    ).one()
    assert (one.state, reveal(one.patient).birth_date) == ("active", born)


@pytest.mark.drill
def test_the_same_seed_and_end_give_the_same_table_and_another_seed_another(
    session: Session, settings: Settings, superuser: sa.Engine
) -> None:
    def once(seed: int) -> str:
        text = rehearsal.rehearse(session, settings, patients=6, days=1, seed=seed, ends_at=MORNING).as_text()
        session.commit()
        with superuser.connect() as connection:
            empty = "TRUNCATE patients, staff, programmes, protocol_versions, questionnaire_versions CASCADE"
            connection.execute(sa.text("SET session_replication_role = replica"))
            connection.execute(sa.text(empty))
            connection.execute(sa.text("TRUNCATE teams, audit_entries, audit_heads, throttles CASCADE"))
        session.expunge_all()
        return text

    first = once(5)

    assert once(5) == first
    assert once(6) != first


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"mode": "production"}, "production"), ({"sms_provider": "twilio"}, "real telephones")],
)
def test_a_real_service_is_never_rehearsed_on(
    session: Session, settings: Settings, changes: dict[str, str], said: str
) -> None:
    with pytest.raises(rehearsal.Refused, match=said):
        rehearsal.rehearse(session, replace(settings, **changes), patients=3, days=1, seed=1, ends_at=MORNING)

    assert session.scalars(sa.select(Staff)).all() == []


def test_a_database_with_one_real_patient_is_refused_and_left_alone(session: Session, settings: Settings) -> None:
    make_enrolment(session, rehearsal=False)
    make_enrolment(session)
    session.commit()

    with pytest.raises(rehearsal.Refused, match="real patients"):
        rehearsal.rehearse(session, settings, patients=3, days=1, seed=1, ends_at=MORNING)

    assert len(session.scalars(sa.select(Patient)).all()) == 2


@pytest.mark.parametrize(("seconds_ago", "refused"), [(5, True), (60, False)])
def test_a_worker_at_work_would_mix_the_days_and_is_waited_for(
    session: Session, settings: Settings, seconds_ago: int, refused: bool
) -> None:
    heartbeats.beat(session, job="messages", now=MORNING - timedelta(seconds=seconds_ago), took_ms=1, done=0)
    session.commit()
    stop = threading.Event()
    stop.set()

    if refused:
        with pytest.raises(rehearsal.Refused, match="worker"):
            rehearsal.rehearse(session, settings, patients=1, days=1, seed=1, ends_at=MORNING, stop=stop)
    else:
        table = rehearsal.rehearse(session, settings, patients=1, days=1, seed=1, ends_at=MORNING, stop=stop)
        assert table["patients"] == "0"


def test_it_can_be_stopped_between_two_beats_and_tells_of_each_day(session: Session, settings: Settings) -> None:
    stop, told = threading.Event(), []

    def listen(text: str) -> None:
        told.append(text)
        if len(told) == 2:
            stop.set()

    table = rehearsal.rehearse(
        session, settings, patients=3, days=3, seed=1, ends_at=MORNING, stop=stop, progress=listen
    )

    assert [text[:10] for text in told] == ["2026-11-17", "2026-11-18"]
    assert int(table["patients"]) <= 3


def test_what_was_in_force_from_today_also_served_the_days_rehearsed(session: Session, settings: Settings) -> None:
    """`vigidom run` loads programme, questionnaire and protocol at the moment at which the rehearsal ends."""
    make_programme(session)
    session.commit()
    with_library(session, MORNING)

    table = rehearsal.rehearse(session, settings, patients=3, days=1, seed=2, ends_at=MORNING)

    assert int(table["patients"]) == 3


def with_library(session: Session, now: datetime) -> None:
    programme = make_programme(session)
    versions.load_library(session, programme=programme, now=now)
    protocols.load_library(session, programme=programme, now=now)
    session.commit()


@pytest.mark.drill
def test_another_programme_of_the_library_is_rehearsed_in_its_place(session: Session, settings: Settings) -> None:
    table = rehearsal.rehearse(session, settings, slug="after-surgery", patients=4, days=1, seed=5, ends_at=MORNING)

    followed = session.scalars(sa.select(Enrolment)).unique().all()
    assert {one.programme.slug for one in followed} == {"after-surgery"}
    assert all(one.onset_on is not None for one in followed)
    assert int(table["answers"]) == sum(int(table[level]) for level in ("green", "orange", "red")) > 0
