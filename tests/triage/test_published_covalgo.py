"""The CovAlgo-like protocol against the published table, written down once more here, and where it departs from it."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.triage.published import COVALGO, assessed, protocol
from triage.facts import Earlier
from triage.levels import Level
from triage.wording import word

G, O, R = Level.GREEN, Level.ORANGE, Level.RED  # noqa: E741
BEFORE = {"borg": [{"decimal": "1"}]}


def published(who):
    """The colour of version 0.1 of 27 March 2020, None where it gives none."""
    old, fever = who["age_years"] >= 65, who["temperature"] >= Decimal("39.1")
    alone, dry, borg = who["lives_alone"], not who["hydration"], who["borg"]
    red = [
        who["temperature"] > 40 and (dry or old),
        who["heart_rate"] > 130,
        who["respiratory_rate"] >= 25 or who["respiratory_rate"] <= 8,
        who["consciousness"],
        who["spo2"] < 93,
        old and borg >= 3 and alone,
        borg >= 5,
        borg >= 3 and who["chest_pain"],
        borg - who["before"] > 2,
    ]
    orange = [
        *(old, dry, not who["stay_at_home"], who["serious_illness"], borg >= 3, who["respiratory_rate"] >= 22),
        93 <= who["spo2"] < 96,
        who["heart_rate"] > 110,
        alone and (who["digestive"] or borg >= 2 or fever),
        fever and borg >= 2,
    ]
    green = [borg <= 2, not old, who["stay_at_home"], not who["consciousness"], not who["serious_illness"], not dry]
    return R if any(red) else O if any(orange) else G if all(green) else None


def ours(who):
    answers = {name: value for name, value in who.items() if name not in ("age_years", "lives_alone", "before")}
    earlier = [Earlier(days=0, minutes=720, answers={"borg": [{"decimal": str(who["before"])}]})]
    patient = {name: who[name] for name in ("age_years", "lives_alone")}
    return assessed(COVALGO, earlier=earlier, previous={}, patient=patient, **answers)


borg = st.integers(0, 20).map(lambda halves: Decimal(halves) / 2)
rarely = st.sampled_from([False] * 5 + [True])
people = st.fixed_dictionaries(
    {
        "borg": borg,
        "before": borg,
        "age_years": st.one_of(st.integers(18, 100), st.integers(63, 66)),
        "lives_alone": st.booleans(),
        "temperature": st.integers(350, 415).map(lambda tenths: Decimal(tenths) / 10),
        "heart_rate": st.integers(45, 140),
        "respiratory_rate": st.integers(6, 30),
        "spo2": st.integers(88, 100),
        "chest_pain": rarely,
        "consciousness": rarely,
        "hydration": rarely.map(lambda dry: not dry),
        "digestive": rarely,
        "serious_illness": rarely,
        "stay_at_home": rarely.map(lambda cannot: not cannot),
    }
)


@given(people)
@settings(max_examples=150)
def test_everybody_gets_the_published_colour_or_a_worse_one_for_a_reason_that_is_told(who):
    theirs, told = published(who), ours(who)
    departs = who["chest_pain"] or who["temperature"] >= Decimal("39.1") or 2 < who["borg"] < 3

    assert told.level >= (G if theirs is None else theirs)
    assert departs or told.level is theirs
    assert told.level is not G or theirs is G


WELL = {
    "borg": Decimal(1),
    "before": Decimal(1),
    "age_years": 54,
    "lives_alone": False,
    "temperature": Decimal(37),
    "heart_rate": 75,
    "respiratory_rate": 16,
    "spo2": 97,
    "chest_pain": False,
    "consciousness": False,
    "hydration": True,
    "digestive": False,
    "serious_illness": False,
    "stay_at_home": True,
}


@pytest.mark.parametrize(
    ("change", "theirs", "level"),
    [
        ({}, G, G),
        ({"temperature": Decimal("39.5")}, G, O),
        ({"temperature": Decimal("41.0")}, G, O),
        ({"borg": Decimal("2.5")}, None, O),
        ({"chest_pain": True}, G, R),
        ({"age_years": 65, "lives_alone": True, "borg": Decimal(3), "before": Decimal(3)}, R, R),
        ({"borg": Decimal("3.5"), "before": Decimal("1.5")}, O, O),
        ({"borg": Decimal(4), "before": Decimal("1.5")}, R, R),
    ],
)
def test_where_it_departs_from_the_published_table_it_is_never_milder(change, theirs, level):
    who = {**WELL, **change}

    assert (published(who), ours(who).level) == (theirs, level)


@pytest.mark.parametrize(
    ("earlier", "level"),
    [
        ([(0, 720, "1")], R),
        ([(0, 720, "2")], O),
        ([(0, 721, "2")], O),
        ([(0, 360, "2"), (0, 720, "1")], R),
        ([(1, 900, "1")], O),
        ([], O),
    ],
)
def test_breathlessness_is_compared_with_what_it_was_up_to_twelve_hours_before(earlier, level):
    past = [Earlier(days=days, minutes=at, answers={"borg": [{"decimal": was}]}) for days, at, was in earlier]

    assert assessed(COVALGO, borg=Decimal("3.5"), previous=BEFORE, earlier=past).level is level


def test_without_a_value_in_the_last_twelve_hours_the_change_is_owed_unless_it_is_the_first_answer():
    assert assessed(COVALGO, previous=BEFORE).level is O
    assert assessed(COVALGO, previous=None).level is G


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", "Âge\u202f: 70\u202fans (alerte à partir de 65\u202fans)"),
        ("en", "Age: 70\u202fyears (alert from 65\u202fyears)"),
    ],
)
def test_an_age_is_counted_in_years_in_words(language, said):
    told = assessed(COVALGO, patient={"age_years": 70})

    assert word(protocol(COVALGO).document, told, language).comparisons() == [said]


@pytest.mark.parametrize("low", [{"temperature": Decimal("34.0")}, {"heart_rate": 38}])
def test_where_the_source_has_no_lower_limit_it_is_green_and_the_document_says_so(low):
    earlier = [Earlier(days=0, minutes=720, answers=BEFORE)]

    found = assessed(COVALGO, earlier=earlier, previous={}, **low)

    assert found.level is G
    notes = [note["en"] for note in protocol(COVALGO).document.notes]
    assert any("34.0 °C or 38 beats a minute are green" in note for note in notes)
