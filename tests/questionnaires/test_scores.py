"""Scores by small forms, and NEWS2 against the published cases in ../shared/data/news2."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from questionnaires import news2
from questionnaires.fhir_names import HIDDEN, SCORE, UNIT, UNIT_OPTION
from questionnaires.findings import QuestionnaireError
from questionnaires.reading import parse
from questionnaires.scores import scores
from tests.questionnaires.documents import codes, document, form, question, when

CASES = Path(__file__).parents[3] / "shared" / "data" / "news2" / "tests" / "cases" / "news2"
ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"


def weighed(link_id, *weights, on_the_coding=False, **more):
    options = []
    for weight in weights:
        part = {"extension": [{"url": ORDINAL, "valueDecimal": weight}]}
        coding = {"system": "urn:s", "code": f"w{weight}"}
        options.append({"valueCoding": coding | part} if on_the_coding else {"valueCoding": coding, **part})
    return question(link_id, "choice", answerOption=options, **more)


def scored(link_id, shape, *parts, kind="integer", **more):
    named = [{"url": "shape", "valueCode": shape}, *parts]
    hidden = {"url": HIDDEN, "valueBoolean": True}
    return question(link_id, kind, extension=[hidden, {"url": SCORE, "extension": named}], **more)


def unit(url, code):
    return {"url": url, "valueCoding": {"system": "http://unitsofmeasure.org", "code": code, "display": code}}


def of(*link_ids):
    return [{"url": "question", "valueString": link_id} for link_id in link_ids]


def band(low, value):
    return {"url": "band", "extension": [{"url": "low", "valueDecimal": low}, {"url": "value", "valueInteger": value}]}


SUM = form(
    weighed("a", 0, 1, 2),
    weighed("b", 0, 1.5, on_the_coding=True, repeats=True),
    question("more"),
    weighed("c", 0, 4, enableWhen=[when("more", "=", answerBoolean=True)]),
    scored("sum", "sum", *of("a", "b", "c"), kind="decimal"),
    scored("level", "bands", *of("sum"), band(1, 10), band(3, 20)),
    scored("yes", "count", {"url": "answer", "valueString": "true"}, *of("more")),
)
A2, B15, NO, YES = [{"code": "w2"}], [{"code": "w0"}, {"code": "w1.5"}], [{"boolean": False}], [{"boolean": True}]


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [
        ({"a": A2, "b": B15, "more": NO}, {"sum": "3.5", "level": "20", "yes": "0"}),
        ({"a": A2, "b": [{"code": "w0"}], "more": NO}, {"sum": "2", "level": "10", "yes": "0"}),
        ({"a": [{"code": "w0"}], "b": [{"code": "w0"}], "more": NO}, {"sum": "0", "level": None, "yes": "0"}),
        ({"a": A2, "more": NO}, {"sum": None, "level": None, "yes": "0"}),
        ({"a": A2, "b": B15, "more": YES}, {"sum": None, "level": None, "yes": "1"}),
        ({"a": A2, "b": B15, "more": YES, "c": [{"code": "w4"}]}, {"sum": "7.5", "level": "20", "yes": "1"}),
        ({"a": [{"unreadable": "2"}], "b": B15}, {"sum": None, "level": None, "yes": None}),
    ],
)
def test_a_score_is_worked_out_from_what_is_asked_and_unknown_when_an_answer_is_missing(answers, wanted):
    assert scores(SUM, answers) == {k: None if v is None else Decimal(v) for k, v in wanted.items()}


CHOSEN_UNIT = question("w", "quantity", extension=[unit(UNIT_OPTION, code) for code in ("kg", "[lb_av]")])
REFUSED = {
    "on a visible item": (question("s", "integer", extension=[{"url": SCORE, "extension": [
        {"url": "shape", "valueCode": "sum"}, *of("a")]}]), "score-not-hidden"),
    "of a question without weights": (scored("s", "sum", *of("plain")), "score-of-nothing"),
    "of nothing there": (scored("s", "sum", *of("nowhere")), "score-of-nothing"),
    "of an unknown shape": (scored("s", "formula", *of("a")), "bad-extension"),
    "with bands that do not rise": (scored("s", "bands", *of("n"), band(2, 1), band(1, 2)), "bad-extension"),
    "in whatever unit people choose": (scored("s", "bands", *of("w"), band(2, 1)), "score-of-nothing"),
    "of half of NEWS2": (scored("s", "news2", {"url": "spo2", "valueString": "n"}), "bad-extension"),
}  # fmt: skip


@pytest.mark.parametrize(("item", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_a_score_that_cannot_be_worked_out_is_refused(item, reason):
    with pytest.raises(QuestionnaireError) as refusal:
        parse(document(weighed("a", 0, 1), question("plain"), question("n", "integer"), CHOSEN_UNIT, item))

    assert codes(refusal.value.findings) == [("s", reason)]


def test_weights_that_contradict_each_other_are_refused():
    option = {
        "extension": [{"url": ORDINAL, "valueDecimal": 1}],
        "valueCoding": {"code": "x", "extension": [{"url": ORDINAL, "valueDecimal": 2}]},
    }

    with pytest.raises(QuestionnaireError) as refusal:
        parse(document(question("a", "choice", answerOption=[option])))

    assert codes(refusal.value.findings) == [("a", "weights-differ")]


NAMES = {
    "respiratory_rate": "respiratory_rate_score",
    "spo2": "oxygen_saturation_score",
    "on_oxygen": "o2_therapy_score",
    "systolic": "blood_pressure_score",
    "heart_rate": "heart_rate_score",
    "consciousness": "consciousness_score",
    "temperature": "temperature_score",
}


def _published():
    if not CASES.is_dir():
        return
    for path in sorted(CASES.glob("*.json")):
        for case in json.loads(path.read_text(encoding="utf-8")):
            if isinstance(case["expected"], dict):
                yield pytest.param(case, id=f"{path.stem} {case['id']}")


def _exact(value):
    return None if value is None else Decimal(str(value))


def _readings(data):
    oxygen, acvpu = data.get("o2_therapy"), data.get("consciousness_acvpu")
    return news2.Readings(
        respiratory_rate=_exact(data.get("respiratory_rate")),
        spo2=_exact(data.get("oxygen_saturation")),
        on_oxygen=None if oxygen is None else oxygen > 0,
        systolic=_exact(data.get("systolic_blood_pressure")),
        heart_rate=_exact(data.get("heart_rate")),
        alert=None if acvpu is None else acvpu == "alert",
        temperature=_exact(data.get("temperature")),
        hypercapnic=data.get("spo2_scale") == 2,
    )


@pytest.mark.skipif(not CASES.is_dir(), reason=f"the published cases are not there: {CASES}")
@pytest.mark.parametrize("case", list(_published()))
def test_news2_agrees_with_the_published_cases_wherever_a_reading_is_there(case):
    readings = _readings(case["data"])
    points = news2.points(readings)

    for name, theirs in NAMES.items():
        if points[name] is not None:
            assert points[name] == case["expected"][theirs], name
    if None not in points.values():
        assert news2.total(readings) == case["expected"]["overall_score"]
    else:
        assert news2.total(readings) is None


def test_news2_is_worked_out_from_the_questions_it_names_and_from_all_of_them():
    fields = {
        "respiratory-rate": ("rr", "integer"),
        "spo2": ("ox", "integer"),
        "on-oxygen": ("o2", "boolean"),
        "systolic": ("sys", "integer"),
        "heart-rate": ("hr", "integer"),
        "consciousness": ("acvpu", "string"),
        "temperature": ("temp", "decimal"),
    }
    parts = [{"url": name, "valueString": link_id} for name, (link_id, _) in fields.items()]
    questions = [question(link_id, kind) for link_id, kind in fields.values()]
    asked = form(*questions, scored("news", "news2", *parts))
    answers = {
        "rr": [{"integer": 22}],
        "ox": [{"integer": 93}],
        "o2": [{"boolean": True}],
        "sys": [{"integer": 105}],
        "hr": [{"integer": 131}],
        "acvpu": [{"string": "V"}],
        "temp": [{"decimal": "39.1"}],
    }

    assert scores(asked, answers) == {"news": Decimal(2 + 2 + 2 + 1 + 3 + 3 + 2)}
    for link_id in answers:
        without = {key: value for key, value in answers.items() if key != link_id}
        assert scores(asked, without) == {"news": None}, link_id

    scale = [*questions, question("two"), scored("news", "news2", *parts, {"url": "hypercapnic", "valueString": "two"})]
    assert scores(form(*scale), answers | {"two": [{"boolean": False}]}) == {"news": Decimal(15)}
    assert scores(form(*scale), answers) == {"news": None}, "nobody said which scale"

    warm = question("temp", "decimal", extension=[unit(UNIT, "[degF]")])
    with pytest.raises(QuestionnaireError) as refusal:
        parse(document(*questions[:-1], warm, scored("news", "news2", *parts)))
    assert codes(refusal.value.findings) == [("news", "score-of-nothing")]
