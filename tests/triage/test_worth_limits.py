"""Which limits can be tried on past answers, and what another value would have meant."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.factories import NOW
from tests.statements import counted
from tests.triage.factories import covid, limit, number, rule, with_rules
from tests.triage.scene import Scene, set_scene
from tests.triage.worth_population import event, person, reading
from triage.documents import Document, load
from triage.worth import Curve, Share, Use, curve, uses
from triage.worth.limits import MOST, fits
from triage.worth.tradeoff import Counts, TooMany, drawn

DAY = timedelta(days=1)
TODAY = NOW.date()
LOW = {"compare": "spo2", "op": "<=", "limit": "low"}
PAIN = {"compare": "pain", "op": "=", "value": True}


def tried(*conditions: Any, on_silence: bool = False, **changes: Any) -> dict[str, Use]:
    kind = {"on_silence": True} if on_silence else {}
    rules = [rule(f"rule{place}", "red", when, **kind) for place, when in enumerate(conditions)]
    return uses(with_rules(*rules, **changes))


@pytest.mark.parametrize("when", [LOW, {"any": [PAIN, LOW]}, {"any": [PAIN, {"any": [PAIN, LOW]}]}])
def test_a_limit_whose_comparison_alone_makes_a_rule_fire_can_be_tried(when: Any) -> None:
    use = tried(when)["low"]

    assert (use.fact.name, use.operator, [one.id for one in use.rules]) == ("spo2", "<=", ["rule0"])


@pytest.mark.parametrize(
    "conditions",
    [
        [PAIN],
        [{"not": LOW}],
        [{"all": [LOW, PAIN]}],
        [{"any": [PAIN, {"all": [LOW, PAIN]}]}],
        [{"compare": "spo2", "op": "=", "limit": "low"}],
        [{"between": "spo2", "low": {"limit": "low"}, "high": {"limit": "middle"}}],
        [LOW, {"compare": "spo2", "op": "<", "limit": "low"}],
        [LOW, {"compare": "before", "op": "<=", "limit": "low"}],
    ],
)
def test_what_one_curve_could_not_tell_of_is_left_out(conditions: list[Any]) -> None:
    assert "low" not in tried(*conditions)


def test_a_guard_beside_another_condition_changes_nothing() -> None:
    guard = {"all": [{"compare": "spo2", "op": ">", "limit": "low"}, PAIN]}

    assert [one.id for one in tried(LOW, guard)["low"].rules] == ["rule0"]


def test_two_rules_with_the_same_comparison_share_a_curve() -> None:
    assert [one.id for one in tried(LOW, {"any": [LOW, PAIN]})["low"].rules] == ["rule0", "rule1"]


def test_the_shipped_protocol_has_its_measured_limits() -> None:
    found = uses(covid().document)

    assert {"spo2_red", "temperature_red_high", "heart_rate_orange_high"} <= found.keys()
    assert "spo2_first" not in found
    assert (found["spo2_red"].sign, found["temperature_red_high"].sign) == (1, -1)


@pytest.mark.parametrize(
    ("operator", "sides"),
    [
        ("<", (True, False, False)),
        ("<=", (True, True, False)),
        (">", (False, False, True)),
        (">=", (False, True, True)),
    ],
)
def test_a_reading_is_beyond_a_limit_as_the_rule_says(operator: str, sides: tuple[bool, ...]) -> None:
    use = tried({"compare": "spo2", "op": operator, "limit": "low"})["low"]

    assert tuple(use.is_beyond(Decimal(91 + step), Decimal(92)) for step in range(3)) == sides


def test_candidates_are_the_allowed_range_at_the_limits_decimals_with_the_present_value() -> None:
    narrow = tried(LOW, limits=[limit("low", "92", lowest="90", highest="93"), limit("middle", "94")])["low"]
    fact = number("spo2", decimals=2)
    facts = [fact if one["name"] == "spo2" else one for one in _facts()]
    fine = limit("low", "92.01", lowest="80", highest="99.99", decimals=2)
    wide = tried(LOW, facts=facts, limits=[fine, limit("middle", "94")], orders=[])["low"]

    assert narrow.candidates() == [90, 91, 92, 93]
    assert len(wide.candidates()) <= MOST
    assert Decimal("92.01") in wide.candidates()
    assert wide.candidates()[0] == 80


def _facts() -> list[dict[str, Any]]:
    from tests.triage.factories import tiny

    return tiny()["facts"]


@pytest.mark.parametrize(("value", "fitting"), [(93, True), (94, False), (95, False)])
def test_a_value_that_the_orders_do_not_allow_is_known(value: int, fitting: bool) -> None:
    document = with_rules(rule("r", "red", LOW))

    assert fits(document, document.limits[0], Decimal(value)) is fitting


def shaped(readings: dict[int, tuple[int, int]], events: dict[int | None, int], **changes: Any) -> Curve:
    """The curve of SpO2 ≤ 92 over two weeks: of each value how many readings, and how many an event followed."""
    document = with_rules(rule("r", "red", LOW), **changes)
    counts = Counts(
        {Decimal(value): (many, many, followed) for value, (many, followed) in readings.items()},
        {Decimal(value): many for value, (many, _) in readings.items()},
        {None if value is None else Decimal(value): many for value, many in events.items()},
    )
    return drawn(document, uses(document)["low"], counts, days=14)


def test_each_value_has_the_sums_of_what_lies_beyond_it() -> None:
    found = shaped({90: (4, 2), 92: (6, 1), 95: (30, 0)}, {90: 2, 92: 3, 96: 4, None: 1})

    at = {one.value: one for one in found.candidates}
    assert (at[89].alerts, at[90].alerts, at[91].alerts, at[92].alerts, at[95].alerts) == (0, 4, 4, 10, 40)
    assert (at[92].sensitivity, at[92].predictive) == (Share(5, 10), Share(3, 10))
    assert found.present is at[92]
    assert (found.a_week(found.present.alerts), found.readings, found.patients) == (5, 40, 10)
    assert not at[94].fits


def test_as_many_seen_for_fewer_alerts_is_proposed_and_more_seen_for_a_fifth_more() -> None:
    found = shaped({88: (50, 10), 91: (40, 0), 93: (18, 2)}, {88: 10, 93: 2})

    assert (found.fewer.value, found.fewer.alerts, found.fewer.sensitivity.part) == (90, 50, 10)
    assert (found.more.value, found.more.alerts, found.more.sensitivity.part) == (93, 108, 12)


@pytest.mark.parametrize(
    ("readings", "events"),
    [
        ({92: (100, 0), 93: (21, 0)}, {92: 9, 93: 2}),  # more than a fifth more alerts
        ({92: (100, 0), 95: (1, 0)}, {92: 9, 95: 2}),  # the order between limits does not allow it
        ({88: (50, 0), 91: (40, 0), 93: (1, 0)}, {88: 4, 93: 5}),  # nine patients are too few
        ({92: (100, 0)}, {92: 12}),
    ],
)
def test_nothing_else_is_proposed(readings: dict[int, tuple[int, int]], events: dict[int | None, int]) -> None:
    found = shaped(readings, events)

    assert (found.fewer, found.more) == (None, None)


def of(scene: Scene, document: Document, **given: Any) -> Curve:
    values = {"programme": scene.programme, "first": TODAY - 13 * DAY, "last": TODAY, "now": NOW, "rehearsal": True}
    return curve(scene.session, document=document, use=uses(document)["spo2_red"], **(values | given))


def test_stored_readings_of_a_population_are_counted_in_two_statements(session: Session) -> None:
    scene = set_scene(session)
    ill, unread, well = person(scene), person(scene), person(scene)
    event(scene, ill, TODAY - 10 * DAY)
    event(scene, unread, TODAY - 5 * DAY)
    reading(scene, ill, "spo2", "91", NOW - 17 * DAY)  # seen seven days before, and of no day that is asked for
    reading(scene, ill, "spo2", "96", NOW - 11 * DAY)
    reading(scene, unread, "spo2", None, NOW - 6 * DAY, "missing")
    reading(scene, unread, "spo2", "45", NOW - 6 * DAY, "implausible")
    for hours in (0, 2, 4):
        reading(scene, well, "spo2", str(90 + hours), NOW - 9 * DAY + timedelta(hours=hours))
    reading(scene, well, "heart_rate", "91", NOW - 9 * DAY)
    reading(scene, well, "spo2", "92", NOW - DAY)
    reading(scene, person(scene, rehearsal=False, phone="+33612345678"), "spo2", "80", NOW - DAY)

    with counted(session) as seen:
        found = of(scene, covid().document)

    at = {int(one.value): one for one in found.candidates}
    assert (at[92].is_present, at[92].alerts, at[92].calls) == (True, 3, 2)
    assert (at[90].alerts, at[90].calls) == (1, 1)
    assert at[92].sensitivity == Share(1, 2)
    assert at[90].sensitivity == Share(0, 2)
    assert at[92].predictive == Share(0, 2)  # of yesterday's nobody can tell yet
    assert (found.readings, found.patients) == (5, 2)
    assert len(seen) == 2


def test_more_answers_than_a_page_waits_for_are_refused(session: Session) -> None:
    scene = set_scene(session)
    one = person(scene)
    for ago in range(3):
        reading(scene, one, "spo2", "91", NOW - ago * DAY)

    assert of(scene, covid().document, most=3).readings == 3
    with pytest.raises(TooMany):
        of(scene, covid().document, most=2)


def test_a_document_without_such_limits_has_nothing_to_try() -> None:
    from tests.triage.factories import tiny

    assert uses(load(tiny(rules=[rule("r", "red", PAIN)], orders=[]))) == {}
