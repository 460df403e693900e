"""Facts that the version which assessed an answer did not have: worked out from what was answered."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from tests.factories import NOW
from tests.triage.replaying import COVID, TO, another, answered, bind, changed, fact, replay, rule
from tests.triage.scene import WELL, set_scene
from triage.assess import compile_protocol
from triage.replay.wanted import stored_by, wanted

DAY = timedelta(days=1)
LOW = {"unit": "/min", "lowest": "20", "highest": "250"}
NEW_FACTS = [
    fact("heart_rate_before", {"previous": "heart-rate"}, **LOW),
    fact("heart_rate_lowest", {"lowest": "heart-rate", "days": 3}, **LOW),
    fact("heart_rate_highest", {"highest": "heart-rate", "hours": 30}, **LOW),
    fact("heart_rate_change", {"change": "heart-rate", "days": 3}, **LOW | {"lowest": "-200"}),
    fact("age", {"patient": "age_years"}, kind="days", unit="a"),
    fact(
        "tier",
        {"patient": "risk_tier"},
        kind="code",
        choices={"standard": {"fr": "s", "en": "s", "ar": "s"}, "high": {"fr": "h", "en": "h", "ar": "h"}},
    ),
    fact("pulse", {"answer": "heart-rate"}, unit="/min", lowest="20", highest="100"),
    fact("first", {"first_response": True}, kind="boolean"),
]
NEW_RULES = [
    rule("before", {"compare": "heart_rate_before", "op": ">=", "value": "90"}),
    rule("lowest", {"compare": "heart_rate_lowest", "op": "<=", "value": "70"}),
    rule("highest", {"compare": "heart_rate_highest", "op": ">=", "value": "90"}),
    rule("rising", {"compare": "heart_rate_change", "op": ">=", "value": "10"}),
    rule("old", {"compare": "age", "op": ">=", "value": "64"}),
    rule("at_risk", {"in": "tier", "codes": ["high"]}),
    rule("pulse", {"compare": "pulse", "op": ">", "value": "95"}),
    rule("first", {"compare": "first", "op": "=", "value": True}),
    rule("thrice", {"consecutive": 3, "days": 4, "of": {"compare": "heart_rate", "op": ">=", "value": "85"}}),
]
COURSE = (72, 88, 91, 86, 120, 66, None, 90, 99)


def with_new(document: dict[str, Any]) -> None:
    document["facts"] += NEW_FACTS
    document["rules"] += NEW_RULES


def of_heart_rate(value: int | None) -> dict[str, Any]:
    return {**WELL, "heart-rate": [{"absent": "could-not-measure"} if value is None else {"integer": value}]}


def test_a_fact_new_in_the_draft_is_what_the_draft_in_force_would_have_stored(session: Session) -> None:
    """The same course twice, a fortnight apart: once assessed by the old version, once by the draft itself."""
    document = changed(with_new)
    scene, later = set_scene(session, birth_date=date(1960, 3, 1)), 14 * DAY
    old = another(scene, onset_on=NOW.date(), birth_date=date(1962, 3, 14), risk_tier="high")
    for number, value in enumerate(COURSE):
        for who in (scene.enrolment, old):
            answered(scene, who, of_heart_rate(value), at=NOW + number * timedelta(hours=18))
    bind(scene, document, at=NOW + 10 * DAY)
    again = another(scene, onset_on=NOW.date() + later, birth_date=date(1960, 3, 1), now=NOW + later)
    for number, value in enumerate(COURSE):
        answered(scene, again, of_heart_rate(value), at=NOW + later + number * timedelta(hours=18))

    worked_out = replay(scene, document)
    stored = replay(scene, document, against=document, first=TO + 7 * DAY, last=TO + 14 * DAY)

    assert stored["rechecked"] == {"rows": len(COURSE), "differs": 0}
    assert (stored["not_replayable"], stored["approximated"]) == ({}, {})
    assert worked_out["approximated"] == {"tier": "as-enrolled-now"}
    alone = {name: counts["draft"] for name, counts in stored["by_rule"].items()}
    both = {name: counts["draft"] for name, counts in worked_out["by_rule"].items()}
    for name in ("before", "lowest", "highest", "rising", "pulse", "first", "thrice"):
        assert both[name] == 2 * alone[name] > 0, name
    assert both["at_risk"] == len(COURSE)
    assert both["old"] == len(COURSE) + 4  # the other turns 64 on 14 March, after the fifth of nine answers


def test_what_came_in_later_is_not_known_to_an_earlier_answer(session: Session) -> None:
    """An answer of this morning that is sent in the evening says nothing to the one of noon."""
    scene = set_scene(session)
    morning = scene.checkin(opens_at=NOW, slot="morning")
    noon = scene.checkin(opens_at=NOW + timedelta(hours=4), slot="noon")
    scene.submit(of_heart_rate(72), checkin=noon.public_id, now=NOW + timedelta(hours=5))
    scene.submit(of_heart_rate(95), checkin=morning.public_id, now=NOW + timedelta(hours=7))

    assert replay(scene, changed(with_new))["by_rule"]["before"]["draft"] == 0


def test_a_fact_of_which_nothing_is_kept_is_missing_and_named(session: Session) -> None:
    scene = set_scene(session)
    answered(scene, scene.enrolment, WELL)

    def with_history(document: dict[str, Any]) -> None:
        document["facts"].append(fact("missed_before", {"history": "missed_checkins_in_a_row"}))
        document["rules"].append(rule("missed_before", {"compare": "missed_before", "op": ">=", "value": "1"}))

    found = replay(scene, changed(with_history))

    assert found["not_replayable"] == {"missed_before": "history"}
    assert found["matrix"]["green>orange"] == 1  # unknown is never green


def test_a_silence_rule_that_differs_is_named_for_no_silence_is_replayed(session: Session) -> None:
    scene = set_scene(session)
    answered(scene, scene.enrolment, WELL)
    names = [one.id for one in COVID.rules if one.on_silence]

    def without(document: dict[str, Any]) -> None:
        document["rules"] = [one for one in document["rules"] if one["id"] != names[0]]

    found = replay(scene, changed(without))

    assert found["silence_rules_changed"] == [names[0]]
    assert (found["gained"], found["lost"]) == (0, 0)


def test_another_plausible_range_or_unit_makes_another_fact_and_another_label_does_not() -> None:
    def relabel(document: dict[str, Any]) -> None:
        document["facts"][0]["labels"]["en"] = "Warmth"

    def widen(document: dict[str, Any]) -> None:
        document["facts"][0]["highest"] = "44.0"

    for edit, same in ((relabel, True), (widen, False)):
        needed = wanted(compile_protocol(changed(edit)))["temperature"]
        assert stored_by(compile_protocol(COVID), [needed]) == (same,)
