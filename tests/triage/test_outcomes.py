"""What became of patients: told by calls and by files, once each, and what ends because of it."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.models import Checkin, CheckinState
from records import audit_check
from records.models import AuditEntry, Enrolment, EnrolmentState, PatientIndex, Role
from tests.factories import NOW, make_enrolment, make_identity, make_team
from tests.triage.scene import RED, Scene, set_scene
from triage import callbacks, outcome_import, outcomes
from triage.models import Disposition
from triage.outcome_file import BadLine, Line
from triage.outcome_models import OutcomeKind, OutcomeSource, PatientOutcome

TODAY = NOW.date()
LATER = NOW + timedelta(minutes=7)
FILE, CALL = OutcomeSource.IMPORT, OutcomeSource.DISPOSITION


def enrolled(session: Session, state: str = EnrolmentState.ACTIVE, *, days_ago: int = 10, **given: Any) -> Scene:
    return set_scene(session, state, now=NOW - timedelta(days_ago), onset_on=TODAY - timedelta(days_ago), **given)


@pytest.fixture
def scene(session: Session) -> Scene:
    return enrolled(session)


def told(scene: Scene) -> list[tuple[str, date, str]]:
    rows = scene.session.scalars(select(PatientOutcome).order_by(PatientOutcome.on_day, PatientOutcome.kind))
    return [(row.kind, row.on_day, row.source) for row in rows]


def record(scene: Scene, kind: str, days_ago: int, source: str = FILE) -> bool:
    given = {"kind": kind, "on_day": TODAY - timedelta(days=days_ago), "source": source, "now": NOW}
    return outcomes.record(scene.session, enrolment_id=scene.enrolment.id, **given)


def dispose(scene: Scene, kind: str, **given: Any) -> Disposition:
    call, staff = scene.callback().public_id, scene.person(Role.PHYSICIAN)
    callbacks.claim(scene.session, callback=call, staff=staff, now=NOW)
    said = {"kind": kind, "seen_alerts": [alert.public_id for alert in scene.alerts()], "now": LATER}
    callbacks.dispose(scene.session, callback=call, staff=staff, **(said | given))
    scene.session.commit()
    return scene.session.scalars(select(Disposition).order_by(Disposition.id.desc())).first()


def take(scene: Scene, kind: str, days_ago: int = 0, *, now: datetime = NOW, **given: Any) -> outcome_import.Taken:
    said = {"patient": str(scene.enrolment.public_id), "kind": OutcomeKind(kind), "on_day": TODAY - timedelta(days_ago)}
    line = Line(number=2, **(said | given))
    return outcome_import.take(scene.session, line=line, staff=scene.person(Role.SUPERVISOR), from_address="x", now=now)


@pytest.mark.parametrize(
    ("before", "then", "stands", "writes"),
    [
        ([], ("admitted", 1, FILE), [("admitted", 1, FILE)], True),
        ([("admitted", 1, FILE)], ("admitted", 1, FILE), [("admitted", 1, FILE)], False),
        ([("admitted", 5, FILE)], ("admitted", 4, FILE), [("admitted", 5, FILE), ("admitted", 4, FILE)], True),
        ([("admitted", 3, CALL)], ("admitted", 1, FILE), [("admitted", 1, FILE)], True),
        ([("admitted", 3, CALL)], ("admitted", 0, FILE), [("admitted", 3, CALL), ("admitted", 0, FILE)], True),
        ([("admitted", 3, FILE)], ("admitted", 2, CALL), [("admitted", 3, FILE)], False),
        ([("admitted", 3, CALL)], ("admitted", 3, FILE), [("admitted", 3, FILE)], False),
        (
            [("admitted", 3, CALL)],
            ("intensive-care", 3, FILE),
            [("admitted", 3, CALL), ("intensive-care", 3, FILE)],
            True,
        ),
        ([("deceased", 9, FILE)], ("deceased", 2, FILE), [("deceased", 2, FILE)], True),
        ([("deceased", 9, FILE)], ("deceased", 2, CALL), [("deceased", 9, FILE)], False),
        ([("deceased", 9, CALL)], ("deceased", 2, CALL), [("deceased", 2, CALL)], True),
    ],
)
def test_an_event_stands_once_and_what_knows_better_corrects(
    scene: Scene, before: list[Any], then: Any, stands: list[Any], writes: bool
) -> None:
    for one in before:
        record(scene, *one)

    assert record(scene, *then) is writes

    assert told(scene) == [(kind, TODAY - timedelta(days=ago), source) for kind, ago, source in stands]
    actions = [entry.canonical.decode() for entry in scene.session.scalars(select(AuditEntry))]
    assert sum("outcome." in action for action in actions) == len(before) + writes
    assert not audit_check.verify(scene.session).problems


def test_an_admission_told_by_a_call_ends_the_follow_up_and_stands(scene: Scene) -> None:
    scene.submit(RED)

    made = dispose(scene, "admitted")

    assert told(scene) == [("admitted", TODAY, CALL)]
    assert scene.session.scalars(select(PatientOutcome.disposition_id)).one() == made.id
    scene.session.refresh(scene.enrolment)
    assert (scene.enrolment.state, scene.enrolment.end_reason) == ("discharged", "admitted")


def test_a_death_told_by_a_call_ends_every_follow_up_of_the_patient_whatever_the_team(scene: Scene) -> None:
    other = elsewhere(scene)
    scene.submit(RED)

    dispose(scene, "deceased")

    scene.session.refresh(other)
    assert (other.state, other.end_reason) == ("discharged", "deceased")
    assert told(scene) == [("deceased", TODAY, CALL)] * 2
    assert not audit_check.verify(scene.session).problems


def elsewhere(scene: Scene) -> Enrolment:
    """The same patient, followed in another programme by another team."""
    from records import programmes

    given = {"programme": programmes.load_library(scene.session, now=NOW, slug="heart-failure")}
    made = make_enrolment(
        scene.session,
        team=make_team(scene.session),
        patient=scene.enrolment.patient,
        now=NOW - timedelta(days=8),
        **given,
    )
    scene.session.commit()
    return made


@pytest.mark.parametrize(("useful", "kept"), [(None, None), (True, True), (False, False)])
def test_the_callers_word_and_the_time_they_had_it_are_kept(scene: Scene, useful: Any, kept: Any) -> None:
    scene.submit(RED)

    made = dispose(scene, "to-physician", useful=useful)

    assert (made.useful, made.held_seconds) == (kept, 7 * 60)


def test_holding_on_counts_from_the_first_claim_and_at_most_until_the_last_ended(scene: Scene) -> None:
    scene.submit(RED)
    call, staff = scene.callback().public_id, scene.person(Role.PHYSICIAN)
    callbacks.claim(scene.session, callback=call, staff=staff, now=NOW)
    callbacks.claim(scene.session, callback=call, staff=staff, now=NOW + timedelta(minutes=10))
    given = {"callback": call, "staff": staff, "kind": "to-physician", "seen_alerts": []}

    callbacks.dispose(scene.session, now=NOW + timedelta(hours=3), **given)

    assert scene.session.scalars(select(Disposition.held_seconds)).one() == 25 * 60


def test_what_nobody_held_took_no_known_time(scene: Scene) -> None:
    scene.submit(RED)
    given = {"callback": scene.callback().public_id, "staff": scene.person(), "kind": "to-physician", "seen_alerts": []}

    callbacks.dispose(scene.session, now=LATER, **given)

    assert scene.session.scalars(select(Disposition.held_seconds)).one() is None


@pytest.mark.parametrize(
    ("kind", "reason"), [("admitted", "admitted"), ("intensive-care", "admitted"), ("deceased", "deceased")]
)
@pytest.mark.parametrize("state", [EnrolmentState.ACTIVE, EnrolmentState.PAUSED, EnrolmentState.INVITED])
def test_an_imported_event_ends_what_is_still_followed(session: Session, kind: str, reason: str, state: str) -> None:
    scene = enrolled(session, state)
    checkin = scene.checkin()

    taken = take(scene, kind)

    session.refresh(checkin)
    assert taken.written
    assert [one.end_reason for one in taken.ended] == [reason]
    assert checkin.state == CheckinState.CANCELLED
    again = take(scene, kind)
    assert (again.written, again.ended) == (False, [])
    assert len(told(scene)) == 1


def test_an_admission_before_later_answers_is_recorded_and_ends_nothing(scene: Scene) -> None:
    scene.submit()

    taken = take(scene, "admitted", 1)

    assert (taken.written, taken.ended, taken.goes_on) == (True, [], TODAY)
    assert scene.enrolment.state == EnrolmentState.ACTIVE
    assert take(scene, "admitted", 0).ended  # the answer of that very day came before


def test_a_death_that_answers_contradict_is_refused_and_changes_nothing(scene: Scene) -> None:
    scene.submit()

    with pytest.raises(BadLine, match="find out whether it is this patient"):
        take(scene, "deceased", 2)

    assert told(scene) == []
    assert scene.enrolment.state == EnrolmentState.ACTIVE


def test_a_phone_with_a_wrong_clock_still_tells_that_somebody_lives(scene: Scene) -> None:
    scene.submit(completed_at=NOW - timedelta(days=60))

    with pytest.raises(BadLine, match="find out whether it is this patient"):
        take(scene, "deceased", 2)


def test_answers_that_were_given_before_a_death_and_came_in_after_it_do_not_contradict_it(scene: Scene) -> None:
    checkin = scene.checkin(opens_at=NOW - timedelta(days=3))
    scene.submit(checkin=checkin.public_id, completed_at=NOW - timedelta(days=3, hours=-1))

    assert take(scene, "deceased", 2).ended


def test_a_death_before_the_patient_was_enrolled_again_is_refused_and_ends_nothing(session: Session) -> None:
    scene = enrolled(session, EnrolmentState.DISCHARGED, days_ago=40)
    given = {"programme": scene.programme, "team": scene.team, "patient": scene.enrolment.patient}
    new = make_enrolment(session, now=NOW - timedelta(5), **given)
    session.commit()

    with pytest.raises(BadLine, match="enrolled after that day"):
        take(scene, "deceased", 20)

    assert (told(scene), new.state) == ([], EnrolmentState.ACTIVE)


def test_an_admission_of_the_day_of_enrolment_may_have_come_before_it_and_ends_nothing(session: Session) -> None:
    scene = enrolled(session, days_ago=0)

    taken = take(scene, "admitted")

    assert (taken.written, taken.ended, taken.began) == (True, [], True)
    assert scene.enrolment.state == EnrolmentState.ACTIVE


def test_a_call_back_that_is_left_is_told_of(scene: Scene) -> None:
    scene.submit(RED)

    assert take(scene, "deceased").calls == 1


@pytest.mark.parametrize(
    ("kind", "days_ago", "why"),
    [
        ("admitted", -1, "in the future"),
        ("admitted", 11, "before this patient was enrolled"),
        ("deceased", 400, "before this patient was enrolled"),
    ],
)
def test_a_day_that_cannot_be_is_refused(scene: Scene, kind: str, days_ago: int, why: str) -> None:
    with pytest.raises(BadLine, match=why):
        take(scene, kind, days_ago)


def test_what_contradicts_a_known_event_is_refused(scene: Scene) -> None:
    record(scene, "deceased", 4)
    with pytest.raises(BadLine, match="after the day of death"):
        take(scene, "admitted", 3)

    record(scene, "admitted", 4)
    with pytest.raises(BadLine, match="before an admission"):
        take(scene, "deceased", 5)


def test_a_day_of_an_earlier_episode_goes_to_that_episode_and_ends_nothing_of_the_new_one(session: Session) -> None:
    scene = enrolled(session, EnrolmentState.DISCHARGED, days_ago=40)
    old = scene.enrolment
    new = make_enrolment(
        session, programme=scene.programme, team=scene.team, patient=old.patient, now=NOW - timedelta(5)
    )
    session.commit()

    first = take(scene, "admitted", 20)
    second = take(scene, "admitted", 2)  # the same id of the file: the episode is the one of that day

    assert (first.ended, second.ended) == ([], [new])
    of = select(PatientOutcome.enrolment_id).order_by(PatientOutcome.on_day)
    assert session.scalars(of).all() == [old.id, new.id]


def test_a_patients_own_id_is_of_every_programme_and_a_follow_ups_of_one(scene: Scene) -> None:
    other = elsewhere(scene)
    scene.person(Role.SUPERVISOR).teams.append(other.team)
    scene.session.commit()

    assert len(take(scene, "admitted", 1).ended) == 1
    assert len(take(scene, "admitted", 1, patient=str(scene.enrolment.patient.public_id)).ended) == 1
    assert len(told(scene)) == 2


def test_a_patient_of_another_team_is_nobody(scene: Scene) -> None:
    stranger = make_enrolment(scene.session, programme=scene.programme, team=make_team(scene.session))

    for named in (stranger.public_id, stranger.patient.public_id, uuid.uuid4()):
        with pytest.raises(BadLine, match="finds no such patient"):
            take(scene, "admitted", patient=str(named))


def test_a_telephone_number_tells_who_it_is_only_with_the_birth_date(session: Session) -> None:
    who = make_identity()
    scene = enrolled(session, phone=who.phone, birth_date=who.birth_date)
    make_enrolment(session, programme=scene.programme, team=scene.team, phone=who.phone)
    assert session.scalars(select(PatientIndex)).first() is not None

    with pytest.raises(BadLine, match="without their birth date"):
        take(scene, "admitted", patient=who.phone)
    with pytest.raises(BadLine, match="finds no such patient"):
        take(scene, "admitted", patient=who.phone, born=date(1930, 1, 1))
    with pytest.raises(BadLine, match="neither by public id nor by telephone"):
        take(scene, "admitted", patient="Dupont")

    assert take(scene, "admitted", patient=who.phone, born=who.birth_date).ended == [scene.enrolment]


def test_two_people_of_one_number_and_birthday_are_never_guessed(session: Session) -> None:
    who = make_identity()
    twins = {"phone": who.phone, "birth_date": who.birth_date}
    scene = enrolled(session, **twins)
    make_enrolment(session, programme=scene.programme, team=scene.team, **twins)

    with pytest.raises(BadLine, match="finds two patients"):
        take(scene, "deceased", patient=who.phone, born=who.birth_date)

    assert session.scalars(select(Checkin)).all() == []
