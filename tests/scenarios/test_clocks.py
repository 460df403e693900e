"""The whole beat across the nights in which the clocks of Paris change, after a long sleep, and when clocks are set."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session, sessionmaker

from notifications import outbox, reminders
from notifications.models import Message
from questionnaires import checkins, versions
from questionnaires import jobs as questionnaire_jobs
from questionnaires.models import Checkin
from records import audit, audit_check, clock, staff, throttles
from records.models import Enrolment, EnrolmentState, Programme, StaffSession
from records.models.audit import AuditEntry
from records.throttles import Door
from tests.factories import make_enrolment, make_programme, make_staff, make_team
from tests.notifications.conftest import URL, Scripted
from tests.scenarios.fortnight import utc
from tests.triage.scene import WELL
from triage import intake, protocols
from triage.models import Alert, Callback
from webapp import worker

pytestmark = pytest.mark.drill

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PARIS, CAYENNE, REUNION, NOUMEA = ZONES = ("Europe/Paris", "America/Cayenne", "Indian/Reunion", "Pacific/Noumea")


class World:
    """Patients of one programme, and a worker on a moving clock whose texts are all taken over."""

    def __init__(self, session: Session, engine: sa.Engine, began: datetime, *, lanes: int = 1) -> None:
        self.session, self.sessions, self.began = session, sessionmaker(engine), began
        self.programme = make_programme(session)
        self.version_id = versions.load_library(session, programme=self.programme, now=began).id
        protocols.load_library(session, programme=self.programme, now=began)
        self.team = make_team(session, now=began)
        self.provider = Scripted()
        self.jobs = worker.jobs(self.provider, URL, present=None, lanes=lanes)
        session.commit()

    def patient(
        self, zone: str = PARIS, state: str = EnrolmentState.ACTIVE, *, now: datetime | None = None
    ) -> Enrolment:
        """Somebody whose onset is unknown, so asked twice a day, in the morning and in the afternoon."""
        how = {"programme": self.programme, "team": self.team, "now": now or self.began}
        return make_enrolment(self.session, state, zone=zone, has_oximeter=False, **how)

    def beat(self, *moments: datetime) -> None:
        self.session.commit()
        for now in moments:
            for job in self.jobs.values():
                job(self.sessions, now)
        self.session.rollback()
        self.session.expire_all()

    def answer(self, patient: Enrolment, checkin: Checkin, now: datetime) -> None:
        said = intake.Submission(
            enrolment_id=patient.id,
            key=uuid.uuid4(),
            version_id=self.version_id,
            answers=WELL,
            language="fr",
            checkin=checkin.public_id,
        )
        intake.submit(self.session, submission=said, actor=audit.Actor.patient(patient.patient), now=now)
        self.session.commit()

    def checkins(self, patient: Enrolment, *days: date) -> list[Checkin]:
        found = sa.select(Checkin).where(Checkin.enrolment_id == patient.id).order_by(Checkin.opens_at)
        return [one for one in self.session.scalars(found) if not days or one.local_on in days]

    def texts(self, patient: Enrolment) -> list[Message]:
        found = sa.select(Message).where(Message.enrolment_id == patient.id)
        return list(self.session.scalars(found.order_by(Message.sent_at, Message.id)))

    def alerts(self, patient: Enrolment) -> list[Alert]:
        return list(self.session.scalars(sa.select(Alert).where(Alert.enrolment_id == patient.id).order_by(Alert.id)))

    def callbacks(self, patient: Enrolment) -> list[Callback]:
        return list(self.session.scalars(sa.select(Callback).where(Callback.enrolment_id == patient.id)))

    def nothing_came_twice(self) -> None:
        assert max(Counter(self.provider.messages).values(), default=1) == 1
        keys = sa.select(Checkin.enrolment_id, Checkin.local_on, Checkin.slot)
        assert max(Counter(self.session.execute(keys)).values(), default=1) == 1
        assert audit_check.verify(self.session).problems == []


AUTUMN, SPRING = date(2026, 10, 25), date(2026, 3, 29)
OPENINGS = {
    # Of the day before and of the day itself, morning and afternoon.
    (AUTUMN, PARIS): [utc(10, 24, 6), utc(10, 24, 13), utc(10, 25, 7), utc(10, 25, 14)],
    (SPRING, PARIS): [utc(3, 28, 7), utc(3, 28, 14), utc(3, 29, 6), utc(3, 29, 13)],
    (AUTUMN, CAYENNE): [utc(10, 24, 11), utc(10, 24, 18), utc(10, 25, 11), utc(10, 25, 18)],
    (SPRING, CAYENNE): [utc(3, 28, 11), utc(3, 28, 18), utc(3, 29, 11), utc(3, 29, 18)],
    (AUTUMN, REUNION): [utc(10, 24, 4), utc(10, 24, 11), utc(10, 25, 4), utc(10, 25, 11)],
    (SPRING, REUNION): [utc(3, 28, 4), utc(3, 28, 11), utc(3, 29, 4), utc(3, 29, 11)],
    (AUTUMN, NOUMEA): [utc(10, 23, 21), utc(10, 24, 4), utc(10, 24, 21), utc(10, 25, 4)],
    (SPRING, NOUMEA): [utc(3, 27, 21), utc(3, 28, 4), utc(3, 28, 21), utc(3, 29, 4)],
}
CENTRE = {
    AUTUMN: [(utc(10, 24, 6), utc(10, 24, 18)), (utc(10, 25, 7), utc(10, 25, 19)), (utc(10, 26, 7), None)],
    SPRING: [(utc(3, 28, 7), utc(3, 28, 19)), (utc(3, 29, 6), utc(3, 29, 18)), (utc(3, 30, 6), None)],
}
"""From when to when somebody is there: eight to eight in Paris."""
SEVEN = {
    (AUTUMN, PARIS): utc(10, 25, 6),
    (SPRING, PARIS): utc(3, 29, 5),
    (AUTUMN, CAYENNE): utc(10, 25, 10),
    (SPRING, CAYENNE): utc(3, 29, 10),
    (AUTUMN, REUNION): utc(10, 25, 3),
    (SPRING, REUNION): utc(3, 29, 3),
    (AUTUMN, NOUMEA): utc(10, 24, 20),
    (SPRING, NOUMEA): utc(3, 28, 20),
}
"""When the quiet hours of that night end where the patient is; those of Paris lasted eleven hours, or nine."""


def first_of_the_day(night: date, moment: datetime) -> datetime:
    """`moment` while somebody is at the centre, else when it opens next."""
    return next(max(opens, moment) for opens, closes in CENTRE[night] if closes is None or moment < closes)


@pytest.mark.parametrize("night", [AUTUMN, SPRING], ids=["autumn", "spring"])
def test_the_whole_beat_goes_by_everybodys_own_clock_across_the_night(
    session: Session, engine: sa.Engine, night: date
) -> None:
    evenings = {SEVEN[night, zone] - {AUTUMN: 10, SPRING: 8}[night] * HOUR: zone for zone in ZONES}
    openings = {at for zone in ZONES for at in OPENINGS[night, zone]}
    moments = {at + wait * HOUR for at in openings for wait in (0, 2, 3, 4)} | {*evenings, *SEVEN.values()}
    world = World(session, engine, min(openings) - HOUR)
    silent = {zone: world.patient(zone) for zone in ZONES}
    heard = {zone: world.patient(zone) for zone in ZONES}
    invited = {}
    for now in sorted(moments):
        if not min(openings) <= now <= max(openings) + 4 * HOUR:
            continue  # of the other night
        if now in evenings:
            invited[evenings[now]] = world.patient(evenings[now], "invited", now=now)
        world.beat(now)
        for patient in heard.values() if now in openings else ():
            for checkin in world.checkins(patient):
                if checkin.state == "open":
                    world.answer(patient, checkin, now + HOUR / 4)

    world.nothing_came_twice()
    for zone in ZONES:
        opens = OPENINGS[night, zone]
        assert_silence(world, silent[zone], opens, night)
        found = [one for one in world.checkins(heard[zone]) if one.opens_at in opens]
        assert [(one.opens_at, one.state) for one in found] == [(at, "answered") for at in opens]
        sent = [one.sent_at for one in world.texts(heard[zone]) if one.checkin_id in {one.id for one in found}]
        assert (sent, world.alerts(heard[zone])) == (opens, [])
        assert [(one.purpose, one.sent_at) for one in world.texts(invited[zone])] == [
            ("invitation", SEVEN[night, zone])
        ]


def assert_silence(world: World, patient: Enrolment, opens: list[datetime], night: date) -> None:
    """Each check-in once, each of its three texts once and at its hour, one alert for each, one call-back for all."""
    made = [one for one in world.checkins(patient) if one.opens_at in opens]
    assert [(one.opens_at, one.closed_at, one.silence_raised_at) for one in made] == [
        (at, at + 4 * HOUR, at + 4 * HOUR) for at in opens
    ]
    assert [(one.local_on, one.slot) for one in made] == [
        (day, slot) for day in (night - DAY, night) for slot in ("morning", "afternoon")
    ]
    texts = [(one.purpose, one.sent_at) for one in world.texts(patient) if one.checkin_id in {c.id for c in made}]
    due = [("checkin", timedelta()), ("first-reminder", 2 * HOUR), ("second-reminder", 4 * HOUR)]
    assert texts == [(purpose, at + wait) for at in opens for purpose, wait in due]
    raised = {one.checkin_id: one.raised_at for one in world.alerts(patient) if one.kind == "silence"}
    assert [raised[one.id] for one in made] == [at + 4 * HOUR for at in opens]
    [call] = world.callbacks(patient)
    first = call.opened_at
    assert first == min(raised.values())
    waits = {timedelta(minutes=10), timedelta(minutes=120)}
    assert call.due_at - first_of_the_day(night, first) in waits or call.due_at <= first + DAY
    assert (call.rank, call.for_physician) == (40, True), "two check-ins missed: to the physician"


@pytest.mark.parametrize(
    ("asleep", "missed"),
    [(6 * HOUR, 1), (3 * DAY, 6)],
    ids=["six hours", "three days"],
)
def test_a_worker_that_was_asleep_sends_nothing_old_and_makes_one_call_back_of_each_patient(
    session: Session, engine: sa.Engine, asleep: timedelta, missed: int
) -> None:
    """It slept from a minute to eight on 10 March; whoever is asked when it wakes is asked of now."""
    fell = utc(3, 10, 6, 59)
    world = World(session, engine, utc(3, 9, 18))
    people = [world.patient() for _ in range(3)]
    old = world.patient(state="invited", now=fell + timedelta(minutes=1))
    woke = fell + asleep + timedelta(minutes=1)
    world.beat(fell)
    assert world.provider.taken == []

    world.beat(woke, woke + timedelta(seconds=5))

    for patient in people:
        found = world.checkins(patient)
        assert Counter(one.state for one in found) == Counter(missed=missed) + Counter(open=int(woke.hour == 7))
        assert len(world.alerts(patient)) == missed
        [call] = world.callbacks(patient)
        assert call.opened_at == woke
        assert world.alerts(patient)[0].cause == "not-sent"
    sent = {one.purpose for one in session.scalars(sa.select(Message).where(Message.sent_at.is_not(None)))}
    assert all(one.expires_at > woke for one in session.scalars(sa.select(Message).where(Message.sent_at == woke)))
    assert sent == ({"invitation"} if asleep < DAY else {"checkin"})
    assert [one.status for one in world.texts(old)] == ["accepted" if asleep < DAY else "expired"]
    world.nothing_came_twice()


BUSY = (7, 9, 10, 11, 14, 16, 17, 18)
"""Hours of a winter's day in Paris, in UTC, at which something is due."""


