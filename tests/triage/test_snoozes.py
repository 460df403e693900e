"""A rule that a physician has put off: who may, what is refused, what stays quiet, and everything that ends it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from records import audit, audit_check, driver
from records.models import Role, Staff
from tests.factories import NOW, make_team
from tests.statements import counted
from tests.triage.factories import assessed
from tests.triage.scene import ORANGE, RED, WELL, Scene, at_once, set_scene
from triage import followup, intake, intake_reading, jobs, snoozable, snoozes
from triage.intake import Receipt
from triage.levels import Level
from triage.models import Alert, Assessment
from triage.outcome_models import Snooze
from triage.refusals import Refused
from triage.snoozed import Running, SnoozeEnd, asked, ended_by, evaluated, facts_of

RULE = "temperature_orange_high"
HOUR = timedelta(hours=1)


@pytest.fixture
def scene(session: Session) -> Scene:
    """Somebody with a temperature of 39.2, whom a physician is about to call."""
    made = set_scene(session)
    made.submit(ORANGE)
    return made


def hot(temperature: str, **more: Any) -> dict[str, Any]:
    return {**WELL, "temperature": [{"decimal": temperature}], **more}


def put_off(scene: Scene, **said: Any) -> Snooze:
    seen = snoozes.newest(scene.session, enrolment_id=scene.enrolment.id)
    values: dict[str, Any] = {
        "callback": scene.callback().public_id,
        "staff": scene.person(Role.PHYSICIAN),
        "rule": RULE,
        "seen": seen.public_id if seen else uuid.uuid4(),
        "hours": 6,
        "reason": "Seen by the doctor this morning",
        "now": NOW + timedelta(minutes=10),
    }
    made = snoozes.put_off(scene.session, **(values | said))
    scene.session.commit()
    return made


def end_of(scene: Scene, snooze: Snooze) -> str | None:
    scene.session.refresh(snooze)
    return snooze.ended_why


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PHYSICIAN])
def test_nobody_but_a_physician_puts_a_rule_off(scene: Scene, role: str) -> None:
    with pytest.raises(Refused, match="Only a physician"):
        put_off(scene, staff=scene.person(role))

    assert scene.count(Snooze) == 0


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"hours": 0}, "from 1 to 24"),
        ({"hours": 25}, "from 1 to 24"),
        ({"hours": True}, "from 1 to 24"),
        ({"reason": "  "}, "Write the reason"),
        ({"reason": "x" * 5000}, "too long"),
        ({"rule": "temperature_red_high"}, "cannot be put off"),
        ({"rule": "chills_strong"}, "cannot be put off"),
        ({"rule": "missed_twice"}, "cannot be put off"),
        ({"seen": uuid.UUID(int=7)}, "New answers"),
    ],
)
def test_what_is_not_one_orange_rule_for_a_day_and_a_reason_is_refused(scene: Scene, said: Any, why: str) -> None:
    with pytest.raises(Refused, match=why):
        put_off(scene, **said)

    assert scene.count(Snooze) == 0


@pytest.mark.parametrize(
    "answers",
    [
        RED,
        hot("39.2", **{"chest-pain": [{"boolean": True}]}),
        hot("39.2", **{"heart-rate": [{"absent": "not-measured"}]}),
        hot("49.0"),
        WELL,
    ],
    ids=["red", "call 15", "something missing", "hard to believe", "green"],
)
def test_nothing_is_put_off_where_anything_is_red_in_doubt_or_not_there(scene: Scene, answers: Any) -> None:
    scene.submit(answers, now=NOW + HOUR)

    for rule in (RULE, "temperature_red_high", "chest_pain"):
        with pytest.raises(Refused, match="cannot be put off"):
            put_off(scene, rule=rule, now=NOW + 2 * HOUR)


def test_a_rule_is_put_off_in_ones_own_team_and_of_an_open_call_that_nobody_else_has(scene: Scene) -> None:
    elsewhere = scene.another(Role.PHYSICIAN, teams=[make_team(scene.session, "Sud")])
    with pytest.raises(Refused, match="your team"):
        put_off(scene, staff=elsewhere)
    scene.session.execute(
        sa.text("UPDATE callbacks SET claimed_by_id = :id, claimed_at = :now, claim_ends_at = :ends"),
        {"id": scene.person(Role.OPERATOR).id, "now": NOW, "ends": NOW + HOUR},
    )
    with pytest.raises(Refused, match="looking after this"):
        put_off(scene)


def test_what_says_no_more_than_the_physician_knew_is_kept_and_raises_no_alert(scene: Scene) -> None:
    snooze = put_off(scene)

    for number, temperature in enumerate(("39.2", "39.1", "39.0"), 1):
        receipt = scene.submit(hot(temperature), now=NOW + number * HOUR)
        assert (receipt.level, receipt.snoozed) == ("orange", True)

    kept = scene.session.execute(sa.select(Assessment.level, Assessment.snoozed).order_by(Assessment.id)).all()
    assert [tuple(row) for row in kept] == [("orange", False), *[("orange", True)] * 3]
    assert len(scene.alerts()) == 1
    acts = sa.text("SELECT convert_from(canonical, 'UTF8')::jsonb ->> 'action' FROM audit_entries ORDER BY id")
    entries = scene.session.scalars(acts).all()
    assert entries.count("answers.submitted") == 4
    assert "alert.snoozed" in entries
    assert list(audit_check.verify(scene.session).problems) == []
    assert end_of(scene, snooze) is None


def test_an_answer_that_is_sent_again_still_says_that_nobody_calls_for_it(scene: Scene) -> None:
    put_off(scene)
    key = uuid.uuid4()
    scene.submit(ORANGE, key=key, now=NOW + HOUR)

    again = scene.submit(ORANGE, key=key, now=NOW + 2 * HOUR)

    assert (again.duplicate, again.snoozed) == (True, True)


def test_a_green_answer_ends_nothing(scene: Scene) -> None:
    snooze = put_off(scene)
    scene.submit(WELL, now=NOW + HOUR)

    assert scene.submit(ORANGE, now=NOW + 2 * HOUR).snoozed
    assert end_of(scene, snooze) is None


@dataclass
class Ending:
    answers: Any
    why: str
    after: timedelta = HOUR


@pytest.mark.parametrize(
    "ending",
    [
        Ending(hot("39.3"), "worse"),
        Ending(RED, "other-rule"),
        Ending(hot("39.2", chills=[{"code": "strong"}]), "other-rule"),
        Ending({**WELL, "chills": [{"code": "strong"}]}, "other-rule"),
        Ending(hot("39.2", **{"chest-pain": [{"boolean": True}]}), "other-rule"),
        Ending(hot("39.2", **{"heart-rate": [{"absent": "not-measured"}]}), "doubt"),
        Ending({**WELL, "temperature": [{"absent": "not-measured"}]}, "doubt"),
        Ending(hot("49.0"), "doubt"),
        Ending(ORANGE, "time", timedelta(hours=6, minutes=10)),
    ],
    ids=lambda ending: f"{ending.why}",
)
def test_whatever_differs_alerts_as_always_and_ends_it_with_its_reason(scene: Scene, ending: Ending) -> None:
    snooze = put_off(scene)

    receipt = scene.submit(ending.answers, now=NOW + ending.after)

    assert not receipt.snoozed
    assert len(scene.alerts()) == 2
    assert end_of(scene, snooze) == ending.why
    assert not scene.submit(ORANGE, now=NOW + ending.after + HOUR).snoozed
    assert len(scene.alerts()) == 3


def test_a_missed_check_in_ends_it_for_everybody_who_missed_one(scene: Scene) -> None:
    snooze = put_off(scene)
    scene.checkin(opens_at=NOW + HOUR, state="missed", closed_at=NOW + 5 * HOUR)

    jobs.raise_silences(scene.session, now=NOW + 5 * HOUR)
    scene.session.commit()

    assert end_of(scene, snooze) == "missed"
    assert not scene.submit(ORANGE, now=NOW + 5 * HOUR + timedelta(minutes=1)).snoozed


def test_an_answer_between_the_missed_check_in_and_its_beat_is_not_quiet(scene: Scene) -> None:
    snooze = put_off(scene)
    scene.checkin(opens_at=NOW + HOUR, state="missed", closed_at=NOW + 5 * HOUR)

    assert not scene.submit(ORANGE, now=NOW + 5 * HOUR).snoozed
    assert end_of(scene, snooze) == "missed"


@pytest.mark.parametrize("end", ["paused", "discharged"])
def test_nothing_stays_quiet_of_somebody_whom_nobody_asks_any_more(scene: Scene, end: str) -> None:
    snooze, now = put_off(scene), NOW + HOUR
    if end == "paused":
        said = {"owner": scene.person(Role.PHYSICIAN), "review_on": now.date() + timedelta(2), "reason": "elsewhere"}
        followup.pause(scene.session, enrolment=scene.enrolment, actor=audit.SYSTEM, now=now, **said)
    else:
        followup.discharge(scene.session, enrolment=scene.enrolment, reason="completed", actor=audit.SYSTEM, now=now)
    scene.session.commit()
    assert snoozes.standing(scene.session, enrolment_id=scene.enrolment.id, now=now) is None

    receipt = scene.submit(ORANGE, now=NOW + 2 * HOUR)

    assert (receipt.snoozed, len(scene.alerts()), end_of(scene, snooze)) == (False, 2, "not-asked")
    with pytest.raises(Refused, match="cannot be put off"):
        put_off(scene, now=NOW + 2 * HOUR)


def test_another_limit_ends_it_also_one_of_the_patients_own(scene: Scene) -> None:
    snooze = put_off(scene)
    followup.set_own_limits(
        scene.session,
        enrolment=scene.enrolment,
        limits={RULE: Decimal("38.8")},
        reason="Frail",
        physician=scene.person(Role.PHYSICIAN),
        now=NOW + timedelta(minutes=30),
    )
    scene.session.commit()

    assert not scene.submit(ORANGE, now=NOW + HOUR).snoozed
    assert end_of(scene, snooze) == "changed"


def test_staff_of_any_role_that_calls_lifts_it_and_the_next_answers_alert(scene: Scene) -> None:
    snooze, operator = put_off(scene), scene.person(Role.OPERATOR)
    version = scene.callback().version
    snoozes.lift(scene.session, snooze=snooze.public_id, staff=operator, now=NOW + HOUR)
    snoozes.lift(scene.session, snooze=snooze.public_id, staff=operator, now=NOW + 2 * HOUR)
    scene.session.commit()

    assert (end_of(scene, snooze), snooze.ended_at, snooze.ended_by_id) == ("lifted", NOW + HOUR, operator.id)
    assert scene.callback().version == version + 1
    assert not scene.submit(ORANGE, now=NOW + 3 * HOUR).snoozed
    with pytest.raises(Refused):
        snoozes.lift(scene.session, snooze=uuid.uuid4(), staff=operator, now=NOW)


def test_the_end_of_its_hour_is_recorded_by_a_beat_and_makes_room_for_another(scene: Scene) -> None:
    snooze, other = put_off(scene), put_off
    with pytest.raises(Refused, match="already"):
        other(scene, hours=3, staff=scene.another(Role.PHYSICIAN))
    assert jobs.end_snoozes(scene.session, now=NOW + 6 * HOUR, limit=10) == 0
    assert jobs.end_snoozes(scene.session, now=NOW + 7 * HOUR, limit=10) == 1
    scene.session.commit()

    assert (end_of(scene, snooze), snooze.ended_at) == ("time", snooze.until_at)
    assert put_off(scene, now=NOW + 8 * HOUR).until_at == NOW + 14 * HOUR


def test_a_double_click_puts_it_off_once(scene: Scene) -> None:
    assert put_off(scene).id == put_off(scene).id
    assert scene.count(Snooze) == 1


def test_a_running_snooze_costs_no_further_statement(scene: Scene) -> None:
    put_off(scene)
    actor = audit.Actor.patient(scene.enrolment.patient)
    for answers in (ORANGE, hot("39.5")):
        submission = scene.submission(answers)
        with counted(scene.session) as statements:
            intake.submit(scene.session, submission=submission, actor=actor, now=NOW + HOUR)
        scene.session.commit()
        assert len(statements) == 2


def read(scene: Scene, submission: intake.Submission, now: Any) -> intake.Read:
    given = {"key": submission.key, "checkin": None, "given_at": now, "now": now}
    return intake_reading.read(driver.under(scene.session), enrolment_id=scene.enrolment.id, **given)


def test_one_that_ends_between_the_read_and_the_write_keeps_nothing_quiet(scene: Scene) -> None:
    snooze, submission = put_off(scene), scene.submission(ORANGE)
    found = read(scene, submission, NOW + HOUR)
    snoozes.lift(scene.session, snooze=snooze.public_id, staff=scene.person(), now=NOW + HOUR)
    scene.session.commit()

    actor = audit.Actor.patient(scene.enrolment.patient)
    receipt = intake.submit(scene.session, submission=submission, actor=actor, now=NOW + HOUR, found=found)
    scene.session.commit()

    assert (receipt.snoozed, len(scene.alerts())) == (False, 2)


def test_a_worse_answer_read_before_the_snooze_ends_it_when_it_is_written(scene: Scene) -> None:
    submission = scene.submission(hot("39.8"))
    found = read(scene, submission, NOW + HOUR)
    snooze = put_off(scene)

    actor = audit.Actor.patient(scene.enrolment.patient)
    receipt = intake.submit(scene.session, submission=submission, actor=actor, now=NOW + HOUR, found=found)
    scene.session.commit()

    assert (receipt.snoozed, len(scene.alerts()), end_of(scene, snooze)) == (False, 2, "meanwhile")


def test_an_alert_beside_the_snooze_that_its_physician_did_not_see_overtakes_it(scene: Scene) -> None:
    """Both were on their way at once, and neither saw the other."""
    snooze = put_off(scene)
    scene.submit(hot("39.8"), now=NOW + HOUR)
    scene.session.execute(sa.text("UPDATE snoozes SET ended_at = NULL, ended_why = NULL"))
    scene.session.commit()

    assert not scene.submit(ORANGE, now=NOW + 2 * HOUR).snoozed
    assert end_of(scene, snooze) == "meanwhile"


def test_a_snooze_and_a_worse_answer_at_the_same_moment_lose_no_alert(scene: Scene, pool: sa.Engine) -> None:
    callback, physician = scene.callback().public_id, scene.person(Role.PHYSICIAN).id
    seen = snoozes.newest(scene.session, enrolment_id=scene.enrolment.id)
    assert seen is not None
    submission, actor = scene.submission(hot("39.8")), audit.Actor.patient(scene.enrolment.patient)
    said = {
        "callback": callback,
        "rule": RULE,
        "seen": seen.public_id,
        "hours": 6,
        "reason": "Known",
        "now": NOW + HOUR,
    }
    scene.session.commit()

    def act(session: Session, number: int) -> Any:
        if number:
            return intake.submit(session, submission=submission, actor=actor, now=NOW + HOUR)
        return snoozes.put_off(session, staff=session.get_one(Staff, physician), **said)

    _, answered = at_once(pool, 2, act)

    assert isinstance(answered, Receipt)
    assert not answered.snoozed
    assert len(scene.alerts()) == 2
    assert not scene.submit(ORANGE, now=NOW + 2 * HOUR).snoozed


def test_answers_at_once_never_leave_one_unalerted_that_came_after_a_worse_one(scene: Scene, pool: sa.Engine) -> None:
    """Whatever the order of their locks: none dies in a deadlock, and the worse one always alerts."""
    put_off(scene)
    actor = audit.Actor.patient(scene.enrolment.patient)
    sent = [scene.submission(hot(text)) for text in ("39.2", "39.6", "39.1", "39.7", "39.2", "39.0")]
    scene.session.commit()

    results = at_once(
        pool, 6, lambda session, n: intake.submit(session, submission=sent[n], actor=actor, now=NOW + HOUR)
    )

    assert all(isinstance(result, Receipt) for result in results), results
    assert not results[1].snoozed
    assert not results[3].snoozed
    quiet = sum(result.snoozed for result in results)
    assert scene.count(Alert) == 1 + 6 - quiet
    assert list(audit_check.verify(scene.session).problems) == []


def test_no_silence_rule_is_ever_offered(scene: Scene) -> None:
    assessment = snoozes.newest(scene.session, enrolment_id=scene.enrolment.id)
    assert assessment is not None

    assert snoozable.offered(scene.session, assessment) == (RULE,)


TEMPERATURES = st.integers(340, 440).map(lambda tenths: f"{tenths / 10:.1f}")
ANSWERS = st.fixed_dictionaries(
    {
        "temperature": st.one_of(st.none(), TEMPERATURES),
        "respiratory_rate": st.sampled_from([16, 16, 16, 23, 26, None]),
        "chills": st.sampled_from(["none", "none", "strong"]),
        "chest_pain": st.sampled_from([False, False, False, True]),
    }
)


def running_at(temperature: str, **given: Any) -> Running:
    first = assessed(temperature=temperature)
    when = evaluated(first.explanation, RULE)
    assert when is not None
    values = {"id": 1, "rule": RULE, "condition": asked(when), "facts": facts_of(when, first.facts)}
    return Running(**(values | {"until_at": NOW + HOUR, "overtaken": False, "missed": False, "asked": True} | given))


@given(known=st.integers(390, 400).map(lambda tenths: f"{tenths / 10:.1f}"), answers=ANSWERS)
def test_never_a_red_is_quiet_nor_anything_that_differs_from_what_was_known(known: str, answers: Any) -> None:
    found = assessed(**answers)
    if found.level < Level.ORANGE:
        return

    quiet = ended_by(running_at(known), found, NOW) is None

    temperature = answers["temperature"]
    same = (answers["respiratory_rate"], answers["chills"], answers["chest_pain"]) == (16, "none", False)
    assert quiet == (same and temperature is not None and Decimal("39.0") <= Decimal(temperature) <= Decimal(known))
    assert not (quiet and (found.level is Level.RED or found.doubts or found.call_15))


ENDS = [
    ({"until_at": NOW}, SnoozeEnd.TIME),
    ({"overtaken": True}, SnoozeEnd.MEANWHILE),
    ({"missed": True}, SnoozeEnd.MISSED),
    ({"asked": False}, SnoozeEnd.NOT_ASKED),
]


@given(answers=ANSWERS, end=st.sampled_from(ENDS))
def test_one_that_has_to_end_keeps_no_alert_back(answers: Any, end: Any) -> None:
    found, (given, why) = assessed(**answers), end

    assert ended_by(running_at("40.0", **given), found, NOW) is why
