"""Who may be written to, and when: decided again at the moment of sending."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from notifications import policy
from notifications.models import UNCAPPED, Purpose
from notifications.policy import Decision, Drop, Postpone, Situation
from questionnaires.models import CheckinState
from records import clock
from records.models import AnswersBy, EndReason, EnrolmentState

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
CHECKIN_TEXTS = [Purpose.CHECKIN, Purpose.FIRST_REMINDER, Purpose.SECOND_REMINDER]


def situation(purpose: Purpose = Purpose.CHECKIN, **changed: object) -> Situation:
    values: dict[str, object] = {
        "purpose": purpose,
        "state": EnrolmentState.INVITED if purpose is Purpose.INVITATION else EnrolmentState.ACTIVE,
        "end_reason": None,
        "checkin": None if purpose is Purpose.INVITATION else CheckinState.OPEN,
        "zone": "Europe/Paris",
        "has_phone": True,
        "can_receive_texts": True,
        "opted_out": False,
        "synthetic": False,
        "texts_today": 0,
    }
    return Situation(**{**values, **changed})  # type: ignore[arg-type]


def decide(one: Situation, now: datetime = NOON, *, reaches_people: bool = True) -> Decision:
    return policy.decide(one, now=now, reaches_people=reaches_people)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_followed_patient_is_written_to_by_day(purpose: Purpose) -> None:
    assert decide(situation(purpose)).send


@pytest.mark.parametrize("purpose", CHECKIN_TEXTS)
@pytest.mark.parametrize("door", [AnswersBy.STAFF, AnswersBy.PAPER])
def test_whoever_is_asked_by_telephone_or_on_paper_is_sent_no_questionnaire(purpose: Purpose, door: AnswersBy) -> None:
    assert decide(situation(purpose, answers_by=door)).drop is Drop.ASKED_OTHERWISE


def test_an_invitation_holds_the_key_to_ones_own_page_and_is_sent_whatever_the_door() -> None:
    assert decide(situation(Purpose.INVITATION, answers_by=AnswersBy.STAFF)).send


STOPPED: list[tuple[dict[str, object], Drop]] = [
    ({"state": EnrolmentState.PAUSED}, Drop.PAUSED),
    ({"state": EnrolmentState.DISCHARGED, "end_reason": EndReason.ADMITTED}, Drop.ADMITTED),
    ({"state": EnrolmentState.DISCHARGED, "end_reason": EndReason.DECEASED}, Drop.DECEASED),
    ({"state": EnrolmentState.DISCHARGED, "end_reason": EndReason.WITHDREW}, Drop.WITHDREW),
    ({"state": EnrolmentState.DISCHARGED, "end_reason": EndReason.COMPLETED}, Drop.DISCHARGED),
    ({"state": EnrolmentState.HELD}, Drop.NOT_FOLLOWED),
    ({"state": EnrolmentState.REFUSED}, Drop.NOT_FOLLOWED),
    ({"state": EnrolmentState.ENROLLED}, Drop.NOT_FOLLOWED),
    ({"opted_out": True}, Drop.OPTED_OUT),
    ({"has_phone": False, "can_receive_texts": False}, Drop.NO_PHONE),
    ({"can_receive_texts": False}, Drop.LANDLINE),
    ({"synthetic": True}, Drop.REHEARSAL),
]


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize(("changed", "reason"), STOPPED, ids=[reason for _, reason in STOPPED])
def test_nobody_who_left_or_must_not_be_reached_is_written_to(
    purpose: Purpose, changed: dict[str, object], reason: Drop
) -> None:
    assert decide(situation(purpose, **changed)) == Decision(drop=reason)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_the_daily_cap_holds_for_all_but_what_was_asked_for_just_now(purpose: Purpose) -> None:
    decision = decide(situation(purpose, texts_today=policy.DAILY_CAP))

    assert decision == (Decision() if purpose in UNCAPPED else Decision(drop=Drop.DAILY_CAP))


@pytest.mark.parametrize("purpose", list(Purpose))
def test_at_night_only_an_answer_goes_out_to_somebody_who_is_awake_for_it(purpose: Purpose) -> None:
    night = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)

    assert decide(situation(purpose), night).send is (purpose in (Purpose.CODE, Purpose.OUTSIDE_HOURS))


@pytest.mark.parametrize("purpose", CHECKIN_TEXTS)
def test_the_reminder_that_was_asked_for_goes_in_place_of_the_others_but_not_of_the_second(purpose: Purpose) -> None:
    decision = decide(situation(purpose, remind_at=NOON + timedelta(minutes=30)))

    assert decision.drop is (None if purpose is Purpose.SECOND_REMINDER else Drop.ASKED_LATER)


@pytest.mark.parametrize("state", [CheckinState.ANSWERED, CheckinState.MISSED, CheckinState.CANCELLED])
def test_nobody_is_reminded_at_the_asked_hour_of_a_check_in_that_is_over(state: CheckinState) -> None:
    assert not decide(situation(Purpose.ASKED_REMINDER, checkin=state)).send


def test_whoever_is_asked_by_telephone_gets_the_code_that_they_ask_for_all_the_same() -> None:
    assert decide(situation(Purpose.CODE, checkin=None, answers_by=AnswersBy.STAFF)).send


@pytest.mark.parametrize("purpose", CHECKIN_TEXTS)
@pytest.mark.parametrize(
    ("state", "reason"), [(CheckinState.ANSWERED, Drop.ANSWERED), (CheckinState.CANCELLED, Drop.CHECKIN_OVER)]
)
def test_nobody_is_reminded_of_what_is_answered_or_cancelled(
    purpose: Purpose, state: CheckinState, reason: Drop
) -> None:
    assert decide(situation(purpose, checkin=state)).drop is reason


def test_only_the_second_reminder_goes_out_for_a_check_in_that_has_just_closed() -> None:
    sent = [purpose for purpose in CHECKIN_TEXTS if decide(situation(purpose, checkin=CheckinState.MISSED)).send]
    assert sent == [Purpose.SECOND_REMINDER]


def test_somebody_already_active_is_not_invited_again() -> None:
    assert decide(situation(Purpose.INVITATION, state=EnrolmentState.ACTIVE)).drop is Drop.ALREADY_ACTIVE


def test_an_invited_patient_gets_no_text_about_a_check_in() -> None:
    assert decide(situation(state=EnrolmentState.INVITED)).drop is Drop.NOT_FOLLOWED


def test_a_rehearsal_may_write_where_it_reaches_nobody() -> None:
    assert decide(situation(synthetic=True), reaches_people=False).send


@pytest.mark.parametrize("zone", ["Europe/Paris", "Indian/Reunion", "America/Cayenne", "Pacific/Noumea"])
@pytest.mark.parametrize(
    ("hour", "minute", "sends"), [(6, 59, False), (7, 0, True), (20, 59, True), (21, 0, False), (3, 0, False)]
)
def test_nobody_is_woken_in_their_own_zone(zone: str, hour: int, minute: int, sends: bool) -> None:
    here = clock.zone(zone)
    now = datetime(2026, 3, 10, hour, minute, tzinfo=here).astimezone(UTC)
    decision = decide(situation(zone=zone), now)
    assert decision.send is sends
    if not sends:
        assert decision.postpone is Postpone.QUIET_HOURS
        assert decision.again_at is not None
        again = clock.local(decision.again_at, zone)
        assert (again.hour, again.minute) == (7, 0)
        assert now < decision.again_at <= now + timedelta(hours=11)


def test_a_zone_that_nobody_knows_is_not_a_reason_to_risk_the_night() -> None:
    decision = decide(situation(zone="Europe/Atlantis"))
    assert (decision.send, decision.postpone) == (False, Postpone.UNKNOWN_ZONE)


def test_texts_of_the_same_batch_count_against_the_cap() -> None:
    one = situation(texts_today=policy.DAILY_CAP - 1)
    assert decide(one).send
    assert decide(one.with_texts(1)).drop is Drop.DAILY_CAP
