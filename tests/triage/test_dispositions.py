"""Every decision: what must have been done before, who takes it, what it starts, and that no state is an end."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from questionnaires.models import Checkin
from records.models import AuditEntry, EnrolmentState, RiskTier, Role
from tests.factories import NOW
from tests.triage.scene import ORANGE, RED, WELL, Scene, set_scene
from triage import callbacks, ending, followup, jobs
from triage.announcing import saying
from triage.levels import Level
from triage.models import Alert, AlertKind, CallbackState, Called, Disposition, DispositionKind, NextStep, PatientLimit
from triage.refusals import (
    BeforeOpening,
    CalledBefore,
    InFuture,
    NeedsAttempt,
    NeedsContactTried,
    NeedsLimits,
    NeedsReached,
    NeedsRepeat,
    NotVerified,
    PhysicianOnly,
    Refused,
    TierIsHigh,
    UnknownCode,
)

SOON, LATER = NOW + timedelta(minutes=5), NOW + timedelta(minutes=10)
AFTER = NOW + timedelta(hours=3)
DETAILS = {"extra-checkin": {"hours": 4}}
CHOSEN = [kind for kind in DispositionKind if kind is not DispositionKind.WRONG_PATIENT]
CALLED = [kind for kind in CHOSEN if kind not in callbacks.WITHOUT_REACHING]
LEFT_OPEN = {"hospital-advised", "ambulance", "welfare-check", "to-physician"}


@pytest.fixture
def scene(session: Session) -> Scene:
    made = set_scene(session)
    made.submit(ORANGE)
    return made


def called(scene: Scene, outcome: str = "reached", *, now=SOON, role: str = Role.PHYSICIAN, **given) -> None:
    if outcome == "reached":
        given.setdefault("verified", True)
    about = {"callback": scene.callback().public_id, "staff": scene.person(role), "now": now}
    callbacks.add_attempt(scene.session, **about, outcome=outcome, **given)
    scene.session.commit()


def decide(scene: Scene, kind: str, *, role: str = Role.PHYSICIAN, now=LATER, seen=None, **given) -> callbacks.Outcome:
    given.setdefault("details", DETAILS.get(kind, {}))
    about = {"callback": scene.callback().public_id, "staff": scene.person(role), "now": now}
    seen = [alert.public_id for alert in scene.alerts()] if seen is None else seen
    outcome = callbacks.dispose(scene.session, **about, kind=kind, seen_alerts=seen, **given)
    scene.session.commit()
    return outcome


def set_limits(scene: Scene, now=SOON) -> None:
    given = {"physician": scene.person(Role.PHYSICIAN), "reason": "BPCO", "now": now}
    followup.set_own_limits(
        scene.session, enrolment=scene.enrolment, limits={"temperature_orange_high": Decimal("39.4")}, **given
    )
    scene.session.commit()


def make_ready(scene: Scene, kind: str) -> None:
    """Everything that the decision asks for."""
    called(scene, "no-answer")
    if kind not in callbacks.WITHOUT_REACHING:
        called(scene, now=SOON + timedelta(minutes=1))
    if kind == DispositionKind.LIMITS_CHANGED:
        set_limits(scene)


@pytest.mark.parametrize("kind", CHOSEN)
def test_each_decision_is_taken_once_what_it_asks_for_is_done_and_frees_the_callback(scene: Scene, kind: str):
    make_ready(scene, kind)

    decide(scene, kind)

    left = scene.callback()
    assert left.state == (CallbackState.OPEN if kind in LEFT_OPEN else CallbackState.CLOSED)
    assert (left.claimed_by_id, left.next_try_at, left.worsened_at) == (None, None, None)
    assert left.next_step == (NextStep.PHYSICIAN if kind == "to-physician" else NextStep.CALL_PATIENT)


@pytest.mark.parametrize("kind", CALLED)
@pytest.mark.parametrize(
    ("call", "refusal"),
    [
        (None, NeedsReached),
        ({"outcome": "busy"}, NeedsReached),
        ({"outcome": "reached", "verified": False}, NotVerified),
        ({"outcome": "reached", "called": Called.CONTACT}, NeedsReached),
    ],
    ids=["not called", "busy", "somebody else", "only the contact"],
)
def test_what_is_decided_with_the_patient_needs_the_patient(scene: Scene, kind: str, call, refusal: type[Refused]):
    if call:
        called(scene, **call)

    with pytest.raises(refusal):
        decide(scene, kind)
    scene.session.rollback()

    assert (scene.count(Disposition), len(scene.alerts())) == (0, 1)


@pytest.mark.parametrize("kind", sorted(callbacks.PHYSICIAN_ONLY))
@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPERVISOR])
def test_what_a_physician_decides_nobody_else_does(scene: Scene, kind: str, role: str):
    with pytest.raises(PhysicianOnly):
        decide(scene, kind, role=role)


def test_wrong_patient_is_no_choice_of_anybody(scene: Scene):
    called(scene)

    with pytest.raises(UnknownCode):
        decide(scene, "wrong-patient")


def test_risk_up_asks_by_the_closer_schedule_from_now_on(scene: Scene):
    called(scene)
    scene.enrolment.next_checkin_at = NOW + timedelta(hours=20)
    scene.session.commit()

    decide(scene, "risk-up")

    assert (scene.enrolment.risk_tier, scene.enrolment.next_checkin_at) == (RiskTier.HIGH, LATER)


def test_a_high_risk_is_not_raised_again(scene: Scene):
    called(scene)
    scene.enrolment.risk_tier = RiskTier.HIGH
    scene.session.commit()

    with pytest.raises(TierIsHigh):
        decide(scene, "risk-up")


def test_limits_changed_needs_limits_set_since_the_alert(scene: Scene):
    called(scene)
    set_limits(scene, now=NOW)
    scene.session.execute(update(PatientLimit).values(from_at=NOW - timedelta(minutes=1)))
    scene.session.commit()

    with pytest.raises(NeedsLimits):
        decide(scene, "limits-changed")


def test_an_ambulance_keeps_the_hour_at_which_it_was_called(scene: Scene):
    decide(scene, "ambulance", details={"called_at": SOON})

    kept = scene.session.scalars(select(Disposition.details)).one()
    assert kept == {"called_at": SOON.isoformat()}


@pytest.mark.parametrize(
    ("hour", "refusal"), [(LATER + timedelta(hours=1), InFuture), (NOW - timedelta(hours=3), BeforeOpening)]
)
def test_an_hour_that_cannot_be_is_refused(scene: Scene, hour, refusal: type[Refused]):
    with pytest.raises(refusal):
        decide(scene, "ambulance", details={"called_at": hour})


@pytest.mark.parametrize(
    ("contact", "calls", "is_taken"),
    [
        ("06 12 34 56 78", [], False),
        ("06 12 34 56 78", ["patient"], False),
        ("06 12 34 56 78", ["patient", "contact"], True),
        ("", ["patient"], True),
        ("", [], False),
    ],
)
def test_a_welfare_check_comes_after_patient_and_contact_in_vain(
    session: Session, contact: str, calls: list[str], is_taken: bool
):
    scene = set_scene(session, emergency_name="Claire Petit" if contact else "", emergency_phone=contact)
    scene.submit(ORANGE)
    for number, whom in enumerate(calls):
        called(scene, "no-answer", called=whom, now=SOON + timedelta(minutes=number))

    if not is_taken:
        with pytest.raises(NeedsContactTried):
            decide(scene, "welfare-check")
        return
    decide(scene, "welfare-check")

    assert [alert.reasons for alert in scene.alerts()] == [[{"code": "welfare-due"}]]


def test_unreachable_needs_a_call_that_was_tried(scene: Scene):
    with pytest.raises(NeedsAttempt):
        decide(scene, "unreachable")


# --- entry errors ---------------------------------------------------------------------------------------------------


@pytest.fixture
def red(session: Session) -> Scene:
    made = set_scene(session)
    made.submit(RED)
    called(made)
    return made


def test_a_red_is_no_entry_error_on_the_patients_word(red: Scene):
    with pytest.raises(NeedsRepeat):
        decide(red, "entry-error")


def test_an_orange_is(scene: Scene):
    called(scene)

    assert decide(scene, "entry-error").closed


@pytest.mark.parametrize("way", ["correction", "anew"])
def test_a_red_that_was_repeated_is_one_and_both_values_stay(session: Session, way: str):
    scene, key = set_scene(session), uuid.uuid4()
    scene.submit(RED, key=key)
    called(scene)
    scene.submit(WELL, key=key if way == "correction" else uuid.uuid4(), now=SOON + timedelta(minutes=1))

    assert decide(scene, "entry-error").closed


def test_what_only_came_in_after_the_alert_repeats_nothing(red: Scene):
    """Filled in offline before the red one, and sent once the phone had a network again."""
    red.submit(WELL, completed_at=NOW - timedelta(minutes=5), now=SOON + timedelta(minutes=1))

    with pytest.raises(NeedsRepeat):
        decide(red, "entry-error")


def test_a_red_of_moved_answers_is_no_entry_error_on_the_patients_word(red: Scene):
    red.alerts()[0].kind = AlertKind.MOVED

    with pytest.raises(NeedsRepeat):
        decide(red, "entry-error")


def test_a_red_is_no_technical_problem_before_the_patient_said_so(session: Session):
    scene = set_scene(session)
    scene.submit(RED)

    with pytest.raises(NeedsReached):
        decide(scene, "technical")


def test_somebody_who_says_that_they_are_worse_is_no_technical_problem(scene: Scene):
    saying.worse(scene.session, enrolment=scene.enrolment, cause=uuid.uuid4(), now=SOON)
    scene.session.commit()

    with pytest.raises(NeedsReached):
        decide(scene, "technical", role=Role.OPERATOR)


def test_a_call_from_before_it_got_worse_closes_nothing_of_it(scene: Scene):
    called(scene)
    scene.submit(RED, now=AFTER)
    orange, red = (alert.public_id for alert in scene.alerts())

    for kind in ("advice", "technical"):
        with pytest.raises(CalledBefore):
            decide(scene, kind, seen=[orange, red], now=AFTER + timedelta(minutes=2))
        scene.session.rollback()
    assert decide(scene, "advice", seen=[orange], now=AFTER + timedelta(minutes=2)).remaining == 1
    called(scene, now=AFTER + timedelta(minutes=3))
    assert decide(scene, "advice", seen=[red], now=AFTER + timedelta(minutes=4)).closed


def test_what_comes_in_during_the_call_is_closed_with_it(scene: Scene):
    called(scene)
    scene.submit(RED, now=SOON + timedelta(minutes=3))

    assert decide(scene, "advice").closed


@pytest.mark.parametrize(
    "given", [{**WELL, "temperature": [{"absent": "could-not"}]}, {"chills": WELL["chills"]}], ids=["not told", "other"]
)
def test_answers_that_leave_the_value_out_repeat_nothing(red: Scene, given):
    red.submit(given, now=SOON + timedelta(minutes=1))
    seen = [alert.public_id for alert in red.alerts() if alert.rank == Level.RED][:1]

    with pytest.raises(NeedsRepeat):
        decide(red, "entry-error", seen=seen)


def test_what_came_before_the_alert_repeats_nothing(session: Session):
    scene = set_scene(session)
    scene.submit(WELL)
    scene.submit(RED, now=NOW + timedelta(minutes=1))
    called(scene)

    with pytest.raises(NeedsRepeat):
        decide(scene, "entry-error")


# --- no state is an end by itself -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "within"), [("ambulance", 2), ("hospital-advised", 2), ("welfare-check", 2)], ids=lambda value: str(value)
)
def test_whoever_is_sent_on_is_asked_about(scene: Scene, kind: str, within: int):
    make_ready(scene, kind)

    decide(scene, kind)

    due = scene.alerts()[0]
    assert (due.kind, due.rank) == (AlertKind.OUTCOME_DUE, Level.ORANGE)
    assert due.due_at == LATER + timedelta(hours=within)


@pytest.mark.parametrize(("tier", "hours"), [(RiskTier.STANDARD, 24), (RiskTier.HIGH, 4)])
def test_who_never_began_is_telephoned_and_again_after_as_long(session: Session, tier: RiskTier, hours: int):
    scene = set_scene(session, EnrolmentState.INVITED, risk_tier=tier)
    wait = timedelta(hours=hours)

    early = jobs.raise_never_activated(session, now=NOW + wait - timedelta(minutes=1))
    first = jobs.raise_never_activated(session, now=NOW + wait)
    session.commit()
    called(scene, now=NOW + wait)
    decide(scene, "advice", now=NOW + wait)
    again = jobs.raise_never_activated(session, now=NOW + 2 * wait)

    assert (early, first, again) == (0, 1, 1)


@pytest.mark.parametrize("what", ["call owed", "missed", "not green", "nothing asked"])
def test_the_last_day_ends_nothing_while_somebody_has_to_look(session: Session, what: str):
    scene = set_scene(session)
    opened = scene.enrolment.activated_at + timedelta(hours=1)
    if what != "nothing asked":
        state = "missed" if what == "missed" else "open"
        scene.checkin(
            opens_at=opened, state=state, closed_at=opened + timedelta(hours=4) if state == "missed" else None
        )
    if what != "missed" and what != "nothing asked":
        scene.submit(ORANGE if what == "not green" else WELL, now=opened)
    if what == "not green":
        called(scene, now=opened)
        decide(scene, "advice", now=opened)
    if what == "call owed":
        scene.submit(ORANGE, now=opened - timedelta(minutes=1))
    over = NOW + timedelta(days=60)

    ending.end_follow_ups(session, now=over)
    session.commit()

    assert scene.enrolment.state == EnrolmentState.ACTIVE
    assert scene.enrolment.next_checkin_at == over
    assert AlertKind.FOLLOW_UP_ENDS in {alert.kind for alert in scene.alerts()}


def test_the_last_day_ends_what_ended_well(session: Session):
    scene = set_scene(session)
    opened = scene.enrolment.activated_at + timedelta(hours=1)
    scene.checkin(opens_at=opened)
    scene.submit(WELL, now=opened)

    ending.end_follow_ups(session, now=NOW + timedelta(days=60))

    assert scene.enrolment.state == EnrolmentState.DISCHARGED


def test_every_decision_is_audited_and_starts_what_it_says(scene: Scene):
    called(scene)
    before = scene.count(AuditEntry)

    decide(scene, "extra-checkin")

    extra = scene.session.scalars(select(Checkin)).one()
    assert extra.opens_at == LATER + timedelta(hours=4)
    assert scene.count(AuditEntry) == before + 1
    assert scene.session.scalars(select(Alert.closed_at)).all() == [LATER]
