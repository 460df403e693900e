"""The beats: silence is a fact, nobody is forgotten, one bad row stops nobody."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from questionnaires import jobs as questionnaire_jobs
from questionnaires.models import Checkin, CheckinState
from records.audit import SYSTEM
from records.enrolment import release
from records.models import EnrolmentState, PauseReason, RiskTier, Role
from tests.factories import NOW, make_enrolment
from tests.statements import counted
from tests.triage.scene import ORANGE, RED, WELL, Scene, set_scene
from triage import callbacks, followup, jobs, reasons
from triage.assess import reassess
from triage.levels import Level
from triage.models import Alert, AlertKind, Callback
from triage.protocols import in_force

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MISSED_AT = NOW + 4 * HOUR


@pytest.fixture
def scene(session: Session) -> Scene:
    """Ill since yesterday, at home with somebody, never alerted: silence is calm."""
    return set_scene(session)


def missed(scene: Scene, opens_at=NOW, **given: Any) -> Checkin:
    return scene.checkin(
        opens_at=opens_at, state=CheckinState.MISSED, closed_at=opens_at + 4 * HOUR, slot=f"{opens_at:%d%H%M}", **given
    )


def silences(scene: Scene, now=MISSED_AT) -> int:
    raised = jobs.raise_silences(scene.session, now=now)
    scene.session.commit()
    return raised


def work_off(scene: Scene, now) -> None:
    """A physician deals with everything that stands."""
    public_id, staff = scene.callback().public_id, scene.person(Role.PHYSICIAN)
    known = [alert.public_id for alert in scene.alerts()]
    how = {"callback": public_id, "staff": staff, "now": now}
    callbacks.add_attempt(scene.session, outcome="reached", verified=True, **how)
    callbacks.dispose(scene.session, kind="technical", seen_alerts=known, **how)
    scene.session.commit()


# --- silence --------------------------------------------------------------------------------------------------------


def test_a_missed_checkin_stands_in_the_queue_once(scene: Scene):
    checkin = missed(scene)

    assert [silences(scene), silences(scene)] == [1, 0]

    (alert,) = scene.alerts()
    assert (alert.key, alert.checkin_id) == (f"silence:{checkin.public_id}", checkin.id)
    assert (scene.callback().rank, scene.callback().due_at) == (Level.SILENT, MISSED_AT + 2 * HOUR)


def test_an_unanswered_checkin_becomes_a_silence_by_the_workers_two_beats(scene: Scene):
    scene.checkin()

    questionnaire_jobs.close_checkins(scene.session, now=MISSED_AT)
    assert silences(scene) == 1
    assert reasons.words({"reasons": scene.alerts()[0].reasons}, "en")[0] == "No answer to the check-in"
    assert reasons.words({"reasons": scene.alerts()[0].reasons}, "fr")[0] == "N’a pas répondu au questionnaire"


SILENT = [
    pytest.param({}, None, 1, Level.SILENT, id="calm"),
    pytest.param({}, WELL, 1, Level.SILENT, id="after green"),
    pytest.param({}, ORANGE, 1, Level.SILENT_URGENT, id="after orange"),
    pytest.param({}, RED, 1, Level.SILENT_URGENT, id="after red"),
    pytest.param({"lives_alone": True}, None, 1, Level.SILENT_URGENT, id="lives alone"),
    pytest.param({"onset_on": date(2026, 3, 5)}, None, 1, Level.SILENT, id="day 5"),
    pytest.param({"onset_on": date(2026, 3, 4)}, None, 1, Level.SILENT_URGENT, id="day 6"),
    pytest.param({"onset_on": date(2026, 2, 26)}, None, 1, Level.SILENT_URGENT, id="day 12"),
    pytest.param({"onset_on": date(2026, 2, 25)}, None, 1, Level.SILENT, id="day 13"),
    pytest.param({"onset_on": None}, None, 1, Level.SILENT_URGENT, id="onset unknown"),
    pytest.param({}, None, 2, Level.RED, id="two in a row: for the doctor"),
    pytest.param({"lives_alone": True}, None, 2, Level.RED, id="two in a row, alone"),
]


@pytest.mark.parametrize(("patient", "answered", "times", "level"), SILENT)
def test_how_urgent_a_silence_is(session: Session, patient, answered, times: int, level: Level):
    scene = set_scene(session, **patient)
    if answered is not None:
        scene.submit(answered, now=NOW)
        if answered is not WELL:
            work_off(scene, NOW)
    for number in range(times):
        missed(scene, NOW + (1 + 5 * number) * HOUR)

    silences(scene, NOW + 10 * HOUR)

    assert max(alert.rank for alert in scene.alerts()) == scene.callback().rank == level
    assert scene.callback().for_physician == (level is Level.RED)


def test_a_green_correction_does_not_make_the_next_silence_calm(scene: Scene):
    key = uuid.uuid4()
    scene.submit(ORANGE, key=key)
    scene.submit(WELL, key=key)
    work_off(scene, NOW)
    missed(scene, NOW + HOUR)

    silences(scene, NOW + 10 * HOUR)

    assert [alert.rank for alert in scene.alerts()] == [Level.SILENT_URGENT]


def test_a_silence_that_no_protocol_judges_is_urgent(session: Session):
    real = set_scene(session, rehearsal=False)  # and nobody has signed
    missed(real)

    silences(real)

    assert [alert.rank for alert in real.alerts()] == [Level.SILENT_URGENT]


def test_something_heard_in_between_breaks_the_row(scene: Scene):
    missed(scene, NOW)
    scene.submit(WELL, now=NOW + 5 * HOUR)
    missed(scene, NOW + 6 * HOUR)

    silences(scene, NOW + 10 * HOUR)

    assert [alert.rank for alert in scene.alerts()] == [Level.SILENT, Level.SILENT]


def test_what_was_said_of_a_silence_can_be_lived_again(scene: Scene):
    missed(scene)
    silences(scene)

    stored = scene.alerts()[0].reasons[0]["assessed"]
    _, rules = in_force(scene.session, programme_id=scene.programme.id, rehearsal=True, now=NOW)
    again = reassess(rules, facts=stored["facts"], own_limits=stored["own_limits"], occasion="silence")
    assert (again.level, again.explanation) == (Level.SILENT, stored["explanation"])


def test_a_silence_raises_nobody_who_was_admitted_since(scene: Scene):
    checkin = missed(scene)
    followup.discharge(scene.session, enrolment=scene.enrolment, reason="admitted", actor=SYSTEM, now=MISSED_AT)

    assert silences(scene) == 0
    scene.session.refresh(checkin)
    assert checkin.silence_raised_at == MISSED_AT


def test_a_pause_does_not_take_back_a_silence_that_was_a_fact(scene: Scene):
    missed(scene)
    how = {"owner": scene.person(), "review_on": NOW.date() + DAY, "reason": PauseReason.ASKED}
    followup.pause(scene.session, enrolment=scene.enrolment, actor=SYSTEM, now=MISSED_AT, **how)

    assert silences(scene) == 1


def test_any_number_of_silences_cost_the_same_statements(scene: Scene):
    for number in range(12):
        enrolment = make_enrolment(scene.session, programme=scene.programme, team=scene.team)
        missed(Scene(scene.session, scene.programme, scene.team, scene.version_id, enrolment), NOW + number * HOUR)
    scene.submit(WELL)  # the protocol is compiled

    with counted(scene.session) as statements:
        assert jobs.raise_silences(scene.session, now=NOW + 20 * HOUR) == 12

    assert len([one for one in statements if "SAVEPOINT" not in one]) == 4


def test_one_bad_row_stops_nobody_and_is_logged_without_its_values(scene: Scene, superuser: sa.Engine):
    good, bad = scene, make_enrolment(scene.session, programme=scene.programme, team=scene.team)
    missed(good)
    broken = missed(Scene(scene.session, scene.programme, scene.team, scene.version_id, bad))
    team_id = bad.team_id
    scene.session.commit()
    refuse = f"ALTER TABLE alerts ADD CONSTRAINT nobody CHECK (checkin_id IS DISTINCT FROM {broken.id})"
    with superuser.connect() as owner:
        owner.execute(sa.text(refuse))
    try:
        with structlog.testing.capture_logs() as logs:
            assert silences(scene) == 1
    finally:
        with superuser.connect() as owner:
            owner.execute(sa.text("ALTER TABLE alerts DROP CONSTRAINT nobody"))

    assert [line["event"] for line in logs] == ["chunk_failed", "row_failed"]
    assert {line["error"] for line in logs} == {"IntegrityError"}
    assert all(set(line) <= {"event", "error", "job", "rows", "log_level"} for line in logs)
    assert silences(scene) == 1
    assert scene.count(Alert) == 2
    assert team_id


def test_two_workers_share_the_silences(scene: Scene, engine: sa.Engine):
    missed(scene)
    jobs.raise_silences(scene.session, now=MISSED_AT)  # not committed: the other worker must not wait for it

    with Session(engine) as other:
        assert jobs.raise_silences(other, now=MISSED_AT) == 0
    scene.session.commit()
    assert len(scene.alerts()) == 1


# --- never activated ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tier", "hours", "rank"),
    [(RiskTier.STANDARD, 24, Level.SILENT), (RiskTier.HIGH, 4, Level.SILENT_URGENT)],
)
def test_whoever_was_invited_and_never_came_is_telephoned(session: Session, tier: str, hours: int, rank: Level):
    scene = set_scene(session, EnrolmentState.INVITED, risk_tier=tier)

    def raised(after: timedelta) -> int:
        found = jobs.raise_never_activated(session, now=NOW + after)
        session.commit()
        return found

    assert raised(hours * HOUR - timedelta(seconds=1)) == 0
    assert raised(hours * HOUR) == 1
    assert raised(hours * HOUR + timedelta(seconds=5)) == 0
    assert (scene.callback().rank, scene.alerts()[0].kind) == (rank, AlertKind.NEVER_ACTIVATED)
    work_off(scene, NOW + (hours + 1) * HOUR)
    assert raised((hours + 1) * HOUR) == 0
    assert raised(2 * hours * HOUR) == 1


@pytest.mark.parametrize("state", [state for state in EnrolmentState if state != EnrolmentState.INVITED])
def test_nobody_else_is_telephoned_for_not_coming(session: Session, state: str):
    set_scene(session, state)

    assert jobs.raise_never_activated(session, now=NOW + 10 * DAY) == 0


@pytest.mark.parametrize(
    ("state", "tier", "hours", "rank", "for_physician"),
    [
        (EnrolmentState.ENROLLED, RiskTier.STANDARD, 24, Level.SILENT, False),
        (EnrolmentState.HELD, RiskTier.STANDARD, 24, Level.SILENT, True),
        (EnrolmentState.HELD, RiskTier.HIGH, 4, Level.SILENT_URGENT, True),
    ],
)
def test_whoever_was_enrolled_and_never_invited_comes_before_a_person(
    session: Session, state: str, tier: str, hours: int, rank: Level, for_physician: bool
):
    scene = set_scene(session, state, risk_tier=tier)

    def raised(after: timedelta) -> int:
        found = jobs.raise_never_invited(session, now=NOW + after)
        session.commit()
        return found

    assert raised(hours * HOUR - timedelta(seconds=1)) == 0
    assert [raised(hours * HOUR), raised(hours * HOUR + timedelta(seconds=5))] == [1, 0]
    assert (scene.callback().rank, scene.callback().for_physician) == (rank, for_physician)
    assert [alert.kind for alert in scene.alerts()] == [AlertKind.NEVER_INVITED]
    work_off(scene, NOW + (hours + 1) * HOUR)
    assert [raised((hours + 1) * HOUR), raised(2 * hours * HOUR)] == [0, 1]


def test_a_hold_that_was_lifted_leaves_time_to_invite(session: Session):
    scene = set_scene(session, EnrolmentState.HELD)
    lifted = NOW + 30 * HOUR

    release(session, enrolment=scene.enrolment, actor=SYSTEM, now=lifted)

    assert jobs.raise_never_invited(session, now=lifted + HOUR) == 0
    assert jobs.raise_never_invited(session, now=lifted + 24 * HOUR) == 1


@pytest.mark.parametrize(
    "state", [state for state in EnrolmentState if state not in (EnrolmentState.ENROLLED, EnrolmentState.HELD)]
)
def test_nobody_else_waits_for_an_invitation(session: Session, state: str):
    set_scene(session, state)

    assert jobs.raise_never_invited(session, now=NOW + 10 * DAY) == 0


# --- reviews --------------------------------------------------------------------------------------------------------


def test_a_pause_is_looked_at_on_its_day_and_every_day_until_it_is_settled(session: Session):
    scene = set_scene(session, EnrolmentState.PAUSED)  # to be reviewed on 13 March
    midnight = NOW.replace(day=12, hour=23, minute=0)  # in Paris

    def raised(now) -> int:
        found = jobs.raise_reviews_due(session, now=now)
        session.commit()
        return found

    assert [raised(midnight - timedelta(seconds=1)), raised(midnight), raised(midnight + HOUR)] == [0, 1, 0]
    assert scene.callback().due_at == NOW.replace(day=13, hour=9, minute=0)  # 08:00 in Paris and 120 minutes
    work_off(scene, midnight + 12 * HOUR)
    assert [raised(midnight + 13 * HOUR), raised(midnight + DAY)] == [0, 1]


# --- the end --------------------------------------------------------------------------------------------------------


LAST_MORNING = NOW + 29 * DAY
AFTER = NOW + 30 * DAY


def ended(scene: Scene, now=AFTER) -> int:
    settled = jobs.end_follow_ups(scene.session, now=now)
    scene.session.commit()
    scene.session.expire_all()
    return settled


def test_a_follow_up_ends_after_a_last_answer_without_a_warning_sign(scene: Scene):
    assert scene.enrolment.ends_on == LAST_MORNING.date()
    scene.checkin(opens_at=LAST_MORNING)
    scene.submit(WELL, now=LAST_MORNING)

    assert ended(scene, LAST_MORNING + HOUR) == 0
    assert ended(scene) == 1

    assert (scene.enrolment.state, scene.enrolment.end_reason) == (EnrolmentState.DISCHARGED, "completed")
    assert scene.count(Callback) == 0


def not_green(scene: Scene) -> None:
    scene.checkin(opens_at=LAST_MORNING)
    scene.submit(ORANGE, now=LAST_MORNING)
    work_off(scene, LAST_MORNING)


def last_missed(scene: Scene) -> None:
    missed(scene, LAST_MORNING)


def corrected_to_green(scene: Scene) -> None:
    import uuid

    key = uuid.uuid4()
    scene.checkin(opens_at=LAST_MORNING)
    scene.submit(ORANGE, now=LAST_MORNING, key=key)
    work_off(scene, LAST_MORNING)
    scene.submit(WELL, now=LAST_MORNING + HOUR, key=key)


def call_owed(scene: Scene) -> None:
    scene.submit(ORANGE, now=LAST_MORNING - DAY)
    scene.checkin(opens_at=LAST_MORNING)
    scene.submit(WELL, now=LAST_MORNING)


def never_asked(scene: Scene) -> None:
    """The worker slept for a month."""


@pytest.mark.parametrize("reason", [not_green, last_missed, corrected_to_green, call_owed, never_asked])
def test_the_last_day_ends_nothing_while_somebody_must_look(scene: Scene, reason):
    reason(scene)

    assert ended(scene) == 1

    assert scene.enrolment.state == EnrolmentState.ACTIVE
    assert (scene.enrolment.ends_on, scene.enrolment.next_checkin_at) == (AFTER.date(), AFTER)
    assert AlertKind.FOLLOW_UP_ENDS in {alert.kind for alert in scene.alerts()}
    assert ended(scene, AFTER + HOUR) == 0


def test_it_goes_on_day_by_day_until_a_green_answer_and_no_call_is_owed(scene: Scene):
    last_missed(scene)
    ended(scene)
    scene.checkin(opens_at=AFTER)
    scene.submit(WELL, now=AFTER)
    assert ended(scene, AFTER + DAY) == 1
    assert (scene.enrolment.state, len(scene.alerts())) == (EnrolmentState.ACTIVE, 1)
    work_off(scene, AFTER + DAY)

    assert ended(scene, AFTER + 2 * DAY) == 1
    assert scene.enrolment.state == EnrolmentState.DISCHARGED


def test_an_open_last_checkin_is_waited_for(scene: Scene):
    scene.checkin(opens_at=LAST_MORNING)

    assert ended(scene) == 0
    assert scene.enrolment.state == EnrolmentState.ACTIVE


def test_a_checkin_that_opens_while_the_ends_are_being_looked_for_is_waited_for(scene: Scene, engine: sa.Engine):
    scene.checkin(opens_at=LAST_MORNING)
    scene.submit(WELL, now=LAST_MORNING)
    opening = Checkin(
        enrolment_id=scene.enrolment.id, slot="late", opens_at=AFTER, closes_at=AFTER + HOUR, local_on=AFTER.date()
    )

    def open_it(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT enrolments") and "SKIP LOCKED" in statement and opening.id is None:
            with Session(engine, expire_on_commit=False) as other:
                other.add(opening)
                other.commit()

    sa.event.listen(engine, "before_cursor_execute", open_it)
    done = ended(scene)
    sa.event.remove(engine, "before_cursor_execute", open_it)

    assert (done, scene.enrolment.state) == (0, EnrolmentState.ACTIVE)
    assert opening.id is not None
