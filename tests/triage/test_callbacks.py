"""One call-back, one caller; a disposition closes what its author saw; nobody leaves the queue unheard."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.models import Checkin, CheckinState
from records import audit_check
from records.db import engine_options
from records.models import AuditEntry, Contact, Enrolment, EnrolmentState, Role, Staff
from records.texts import translator
from tests.factories import NOW, make_enrolment, make_team
from tests.statements import counted
from tests.triage.scene import ORANGE, RED, WELL, Scene, at_once, set_scene
from triage import callbacks
from triage.callbacks import Filters, queue
from triage.levels import Level
from triage.models import Alert, AlertKind, Attempt, Callback, Disposition, DispositionKind
from triage.refusals import (
    AlertUnknown,
    AtNight,
    BadDetails,
    BeforeOpening,
    CallbackClosed,
    InFuture,
    InPast,
    NeedsAttempt,
    NeedsContactTried,
    NeedsReached,
    NoteTooLong,
    NotFollowed,
    NotFound,
    NothingSeen,
    PhysicianOnly,
    Refused,
    TakenBy,
    UnknownCode,
)

LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def scene(session: Session) -> Scene:
    return set_scene(session)


@pytest.fixture
def pool(settings, database) -> Iterator[sa.Engine]:
    """Enough connections for threads that run at once."""
    wide = sa.create_engine(settings.database_url, **engine_options(pool_size=20))
    yield wide
    wide.dispose()


def seen(scene: Scene) -> list[uuid.UUID]:
    return [alert.public_id for alert in scene.alerts()]


def called(scene: Scene, outcome: str = "reached", *, now=LATER, role: str = Role.PHYSICIAN, **given) -> Attempt:
    """Whoever calls has the call-back from then on."""
    given.setdefault("verified", True if outcome == "reached" else None)
    attempt = callbacks.add_attempt(
        scene.session,
        callback=scene.callback().public_id,
        staff=scene.person(role),
        outcome=outcome,
        now=now,
        **given,
    )
    scene.session.commit()
    return attempt


def disposed(scene: Scene, kind: str = "advice", *, role: str = Role.PHYSICIAN, now=LATER, **given):
    given.setdefault("seen_alerts", seen(scene))
    given.setdefault("callback", scene.callback().public_id)
    outcome = callbacks.dispose(scene.session, staff=scene.person(role), kind=kind, now=now, **given)
    scene.session.commit()
    return outcome


# --- claims ---------------------------------------------------------------------------------------------------------


def test_sixteen_callers_claim_each_callback_once(session: Session, pool: sa.Engine):
    scene = set_scene(session)
    people = [scene.another().id for _ in range(16)]
    for _ in range(3):
        other = make_enrolment(session, programme=scene.programme, team=scene.team)
        session.commit()
        scene.submit(ORANGE, enrolment_id=other.id)
    ids = list(session.scalars(select(Callback.public_id)))

    def take_all(session: Session, number: int) -> list[uuid.UUID]:
        won = []
        for public_id in ids[number % 3 :] + ids[: number % 3]:
            staff = session.get_one(Staff, people[number])
            try:
                callbacks.claim(session, callback=public_id, staff=staff, now=NOW)
                won.append(public_id)
            except TakenBy:
                lost.append(public_id)
            session.commit()
        return won

    lost: list[uuid.UUID] = []
    results = at_once(pool, 16, take_all)

    won = [public_id for result in results for public_id in result]
    assert sorted(won) == sorted(ids)
    assert len(lost) == 15 * 3


def test_the_loser_is_told_who_won_and_until_when(scene: Scene):
    scene.submit(RED)
    public_id, winner, loser = scene.callback().public_id, scene.person(), scene.another()
    callbacks.claim(scene.session, callback=public_id, staff=winner, now=NOW)

    with pytest.raises(TakenBy) as told:
        callbacks.claim(scene.session, callback=public_id, staff=loser, now=NOW + timedelta(minutes=14, seconds=59))

    assert (told.value.name, told.value.until) == (winner.name, NOW + timedelta(minutes=15))
    assert winner.name in told.value.text(translator("fr"))


def test_a_claim_ends_by_itself(scene: Scene):
    scene.submit(RED)
    public_id, second = scene.callback().public_id, scene.another()
    callbacks.claim(scene.session, callback=public_id, staff=scene.person(), now=NOW)

    taken = callbacks.claim(scene.session, callback=public_id, staff=second, now=NOW + timedelta(minutes=15))

    assert taken.claim_ends_at == NOW + timedelta(minutes=30)
    assert scene.callback().claimed_by_id == second.id


def test_claiming_again_holds_on(scene: Scene):
    scene.submit(RED)
    public_id = scene.callback().public_id
    callbacks.claim(scene.session, callback=public_id, staff=scene.person(), now=NOW)

    again = callbacks.claim(scene.session, callback=public_id, staff=scene.person(), now=LATER)

    assert again.claim_ends_at == LATER + timedelta(minutes=15)


def test_a_claim_is_taken_over_with_both_names_on_record(scene: Scene):
    scene.submit(RED)
    public_id, first, second = scene.callback().public_id, scene.person(), scene.another()
    callbacks.claim(scene.session, callback=public_id, staff=first, now=NOW)

    callbacks.take_over(scene.session, callback=public_id, staff=second, now=LATER)

    assert scene.callback().claimed_by_id == second.id
    entry = scene.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first().canonical.decode()
    assert "callback.taken-over" in entry
    assert str(first.public_id) in entry
    assert str(second.public_id) in entry
    with pytest.raises(TakenBy):
        callbacks.renew(scene.session, callback=public_id, staff=first, now=LATER)


def test_a_released_callback_is_anybodys(scene: Scene):
    scene.submit(RED)
    public_id, other = scene.callback().public_id, scene.another()
    callbacks.claim(scene.session, callback=public_id, staff=scene.person(), now=NOW)
    with pytest.raises(TakenBy):
        callbacks.release(scene.session, callback=public_id, staff=other, now=LATER)

    callbacks.release(scene.session, callback=public_id, staff=scene.person(), now=LATER)

    assert callbacks.claim(scene.session, callback=public_id, staff=other, now=LATER)


@pytest.mark.parametrize("act", [callbacks.claim, callbacks.renew, callbacks.release, callbacks.take_over])
def test_another_teams_callback_is_not_there(scene: Scene, act):
    scene.submit(RED)
    stranger = scene.another(teams=[make_team(scene.session)])

    with pytest.raises(NotFound):
        act(scene.session, callback=scene.callback().public_id, staff=stranger, now=NOW)
    assert scene.callback().claimed_by_id is None


def test_a_closed_callback_cannot_be_claimed(scene: Scene):
    scene.submit(ORANGE)
    called(scene)
    disposed(scene)

    with pytest.raises(CallbackClosed):
        callbacks.claim(scene.session, callback=scene.callback().public_id, staff=scene.person(), now=LATER)


# --- attempts -------------------------------------------------------------------------------------------------------


def test_a_call_is_on_record_and_its_note_is_sealed(scene: Scene, engine: sa.Engine):
    scene.submit(ORANGE)

    attempt = called(scene, note="Sleeps badly", at=NOW + timedelta(minutes=2))

    with engine.connect() as apart:
        note = apart.execute(sa.text("SELECT note FROM attempts")).scalar_one()
    assert b"Sleeps" not in bytes(note)
    (detail,) = callbacks.detail(scene.session, enrolment=scene.enrolment, language="en", now=LATER)
    assert [(line.code, line.note, line.at) for line in detail.attempts] == [
        ("reached", "Sleeps badly", NOW + timedelta(minutes=2))
    ]
    assert scene.callback().first_called_at == NOW + timedelta(minutes=2)
    contact = scene.session.scalars(select(Contact)).one()
    assert (contact.source, contact.channel, contact.outcome) == (attempt.public_id, "call", "delivered")


BAD_ATTEMPTS = [
    pytest.param({"outcome": "sang"}, UnknownCode, id="unknown outcome"),
    pytest.param({"outcome": "reached", "at": LATER + timedelta(hours=1)}, InFuture, id="in the future"),
    pytest.param({"outcome": "reached", "at": NOW - timedelta(days=2)}, BeforeOpening, id="before there was a reason"),
    pytest.param({"outcome": "busy", "next_try_at": LATER}, InPast, id="next try is over"),
    pytest.param({"outcome": "reached", "note": "x" * 4001}, NoteTooLong, id="endless note"),
]


@pytest.mark.parametrize(("given", "refusal"), BAD_ATTEMPTS)
def test_a_call_that_cannot_be_is_refused_with_a_sentence(scene: Scene, given, refusal: type[Refused]):
    scene.submit(ORANGE)

    with pytest.raises(refusal) as refused:
        called(scene, **given)

    assert "%(" not in refused.value.text(translator("fr"))
    assert refused.value.text(translator("fr")) != refused.value.text(translator("en"))
    scene.session.rollback()
    assert (scene.count(Attempt), scene.callback().version) == (0, 1)


def test_nobody_writes_into_somebody_elses_callback(scene: Scene):
    scene.submit(ORANGE)
    callbacks.claim(scene.session, callback=scene.callback().public_id, staff=scene.another(), now=NOW)
    scene.session.commit()

    with pytest.raises(TakenBy):
        called(scene)
    with pytest.raises(TakenBy):
        disposed(scene, "technical")
    assert (scene.count(Attempt), scene.count(Disposition)) == (0, 0)


def test_the_third_call_that_reaches_nobody_makes_it_red_for_the_doctor(scene: Scene):
    scene.submit(ORANGE)
    for outcome in ("no-answer", "busy"):
        called(scene, outcome)
    assert (scene.callback().rank, scene.callback().for_physician) == (Level.ORANGE, False)

    called(scene, "voicemail", next_try_at=LATER + timedelta(hours=1))

    callback = scene.callback()
    assert (callback.rank, callback.for_physician, callback.next_try_at) == (Level.RED, True, None)
    assert callback.due_at == LATER + timedelta(minutes=10)
    called(scene, "voicemail")
    assert [alert.kind for alert in scene.alerts()] == [AlertKind.ANSWERS, AlertKind.UNREACHED]


def test_a_call_that_reached_somebody_starts_the_count_anew(scene: Scene):
    scene.submit(ORANGE)
    for minute, outcome in enumerate(["no-answer", "busy", "reached", "voicemail", "no-answer"]):
        called(scene, outcome, now=LATER + timedelta(minutes=minute))

    assert scene.callback().rank == Level.ORANGE


# --- dispositions ---------------------------------------------------------------------------------------------------


def test_a_disposition_closes_the_callback_when_everything_was_seen(scene: Scene):
    scene.submit(ORANGE)
    called(scene)
    callbacks.claim(scene.session, callback=scene.callback().public_id, staff=scene.person(Role.PHYSICIAN), now=NOW)

    outcome = disposed(scene, note="Paracetamol")

    callback = scene.callback()
    assert (outcome.closed, outcome.remaining) == (True, 0)
    assert (callback.state, callback.closed_at, callback.claimed_by_id) == ("closed", LATER, None)
    assert scene.alerts() == []
    (detail,) = callbacks.detail(scene.session, enrolment=scene.enrolment, language="fr", now=LATER)
    assert [(line.code, line.note) for line in detail.dispositions] == [("advice", "Paracetamol")]


def test_what_its_author_did_not_see_stays_with_its_own_rank_and_time(scene: Scene):
    scene.submit(RED)
    known = seen(scene)
    called(scene)
    scene.submit(ORANGE, now=NOW + timedelta(minutes=3))
    version = scene.callback().version

    outcome = disposed(scene, seen_alerts=known)

    callback = scene.callback()
    assert (outcome.closed, outcome.remaining) == (False, 1)
    assert (callback.state, callback.rank, callback.due_at) == ("open", Level.ORANGE, NOW + timedelta(minutes=123))
    assert callback.version == version + 1
    assert [alert.rank for alert in scene.alerts()] == [Level.ORANGE]


def test_what_came_after_the_call_needs_a_call_of_its_own(scene: Scene):
    scene.submit(ORANGE)
    known = seen(scene)
    called(scene)
    scene.submit(RED, now=NOW + timedelta(minutes=3))
    disposed(scene, seen_alerts=known)

    with pytest.raises(NeedsReached):
        disposed(scene, "advice", now=LATER + timedelta(minutes=1))
    scene.session.rollback()
    called(scene, now=LATER + timedelta(minutes=2))
    assert disposed(scene, "advice", now=LATER + timedelta(minutes=3)).closed


@pytest.mark.parametrize("first", ["alert", "disposition"])
def test_an_alert_raised_during_the_disposition_is_not_swept_away(scene: Scene, pool: sa.Engine, first: str):
    """The second waits for the first; whichever that is, the red one stands in an open call-back afterwards."""
    scene.submit(ORANGE)
    called(scene)
    public_id, known, enrolment_id = scene.callback().public_id, seen(scene), scene.enrolment.id
    staff_id = scene.person(Role.PHYSICIAN).id

    def dispose(session: Session) -> None:
        mine = session.get_one(Staff, staff_id)
        callbacks.dispose(session, callback=public_id, staff=mine, kind="advice", seen_alerts=known, now=LATER)

    def raise_red(session: Session) -> None:
        callbacks.raise_alert(
            session,
            enrolment=session.get_one(Enrolment, enrolment_id),
            kind=AlertKind.WROTE,
            rank=Level.RED,
            key="wrote:1",
            reasons=[{"code": "wrote"}],
            now=LATER,
        )

    one, other = (raise_red, dispose) if first == "alert" else (dispose, raise_red)
    scene.session.commit()
    with Session(pool) as session:
        one(session)
        with ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(in_own_session, pool, other)
            until_somebody_waits(pool)
            session.commit()
            waiting.result(timeout=30)

    assert [alert.kind for alert in scene.alerts()] == [AlertKind.WROTE]
    assert (scene.callback().state, scene.callback().rank) == ("open", Level.RED)


def in_own_session(pool: sa.Engine, act: Callable[[Session], None]) -> None:
    with Session(pool) as session:
        act(session)
        session.commit()


def until_somebody_waits(pool: sa.Engine) -> None:
    """Returns once a connection waits for a lock that another holds."""
    blocked = sa.text("SELECT count(*) FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0")
    with pool.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.execute(blocked).scalar_one():
            pass


def test_a_red_entry_error_needs_a_call_that_reached_the_patient(scene: Scene):
    scene.submit(RED)
    with pytest.raises(NeedsReached):
        disposed(scene, "entry-error")
    scene.session.rollback()
    called(scene, "voicemail")
    with pytest.raises(NeedsReached):
        disposed(scene, "entry-error")
    assert scene.count(Disposition) == 0
    assert len(scene.alerts()) == 1


@pytest.mark.parametrize("kind", list(DispositionKind))
def test_only_some_outcomes_need_no_call(scene: Scene, kind: str):
    scene.submit(RED)
    details = {"hours": 2} if kind == "extra-checkin" else {}
    free = {"to-physician", "admitted", "deceased", "ambulance"}
    refusals = {"unreachable": NeedsAttempt, "welfare-check": NeedsContactTried, "wrong-patient": UnknownCode}

    if kind in free:
        disposed(scene, kind, details=details)
        assert scene.count(Disposition) == 1
    else:
        with pytest.raises(refusals.get(kind, NeedsReached)):
            disposed(scene, kind, details=details)
        assert scene.count(Disposition) == 0


@pytest.mark.parametrize("kind", ["ambulance", "unreachable"])
@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPERVISOR])
def test_only_a_physician_decides(scene: Scene, kind: str, role: str):
    scene.submit(RED)
    called(scene, "no-answer", role=role)

    with pytest.raises(PhysicianOnly):
        disposed(scene, kind, role=role)


EVENING = datetime(2026, 3, 28, 18, tzinfo=UTC)
"""19:00 in Paris, the evening before its clocks go forward."""
NIGHTS = [
    ("Europe/Paris", 1, True),
    ("Europe/Paris", 2, False),
    ("Europe/Paris", 10, False),
    ("Europe/Paris", 11, True),
    ("America/Cayenne", 6, False),
    ("America/Cayenne", 5, True),
]

BAD_DISPOSITIONS = [
    pytest.param({"kind": "magic"}, UnknownCode, id="unknown kind"),
    pytest.param({"at": LATER + timedelta(hours=1)}, InFuture, id="in the future"),
    pytest.param({"seen_alerts": []}, NothingSeen, id="nothing seen"),
    pytest.param({"seen_alerts": [uuid.uuid4()]}, AlertUnknown, id="not an alert of this call-back"),
    pytest.param({"note": "x" * 4001}, NoteTooLong, id="endless note"),
    pytest.param({"kind": "extra-checkin"}, BadDetails, id="no hours"),
    pytest.param({"kind": "extra-checkin", "details": {"hours": 0}}, BadDetails, id="at once"),
    pytest.param({"kind": "extra-checkin", "details": {"hours": 25}}, BadDetails, id="too far"),
    pytest.param({"kind": "extra-checkin", "details": {"hours": True}}, BadDetails, id="yes is no number"),
    pytest.param({"kind": "extra-checkin", "details": {"hours": "2"}}, BadDetails, id="text"),
    pytest.param({"callback": uuid.uuid4()}, NotFound, id="no such call-back"),
]


@pytest.mark.parametrize(("given", "refusal"), BAD_DISPOSITIONS)
def test_an_outcome_that_cannot_be_changes_nothing(scene: Scene, given, refusal: type[Refused]):
    scene.submit(RED)
    called(scene, role=Role.PHYSICIAN)
    version, entries = scene.callback().version, scene.count(AuditEntry)

    with pytest.raises(refusal) as refused:
        disposed(scene, **given)
    scene.session.commit()

    assert refused.value.text(translator("fr")) != refused.value.text(translator("en"))
    assert (scene.count(Disposition), len(scene.alerts())) == (0, 1)
    assert (scene.callback().version, scene.count(AuditEntry)) == (version, entries)


def test_a_second_disposition_of_a_closed_callback_is_refused(scene: Scene):
    scene.submit(ORANGE)
    called(scene)
    known = seen(scene)
    disposed(scene)

    with pytest.raises(CallbackClosed):
        disposed(scene, seen_alerts=known)


def test_handing_over_closes_nothing_and_frees_the_claim(scene: Scene):
    scene.submit(ORANGE)
    callbacks.claim(scene.session, callback=scene.callback().public_id, staff=scene.person(), now=NOW)

    outcome = disposed(scene, "to-physician", role=Role.OPERATOR, seen_alerts=[])

    callback = scene.callback()
    assert (outcome.closed, outcome.remaining) == (False, 1)
    assert (callback.for_physician, callback.claimed_by_id, callback.state) == (True, None, "open")


@pytest.mark.parametrize("kind", ["ambulance", "hospital-advised"])
def test_after_hospital_somebody_asks_what_came_of_it(scene: Scene, kind: str):
    scene.submit(RED)
    called(scene)

    outcome = disposed(scene, kind)

    (alert,) = scene.alerts()
    assert (alert.kind, alert.due_at) == (AlertKind.OUTCOME_DUE, LATER + timedelta(hours=2))
    assert not outcome.closed
    assert (scene.callback().state, scene.callback().due_at) == ("open", LATER + timedelta(hours=2))


@pytest.mark.parametrize("kind", ["admitted", "deceased"])
def test_admission_and_death_end_the_follow_up_and_all_asking(scene: Scene, kind: str):
    scene.submit(RED)
    checkin = scene.checkin()

    disposed(scene, kind)

    scene.session.expire_all()
    assert (scene.enrolment.state, scene.enrolment.end_reason) == (EnrolmentState.DISCHARGED, kind)
    assert checkin.state == CheckinState.CANCELLED
    assert scene.callback().state == "closed"


def test_an_extra_checkin_is_asked_at_its_hour_in_the_patients_zone(session: Session):
    scene = set_scene(session, zone="Pacific/Noumea")
    for _ in range(2):
        scene.submit(ORANGE, now=LATER)
        called(scene, now=LATER)
        disposed(scene, "extra-checkin", details={"hours": 11})

    made = session.scalars(select(Checkin).order_by(Checkin.id)).all()
    assert [checkin.slot for checkin in made] == ["extra-1", "extra-2"]
    assert {checkin.opens_at for checkin in made} == {LATER + timedelta(hours=11)}
    assert {checkin.local_on.isoformat() for checkin in made} == {"2026-03-11"}
    assert {checkin.closes_at for checkin in made} == {LATER + timedelta(hours=15)}


@pytest.mark.parametrize(("zone", "hours", "asked"), NIGHTS)
def test_no_extra_checkin_at_night_where_the_patient_is(session: Session, zone: str, hours: int, asked: bool):
    scene = set_scene(session, zone=zone)
    scene.submit(ORANGE, now=EVENING)
    called(scene, now=EVENING)

    if asked:
        disposed(scene, "extra-checkin", details={"hours": hours}, now=EVENING)
    else:
        with pytest.raises(AtNight):
            disposed(scene, "extra-checkin", details={"hours": hours}, now=EVENING)

    assert scene.count(Checkin) == int(asked)


def test_no_extra_checkin_for_whoever_is_not_followed(session: Session):
    scene = set_scene(session, EnrolmentState.PAUSED)
    scene.submit(ORANGE)
    called(scene)

    with pytest.raises(NotFollowed):
        disposed(scene, "extra-checkin", details={"hours": 2})


def test_everything_that_was_done_is_on_the_patients_chain_and_holds(scene: Scene):
    scene.submit(RED)
    callbacks.claim(scene.session, callback=scene.callback().public_id, staff=scene.person(Role.PHYSICIAN), now=NOW)
    called(scene, role=Role.PHYSICIAN, note="pale and tired")
    disposed(scene, "ambulance", note="Lips turned violet")

    acts = [entry.canonical.decode() for entry in scene.session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    chain = [act for act in acts if str(scene.enrolment.public_id) in act]
    for action in ("answers.submitted", "callback.claimed", "callback.attempted", "callback.disposed"):
        assert any(f'"{action}"' in act for act in chain), action
    assert not any("pale" in act or "violet" in act for act in acts)
    assert list(audit_check.verify(scene.session).problems) == []


# --- raising --------------------------------------------------------------------------------------------------------


def test_an_alert_raised_twice_stands_once(scene: Scene):
    def again() -> bool:
        return callbacks.raise_alert(
            scene.session,
            enrolment=scene.enrolment,
            kind=AlertKind.WROTE,
            rank=Level.SILENT,
            key="wrote:1",
            reasons=[{"code": "wrote"}],
            now=NOW,
        )

    assert [again(), again()] == [True, False]
    assert (scene.count(Alert), scene.callback().version) == (1, 1)
    assert scene.callback().due_at == NOW + timedelta(minutes=120)


# --- queue ----------------------------------------------------------------------------------------------------------


def fill(scene: Scene) -> list[uuid.UUID]:
    """Four call-backs: red, orange early, orange late, and one of another team."""
    ids = []
    for answers, minutes in ((ORANGE, 5), (RED, 9), (ORANGE, 0)):
        enrolment = make_enrolment(scene.session, programme=scene.programme, team=scene.team)
        scene.submit(answers, enrolment_id=enrolment.id, now=NOW + timedelta(minutes=minutes))
        ids.append(enrolment.public_id)
    stranger = make_enrolment(scene.session, programme=scene.programme)
    scene.submit(RED, enrolment_id=stranger.id)
    return [ids[1], ids[2], ids[0]]


def test_the_queue_is_ordered_by_level_then_lateness_within_ones_teams(scene: Scene):
    expected = fill(scene)

    page = queue(scene.session, staff=scene.person(), now=NOW + timedelta(minutes=20))

    assert [row.enrolment for row in page.rows] == expected
    assert [row.late for row in page.rows] == [True, False, False]
    assert page.counts.by_level == {"red": 1, "silent_urgent": 0, "orange": 2, "silent": 0}
    assert page.counts.total == 3


def test_the_whole_page_costs_two_statements_and_names_without_another(scene: Scene):
    fill(scene)
    staff = scene.person()
    assert staff.teams

    with counted(scene.session) as statements:
        page = queue(scene.session, staff=staff, now=NOW)
        names = [row.identity().name for row in page.rows]

    assert len([one for one in statements if not one.startswith("SET LOCAL")]) == 2
    assert all(names)


def test_a_row_says_why_what_was_measured_and_who_it_is(session: Session):
    scene = set_scene(session, has_oximeter=True, family_name="Kervella", given_name="Zoé", lives_alone=True)
    for day, value in ((0, 96), (6, 95), (8, 94), (9, 93)):
        scene.submit({**WELL, "spo2": [{"integer": value}]}, now=NOW + timedelta(days=day))

    row = queue(session, staff=scene.person(), now=NOW + timedelta(days=9)).rows[0]

    assert (row.identity().name, row.day, row.lives_alone, row.language) == ("Zoé Kervella", 10, True, "fr")
    assert [point.value for point in row.course] == [Decimal(95), Decimal(94), Decimal(93)]
    assert row.latest["spo2"] == [{"integer": 93}]
    assert any("93" in sentence for sentence in row.words("en"))
    assert row.words("en") != row.words("fr")


def test_filters_narrow_the_rows_and_not_the_counts(scene: Scene):
    red, *oranges = fill(scene)
    staff = scene.person()
    callback = scene.session.scalars(
        select(Callback.public_id)
        .join(Enrolment, Enrolment.id == Callback.enrolment_id)
        .where(Enrolment.public_id == oranges[0])
    ).one()
    callbacks.claim(scene.session, callback=callback, staff=staff, now=NOW)

    def shown(filters: Filters) -> list[uuid.UUID]:
        page = queue(scene.session, staff=staff, now=NOW, filters=filters)
        assert page.counts.total == 3
        return [row.enrolment for row in page.rows]

    assert shown(Filters(level="red")) == [red]
    assert shown(Filters(level="orange")) == oranges
    assert shown(Filters(mine=True)) == [oranges[0]]
    assert shown(Filters(physician=True)) == []
    with pytest.raises(UnknownCode):
        shown(Filters(level="purple"))


def test_nobody_without_a_team_sees_anything(scene: Scene):
    fill(scene)

    page = queue(scene.session, staff=scene.another(teams=[]), now=NOW)

    assert (page.rows, page.counts.total) == ((), 0)


def test_the_etag_changes_with_everything_shown_and_with_nothing_else(scene: Scene):
    scene.submit(ORANGE)
    staff, public_id = scene.person(), scene.callback().public_id
    tags = []

    def look(now) -> str:
        tag = queue(scene.session, staff=staff, now=now).etag
        assert callbacks.etag(scene.session, staff=staff, now=now) == tag
        return tag

    tags.append(look(NOW))
    assert look(NOW + timedelta(minutes=1)) == tags[-1]
    callbacks.claim(scene.session, callback=public_id, staff=scene.another(), now=NOW)
    tags.append(look(NOW + timedelta(minutes=1)))
    assert look(NOW + timedelta(minutes=2)) == tags[-1]
    tags.append(look(NOW + timedelta(minutes=15)))  # the claim has ended by itself
    scene.submit(WELL, now=NOW + timedelta(minutes=16))
    tags.append(look(NOW + timedelta(minutes=16)))
    tags.append(look(NOW + timedelta(minutes=121)))  # late
    scene.submit(RED, now=NOW + timedelta(minutes=122))
    tags.append(look(NOW + timedelta(minutes=122)))
    assert len(set(tags)) == len(tags)
