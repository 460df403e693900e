"""NEWS2's clinical triggers, against published cases and at every tenth of a breath."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from questionnaires import news2
from tests.triage.published import NEWS2, assessed, protocol
from triage.assess import assess
from triage.facts import read
from triage.levels import Level

G, O, R = Level.GREEN, Level.ORANGE, Level.RED  # noqa: E741
CASES = Path(__file__).parents[3] / "shared" / "data" / "news2" / "tests" / "cases" / "news2"
SEVERITY = {"low": O, "low-medium": O, "medium": R, "high": R}
"""Of a score above 0."""
CODES = {"alert": "A", "confusion": "C", "voice": "V", "pain": "P", "unresponsive": "U"}


def published():
    if not CASES.is_dir():
        return
    for path in sorted(CASES.glob("*.json")):
        for case in json.loads(path.read_text(encoding="utf-8")):
            if isinstance(case["expected"], dict) and "nurse_concern" not in case["data"]:
                yield pytest.param(case, id=f"{path.stem} {case['id']}")


def exact(value):
    return None if value is None else Decimal(str(value))


def readings_of(data):
    oxygen, acvpu = data.get("o2_therapy"), data.get("consciousness_acvpu")
    return {
        "respiratory_rate": exact(data.get("respiratory_rate")),
        "spo2": exact(data.get("oxygen_saturation")),
        "on_oxygen": None if oxygen is None else oxygen > 0,
        "systolic": exact(data.get("systolic_blood_pressure")),
        "heart_rate": exact(data.get("heart_rate")),
        "consciousness": CODES.get(acvpu),
        "temperature": exact(data.get("temperature")),
        "hypercapnic": data.get("spo2_scale") == 2,
    }


def scored(readings):
    acvpu = readings["consciousness"]
    rest = {name: value for name, value in readings.items() if name != "consciousness"}
    return news2.Readings(**rest, alert=None if acvpu is None else acvpu == "A")


def judged(readings):
    """The assessment of readings with their score, as the questionnaire works it out."""
    values = {**readings, "news2": news2.total(scored(readings)), "first_response": False, "lives_alone": False}
    return assess(protocol(NEWS2), {f.name: read(f, values.get(f.name)) for f in protocol(NEWS2).document.facts})


@pytest.mark.skipif(not CASES.is_dir(), reason=f"the published cases are not there: {CASES}")
@pytest.mark.parametrize("case", list(published()))
def test_the_level_follows_the_published_trigger_table(case):
    """The other implementation counts a missing reading as 0; ours is then unknown, so at least orange."""
    readings = readings_of(case["data"])
    told, alert, total = judged(readings), readings["consciousness"] in (None, "A"), news2.total(scored(readings))
    points = [given for name, given in news2.points(scored(readings)).items() if name != "consciousness"]

    assert total in (None, case["expected"]["overall_score"])
    if total is None or not alert:
        assert told.level is (O if alert else R)
    else:
        assert told.level is (SEVERITY[case["expected"]["overall_severity"]] if total else G)
    singles = {rule for rule in told.fired if not rule.startswith("news2_")} - {"not_alert"}
    assert len(singles) >= points.count(3), "a rule for each reading that scores 3 alone"


measured = st.fixed_dictionaries(
    {
        "respiratory_rate": st.integers(4, 70).map(Decimal),
        "spo2": st.integers(50, 100).map(Decimal),
        "on_oxygen": st.booleans(),
        "systolic": st.integers(50, 260).map(Decimal),
        "heart_rate": st.integers(20, 250).map(Decimal),
        "consciousness": st.sampled_from("AAAAACVPU"),
        "temperature": st.integers(300, 450).map(lambda tenths: Decimal(tenths) / 10),
        "hypercapnic": st.booleans(),
    }
)


@given(measured)
def test_any_seven_readings_get_the_response_of_their_score(readings):
    score, told = news2.total(scored(readings)), judged(readings)
    three = 3 in news2.points(scored(readings)).values()

    wanted = R if score >= 5 or readings["consciousness"] != "A" else O if score or three else G
    assert told.level is wanted
    assert told.call_15 is (score >= 7 or readings["consciousness"] != "A")
    assert bool({rule for rule in told.fired if not rule.startswith("news2_")}) is three


@given(measured, st.sampled_from(["respiratory_rate", "spo2", "on_oxygen", "systolic", "heart_rate", "temperature"]))
def test_no_reading_can_be_left_out_of_a_green_score(readings, gone):
    assert judged({**readings, gone: None}).level >= O


def test_no_tenth_of_a_breath_falls_into_a_gap():
    for tenths in range(40, 701):
        breaths = Decimal(tenths) / 10
        told = assessed(NEWS2, respiratory_rate=breaths)
        single = {rule for rule in told.fired if rule.startswith("respiratory_rate")}

        assert (told.level is G) is (12 <= breaths <= 20), breaths
        assert single == (
            {"respiratory_rate_low"} if breaths < 9 else {"respiratory_rate_high"} if breaths > 24 else set()
        )


@pytest.mark.parametrize(
    ("question", "value"),
    [("spo2", "91.5"), ("systolic", "90.5"), ("heart_rate", "40.5"), ("temperature", "35.05")],
)
def test_a_reading_finer_than_the_published_bands_is_doubted_and_never_green(question, value):
    told = assessed(NEWS2, **{question: [{"decimal": value}]})

    assert told.level >= O
    assert question in [doubt.subject for doubt in told.doubts]
