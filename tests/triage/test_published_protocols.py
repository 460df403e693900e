"""Published protocols stated with no code: their own cases, every edge, their questions and their sources."""

from dataclasses import replace
from decimal import Decimal

import pytest

from questionnaires import library, publishing
from questionnaires.answers import raw_from_json, validate
from questionnaires.emergency import emergencies
from questionnaires.screens import screens
from records import programmes
from records.texts import translator
from tests.triage.published import NIMES, PUBLISHED, SHIPPED, WELL, answered, assessed
from triage.asked_facts import misfits
from triage.boundaries import uncovered
from triage.cases import run_cases
from triage.documents import from_library, review, with_limits
from triage.findings import ProtocolError
from triage.levels import Level

G, O, R = Level.GREEN, Level.ORANGE, Level.RED  # noqa: E741


@pytest.mark.parametrize("slug", SHIPPED)
def test_every_edge_of_every_shipped_protocol_has_a_case_on_each_side_and_all_cases_hold(slug):
    document = from_library(slug)

    assert run_cases(document) == []
    assert [one.text(translator("en")) for one in uncovered(document)] == []


@pytest.mark.parametrize("slug", SHIPPED)
def test_no_rule_can_go_without_a_case_that_notices(slug):
    document = from_library(slug)
    for gone in document.rules:
        kept = replace(document, rules=tuple(rule for rule in document.rules if rule is not gone))
        assert run_cases(kept), gone.id


@pytest.mark.parametrize("slug", PUBLISHED)
def test_the_cases_stay_true_when_a_limit_is_edited_by_a_step(slug):
    document = from_library(slug)
    for limit in document.limits:
        for value in (limit.value - 1, limit.value + 1):
            try:
                edited = with_limits(document, {limit.name: Decimal(value).scaleb(-limit.decimals)})
            except ProtocolError:
                continue
            assert run_cases(edited) == [], limit.name


@pytest.mark.parametrize("slug", PUBLISHED)
def test_rules_and_questions_fit_in_three_languages_each_with_its_source(slug):
    document, asked = from_library(slug), library.questionnaire(slug)

    assert misfits(document, asked) == ()
    assert (asked.warnings, publishing.obstacles(asked, ("fr", "en", "ar"))) == ((), ())
    assert document.languages == ("fr", "en", "ar")
    assert document.status == "needs a clinician's signature"
    assert all(part.source for part in (*document.limits, *document.rules))
    read = {fact.source.key for fact in document.facts if fact.source.kind == "answer"}
    assert read == {item.link_id for item in asked.questions} - {"has-oximeter"}


@pytest.mark.parametrize("slug", PUBLISHED)
def test_a_review_finds_nothing_to_look_at(slug):
    assert [one.text(translator("en")) for one in review(from_library(slug))] == []


def test_a_published_protocol_is_no_programme_that_a_centre_could_load():
    assert set(PUBLISHED).isdisjoint(programmes.shipped())
    assert set(programmes.shipped()) <= set(SHIPPED)


@pytest.mark.parametrize(("slug", "question"), [(slug, question) for slug in PUBLISHED for question in WELL[slug]])
def test_a_question_without_an_answer_is_never_green(slug, question):
    alone = {"lives_alone": True}
    told = assessed(slug, patient=alone, **{question.replace("-", "_"): None})

    assert (assessed(slug, patient=alone).level, told.level) == (G, O)


@pytest.mark.parametrize("slug", PUBLISHED)
def test_the_phone_and_the_rules_agree_on_what_is_an_emergency(slug):
    asked = library.questionnaire(slug)
    for screen in screens(asked, "fr", {"has-oximeter": True}):
        for option in screen.options:
            answers = validate(asked, raw_from_json({screen.link_id: {"raw": [option.key]}})).answers
            found = assessed(slug, **{screen.link_id.replace("-", "_"): answers[screen.link_id]})
            assert (screen.link_id in emergencies(asked, answers)) is found.call_15, (screen.link_id, option.key)


@pytest.mark.parametrize("slug", PUBLISHED)
def test_every_measure_may_be_missing_and_says_how_it_is_taken(slug):
    for screen in screens(library.questionnaire(slug), "ar", {"has-oximeter": True}):
        measured = screen.kind in {"decimal", "integer"}
        assert bool(screen.could_not_measure and screen.hint and screen.confirm_hint and screen.help) is measured


@pytest.mark.parametrize("condition", ["no", "moderately", "a-lot"])
@pytest.mark.parametrize("breathing", ["no", "moderately", "very-much"])
@pytest.mark.parametrize("daily_life", [True, False])
@pytest.mark.parametrize("stay_at_home", [True, False])
def test_nimes_takes_the_worst_of_its_four_colours(condition, breathing, daily_life, stay_at_home):
    colours = [
        {"no": G, "moderately": O, "a-lot": R}[condition],
        {"no": G, "moderately": O, "very-much": R}[breathing],
        G if daily_life else O,
        G if stay_at_home else O,
    ]
    told = assessed(NIMES, condition=condition, breathing=breathing, daily_life=daily_life, stay_at_home=stay_at_home)

    assert told.level is max(colours)


def test_the_score_is_worked_out_by_the_questionnaire_that_is_shipped():
    assert answered("news2", respiratory_rate=Decimal(22))["news2"] == [{"integer": 2}]
