import json
from decimal import Decimal

import pytest

from records import texts
from tests.triage.factories import covid, limit, number, rule, sentence, tiny
from triage.cases import run_cases
from triage.documents import check_own_limits, digest, dump, from_library, load, with_limits
from triage.findings import ProtocolError

LOW = {"compare": "spo2", "op": "<=", "limit": "low"}


def refused(data):
    with pytest.raises(ProtocolError) as refusal:
        load(data)
    return [finding.text(texts.translator("en")) for finding in refusal.value.findings]


def when(condition):
    return {"rules": [rule("tested", "red", condition)]}


def rules(**changes):
    return {"rules": [{**rule("tested", "red", LOW), **changes}]}


def facts(*more):
    return {"facts": [*tiny()["facts"], *more]}


def test_a_document_survives_being_stored_and_loaded():
    for document in (covid().document, load(tiny())):
        stored = json.loads(json.dumps(dump(document)))

        assert load(stored) == document
        assert load(json.dumps(stored)) == document
        assert digest(load(stored)) == digest(document)


def test_the_stored_form_holds_no_float():
    def walk(value):
        assert not isinstance(value, float)
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(part)

    walk(dump(covid().document))


def test_the_digest_changes_with_the_meaning_and_not_with_the_spelling():
    document = load(tiny())

    assert digest(load(tiny(limits=[limit("low", "92.0"), limit("middle", "94")]))) == digest(document)
    assert digest(load(dict(reversed(tiny().items())))) == digest(document)
    assert digest(with_limits(document, {"low": Decimal(91)})) != digest(document)
    assert len(digest(document)) == 32


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (when({**LOW, "compare": "sp02"}), "there is no fact named sp02: declare it or write spo2"),
        (when({**LOW, "limit": "lwo"}), "there is no limit named lwo: declare it or write low"),
        (when({**LOW, "op": "=<"}), "unknown operator =<: write one of < <= > >= = !="),
        (when({"trend": "spo2"}), "this is not a known condition (trend): write exactly one of compare, in"),
        (when({}), "this is not a known condition ({})"),
        (when(None), "write a condition here"),
        (when({**LOW, "limits": "low"}), "unknown field limits: remove it or correct its spelling"),
        (when({**LOW, "value": 3}), "give either a limit or a value"),
        (when({"compare": "spo2", "op": "<", "value": 92.5}), "decimal numbers between quotes"),
        (when({"compare": "spo2", "op": "<", "value": "92.5"}), "92.5 cannot be compared with spo2"),
        (when({"compare": "pain", "op": "<", "value": True}), "pain is no number"),
        (when({"compare": "pain", "op": "=", "value": "yes"}), "compare it with true or false"),
        (when({"compare": "pain", "op": "=", "limit": "low"}), "pain is no number: no limit applies to it"),
        (when({"compare": "chills", "op": "=", "value": "srtong"}), "srtong is no choice of chills: write one of none"),
        (when({"in": "chills", "codes": ["cold"]}), "cold is no choice of chills"),
        (when({"in": "chills", "codes": []}), "list at least one code"),
        (when({"in": "pain", "codes": ["x"]}), "pain has no codes"),
        (when({"between": "spo2", "low": {"value": 95}, "high": {"value": 90}}), "the band of spo2 is empty"),
        (when({"change": "spo2", "since": "pain", "op": "<", "value": 1}), "a change needs two numbers"),
        (when({"at_least": 2, "of": [LOW]}), "at_least must be between 1 and the number of conditions, 1"),
        (when({"at_least": True, "of": [LOW]}), "at_least must be between 1"),
        (when({"all": []}), "list at least one condition"),
        (when({"any": "spo2"}), "list at least one condition"),
        (rules(level="green"), "green is not possible here: write one of orange, red"),
        (rules(level="silent_urgent"), "silent_urgent is not possible here"),
        (rules(to_patient={}), "the text in language en is missing: write it"),
        (rules(to_patient={"en": " "}), "the text in language en is missing: write it"),
        (rules(to_caller={"en": "call", "fr": "appeler"}), "language fr is not one of the document's"),
        (rules(to_patient=sentence("at {sop2}")), "{sop2} shows no fact and no limit: write {spo2}"),
        (rules(to_patient=sentence("at {spo2!r}")), "shows no fact and no limit"),
        (rules(to_patient=sentence("at {spo2.__class__}")), "shows no fact and no limit"),
        (rules(to_patient=sentence("at {spo2")), "the braces do not match"),
        (rules(source=""), "write a text here"),
        (rules(id="Not a name"), "write a name"),
        (rules(call_15="yes"), "write true or false"),
        (rules(level="orange", call_15=True), "only a red rule for answers can show “call 15”"),
        (rules(on_silence=True), "spo2 comes from an answer, which is not known here"),
        (rules(on_silence=True), "no rule assesses an answer: write at least one"),
        (rules(levle="red"), "there is no field levle: remove it or write level"),
        ({"rules": [rule("same", "red", LOW), rule("same", "orange", LOW)]}, "same is there twice"),
        ({"rules": []}, "write a list with at least 1 entries"),
        ({"rules": "none"}, "write a list with at least 1 entries"),
        (facts(number("spo2")), "spo2 is there twice"),
        (facts(number("low")), "low is there twice"),
        (facts(number("x", lowest="5", highest="5")), "a number needs a plausible range"),
        (facts(number("x", lowest=None)), "a number needs a plausible range"),
        (facts(number("x", decimals=7)), "write a whole number from 0 to 6"),
        (facts(number("x", lowest=0.5)), "write a number between quotes"),
        (facts(number("x", kind="float")), "float is not possible here: write one of boolean, number, code, days"),
        (facts(number("x", source={"answers": "x"})), "say where the fact comes from"),
        (facts(number("x", source={"answer": "x", "patient": "y"})), "say where the fact comes from"),
        (facts(number("x", source={"first_response": False})), "say where the fact comes from"),
        (facts(number("x", kind="boolean")), "only a number has a unit and decimals"),
        (facts(number("x", kind="code", unit="")), "a code needs its choices"),
        (facts(number("x", choices={"a": sentence("a")})), "only a code has choices"),
        (facts(number("x", optional_when=LOW)), "spo2 comes from an answer, which is not known here"),
        (
            {"limits": [limit("low", "92", unit="kPa"), limit("middle", "94")]},
            "low is in “kPa” with 0 decimals and spo2",
        ),
        ({"limits": [limit("low", "92", decimals=1), limit("middle", "94")]}, "with 1 decimals and spo2 in “%” with 0"),
        ({"limits": [limit("low", "95"), limit("middle", "94")]}, "low (95) must stay below middle (94)"),
        ({"limits": [limit("low", "94"), limit("middle", "94")]}, "low (94) must stay below middle (94)"),
        ({"limits": [limit("low", "92", highest="91"), limit("middle", "94")]}, "choose from 0 to 91"),
        ({"limits": [limit("low", 92.0), limit("middle", "94")]}, "write a number between quotes"),
        ({"orders": [["low", "<", "midle"]]}, "there is no limit named midle: declare it or write middle"),
        ({"orders": [["low", ">", "middle"]]}, "write an order as"),
        ({"usual": {"spo3": 97}}, "there is no fact named spo3: declare it or write spo2"),
        ({"usual": {"chills": "cold"}}, "cold is no value of chills"),
        ({"usual": {"spo2": 97.0}}, "a number between quotes"),
        ({"usual": {"spo2": {"limit": "lwo"}}}, "there is no limit named lwo"),
        ({"cases": []}, "write a list with at least 1 entries"),
        ({"cases": [{"name": "x", "level": "silent"}]}, "the level cannot be silent here"),
        ({"cases": [{"name": "x", "level": "red", "fired": ["spo2_lwo"]}]}, "no rule spo2_lwo can fire here"),
        ({"languages": []}, "list the languages of the document"),
        ({"slug": "COVID 19"}, "write small letters, digits and hyphens only"),
        ({"title": None}, "the text in language en is missing"),
        ({"status": "x\x00"}, "a character that cannot be stored"),
        ({"status": "x\ud800"}, "a character that cannot be stored"),
        ({"author": "me"}, "there is no field author"),
    ],
)
def test_a_document_that_makes_no_sense_is_refused_with_what_to_do(change, said):
    found = refused(tiny(**change))

    assert any(said in text for text in found), found


