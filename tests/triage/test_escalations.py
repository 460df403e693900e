"""Whoever waits too long is put before somebody who can help: who, when, once, and who next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from records import clock
from records.audit import SYSTEM
from records.models import Role, Staff
from records.staff.telephones import set_phone
from tests.factories import make_enrolment, make_screen
from tests.statements import counted
from tests.triage.scene import ORANGE, RED, Scene, at_once, set_scene
from triage import callbacks, notices
from triage.callbacks import claims
from triage.duty import answering, escalations, shifts
from triage.levels import Level
from triage.models import Duty, Escalation, EscalationKind, NoticeKind
from triage.refusals import NotFound

MINUTE = timedelta(minutes=1)


def paris(shown: str, day: int = 10) -> datetime:
    return datetime.fromisoformat(f"2026-03-{day} {shown}").replace(tzinfo=clock.zone("Europe/Paris")).astimezone(UTC)


TEN = paris("10:00")
DUE = TEN + 10 * MINUTE


@pytest.fixture
def scene(session: Session) -> Scene:
    scene = set_scene(session)
    scene.programme.lead_after_minutes, scene.programme.physician_after_minutes = 0, 10
    session.commit()
    return scene


def told(scene: Scene) -> list[tuple[int, str | None]]:
    """Step and who, in order; None for nobody."""
    scene.session.commit()
    return [(one.step, one.name) for one in answering.said(scene.session, callback_id=scene.callback().id)]


def beat(scene: Scene, now: datetime) -> int:
    made = escalations.escalate(scene.session, now=now)
    scene.session.commit()
    return made


def on_duty(scene: Scene, person: Staff, duty: Duty, begins: datetime, hours: int = 12) -> None:
    until = begins + timedelta(hours=hours)
    by = scene.person(Role.SUPERVISOR)
    args = {"team": scene.team, "person": person, "duty": duty, "from_at": begins, "until_at": until}
    shifts.add(scene.session, **args, by=by, now=begins - timedelta(days=1))
    scene.session.commit()


def signed_in(scene: Scene, person: Staff, at: datetime) -> None:
    make_screen(scene.session, person, at=at)
    scene.session.commit()


def test_a_red_is_put_before_the_lead_by_the_rota_when_it_is_due_and_not_before(scene: Scene) -> None:
    scene.person(Role.SUPERVISOR)
    lead = scene.another(Role.OPERATOR)
    on_duty(scene, lead, Duty.LEAD, paris("08:00"))
    scene.submit(RED, now=TEN)

    assert (beat(scene, DUE - MINUTE), told(scene)) == (0, [])
    version = scene.callback().version
    assert (beat(scene, DUE), beat(scene, DUE), told(scene)) == (1, 0, [(1, lead.name)])
    assert scene.callback().version == version + 1, "who watches the queue sees it"
    waiting = notices.unseen(scene.session, staff=lead)
    assert [(one.kind, one.details["escalation"]) for one in waiting] == [(NoticeKind.ESCALATED, "late")]


def test_without_a_lead_it_is_the_supervisors_those_at_work_first(scene: Scene) -> None:
    away, here = scene.person(Role.SUPERVISOR), scene.another(Role.SUPERVISOR)
    signed_in(scene, here, TEN)
    scene.submit(RED, now=TEN)

    beat(scene, DUE)
    assert (beat(scene, DUE + 4 * MINUTE), told(scene)) == (0, [(1, here.name)])
    beat(scene, DUE + 5 * MINUTE)
    assert told(scene) == [(1, here.name), (1, away.name)], "who does not answer in five minutes is followed"


def test_ten_minutes_late_it_goes_to_the_physician_on_call(scene: Scene) -> None:
    scene.person(Role.SUPERVISOR)
    doctor, other = scene.person(Role.PHYSICIAN), scene.another(Role.PHYSICIAN)
    signed_in(scene, other, TEN)
    on_duty(scene, doctor, Duty.ON_CALL, paris("08:00"))
    scene.submit(RED, now=TEN)

    beat(scene, DUE)
    beat(scene, DUE + 10 * MINUTE)
    assert told(scene)[-1] == (2, doctor.name)


def test_after_hours_in_which_no_worker_ran_the_lead_is_told_and_the_physician_too(scene: Scene) -> None:
    supervisor, doctor = scene.person(Role.SUPERVISOR), scene.person(Role.PHYSICIAN)
    signed_in(scene, doctor, TEN)
    scene.submit(RED, now=TEN)
    signed_in(scene, doctor, TEN + 3 * 60 * MINUTE)

    beat(scene, TEN + 3 * 60 * MINUTE)
    beat(scene, TEN + 3 * 60 * MINUTE + timedelta(seconds=5))
    assert told(scene) == [(1, supervisor.name), (2, doctor.name)]


def test_a_rota_on_which_nobody_can_hear_of_it_silences_no_call(scene: Scene) -> None:
    """Neither who leads nor who is on call has a telephone or is at work: those who are there come after them."""
    lead, doctor = scene.another(Role.OPERATOR), scene.another(Role.PHYSICIAN)
    there, helps = scene.another(Role.PHYSICIAN), scene.another(Role.SUPERVISOR)
    on_duty(scene, lead, Duty.LEAD, TEN)
    on_duty(scene, doctor, Duty.ON_CALL, TEN)
    for person in (there, helps):
        signed_in(scene, person, DUE)
    scene.submit(RED, now=TEN)
    for minutes in (0, 5, 10, 15):
        beat(scene, DUE + minutes * MINUTE)
    named = [name for _, name in told(scene)]
    assert named[:2] == [lead.name, helps.name]
    assert named[2:] == [doctor.name, there.name]


def test_without_a_rota_it_goes_to_a_physician_of_the_team_at_work(scene: Scene) -> None:
    scene.person(Role.PHYSICIAN)
    working = scene.another(Role.PHYSICIAN)
    scene.person(Role.SUPERVISOR)
    signed_in(scene, working, TEN)
    scene.submit(RED, now=TEN)

    beat(scene, DUE)
    beat(scene, DUE + 10 * MINUTE)
    beat(scene, DUE + 20 * MINUTE)
    assert told(scene)[1:] == [(2, working.name), (2, None)], "the other one is at home"


def test_where_nobody_is_found_that_is_written_down_once_and_the_next_step_goes_at_once(scene: Scene) -> None:
    scene.submit(RED, now=TEN)

    for minutes in range(0, 60, 5):
        beat(scene, DUE + minutes * MINUTE)
    assert told(scene) == [(1, None), (2, None)]


def test_a_shift_that_begins_reopens_a_list_that_had_ended(scene: Scene) -> None:
    doctor = scene.person(Role.PHYSICIAN)
    on_duty(scene, doctor, Duty.ON_CALL, paris("23:00"))
    scene.submit(RED, now=paris("22:00"))

    beat(scene, paris("22:00"))
    beat(scene, paris("22:30"))
    assert told(scene) == [(1, None)]
    beat(scene, paris("23:00"))
    assert told(scene)[-1] == (1, doctor.name)


def test_a_late_silence_never_goes_to_a_physician_and_an_orange_does(scene: Scene) -> None:
    signed_in(scene, scene.person(Role.PHYSICIAN), TEN)
    scene.person(Role.SUPERVISOR)
    scene.submit(ORANGE, now=TEN)
    due = scene.callback().due_at
    scene.session.execute(sa.text("UPDATE callbacks SET rank = 20"))
    for minutes in (0, 10, 20):
        beat(scene, due + minutes * MINUTE)
    assert [step for step, _ in told(scene)] == [1, 1], "the lead, then nobody more"

    scene.session.execute(sa.text("UPDATE callbacks SET rank = :orange"), {"orange": int(Level.ORANGE)})
    beat(scene, due + 30 * MINUTE)
    assert told(scene)[-1][0] == 2


def test_whoever_claims_it_is_left_in_peace_for_a_while_and_not_for_ever(scene: Scene) -> None:
    supervisor, caller = scene.person(Role.SUPERVISOR), scene.person(Role.OPERATOR)
    scene.submit(RED, now=TEN)
    claims.claim(scene.session, callback=scene.callback().public_id, staff=caller, now=TEN + 9 * MINUTE)

    assert (beat(scene, DUE), told(scene)) == (0, [])
    beat(scene, TEN + 19 * MINUTE)
    assert told(scene) == [(1, supervisor.name)], "held for ten minutes, and nobody called"
    beat(scene, TEN + 20 * MINUTE)
    assert answering.said(scene.session, callback_id=scene.callback().id)[0].acknowledged_at is None


def test_a_call_that_was_tried_is_not_late_until_its_next_try_is(scene: Scene) -> None:
    supervisor, caller = scene.person(Role.SUPERVISOR), scene.person(Role.OPERATOR)
    scene.submit(RED, now=TEN)
    callback = scene.callback().public_id
    claims.claim(scene.session, callback=callback, staff=caller, now=TEN)
    callbacks.add_attempt(scene.session, callback=callback, staff=caller, outcome="no-answer", now=TEN + 5 * MINUTE)
    next_try = scene.callback().next_try_at
    claims.release(scene.session, callback=callback, staff=caller, now=TEN + 6 * MINUTE)
    assert next_try == TEN + 20 * MINUTE

    assert (beat(scene, DUE + 5 * MINUTE), told(scene)) == (0, [])
    beat(scene, next_try)
    assert told(scene) == [(1, supervisor.name)]


def test_taking_it_answers_and_what_is_answered_pages_nobody_else(scene: Scene) -> None:
    scene.person(Role.SUPERVISOR)
    scene.another(Role.SUPERVISOR)
    caller = scene.person(Role.OPERATOR)
    scene.submit(RED, now=TEN)
    beat(scene, DUE)
    claims.claim(scene.session, callback=scene.callback().public_id, staff=caller, now=DUE + MINUTE)
    beat(scene, DUE + 2 * MINUTE)
    beat(scene, DUE + 10 * MINUTE)

    (only,) = answering.said(scene.session, callback_id=scene.callback().id)
    assert only.acknowledged_at == DUE + 2 * MINUTE


def test_saying_i_am_on_it_holds_the_next_person_back_for_ten_minutes(scene: Scene) -> None:
    first, second = scene.person(Role.SUPERVISOR), scene.another(Role.SUPERVISOR)
    scene.submit(RED, now=TEN)
    beat(scene, DUE)
    asked = scene.session.scalars(sa.select(Escalation)).one()
    answering.answer(scene.session, escalation=asked.public_id, staff=first, now=DUE + MINUTE)

    beat(scene, DUE + 9 * MINUTE)
    assert told(scene) == [(1, first.name)]
    scene.programme.physician_after_minutes = 60
    beat(scene, DUE + 11 * MINUTE)
    assert told(scene) == [(1, first.name), (1, second.name)], "nobody has called all the same"


def test_somebody_of_another_team_can_neither_see_nor_answer_it(scene: Scene) -> None:
    scene.person(Role.SUPERVISOR)
    scene.submit(RED, now=TEN)
    beat(scene, DUE)
    asked = scene.session.scalars(sa.select(Escalation)).one()
    stranger = scene.another(Role.PHYSICIAN, teams=[])

    with pytest.raises(NotFound):
        answering.answer(scene.session, escalation=asked.public_id, staff=stranger, now=DUE)


def test_a_worse_alert_is_a_new_clock_and_escalates_anew(scene: Scene) -> None:
    supervisor = scene.person(Role.SUPERVISOR)
    scene.submit(ORANGE, now=TEN)
    orange_due = scene.callback().due_at
    beat(scene, orange_due)
    scene.submit(RED, now=orange_due + MINUTE)
    beat(scene, orange_due + 5 * MINUTE)
    assert told(scene) == [(1, supervisor.name)], "the red one is not late yet"
    beat(scene, orange_due + 11 * MINUTE)
    assert told(scene) == [(1, supervisor.name)] * 2


@pytest.mark.parametrize(("hour", "kinds"), [("19:49", ["late"]), ("19:55", ["outside-hours"])])
def test_a_red_before_closing_is_late_today_or_the_rotas_tonight(scene: Scene, hour: str, kinds: list[str]) -> None:
    scene.person(Role.SUPERVISOR)
    scene.submit(RED, now=paris(hour))
    beat(scene, paris("19:59"))
    if not told(scene):
        beat(scene, paris("20:00"))
    assert [one.kind for one in answering.said(scene.session, callback_id=scene.callback().id)] == kinds


def test_at_night_only_a_red_is_told_and_only_to_who_is_on_call(scene: Scene) -> None:
    scene.person(Role.SUPERVISOR)
    first, second = scene.person(Role.PHYSICIAN), scene.another(Role.PHYSICIAN)
    on_duty(scene, second, Duty.ON_CALL, paris("20:00"))
    on_duty(scene, first, Duty.ON_CALL, paris("20:30"))
    scene.submit(ORANGE, now=paris("23:00"))
    assert (beat(scene, paris("23:10")), told(scene)) == (0, [])

    scene.submit(RED, now=paris("23:40"))
    beat(scene, paris("23:40"))
    assert told(scene) == [(1, second.name)], "whoever began first"
    beat(scene, paris("23:45"))
    assert told(scene) == [(1, second.name), (1, first.name)]
    (one, _) = answering.said(scene.session, callback_id=scene.callback().id)
    assert (one.kind, one.clock_at) == (EscalationKind.OUTSIDE_HOURS, paris("23:40"))


def test_the_hours_are_those_of_the_centre_wherever_it_is(scene: Scene) -> None:
    scene.programme.zone = "Indian/Reunion"
    scene.person(Role.SUPERVISOR)
    scene.session.commit()
    scene.submit(RED, now=paris("17:30"))
    beat(scene, paris("17:30"))
    (one,) = answering.said(scene.session, callback_id=scene.callback().id)
    assert one.kind == EscalationKind.OUTSIDE_HOURS, "half past eight in the evening there"


def test_several_workers_at_once_tell_each_person_once(scene: Scene, engine: sa.Engine) -> None:
    scene.person(Role.SUPERVISOR)
    scene.submit(RED, now=TEN)
    done = at_once(engine, 4, lambda session, _: escalations.escalate(session, now=DUE))

    assert sorted(done) == [0, 0, 0, 1]
    assert len(told(scene)) == 1


def test_a_hundred_late_calls_are_one_line_on_the_screen_and_each_red_has_its_own(scene: Scene) -> None:
    supervisor = scene.person(Role.SUPERVISOR)
    for answers in (ORANGE, ORANGE, RED):
        patient = make_enrolment(scene.session, programme=scene.programme, team=scene.team)
        replace(scene, enrolment=patient).submit(answers, now=TEN)

    assert beat(scene, TEN + timedelta(hours=3)) == 3
    assert len(notices.unseen(scene.session, staff=supervisor)) == 2


def test_a_morning_of_late_calls_costs_no_more_statements_than_one(scene: Scene) -> None:
    scene.person(Role.SUPERVISOR)
    asked = []
    for patients, now in ((1, TEN), (6, TEN + timedelta(hours=3))):
        for _ in range(patients):
            patient = make_enrolment(scene.session, programme=scene.programme, team=scene.team)
            replace(scene, enrolment=patient).submit(ORANGE, now=now)
        scene.session.commit()
        with counted(scene.session) as statements:
            assert escalations.escalate(scene.session, now=now + timedelta(hours=2, minutes=1)) >= patients
        asked.append(len(statements))
        scene.session.commit()

    assert asked[1] <= asked[0]


def test_at_night_a_further_red_calls_again_who_was_told_and_may_have_slept(scene: Scene) -> None:
    doctor = scene.person(Role.PHYSICIAN)
    on_duty(scene, doctor, Duty.ON_CALL, paris("20:00"))
    scene.submit(RED, now=paris("21:00"))
    beat(scene, paris("21:00"))
    scene.submit(RED, now=paris("21:10"))
    beat(scene, paris("21:11"))
    assert [name for _, name in told(scene) if name] == [doctor.name], "corrections of the same minutes are one red"

    scene.submit(RED, now=paris("21:30"))
    for minute in range(31, 59):
        beat(scene, paris(f"21:{minute}"))
    assert [name for _, name in told(scene) if name] == [doctor.name] * 2
    again = [one for one in answering.said(scene.session, callback_id=scene.callback().id) if one.name]
    assert [one.clock_at for one in again] == [paris("21:00"), paris("21:30")]


def test_at_night_a_red_after_a_call_does_not_wait_for_the_half_hour_after_it(scene: Scene) -> None:
    doctor = scene.person(Role.PHYSICIAN)
    on_duty(scene, doctor, Duty.ON_CALL, paris("20:00"))
    scene.submit(RED, now=paris("21:00"))
    beat(scene, paris("21:00"))
    callback = scene.callback().public_id
    claims.claim(scene.session, callback=callback, staff=doctor, now=paris("21:02"))
    reached = {"outcome": "reached", "verified": True}
    callbacks.add_attempt(scene.session, callback=callback, staff=doctor, now=paris("21:32"), **reached)
    claims.release(scene.session, callback=callback, staff=doctor, now=paris("21:33"))
    scene.submit(RED, now=paris("21:34"))

    beat(scene, paris("21:34"))
    assert [name for _, name in told(scene)] == [doctor.name] * 2


def test_who_has_no_telephone_is_paged_after_those_who_have(scene: Scene) -> None:
    without, reached = scene.person(Role.PHYSICIAN), scene.another(Role.PHYSICIAN)
    set_phone(scene.session, staff=reached, typed="+33639980007", actor=SYSTEM, now=TEN, rehearsal=True)
    on_duty(scene, without, Duty.ON_CALL, paris("20:00"))
    on_duty(scene, reached, Duty.ON_CALL, paris("20:30"))
    scene.submit(RED, now=paris("23:00"))

    beat(scene, paris("23:00"))
    assert told(scene) == [(1, reached.name)]
