from decimal import Decimal

import pytest

from tests.triage.factories import WELL, assessed, covid, silent
from triage.levels import ASSESSED, Level
from triage.wording import Wording, word


def said(assessment, language="en"):
    return word(covid().document, assessment, language)


def test_the_patient_reads_the_same_figures_as_the_rule_in_either_language():
    result = assessed(temperature=Decimal("40.3"))

    assert said(result, "fr").to_patient() == [
        "Votre température est de 40,3\u202f°C. Au-dessus de 40,0\u202f°C, nous vous appelons tout de suite."
    ]
    assert said(result).to_patient() == ["Your temperature is 40.3\u202f°C. Above 40.0\u202f°C we call you at once."]


def test_an_arabic_sentence_keeps_a_figure_and_its_unit_together_and_lists_with_its_own_comma():
    far = assessed(temperature=Decimal("395.0"), heart_rate=None, spo2=None)

    said_in_arabic = said(far, "ar").to_patient()

    assert said_in_arabic[0].startswith("درجة حرارتكم \u2068395,0\u202f°C\u2069. فوق \u206840,0\u202f°C\u2069")
    assert "ليست لدينا إجابة عن: النبض، نسبة الأكسجين (SpO2)." in said_in_arabic
    assert "هذه القيمة غير معتادة: درجة الحرارة \u2068395,0\u202f°C\u2069. يُرجى إعادة قياسها." in said_in_arabic


def test_a_patients_own_limit_is_the_one_shown():
    own = {"spo2_red": Decimal(85), "spo2_orange": Decimal(88), "spo2_first": Decimal(89)}

    assert said(assessed(spo2=87, own_limits=own)).to_caller() == ["SpO2 87% (≤\u00a088)"]


def test_nothing_is_said_of_a_green():
    wording = said(assessed())

    assert (wording.to_patient(), wording.to_caller(), wording.comparisons()) == ([], [], [])


def test_the_worst_comes_first_and_call_15_before_all():
    result = assessed(chills="strong", temperature=Decimal("40.3"), chest_pain=True, heart_rate=None)

    assert said(result).to_caller() == [
        "Chest pain",
        "Temperature 40.3\u202f°C (>\u00a040.0)",
        "Strong chills",
        "Could not be assessed, missing: Pulse",
    ]


def test_a_milder_rule_on_the_same_measure_is_not_repeated():
    assert said(assessed(spo2=91, previous=None)).to_caller() == ["SpO2 91% (≤\u00a092)"]
    assert said(assessed(spo2=94, previous=None)).to_caller() == ["First SpO2 94% (<\u00a095)"]


def test_each_number_stands_beside_its_limit():
    result = assessed(temperature=Decimal("40.3"), respiratory_rate=7, spo2=93, heart_rate=45)

    assert said(result, "fr").comparisons() == [
        "Température\u202f: 40,3\u202f°C (alerte au-dessus de 40,0\u202f°C)",
        "Fréquence respiratoire\u202f: 7\u202f/min (alerte à 8\u202f/min ou moins)",
        "Pouls\u202f: 45\u202f/min (alerte en dessous de 50\u202f/min)",
        "SpO2 (oxygène)\u202f: 93\u202f% (alerte à 94\u202f% ou moins)",
    ]


def test_the_day_of_illness_shows_its_band():
    assert said(silent(patient={"day_of_illness": 8})).comparisons() == [
        "Day of illness 8\u202fd: from 6\u202fd to 12\u202fd"
    ]


@pytest.mark.parametrize(
    ("answers", "caller", "patient"),
    [
        (
            {"spo2": None, "heart_rate": None},
            "Could not be assessed, missing: Pulse, SpO2 (oxygen)",
            "We have no answer for: Pulse, SpO2 (oxygen).",
        ),
        (
            {"spo2": 975},
            "Hard to believe, measure again: SpO2 (oxygen) 975\u202f%",
            "This value is unusual: SpO2 (oxygen) 975\u202f%. Please measure it again.",
        ),
        (
            {"spo2": [{"unreadable": "9 6"}]},
            "Could not be assessed, unreadable: SpO2 (oxygen)",
            "We could not read your answer for: SpO2 (oxygen).",
        ),
        (
            {"own_limits": {"spo2_red": Decimal(99)}},
            "The patient's own limits do not fit this protocol and were not used; a physician must set them again: "
            "SpO2 red, at most",
            "We must look at your answers ourselves.",
        ),
    ],
)
def test_each_doubt_is_told_to_the_caller_and_to_the_patient(answers, caller, patient):
    wording = said(assessed(**answers))

    assert (wording.to_caller(), wording.to_patient()) == ([caller], [patient])


def test_cannot_go_on_shows_the_helpline():
    assert all(
        "3114" in said(assessed(confinement="cannot-go-on"), language).to_patient()[0] for language in ("fr", "en")
    )


def test_a_choice_is_shown_by_its_text():
    assert said(assessed(breathlessness="at-rest")).to_caller() == ["Breathless: at rest"]
    assert said(silent(last_level="orange")).to_caller() == ["Silence after level orange"]


def test_a_stored_assessment_is_worded_like_a_fresh_one():
    result = assessed(spo2=91, previous=WELL)
    kept = Wording(covid().document, result.facts, result.own_limits, result.explanation, "fr")

    assert kept.to_caller() == said(result, "fr").to_caller()


def test_a_language_the_protocol_lacks_falls_back_as_a_whole():
    result = assessed(spo2=91, heart_rate=None)

    assert said(result, "tlh").to_patient() == said(result, "fr").to_patient()


def test_levels_have_stable_codes_and_the_order_of_the_queue():
    codes = ["green", "silent", "orange", "silent_urgent", "red"]

    assert [level.code for level in sorted(Level)] == codes
    assert [Level.from_code(code) for code in codes] == sorted(Level)
    assert [level.code for level in ASSESSED] == ["green", "orange", "red"]
    with pytest.raises(ValueError, match="write one of green, silent"):
        Level.from_code("Red")
