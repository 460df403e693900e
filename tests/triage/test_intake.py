"""Answers coming in: nothing lost, nothing doubled, nothing turned away, unknown never green."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.models import Checkin, CheckinState, Response
from records import audit, audit_check
from records.models import AuditEntry, EnrolmentState, Role
from tests.factories import NOW, make_enrolment
from tests.running import until
from tests.statements import counted
from tests.triage.scene import ORANGE, RED, WELL, Scene, at_once, set_scene
from triage import followup, intake, protocols
from triage.assess import reassess
from triage.intake import Receipt
from triage.levels import Level
from triage.models import Alert, Assessment, Callback, ProtocolVersion
from triage.refusals import ProtocolUnsigned


def stored(scene: Scene, receipt: Receipt) -> Response:
    return scene.session.scalars(select(Response).where(Response.public_id == receipt.response)).one()


def test_an_answer_is_on_disk_with_assessment_alert_callback_and_closed_checkin(scene: Scene, engine: sa.Engine):
    checkin = scene.checkin()

    receipt = scene.submit(RED, now=NOW + timedelta(minutes=5), checkin=checkin.public_id)

    with engine.connect() as apart:
        found = apart.execute(
            sa.text(
                "SELECT r.late, r.due_at, r.received_at, a.level, l.kind, l.rank, b.state, b.rank, c.state"
                " FROM responses r JOIN assessments a ON a.response_id = r.id JOIN alerts l ON l.assessment_id = a.id"
                " JOIN callbacks b ON b.id = l.callback_id JOIN checkins c ON c.id = r.checkin_id"
            )
        ).one()
    received = NOW + timedelta(minutes=5)
    assert tuple(found) == (False, NOW, received, "red", "answers", Level.RED, "open", Level.RED, "answered")
    assert (receipt.level, receipt.duplicate, receipt.amends, receipt.late) == ("red", False, False, False)
    assert receipt.sentences


def test_a_submission_costs_two_statements(scene: Scene):
    scene.submit()
    submission, actor = scene.submission(RED), audit.Actor("patient", scene.enrolment.patient.public_id)

    with counted(scene.session) as statements:
        intake.submit(scene.session, submission=submission, actor=actor, now=NOW)

    assert len(statements) == 2


def test_nothing_is_kept_when_the_transaction_does_not_commit(scene: Scene, engine: sa.Engine):
    submission, actor = scene.submission(RED), audit.Actor("patient", scene.enrolment.patient.public_id)
    intake.submit(scene.session, submission=submission, actor=actor, now=NOW)
    scene.session.rollback()

    for model in (Response, Assessment, Alert, Callback):
        assert scene.count(model) == 0


def test_a_resent_response_returns_the_first_result(scene: Scene):
    key = uuid.uuid4()
    first = scene.submit(RED, key=key)

    again = scene.submit(RED, key=key, now=NOW + timedelta(hours=9))

    assert (again.response, again.level, again.duplicate) == (first.response, "red", True)
    assert (scene.count(Response), scene.count(Assessment), scene.count(Alert)) == (1, 1, 1)
    assert scene.callback().version == 1


def test_ten_identical_submissions_at_once_count_once(scene: Scene, pool: sa.Engine):
    submission = scene.submission(RED)
    actor = audit.Actor("patient", scene.enrolment.patient.public_id)

    results = at_once(pool, 10, lambda session, _: intake.submit(session, submission=submission, actor=actor, now=NOW))

    assert all(isinstance(result, Receipt) for result in results), results
    assert len({result.response for result in results}) == 1
    assert sum(not result.duplicate for result in results) == 1
    assert [scene.count(model) for model in (Response, Assessment, Alert, Callback)] == [1, 1, 1, 1]
    assert list(audit_check.verify(scene.session).problems) == []


@pytest.mark.parametrize("answers", [ORANGE, WELL], ids=["worse", "well"])
@pytest.mark.parametrize("asked", ["nothing", "answered", "open"])
def test_an_answer_that_waits_for_a_call_back_does_not_hold_the_audit_chain(
    scene: Scene, pool: sa.Engine, answers: dict, asked: str
):
    """Whoever works the call-back locks it, and the chain last: in the opposite order the two end in a deadlock."""
    scene.submit(RED)
    closed = {"state": "answered", "closed_at": NOW} if asked == "answered" else {}
    checkin = scene.checkin(**closed).public_id if asked != "nothing" else None
    submission = scene.submission(answers, checkin=checkin)
    actor = audit.Actor.patient(scene.enrolment.patient)

    def submit() -> None:
        with Session(pool) as session:
            intake.submit(session, submission=submission, actor=actor, now=NOW)
            session.commit()

    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')")
    head = sa.text("SELECT 1 FROM audit_heads WHERE subject_id = :id FOR UPDATE NOWAIT")
    with pool.connect() as caller:
        caller.execute(sa.text("UPDATE callbacks SET version = version + 1"))
        thread = threading.Thread(target=submit)
        thread.start()
        until(lambda: scene.session.execute(waiting).scalar_one(), "the answer waits for the call-back")
        assert caller.execute(head, {"id": scene.enrolment.public_id}).scalar_one() == 1
        caller.commit()
    thread.join(30)
    assert scene.count(Response) == 2


def test_the_same_key_with_other_content_is_kept_beside_the_first_and_can_alert(scene: Scene):
    key = uuid.uuid4()
    first = scene.submit(WELL, key=key)

    corrected = scene.submit(RED, key=key)

    assert (corrected.amends, corrected.duplicate, corrected.level) == (True, False, "red")
    assert stored(scene, corrected).amends_id == stored(scene, first).id
    assert stored(scene, first).answers == WELL
    assert [alert.rank for alert in scene.alerts()] == [Level.RED]


def test_the_same_key_of_two_patients_is_two_answers(scene: Scene):
    key, other = uuid.uuid4(), make_enrolment(scene.session, programme=scene.programme, team=scene.team)
    first = scene.submit(RED, key=key)

    second = scene.submit(WELL, key=key, enrolment_id=other.id)

    assert (second.level, second.duplicate, second.amends) == ("green", False, False)
    assert stored(scene, second).patient_id == other.patient_id != stored(scene, first).patient_id


def test_a_correction_sent_again_is_the_first_correction(scene: Scene):
    key = uuid.uuid4()
    scene.submit(WELL, key=key)
    corrected = scene.submit(ORANGE, key=key)

    again = scene.submit(ORANGE, key=key)
    back = scene.submit(WELL, key=key)

    assert (again.response, again.duplicate, again.amends) == (corrected.response, True, True)
    assert (back.duplicate, back.amends, back.level) == (True, False, "green")
    assert scene.count(Response) == 2


def test_two_corrections_at_once_are_both_kept(scene: Scene, pool: sa.Engine):
    key = uuid.uuid4()
    sent = [scene.submission(answers, key=key) for answers in (WELL, ORANGE, RED, WELL, ORANGE, RED)]
    actor = audit.Actor("patient", scene.enrolment.patient.public_id)

    results = at_once(
        pool,
        len(sent),
        lambda session, n: intake.submit(session, submission=sent[n], actor=actor, now=NOW),
    )

    assert [result.level for result in results] == ["green", "orange", "red"] * 2
    assert scene.count(Response) == 3
    assert sum(result.duplicate for result in results) == 3


def test_a_correction_takes_no_alert_back(scene: Scene):
    key = uuid.uuid4()
    scene.submit(RED, key=key)

    scene.submit(WELL, key=key)

    assert [alert.rank for alert in scene.alerts()] == [Level.RED]
    assert (scene.callback().state, scene.callback().rank) == ("open", Level.RED)


def test_two_forms_for_one_checkin_are_two_responses_and_both_are_assessed(scene: Scene):
    checkin = scene.checkin()
    first = scene.submit(WELL, checkin=checkin.public_id)
    second = scene.submit(ORANGE, checkin=checkin.public_id)

    assert stored(scene, second).amends_id is None
    assert stored(scene, second).checkin_id == stored(scene, first).checkin_id == checkin.id
    assert (second.late, second.level, scene.count(Assessment)) == (False, "orange", 2)


def test_an_answer_without_a_link_answers_the_checkin_that_is_open(scene: Scene):
    checkin = scene.checkin()

    receipt = scene.submit(WELL, now=NOW + timedelta(hours=1))

    scene.session.refresh(checkin)
    assert checkin.state == CheckinState.ANSWERED
    assert stored(scene, receipt).due_at == NOW


@pytest.mark.parametrize("state", [CheckinState.MISSED, CheckinState.OPEN])
@pytest.mark.parametrize(("answers", "level"), [(WELL, "green"), (RED, "red")])
def test_a_late_answer_is_assessed_and_closes_no_silence(scene: Scene, state: str, answers, level: str):
    closed = NOW + timedelta(hours=4) if state == CheckinState.MISSED else None
    checkin = scene.checkin(state=state, closed_at=closed)

    receipt = scene.submit(answers, checkin=checkin.public_id, now=NOW + timedelta(hours=4))

    scene.session.refresh(checkin)
    assert checkin.state == state
    assert (receipt.late, receipt.level) == (True, level)
    assert len(scene.alerts()) == (level == "red")


def test_a_late_green_leaves_the_silence_standing(scene: Scene):
    from triage import jobs

    checkin = scene.checkin(state=CheckinState.MISSED, closed_at=NOW + timedelta(hours=4))
    jobs.raise_silences(scene.session, now=NOW + timedelta(hours=4))
    scene.session.commit()

    scene.submit(WELL, checkin=checkin.public_id, now=NOW + timedelta(hours=5))

    assert [alert.kind for alert in scene.alerts()] == ["silence"]
    assert scene.callback().state == "open"


@pytest.mark.parametrize(
    "state", [EnrolmentState.PAUSED, EnrolmentState.DISCHARGED, EnrolmentState.INVITED, EnrolmentState.ACTIVE]
)
def test_whoever_answers_is_heard(session: Session, state: str):
    scene = set_scene(session, state)

    assert scene.submit(ORANGE).level == "orange"
    assert scene.callback().rank == Level.ORANGE
    session.refresh(scene.enrolment)
    assert scene.enrolment.state == state


def test_a_report_without_a_checkin_is_due_when_it_came(scene: Scene):
    receipt = scene.submit(now=NOW + timedelta(hours=2))

    response = stored(scene, receipt)
    assert (response.checkin_id, response.due_at, response.late) == (None, NOW + timedelta(hours=2), False)


def test_a_checkin_of_somebody_else_is_not_answered(scene: Scene):
    other = make_enrolment(scene.session, programme=scene.programme)
    theirs = Checkin(
        enrolment_id=other.id, local_on=NOW.date(), slot="x", opens_at=NOW, closes_at=NOW + timedelta(hours=4)
    )
    scene.session.add(theirs)
    scene.session.commit()

    receipt = scene.submit(RED, checkin=theirs.public_id)

    scene.session.refresh(theirs)
    assert theirs.state == CheckinState.OPEN
    assert stored(scene, receipt).checkin_id is None


@pytest.mark.parametrize(
    ("filled", "named", "state"),
    [
        (NOW - timedelta(hours=12), False, CheckinState.OPEN),
        (NOW + timedelta(minutes=5), False, CheckinState.ANSWERED),
        (None, False, CheckinState.ANSWERED),
        (NOW - timedelta(hours=12), True, CheckinState.ANSWERED),
    ],
    ids=["filled in the evening before", "filled since it opened", "no time told", "named, by a slow clock"],
)
def test_answers_of_the_evening_before_do_not_end_the_mornings_silence(
    scene: Scene, filled: datetime | None, named: bool, state: CheckinState
):
    morning = scene.checkin(opens_at=NOW)

    receipt = scene.submit(
        completed_at=filled, checkin=morning.public_id if named else None, now=NOW + timedelta(minutes=10)
    )

    scene.session.refresh(morning)
    assert morning.state == state
    assert receipt.level == "green"


UNKNOWN = [
    pytest.param("temperature", None, id="left out"),
    pytest.param("temperature", [{"absent": "could-not-measure"}], id="could not measure"),
    pytest.param("temperature", [{"unreadable": "38 6"}], id="unreadable"),
    pytest.param("breathlessness", [{"code": "fine thanks"}], id="unknown code"),
    pytest.param("chest-pain", [{"string": "no"}], id="wrong type"),
    pytest.param("heart-rate", [], id="empty"),
]


@pytest.mark.parametrize(("link_id", "value"), UNKNOWN)
def test_unknown_is_never_green(scene: Scene, link_id: str, value):
    answers = {**WELL, link_id: value} if value is not None else {k: v for k, v in WELL.items() if k != link_id}

    assert scene.submit(answers).level == "orange"
    assert scene.alerts()[0].reasons[0]["text"]["en"]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(sorted(WELL.keys() - {"breathlessness-change", "malaise"})),
        st.sampled_from([None, [], [{"absent": "could-not-measure"}], [{"unreadable": "?"}], [{"integer": -7}], [{}]]),
        min_size=1,
    )
)
def test_no_damage_to_the_answers_turns_them_away_or_makes_them_green(scene: Scene, damage):
    """All but what is not asked the first time, and what no rule reads."""
    assert scene.submit({**WELL, **damage}).level in ("orange", "red")


def test_an_oximeter_that_is_there_must_be_read(session: Session):
    with_oximeter = set_scene(session, has_oximeter=True)

    assert with_oximeter.submit(WELL).level == "orange"
    assert with_oximeter.submit({**WELL, "spo2": [{"integer": 97}]}).level == "green"


def test_worse_than_the_previous_answer_by_due_time_not_by_arrival(session: Session):
    """A first SpO2 of 94 is red; the same after a normal one is orange, even when it arrives out of order."""
    scene = set_scene(session, has_oximeter=True)
    morning = scene.checkin(opens_at=NOW)
    evening = scene.checkin(opens_at=NOW + timedelta(hours=6), slot="evening")
    low = {**WELL, "spo2": [{"integer": 94}]}
    scene.submit({**WELL, "spo2": [{"integer": 98}]}, checkin=morning.public_id, now=NOW + timedelta(hours=7))

    on_time = scene.submit(low, checkin=evening.public_id, now=NOW + timedelta(hours=8))
    late = scene.submit(low, checkin=morning.public_id, now=NOW + timedelta(hours=9))
    assert (on_time.level, late.level) == ("orange", "red")


def test_every_assessment_can_be_lived_again(scene: Scene):
    scene.submit(WELL)
    scene.submit(RED)

    for assessment in scene.session.scalars(select(Assessment)):
        version = scene.session.get_one(ProtocolVersion, assessment.protocol_version_id)
        rules = protocols.compiled(scene.session, version_id=version.id, digest=version.digest)
        again = reassess(rules, facts=assessment.facts, own_limits=assessment.limits)
        assert (again.level.code, again.explanation) == (assessment.level, assessment.explanation)


def test_a_patients_own_limit_counts_from_the_next_answer(scene: Scene):
    assert scene.submit({**WELL, "heart-rate": [{"integer": 105}]}).level == "green"
    followup.set_own_limits(
        scene.session,
        enrolment=scene.enrolment,
        limits={"heart_rate_orange_high": Decimal(95)},
        physician=scene.person(Role.PHYSICIAN),
        reason="usually 55",
        until=date(2026, 3, 12),
        now=NOW,
    )
    scene.session.commit()

    assert scene.submit({**WELL, "heart-rate": [{"integer": 105}]}, now=NOW + timedelta(days=1)).level == "orange"
    assert scene.submit({**WELL, "heart-rate": [{"integer": 105}]}, now=NOW + timedelta(days=3)).level == "green"


CLOSED = datetime(2026, 3, 10, 20, 30, tzinfo=UTC)  # 21:30 in Paris
MORNING = datetime(2026, 3, 11, 7, 0, tzinfo=UTC)  # 08:00 in Paris


@pytest.mark.parametrize(
    ("answers", "at", "due"),
    [
        (RED, NOW, NOW + timedelta(minutes=10)),
        (ORANGE, NOW, NOW + timedelta(minutes=120)),
        (RED, CLOSED, MORNING + timedelta(minutes=10)),
        (ORANGE, CLOSED, MORNING + timedelta(minutes=120)),
    ],
)
def test_a_call_is_due_within_the_centres_hours(scene: Scene, answers, at: datetime, due: datetime):
    receipt = scene.submit(answers, now=at)

    assert scene.callback().due_at == due
    assert receipt.centre_open == (at == NOW)
    assert receipt.next_opening == (NOW if at == NOW else MORNING)


def test_a_worse_answer_starts_its_own_clock_and_leaves_the_claim(scene: Scene):
    from triage import callbacks

    scene.submit(ORANGE)
    callback, staff = scene.callback(), scene.person()
    callbacks.claim(scene.session, callback=callback.public_id, staff=staff, now=NOW)
    scene.session.commit()
    version = scene.callback().version

    scene.submit(RED, now=NOW + timedelta(minutes=3))

    worse = scene.callback()
    assert (worse.id, worse.rank, worse.due_at) == (callback.id, Level.RED, NOW + timedelta(minutes=13))
    assert (worse.claimed_by_id, worse.version) == (staff.id, version + 1)


@pytest.mark.parametrize("second", [ORANGE, RED])
def test_a_further_alert_never_makes_a_call_wait_longer(scene: Scene, second):
    scene.submit(RED)

    scene.submit(second, now=NOW + timedelta(minutes=9))

    assert (scene.callback().rank, scene.callback().due_at) == (Level.RED, NOW + timedelta(minutes=10))
    assert len(scene.alerts()) == 2


def test_a_green_answer_shows_at_once_in_an_open_callback(scene: Scene):
    scene.submit(ORANGE)
    scene.submit(WELL, now=NOW + timedelta(hours=1))

    assert scene.callback().version == 2


def test_the_act_is_on_the_patients_chain_without_any_value(scene: Scene):
    receipt = scene.submit(RED)

    chain = select(AuditEntry).where(AuditEntry.subject_id == scene.enrolment.public_id)
    last = scene.session.scalars(chain.order_by(AuditEntry.number.desc())).first().canonical.decode()
    assert '"answers.submitted"' in last
    assert str(receipt.response) in last
    assert "40.6" not in last
    assert "red" not in last


def test_a_duplicate_leaves_no_second_act(scene: Scene):
    key = uuid.uuid4()
    scene.submit(RED, key=key)
    before = scene.count(AuditEntry)

    scene.submit(RED, key=key)

    assert scene.count(AuditEntry) == before


def test_what_is_shown_again_later_is_what_was_said_first(scene: Scene):
    first = scene.submit(RED)

    later = intake.receipt(
        scene.session, enrolment_id=scene.enrolment.id, response=first.response, language="en", now=NOW
    )

    assert later == first


def test_a_receipt_is_not_shown_to_another_patient(scene: Scene):
    first = scene.submit(RED)
    other = make_enrolment(scene.session, programme=scene.programme)

    assert intake.receipt(scene.session, enrolment_id=other.id, response=first.response, language="en", now=NOW) is None


def test_no_unsigned_protocol_assesses_a_real_patient(session: Session):
    scene = set_scene(session, rehearsal=False)

    with pytest.raises(ProtocolUnsigned):
        scene.submit(WELL)
    session.rollback()
    version = protocols.bound(session, programme_id=scene.programme.id, now=NOW)
    protocols.sign(session, version=version, programme=scene.programme, physician=scene.person(Role.PHYSICIAN), now=NOW)
    session.commit()

    assert scene.submit(WELL).level == "green"
