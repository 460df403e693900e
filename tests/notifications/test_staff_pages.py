"""Pages to the staff: what they say and do not say, that they fail open, and the answer to a patient at night."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications import texts
from notifications.models import Message, Purpose
from notifications.providers import LookUp, LookUpKind, OutcomeKind
from notifications.providers.twilio import TwilioProvider
from records.audit import SYSTEM
from records.models import Role, Staff
from records.staff.telephones import set_phone
from tests.factories import NOW, make_enrolment, make_team
from tests.notifications import twilio_server
from tests.notifications.conftest import URL, Scripted, answers
from tests.notifications.test_texts import ABOUT_HEALTH, LANGUAGES, LONGEST_URL, MOST_SEGMENTS, segments
from tests.triage.scene import RED, Scene, set_scene
from triage import callbacks
from triage.callbacks import claims
from triage.duty import escalations, shifts
from triage.levels import Level
from triage.models import AlertKind, Duty, Escalation, EscalationKind

MINUTE = timedelta(minutes=1)
DUE = NOW + 10 * MINUTE
NIGHT = NOW.replace(hour=22, minute=40)
PHONE = "+33612345678"

Beat = Callable[..., dict[str, int]]


@pytest.fixture
def scene(session: Session) -> Scene:
    return set_scene(session)


def reachable(scene: Scene, role: str = Role.SUPERVISOR, typed: str = "+33639980007") -> Staff:
    person = scene.another(role)
    set_phone(scene.session, staff=person, typed=typed, actor=SYSTEM, now=NOW, rehearsal=True)
    scene.session.commit()
    return person


def on_call(scene: Scene, person: Staff) -> None:
    hours = {"from_at": NIGHT - 60 * MINUTE, "until_at": NIGHT + 600 * MINUTE}
    by = scene.person(Role.SUPERVISOR)
    shifts.add(scene.session, team=scene.team, person=person, duty=Duty.ON_CALL, **hours, by=by, now=NOW)
    scene.session.commit()


def escalate(scene: Scene, now: datetime) -> None:
    escalations.escalate(scene.session, now=now)
    scene.session.commit()


def pages(scene: Scene, purpose: Purpose = Purpose.STAFF_PAGE) -> list[Message]:
    scene.session.rollback()
    wanted = sa.select(Message).where(Message.purpose == purpose).order_by(Message.id)
    return list(scene.session.scalars(wanted))


def test_a_late_call_pages_the_lead_once_with_an_hour_a_team_and_a_link(
    scene: Scene, beat: Beat, provider: Scripted
) -> None:
    lead = reachable(scene)
    scene.submit(RED)
    escalate(scene, DUE)
    beat(DUE)
    beat(DUE + MINUTE)

    (sent,) = [text for text in provider.taken if text.to == "+33639980007"]
    (message,) = pages(scene)
    assert (message.staff_id, message.enrolment_id, message.status) == (lead.id, None, "accepted")
    assert sent.body.startswith(f"Vigidom: a call is late since 10:10, team {scene.team.name}. {URL}/en/p/")
    assert sent.link in sent.body


def test_a_page_goes_at_night_where_a_reminder_waits(scene: Scene, beat: Beat, provider: Scripted) -> None:
    on_call(scene, reachable(scene, Role.PHYSICIAN))
    scene.submit(RED, now=NIGHT)
    escalate(scene, NIGHT)
    beat(NIGHT)

    bodies = {text.to: text.body for text in provider.taken}
    assert "a call came in while the centre is closed, 23:40" in bodies["+33639980007"]
    (other,) = [body for phone, body in bodies.items() if phone != "+33639980007"]
    assert "Le medecin d'astreinte est prévenu" in other or "d'astreinte" in other, "the patient is told who knows"


@pytest.mark.parametrize(("answered", "status"), [(False, "accepted"), (True, "dropped")])
def test_at_night_a_page_outlasts_a_provider_that_is_away_as_long_as_nobody_called(
    scene: Scene, beat: Beat, provider: Scripted, answered: bool, status: str
) -> None:
    on_call(scene, reachable(scene, Role.PHYSICIAN))
    scene.submit(RED, now=NIGHT)
    escalate(scene, NIGHT)
    provider.next.extend(answers(OutcomeKind.RETRY, "busy") for _ in range(2))
    beat(NIGHT)
    if answered:
        scene.session.execute(sa.text("UPDATE escalations SET acknowledged_at = at"))
        scene.session.commit()
    beat(NIGHT + 90 * MINUTE)
    assert [one.status for one in pages(scene)] == [status]


def test_without_a_rota_the_patient_is_told_once_that_nobody_reads_it(
    scene: Scene, beat: Beat, provider: Scripted
) -> None:
    scene.submit(RED, now=NIGHT)
    for minutes in range(3):
        escalate(scene, NIGHT + minutes * MINUTE)
        beat(NIGHT + minutes * MINUTE)

    (text,) = provider.taken
    assert "personne ne lit ceci avant 08:00" in text.body
    assert "15" in text.body
    assert len(pages(scene, Purpose.OUTSIDE_HOURS)) == 1


def test_on_call_without_a_telephone_nobody_knows_before_the_opening(
    scene: Scene, beat: Beat, provider: Scripted
) -> None:
    on_call(scene, scene.another(Role.PHYSICIAN))
    scene.submit(RED, now=NIGHT)
    escalate(scene, NIGHT)
    beat(NIGHT)

    (text,) = provider.taken
    assert "personne ne lit ceci avant 08:00" in text.body


def test_a_try_that_is_overdue_at_night_tells_the_patient_nothing_again(
    scene: Scene, beat: Beat, provider: Scripted
) -> None:
    doctor = reachable(scene, Role.PHYSICIAN)
    on_call(scene, doctor)
    scene.submit(RED, now=NIGHT)
    escalate(scene, NIGHT)
    beat(NIGHT)
    callback = scene.callback()
    claims.claim(scene.session, callback=callback.public_id, staff=doctor, now=NIGHT + MINUTE)
    callbacks.add_attempt(
        scene.session, callback=callback.public_id, staff=doctor, outcome="no-answer", now=NIGHT + 2 * MINUTE
    )
    claims.release(scene.session, callback=callback.public_id, staff=doctor, now=NIGHT + 3 * MINUTE)
    scene.session.execute(sa.text("UPDATE callbacks SET next_try_at = :at"), {"at": NIGHT + 17 * MINUTE})
    scene.session.commit()
    escalate(scene, NIGHT + 18 * MINUTE)
    beat(NIGHT + 18 * MINUTE)

    assert len(pages(scene)) == 2, "the physician is told of the next try"
    assert len(pages(scene, Purpose.OUTSIDE_HOURS)) == 1, "and the patient of one red once"


@pytest.mark.parametrize(
    ("prepare", "why"),
    [
        ("UPDATE staff SET phone = NULL", "no-phone"),
        ("UPDATE escalations SET acknowledged_at = at", "acknowledged"),
        ("UPDATE staff SET disabled_at = now()", "left"),
    ],
)
def test_a_page_that_would_reach_nobody_or_come_too_late_is_dropped_and_says_why(
    scene: Scene, beat: Beat, provider: Scripted, prepare: str, why: str
) -> None:
    reachable(scene)
    scene.submit(RED)
    escalate(scene, DUE)
    provider.next.append(answers(OutcomeKind.RETRY, "busy"))
    beat(DUE)
    scene.session.execute(sa.text(prepare))
    scene.session.commit()
    beat(DUE + 2 * MINUTE)
    assert [(one.status, one.reason) for one in pages(scene)] == [("dropped", why)]


@pytest.mark.parametrize("known", [LookUpKind.ABSENT, LookUpKind.IMPOSSIBLE])
def test_a_page_in_doubt_is_sent_again_where_a_reminder_is_not(
    scene: Scene, beat: Beat, provider: Scripted, known: LookUpKind
) -> None:
    reachable(scene)
    scene.submit(RED)
    escalate(scene, DUE)
    provider.next.append(answers(OutcomeKind.UNKNOWN, "ReadTimeout"))
    beat(DUE)
    assert pages(scene)[0].status == "unknown"
    provider.known = LookUp(known)
    beat(DUE + 2 * MINUTE)
    beat(DUE + 2 * MINUTE)
    assert pages(scene)[0].status == "accepted"


def test_no_page_for_a_rehearsed_patient_leaves_by_a_provider_that_reaches_people(
    scene: Scene, beat: Beat, sessions: object
) -> None:
    reachable(scene, typed=PHONE)
    scene.submit(RED)
    escalate(scene, DUE)
    real = Scripted(reaches_people=True)
    beat(DUE, provider=real)
    assert (real.taken, [one.reason for one in pages(scene)]) == ([], ["rehearsal"])


def test_a_page_of_a_real_patient_goes_over_the_wire(
    scene: Scene, beat: Beat, twilio: TwilioProvider, wire: tuple[str, twilio_server.Script]
) -> None:
    reachable(scene, typed=PHONE)
    scene.submit(RED)
    scene.session.execute(sa.text("UPDATE patients SET rehearsal = false"))
    escalate(scene, DUE)
    beat(DUE, provider=twilio)
    assert [one.status for one in pages(scene)] == ["accepted"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(EscalationKind))
def test_a_page_is_short_and_says_nothing_of_the_patient(kind: EscalationKind, language: str) -> None:
    link = f"{LONGEST_URL}/fr/p/12345678-1234-4234-8234-123456789abc"
    body = texts.page(language, kind=kind, hour="10:12", team="T" * 60, link=link)
    assert segments(body, language) <= MOST_SEGMENTS[language] + (language == "ar")
    assert link in body
    assert "10:12" in body
    assert not [word for word in ABOUT_HEALTH if word in body.lower().replace(LONGEST_URL, "")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("told", [True, False])
def test_the_answer_at_night_fits_and_names_15(told: bool, language: str) -> None:
    body = texts.outside_hours(language, "+33 1 99 00 12 34", "08:00", on_call_told=told)
    assert segments(body, language) <= MOST_SEGMENTS[language]
    assert "15" in body
    assert ("08:00" in body) is not told
    assert not [word for word in ABOUT_HEALTH if word in body.lower()]


def late_ones(scene: Scene, count: int, *, rank: Level = Level.ORANGE, due_at: datetime = NOW) -> None:
    raised = []
    for number in range(count):
        other = make_enrolment(scene.session, programme=scene.programme, team=scene.team)
        given = {"reasons": [{"code": "asked"}], "due_at": due_at}
        key = f"late:{rank}:{due_at}:{number}"
        raised.append(callbacks.Raise(key, other.id, scene.team.id, AlertKind.ASKED, rank, **given))
    callbacks.raise_alerts(scene.session, alerts=raised, now=NOW)
    scene.session.commit()


def of_staff(provider: Scripted) -> list[str]:
    return [text.body for text in provider.taken if text.to == "+33639980007"]


def test_of_many_late_calls_a_person_has_one_text_and_the_clock_of_each_says_so(
    scene: Scene, beat: Beat, provider: Scripted
) -> None:
    reachable(scene)
    late_ones(scene, 12)
    escalate(scene, DUE)
    beat(DUE)
    assert [body.split(" http")[0] for body in of_staff(provider)] == ["Vigidom: 12 calls are late."]
    told = scene.session.scalars(sa.select(sa.func.count(Escalation.callback_id.distinct()))).one()
    assert told == 12, "each call-back has its own line on its clock"

    late_ones(scene, 3, due_at=NOW + MINUTE)
    escalate(scene, DUE + MINUTE)
    beat(DUE + MINUTE)
    beat(DUE + 4 * MINUTE)
    assert len(of_staff(provider)) == 1
    beat(DUE + 5 * MINUTE)
    beat(DUE + 6 * MINUTE)
    beat(DUE + 11 * MINUTE)
    assert [body.split(" http")[0] for body in of_staff(provider)][1:] == ["Vigidom: 15 calls are late."]


def test_each_red_pages_by_itself_whatever_else_is_late(scene: Scene, beat: Beat, provider: Scripted) -> None:
    reachable(scene)
    late_ones(scene, 5)
    late_ones(scene, 2, rank=Level.RED)
    escalate(scene, DUE)
    beat(DUE)
    bodies = of_staff(provider)
    assert (len(bodies), sum("a call is late since" in body for body in bodies)) == (3, 2)
    late_ones(scene, 1, rank=Level.RED, due_at=NOW + MINUTE)
    escalate(scene, DUE + MINUTE)
    beat(DUE + MINUTE)
    assert len(of_staff(provider)) == 4, "no red waits for the next text of many"


@pytest.mark.parametrize(("answered", "status"), [(2, "accepted"), (3, "dropped")])
def test_a_page_of_many_goes_as_long_as_one_of_them_waits(
    scene: Scene, beat: Beat, provider: Scripted, answered: int, status: str
) -> None:
    reachable(scene)
    late_ones(scene, 3)
    escalate(scene, DUE)
    provider.next.append(answers(OutcomeKind.RETRY, "busy"))
    beat(DUE)
    some = sa.select(Escalation.id).order_by(Escalation.id).limit(answered)
    changed = sa.update(Escalation).where(Escalation.id.in_(some)).values(acknowledged_at=DUE + MINUTE)
    scene.session.execute(changed)
    scene.session.commit()
    beat(DUE + 2 * MINUTE)
    assert [one.status for one in pages(scene)] == [status]
    if status == "accepted":
        assert "3 calls are late" in of_staff(provider)[-1], "the text is the same whenever it is made"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_of_many_is_short_too(language: str) -> None:
    link = f"{LONGEST_URL}/fr/p/12345678-1234-4234-8234-123456789abc"
    body = texts.pages(language, late=4321, link=link)
    assert segments(body, language) <= MOST_SEGMENTS[language]
    assert link in body
    assert "4321" in body
    assert not [word for word in ABOUT_HEALTH if word in body.lower().replace(LONGEST_URL, "")]


def test_of_another_team_nobody_is_paged(scene: Scene, beat: Beat, provider: Scripted) -> None:
    stranger = scene.another(Role.SUPERVISOR, teams=[make_team(scene.session)])
    set_phone(scene.session, staff=stranger, typed=PHONE, actor=SYSTEM, now=NOW)
    scene.submit(RED)
    escalate(scene, DUE)
    beat(DUE)
    assert pages(scene) == []