def test_a_clock_set_back_a_day_and_mended_doubles_nothing_and_keeps_nobody_waiting(
    session: Session, engine: sa.Engine
) -> None:
    """The machine's clock goes from 11 March, noon, to 10 March, noon; six hours later it is put right."""
    world = World(session, engine, utc(3, 9, 18))
    patient, other = world.patient(), world.patient()
    person = make_staff(session, teams=[world.team], now=world.began)
    world.beat(*(utc(3, 10, hour) for hour in BUSY), *(utc(3, 11, hour) for hour in BUSY if hour < 12))
    now, back = utc(3, 11, 12), utc(3, 10, 12)
    _, token = signed(session, person, now)
    for _ in range(throttles.LIMITS[Door.BIRTH_DAY][0]):
        throttles.failed(session, door=Door.BIRTH_DAY, subject="somebody", now=now)
    late = world.patient(state="invited", now=back - HOUR)  # owed anew, by a worker that dies with it in its hands
    held = hold(world, late, now)
    acts = session.scalar(sa.select(sa.func.count(AuditEntry.id)))
    sent = len(world.provider.taken)

    world.beat(back)

    assert staff.session_of(session, token=token, now=back) is None, "how long it was idle cannot be known"
    assert not throttles.is_blocked(session, door=Door.BIRTH_DAY, subject="somebody", now=back)
    assert throttles.failed(session, door=Door.BIRTH_DAY, subject="somebody", now=back) == 1
    session.commit()
    assert [session.get_one(Message, one).status for one in held] == ["unknown", "queued"], "not in a day from now"
    world.beat(*(utc(3, 10, hour) for hour in BUSY if hour > 12))
    assert len(world.provider.taken) - sent <= 1, "the invitation of that day"
    assert [len(world.callbacks(one)) for one in (patient, other)] == [1, 1]
    audit.append(
        session, actor=audit.SYSTEM, action="test.act", subject=("enrolment", patient.public_id), now=utc(3, 10, 18)
    )
    session.commit()
    assert (session.scalar(sa.select(sa.func.count(AuditEntry.id))) or 0) > (acts or 0)

    world.beat(*(utc(3, 11, hour) for hour in BUSY if hour > 12), *(utc(3, 12, hour) for hour in BUSY))

    world.nothing_came_twice()
    for one in (patient, other):
        days = [(found.local_on, found.slot) for found in world.checkins(one)]
        assert days == [(date(2026, 3, day), slot) for day in (10, 11, 12) for slot in ("morning", "afternoon")][:6]