def test_every_fault_is_told_at_once_and_where_it_is():
    found = refused(tiny(**rules(level="pink", to_patient={}), slug="A B"))

    assert [text.split(":")[0] for text in found] == [
        "slug",
        "rules › tested › level",
        "rules › tested › to_patient",
    ]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", '{"slug": NaN}', "[" * 100_000, b"\xff\xfe"])
def test_what_is_no_document_at_all_is_refused_too(text):
    assert refused(text)


def test_a_repeated_field_is_refused_instead_of_the_last_one_winning():
    text = json.dumps(tiny()).replace('"slug"', '"status": "first", "slug"', 1)

    assert "status: status is there twice: give each its own name" in refused(text)


def test_conditions_nested_without_end_are_refused():
    condition = LOW
    for _ in range(200):
        condition = {"not": condition}

    assert "nested too deeply" in refused(tiny(**when(condition)))[0]


def test_an_edited_limit_makes_another_document_and_leaves_the_first():
    document = load(tiny())

    edited = with_limits(document, {"low": Decimal("90")})

    assert [item.text for item in edited.limits] == ["90", "94"]
    assert [item.text for item in document.limits] == ["92", "94"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"lwo": "90"}, "there is no limit named lwo: declare it or write low"),
        ({"low": "94"}, "low (94) must stay below middle (94)"),
        ({"low": "-1"}, "-1 is outside its allowed range: choose from 0 to 100"),
        ({"low": "90.5"}, "90.5 is too fine or no number"),
        ({"low": "NaN"}, "NaN is too fine or no number"),
    ],
)
def test_a_limit_that_does_not_fit_is_refused_for_all_and_for_one_patient(values, said):
    document, wanted = load(tiny()), {name: Decimal(value) for name, value in values.items()}

    for edit in (with_limits, check_own_limits):
        with pytest.raises(ProtocolError) as refusal:
            edit(document, wanted)
        assert said in str(refusal.value)


