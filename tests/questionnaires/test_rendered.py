"""Whatever the pages can send comes out as it went in: stored, read back from the database, and as FHIR.

Answers are drawn from the screens of real published questionnaires and of the one that holds every kind.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from questionnaires.answers import raw_from_form, validate
from questionnaires.enablement import enabled
from questionnaires.fhir import questionnaire_response
from questionnaires.fhir_values import stored as stored_value
from questionnaires.kinds import scalar_of
from questionnaires.numbers import NumberProblem, parse_number
from questionnaires.publishing import DECIDABLE, obstacles
from questionnaires.reading import parse
from questionnaires.response_checks import validate_response
from questionnaires.screens import screens
from tests.questionnaires.every_kind import document as every_kind
from tests.questionnaires.test_published_files import ABSENT, FILES, _judged

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
ARABIC = str.maketrans("0123456789.", "٠١٢٣٤٥٦٧٨٩٫")


@cache
def _askable():
    """Every accepted file that can be published once somebody decided that questions start empty."""
    if not FILES:
        pytest.skip(ABSENT)
    accepted = [parse(document) for _, document, findings in _judged() if findings is None]
    return [parse(every_kind()), *(q for q in accepted if not obstacles(q, decided=DECIDABLE))]


def test_most_of_the_accepted_files_whose_questions_have_a_text_can_be_shown_whole():
    accepted = [parse(document) for _, document, findings in _judged() if findings is None]
    worded = [q for q in accepted if "no-text" not in {note.code for note in q.warnings}]

    assert len([q for q in worded if not obstacles(q)]) == 75
    assert len([q for q in worded if not obstacles(q, decided=DECIDABLE)]) == 87
    assert len(worded) == 97


def test_every_screen_of_every_file_has_its_words_and_every_question_its_screen():
    for questionnaire in _askable():
        shown = screens(questionnaire, questionnaire.language)
        asked = {item.link_id for item in questionnaire.questions if not item.hidden and not item.unfilled}
        found = {screen.link_id for screen in shown if screen.kind != "display"}
        assert all(screen.title.strip() for screen in shown if screen.kind != "display")
        on = enabled(questionnaire, {})
        assert found <= asked
        assert {link_id for link_id in asked - found if link_id in on} == set()


TEXT = st.text(st.characters(exclude_categories=["C"], exclude_characters="\u2028\u2029"), min_size=1, max_size=30)
DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))


def _numbers(screen):
    low = Decimal(screen.low) if screen.low else Decimal(-9999 if screen.signed else 0)
    high = Decimal(screen.high) if screen.high else low + 9999
    drawn = st.decimals(low, max(low, high), places=screen.decimals).map(lambda number: f"{number:f}")
    return st.one_of(
        drawn, drawn.map(lambda text: text.replace(".", ",")), drawn.map(lambda text: text.translate(ARABIC))
    )


def _typed(screen, draw):
    """The fields of one screen as a browser posts them."""
    name, places = f"answer-{screen.link_id}", range(draw(st.integers(0, screen.places or 1)))
    if screen.control in {"radios", "list"}:
        chosen = [draw(st.sampled_from(screen.options)).key] if places else []
        return {name: chosen or ([draw(TEXT)] if screen.own_text else [])}
    if screen.control == "boxes":
        alone = draw(st.booleans()) and list(screen.exclusive[:1])
        keys = [option.key for option in screen.options if option.key not in screen.exclusive]
        return {name: alone or draw(st.lists(st.sampled_from(keys), unique=True)) if keys else []}
    if screen.parts:
        days = [draw(DAYS) for _ in places]
        of = {"day": "day", "month": "month", "year": "year"}
        fields = {part: [str(getattr(day, of[part])) for day in days] for part in screen.parts if part in of}
        clocks = {part: [str(draw(st.integers(0, 23))) for _ in places] for part in screen.parts if part not in of}
        return {f"{part}-{screen.link_id}": texts for part, texts in (fields | clocks).items()}
    if screen.kind in {"decimal", "integer", "quantity"}:
        if screen.could_not_measure and draw(st.booleans()):
            return {f"absent-{screen.link_id}": ["y"]}
        units = (
            {f"unit-{screen.link_id}": [draw(st.sampled_from(screen.units)).key for _ in places]}
            if screen.units
            else {}
        )
        return {name: [draw(_numbers(screen)) for _ in places]} | units
    return {name: [draw(TEXT) for _ in places]}


@st.composite
def sendings(draw):
    questionnaire = draw(st.sampled_from(_askable()))
    fields = {}
    for screen in screens(questionnaire, questionnaire.language):
        if screen.control not in {"display", "fixed"} and draw(st.booleans()):
            fields |= _typed(screen, draw)
    return questionnaire, fields


def _read_back(items, found):
    """The answers of a FHIR response by linkId, as they would be stored."""
    for item in items:
        for answer in item.get("answer", ()):
            (name,) = [name for name in answer if name.startswith("value")]
            found.setdefault(item["linkId"], []).append(stored_value(name.removeprefix("value").lower(), answer[name]))
            _read_back(answer.get("item", ()), found)
        _read_back(item.get("item", ()), found)
    return found


def _contents(answers):
    """What was said, without how it is written: a number by its size, a moment without the offset that FHIR wants."""
    said = {
        link_id: [
            (str(content)[:16] if "datetime" in value else content, value.get("unit"))
            for value in values
            if (content := scalar_of(value)) is not None and "unreadable" not in value
        ]
        for link_id, values in answers.items()
    }
    return {link_id: contents for link_id, contents in said.items() if contents}


@settings(
    max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(sendings())
def test_what_the_pages_can_send_is_accepted_stored_and_exported_unchanged(session: Session, sending) -> None:
    questionnaire, fields = sending
    validated = validate(questionnaire, raw_from_form(fields))

    kept = session.scalar(select(bindparam("answers", validated.answers, JSONB)))
    response = questionnaire_response(questionnaire, kept, authored=AT, zone=PARIS)

    assert kept == validated.answers
    assert _contents(_read_back(orjson.loads(orjson.dumps(response)).get("item", ()), {})) == _contents(kept)
    if not validated.errors:
        outcome = validate_response(questionnaire, response)
        softened = {"below-least", "above-most"}  # asked about and sent all the same
        errors = [i for i in outcome["issue"] if i["severity"] == "error"]
        assert [i for i in errors if not softened & {c["code"] for c in i["details"]["coding"]}] == []


@given(
    st.decimals(-(10**7), 10**7, places=2).map(lambda number: f"{number:f}"),
    st.sampled_from([".", ",", "٫"]),
    st.booleans(),
    st.sampled_from(["", " ", "\u00a0", "\u200f"]),
)
@example("-0.00", ",", True, "")
@example("1000.00", ".", False, " ")
def test_a_number_keeps_its_size_however_it_is_written(text, mark, arabic, around):
    written = text.replace(".", mark)
    typed = around + (written.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")) if arabic else written) + around

    assert parse_number(typed, decimals=2, signed=True) == Decimal(text)


@given(st.text("0123456789٠١٢٣,.٫ '-", max_size=14), st.integers(0, 3))
def test_no_other_reading_of_a_number_is_ever_taken(text, decimals):
    number = parse_number(text, decimals=decimals, signed=True)

    if not isinstance(number, NumberProblem):
        digits = [
            ch for ch in text.translate(ARABIC.__class__(zip(map(ord, "٠١٢٣"), "0123", strict=True))) if ch.isdigit()
        ]
        said = "".join(str(digit) for digit in number.as_tuple().digits).lstrip("0")
        assert "".join(digits).lstrip("0") == said