def signed(session: Session, person: object, now: datetime) -> tuple[StaffSession, str]:
    started = staff.sign_in(
        session, email=person.email, password="orchid lantern viaduct plum", from_address="192.0.2.9", now=now
    )
    session.commit()
    return started


def hold(world: World, patient: Enrolment, now: datetime) -> list[int]:
    """Two texts in the hands of a worker that dies: one claimed, one being sent."""
    ids = []
    for n in range(2):
        message = Message(
            key=f"test:{n}", purpose="invitation", enrolment_id=patient.id, status_at=now, created_at=now,
            next_try_at=now, expires_at=now + DAY,
        )  # fmt: skip
        world.session.add(message)
        world.session.flush()
        ids.append(message.id)
    claim = outbox.claim(world.session, worker="dead", now=now)
    assert set(ids) <= set(claim.message_ids)
    started = outbox.start_sending(world.session, message_ids=[ids[0]], token=claim.token, provider="scripted", at=now)
    assert started
    world.session.commit()
    return ids


MINUTES = st.integers(1, 2 * 24 * 60)
HOURS = st.sampled_from(["07:00", "08:00", "09:30", "12:00", "15:00"])
STARTS = st.sampled_from([utc(10, 23, 2), utc(3, 27, 2), utc(6, 20, 13, 7)])
SCHEDULES = st.lists(HOURS, min_size=1, max_size=3, unique=True)
SET = st.sampled_from([0, 0, 0, 0, -24 * 60, -90])


