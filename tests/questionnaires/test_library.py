import orjson
import pytest

from questionnaires import library
from questionnaires.fhir_names import HIDDEN
from questionnaires.languages import missing_translations, spoken
from questionnaires.reading import parse
from questionnaires.screens import screens, to_client
from tests.questionnaires.documents import choice, document, form, question, when

COVID = library.questionnaire()


def test_the_covid_questionnaire_asks_the_agreed_questions_with_the_agreed_codes_in_the_agreed_order():
    asked = {s.link_id: [o.key for o in s.options] or s.kind for s in screens(COVID, "fr", {"has-oximeter": True})}

    yes_no = ["true", "false"]
    assert list(asked.items()) == [
        ("breathlessness", ["none", "unusual-effort", "slight-effort", "talking", "at-rest"]),
        ("breathlessness-change", ["better", "same", "worse", "much-worse"]),
        ("chest-pain", yes_no),
        ("blue-lips", yes_no),
        ("confusion", yes_no),
        ("fainted", yes_no),
        ("cannot-eat-drink", yes_no),
        ("temperature", "decimal"),
        ("heart-rate", "integer"),
        ("respiratory-rate", "integer"),
        ("spo2", "integer"),
        ("chills", ["none", "mild", "strong"]),
        ("malaise", ["none", "mild", "marked"]),
        ("confinement", ["fine", "hard", "cannot-go-on"]),
    ]


def test_the_covid_questionnaire_is_complete_in_french_english_and_arabic():
    assert [missing_translations(COVID, language) for language in ("fr", "en", "ar")] == [(), (), ()]
    assert COVID.languages == ("fr", "ar", "en")
    assert COVID.url == "https://vigidom.example/fhir/Questionnaire/covid-19"
    assert COVID.warnings == ()


def test_every_question_is_required_and_every_measure_may_be_missing_and_says_how_to_measure():
    for screen in screens(COVID, "fr", {"has-oximeter": True}):
        measured = screen.kind in {"decimal", "integer"}
        assert screen.required
        assert screen.could_not_measure is measured
        assert bool(screen.hint and screen.confirm_hint and screen.unit) is measured
        assert screen.help or not measured


def test_french_texts_use_narrow_no_break_spaces_and_typographic_apostrophes():
    texts = orjson.dumps(to_client(COVID, "fr", {"has-oximeter": True})["screens"]).decode()

    assert not any(f" {mark}" in texts for mark in "?!;:»")
    assert "'" not in texts


def test_the_phone_gets_json_with_the_emergencies_the_bounds_and_the_hidden_facts():
    client = orjson.loads(orjson.dumps(to_client(COVID, "en-GB", {"has-oximeter": True})))
    by_link_id = {screen["linkId"]: screen for screen in client["screens"]}

    assert client["language"] == "en"
    assert client["hidden"] == {"has-oximeter": "true"}
    assert client["decimalMark"] == "."
    assert by_link_id["spo2"]["emergency"] == [{"question": "spo2", "operator": "<=", "value": "92"}]
    assert [c["value"] for c in by_link_id["breathlessness"]["emergency"]] == ["talking", "at-rest"]
    assert by_link_id["temperature"] | {"help": 0, "hint": 0, "confirmHint": 0, "title": 0} == {
        "linkId": "temperature", "kind": "decimal", "title": 0, "hint": 0, "help": 0, "group": None, "options": [],
        "multiple": False, "unit": "°C", "decimals": 1, "signed": False, "low": "30", "high": "45", "likelyLow": "35",
        "likelyHigh": "41", "confirmHint": 0, "maxLength": None, "required": True, "couldNotMeasure": True,
        "emergency": [], "enableWhen": [], "enableBehavior": "any", "control": "line",
    }  # fmt: skip
    assert client["messages"]["unlikely"] == "You typed %(value)s. Is that right?"


def test_who_has_no_oximeter_gets_no_screen_for_it():
    assert "spo2" not in {screen.link_id for screen in screens(COVID, "fr", {"has-oximeter": False})}


def test_a_question_that_another_visible_answer_can_switch_on_has_its_screen_and_its_condition():
    coding = {"system": "urn:s", "code": "y"}
    questionnaire = form(choice("q", "x", "y"), question("a", enableWhen=[when("q", "=", answerCoding=coding)]))

    (check,) = screens(questionnaire, "en")[1].enable_when

    assert (check.question, check.operator, check.value) == ("q", "=", "y")


def test_a_group_gives_its_title_to_its_questions_and_a_display_of_its_own_is_a_screen():
    questionnaire = form(question("g", "group", item=[question("d", "display"), question("a")]))

    assert [(s.link_id, s.kind, s.group) for s in screens(questionnaire, "en")] == [
        ("d", "display", "Text of g"),
        ("a", "boolean", "Text of g"),
    ]


@pytest.mark.parametrize(
    ("remove", "place"),
    [
        (lambda d: d.pop("_title"), "title"),
        (lambda d: d["item"][1].pop("_text"), "breathlessness"),
        (lambda d: d["item"][1]["answerOption"][0]["valueCoding"].pop("_display"), "breathlessness option none"),
        (lambda d: d["item"][8]["extension"][0]["valueCoding"].pop("_display"), "temperature unit"),
        (lambda d: d["item"][8]["item"][0].pop("_text"), "temperature-help-1"),
    ],
)
def test_one_missing_translation_is_named_and_the_whole_questionnaire_falls_back(remove, place):
    gap = library.document()
    remove(gap)

    questionnaire = parse(gap)

    assert missing_translations(questionnaire, "en") == (place,)
    assert missing_translations(questionnaire, "fr") == ()
    assert spoken(questionnaire, "en") == "fr"
    assert {s.title for s in screens(questionnaire, "en")} == {
        s.title for s in screens(COVID, "fr", {"has-oximeter": False})
    }


def test_a_question_without_text_is_missing_in_its_own_language():
    silent = question("a")
    del silent["text"]

    assert missing_translations(parse(document(silent)), "en") == ("a",)


def test_a_name_that_is_not_in_the_library_is_not_found():
    with pytest.raises(FileNotFoundError):
        library.document("influenza")


def test_what_lies_in_a_group_that_the_facts_rule_out_has_no_screen_whatever_else_it_waits_for():
    hidden = question("fact", extension=[{"url": HIDDEN, "valueBoolean": True}])
    inner = question("inner", enableWhen=[when("q", "=", answerBoolean=True)])
    group = question("g", "group", enableWhen=[when("fact", "=", answerBoolean=True)], item=[inner])
    questionnaire = form(hidden, question("q"), group)

    assert [s.link_id for s in screens(questionnaire, "en", {"fact": False})] == ["q"]
    assert [s.link_id for s in screens(questionnaire, "en", {"fact": True})] == ["q", "inner"]