def test_the_shipped_cases_follow_an_edited_limit():
    edited = with_limits(covid().document, {"temperature_orange_high": Decimal("38.5"), "spo2_red": Decimal(91)})

    assert run_cases(edited) == []


def test_a_case_that_does_not_hold_is_named_with_what_was_found():
    document = load(tiny(cases=[{"name": "low oxygen", "facts": {"spo2": 92}, "level": "green"}]))

    (failure,) = run_cases(document)

    assert "“low oxygen”: expected green with rules —, found red with rules spo2_low" in failure.text(
        texts.translator("en")
    )


def test_a_case_that_fires_another_rule_of_the_same_level_does_not_hold():
    document = load(tiny(cases=[{"name": "low", "facts": {"spo2": 92}, "level": "red"}]))

    assert len(run_cases(document)) == 1


def test_a_protocol_that_is_not_shipped_is_named():
    with pytest.raises(KeyError, match="covid-19"):
        from_library("covid-20")


def test_findings_speak_french():
    with pytest.raises(ProtocolError) as refusal:
        load(tiny(**when({**LOW, "limit": "lwo"})))

    assert refusal.value.findings[0].text(texts.translator("fr")) == (
        "rules › tested › when\u202f: aucun seuil ne s’appelle lwo\u202f: déclarez-le ou écrivez low"
    )