@given(STARTS, SCHEDULES, st.lists(st.tuples(MINUTES, SET), min_size=1, max_size=6))
@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],
)
def test_whatever_the_zones_the_schedule_and_the_beats_each_slot_is_asked_once(
    session: Session, engine: sa.Engine, starts: datetime, hours: Sequence[str], gaps: Sequence[tuple[int, int]]
) -> None:
    """Gaps of a minute to two days, a clock set back by a day or an hour and a half, and six zones at once."""
    course = make_programme(session)
    course.schedule = [{"slot": f"at-{at[:2]}", "at": at, "tier": "all"} for at in sorted(hours)]
    people = people_of(session, course, starts)
    sessions, now, latest = sessionmaker(engine), starts, starts
    for gap, set_by in gaps:
        now += timedelta(minutes=gap)
        latest = max(latest, now)
        worker.open_checkins(sessions, now)
        for step in (reminders.owe, questionnaire_jobs.close_checkins):
            with sessions.begin() as one:
                step(one, now=now)
        now += timedelta(minutes=set_by)

    for zone, patient in people.items():
        here = questionnaire_jobs.usable_zone(zone, course)
        days = clock.local_day(starts, here), clock.local_day(latest, here)
        due = [slot for slot in checkins.slots(course, here, *days) if starts <= slot.opens_at <= latest]
        found = session.execute(
            sa.select(Checkin.local_on, Checkin.slot, Checkin.opens_at)
            .where(Checkin.enrolment_id == patient)
            .order_by(Checkin.opens_at)
        ).all()
        assert [tuple(row) for row in found] == [(slot.local_on, slot.name, slot.opens_at) for slot in due], zone
        texts = sa.select(Message.checkin_id, Message.purpose).where(Message.enrolment_id == patient)
        assert max(Counter(session.execute(texts).all()).values(), default=1) == 1
    session.rollback()


def people_of(session: Session, course: Programme, starts: datetime) -> dict[str, int]:
    """The same six patients for every example, as if their follow-up began at `starts`."""
    session.execute(sa.text("DELETE FROM contacts; DELETE FROM messages; DELETE FROM checkins"))
    zones = (*ZONES, "Asia/Kathmandu", "Atlantis/Capital")
    known = list(session.scalars(sa.select(Enrolment).order_by(Enrolment.id)))
    if not known:
        known = [make_enrolment(session, programme=course, now=starts) for _ in zones]
    for patient, zone in zip(known, zones, strict=True):
        patient.zone, patient.activated_at, patient.next_checkin_at = zone, starts, starts
        patient.ends_on = starts.date() + timedelta(days=300)
    session.commit()
    return {zone: patient.id for zone, patient in zip(zones, known, strict=True)}
