"""A call is announced once, by whoever took it or because it will be long; nobody is told who must not be."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from notifications import announcing, outbox
from notifications.models import Message
from records import contacts, patients, phones
from records.models import Enrolment, Programme, Role, Staff
from tests import factories
from tests.factories import NOW
from tests.notifications.conftest import Scripted, messages
from tests.statements import counted
from triage import announcing as calls
from triage import callbacks
from triage.levels import Level
from triage.models import AlertKind, CallAnnouncement, Callback, CallbackEvent

Beat = Callable[..., dict[str, int]]
MINUTE = timedelta(minutes=1)


class Centre:
    """A team with one caller, and people who wait for its calls."""

    def __init__(self, session: Session) -> None:
        self.session, self.team = session, factories.make_team(session)
        self.caller: Staff = factories.make_staff(session, Role.OPERATOR, teams=[self.team], name="Camille Duval")
        session.commit()

    def waiting(self, level: Level = Level.ORANGE, *, now: datetime = NOW, **given: object) -> Callback:
        given.setdefault("language", "en")
        enrolment = factories.make_enrolment(self.session, team=self.team, **given)  # type: ignore[arg-type]
        key = f"test:{enrolment.id}:{level}:{now}"
        reasons = [{"code": "asked-unsaid"}]
        callbacks.raise_alert(
            self.session, enrolment=enrolment, kind=AlertKind.ASKED, rank=level, key=key, reasons=reasons, now=now
        )
        self.session.commit()
        return self.session.scalars(select(Callback).where(Callback.enrolment_id == enrolment.id)).one()

    def claim(self, callback: Callback, now: datetime = NOW) -> None:
        callbacks.claim(self.session, callback=callback.public_id, staff=self.caller, now=now)
        self.session.commit()

    def tried(self, callback: Callback, outcome: str, now: datetime, **given: object) -> None:
        said = {"callback": callback.public_id, "staff": self.caller, "outcome": outcome, "now": now}
        callbacks.add_attempt(self.session, **(said | given))  # type: ignore[arg-type]
        self.session.commit()

    def announce(self, now: datetime = NOW, limit: int = 100) -> int:
        done = announcing.announce_and_tell(self.session, now=now, limit=limit)
        self.session.commit()
        return done

    def told(self) -> list[CallAnnouncement]:
        return list(self.session.scalars(select(CallAnnouncement).order_by(CallAnnouncement.id)))


@pytest.fixture
def centre(session: Session) -> Centre:
    return Centre(session)


def test_whoever_takes_a_call_is_announced_by_name_and_code_once(
    centre: Centre, provider: Scripted, beat: Beat
) -> None:
    callback = centre.waiting(Level.RED)
    centre.claim(callback)
    assert [centre.announce(), centre.announce(NOW + MINUTE)] == [1, 0]
    beat(NOW)
    (text,), (told,) = provider.taken, centre.told()
    assert (told.from_at, told.until_at) == (NOW, NOW + 15 * MINUTE)
    assert "Camille Duval calls you between 10:00 and 10:15" in text.body
    assert calls.code_of(told.public_id) in text.body
    assert text.link == calls.code_of(told.public_id)
    assert text.expires_at == told.until_at
    assert patients.reveal(callback_enrolment(centre, callback).patient).family_name not in text.body


def callback_enrolment(centre: Centre, callback: Callback) -> Enrolment:
    return centre.session.get_one(Enrolment, callback.enrolment_id)


def test_a_text_never_names_somebody_who_has_let_go_and_whoever_takes_it_after_them_is_announced(
    centre: Centre, provider: Scripted, beat: Beat
) -> None:
    callback = centre.waiting()
    centre.claim(callback)
    centre.announce()
    other = factories.make_staff(centre.session, teams=[centre.team], name="Noa Petit")
    callbacks.take_over(centre.session, callback=callback.public_id, staff=other, now=NOW + MINUTE)
    centre.session.commit()
    beat(NOW + MINUTE)
    centre.announce(NOW + MINUTE)
    beat(NOW + MINUTE)

    (text,) = provider.taken
    assert "Noa Petit calls you" in text.body


def test_a_list_that_was_handed_over_promises_nobody_the_next_quarter_of_an_hour(centre: Centre) -> None:
    for callback in [centre.waiting() for _ in range(3)]:
        centre.claim(callback)
    colleague = factories.make_staff(centre.session, teams=[centre.team])
    factories.make_screen(centre.session, colleague)
    callbacks.hand_over(centre.session, from_staff=centre.caller, to_staff=colleague, now=NOW + MINUTE)
    centre.session.commit()

    assert centre.announce(NOW + 2 * MINUTE) == 0


def test_a_call_that_will_be_long_is_announced_when_it_comes_in_and_a_red_is_not(centre: Centre) -> None:
    for _ in range(9):
        centre.waiting(Level.RED)
    late = centre.waiting(Level.ORANGE)
    assert centre.announce() == 1
    (told,) = centre.told()
    assert (told.callback_id, told.staff_id) == (late.id, None)
    assert told.from_at == NOW + 40 * MINUTE
    assert (told.from_at, told.until_at) == calls.window(centre.session, callback=late, now=NOW)
    assert [event.kind for event in centre.session.scalars(select(CallbackEvent))] == ["announced"]


def test_the_window_follows_who_is_at_work_and_what_stands_before(centre: Centre, session: Session) -> None:
    first = centre.waiting(Level.RED)
    rows = [centre.waiting() for _ in range(20)]
    behind = [calls.window(session, callback=row, now=NOW)[0] for row in rows]
    assert behind == sorted(behind)
    centre.claim(first)
    other = factories.make_staff(session, teams=[centre.team])
    callbacks.claim(session, callback=rows[0].public_id, staff=other, now=NOW)
    assert calls.paces(session, now=NOW, team_id=centre.team.id)[centre.team.id].callers == 2
    assert calls.window(session, callback=rows[-1], now=NOW)[0] < behind[-1]


def test_nothing_is_announced_while_the_centre_is_closed(centre: Centre) -> None:
    night = datetime.fromisoformat("2026-03-10T23:00:00+01:00")
    for _ in range(12):
        centre.waiting(now=night)
    assert centre.announce(night) == 0
    morning = datetime.fromisoformat("2026-03-11T08:00:00+01:00")
    assert centre.announce(morning) > 0


def test_a_window_that_passed_without_a_call_is_followed_by_another_three_times_a_day(centre: Centre) -> None:
    callback = centre.waiting()
    for step in range(5):
        now = NOW + step * 40 * MINUTE
        callbacks.take_over(centre.session, callback=callback.public_id, staff=centre.caller, now=now)
        centre.session.execute(update(Callback).values(claimed_at=now))
        centre.announce(now)
    assert [told.number for told in centre.told()] == [1, 2, 3]


def test_a_call_earlier_than_announced_is_announced_again(centre: Centre) -> None:
    for _ in range(9):
        centre.waiting(Level.RED)
    late = centre.waiting(Level.ORANGE)
    centre.announce()
    centre.claim(late, NOW + MINUTE)
    assert centre.announce(NOW + MINUTE) == 1
    assert [(told.number, told.staff_id) for told in centre.told()] == [(1, None), (2, centre.caller.id)]


@pytest.mark.parametrize("what", ["programme", "opted out", "staff", "no phone", "contact"])
def test_whoever_must_not_be_told_is_not(centre: Centre, session: Session, what: str) -> None:
    callback = centre.waiting()
    enrolment = callback_enrolment(centre, callback)
    if what == "programme":
        session.execute(update(Programme).values(announces_calls=False))
    if what == "opted out":
        contacts.opt_out(session, phone=patients.reveal(enrolment.patient).phone or "", now=NOW, source="sms")
    if what == "staff":
        enrolment.answers_by = "staff"
    if what == "no phone":
        enrolment.patient.phone = None
    if what == "contact":
        callback.next_step = "call-contact"
    session.commit()
    centre.claim(callback)
    assert centre.announce() == 0


@pytest.mark.parametrize(("outcome", "status"), [("no-answer", "call-over"), ("reached", "call-over")])
def test_what_was_owed_before_the_call_does_not_go_out_after_it(
    centre: Centre, session: Session, beat: Beat, outcome: str, status: str
) -> None:
    callback = centre.waiting()
    centre.claim(callback)
    centre.announce()
    verified = {"verified": True} if outcome == "reached" else {}
    centre.tried(callback, outcome, NOW + MINUTE, **verified)
    beat(NOW + MINUTE)
    (message,) = messages(session).values()
    assert (message.status, message.reason) == ("dropped", status)


def test_a_landline_is_found_out_when_the_text_would_leave(centre: Centre, session: Session, beat: Beat) -> None:
    callback = centre.waiting(phone="+33199001234", rehearsal=False)
    centre.claim(callback)
    centre.announce()
    beat(NOW)
    (message,) = messages(session).values()
    assert message.reason == "landline"


def test_an_announcement_that_waited_too_long_expires(
    centre: Centre, session: Session, sessions: sessionmaker[Session]
) -> None:
    callback = centre.waiting()
    centre.claim(callback)
    centre.announce()
    with sessions.begin() as other:
        assert outbox.expire(other, now=NOW + 15 * MINUTE) == 1
    assert [message.status for message in messages(session).values()] == ["expired"]


def test_a_call_that_reached_nobody_is_told_once_with_the_next_try(
    centre: Centre, provider: Scripted, beat: Beat
) -> None:
    callback = centre.waiting()
    centre.tried(callback, "no-answer", NOW)
    assert [centre.announce(NOW + MINUTE), centre.announce(NOW + 2 * MINUTE)] == [1, 0]
    beat(NOW + 2 * MINUTE)
    assert len(provider.taken) == 1
    assert re.search(r"tried to call you at 10:00\. We try again about 10:15", provider.taken[0].body)
    assert provider.taken[0].expires_at == NOW + 15 * MINUTE


@pytest.mark.parametrize(
    "given", [{"outcome": "wrong-number"}, {"outcome": "reached", "verified": True}, {"called": "contact"}]
)
def test_of_no_other_call_is_the_patient_told(centre: Centre, given: dict[str, object]) -> None:
    callback = centre.waiting()
    centre.tried(callback, **({"outcome": "no-answer", "now": NOW} | given))  # type: ignore[arg-type]
    assert centre.announce(NOW + MINUTE) == 0


def test_tries_are_told_three_times_a_day_at_the_most(centre: Centre, session: Session) -> None:
    callback = centre.waiting()
    for step in range(5):
        now = NOW + step * 20 * MINUTE
        centre.tried(callback, "busy", now)
        announcing.tell_of_tries(session, now=now, limit=10)
        session.commit()
    assert len(messages(session)) == 3


def test_the_text_comes_from_the_number_that_is_shown(
    centre: Centre, session: Session, provider: Scripted, beat: Beat
) -> None:
    callback = centre.waiting()
    session.execute(update(Programme).values(shown_number="+33155667788"))
    centre.claim(callback)
    centre.announce()
    beat(NOW)
    assert phones.national("+33155667788") in provider.taken[0].body


def test_any_number_of_calls_takes_the_same_statements(centre: Centre, session: Session) -> None:
    def count() -> int:
        with counted(session) as seen:
            announcing.announce_and_tell(session, now=NOW, limit=100)
        session.rollback()
        return len(seen)

    for _ in range(12):
        centre.waiting()
    few = count()
    for _ in range(12):
        centre.waiting()
    assert count() == few <= 5


def test_two_beats_at_once_announce_once(centre: Centre, session: Session, sessions: sessionmaker[Session]) -> None:
    callback = centre.waiting()
    centre.claim(callback)
    owed = calls.owed(session, now=NOW, limit=10)
    centre.announce()
    assert len(owed) == 1
    with sessions.begin() as other:
        again = [announcing.announce(other, now=NOW, limit=10)]
    assert again == [0]
    assert len(session.scalars(select(Message)).all()) == 1
