"""Writing a draft through its pages, as a browser without script does: nothing typed is lost, every error in words."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from records import clock
from records.models import Programme, Role, Staff
from tests.webapp.sent import Forms, filled
from tests.webapp.signing import make_person, sign_in
from triage import drafts, protocols
from triage.drafting_models import DraftState, ProtocolDraft
from webapp import firstrun

DRAFTS = "/en/admin/drafts"
TEXTS = {f"{who}_{code}": f"SpO2 {{spo2}} {code}" for who in ("to_patient", "to_caller") for code in ("fr", "en", "ar")}
AUTHORITY = {"decision": "orange", "source": "Decided here", **TEXTS}


@pytest.fixture
def programme(session: Session) -> Programme:
    made = firstrun.load_programme(session, clock.now())
    session.commit()
    return made


@pytest.fixture
def author(session: Session, programme: Programme) -> Staff:
    return make_person(session, role=Role.PHYSICIAN, email="author@centre.example", language="en")


@pytest.fixture
def colleague(session: Session, programme: Programme) -> Staff:
    return make_person(
        session, role=Role.ADMINISTRATOR, name="Noor Colleague", email="colleague@centre.example", language="en"
    )


class Desk:
    """One person's browser at one draft."""

    def __init__(self, client: FlaskClient, address: str) -> None:
        self.client, self.address = client, address
        self.page: TestResponse

    def open(self, part: str) -> Desk:
        self.page = self.client.get(self.address + part)
        assert self.page.status_code == 200
        return self

    def press(self, do: str, ending: str = "/rule", **changes: Any) -> TestResponse:
        sent = filled(self.page.text, ending, do, {name.replace("__", "-"): value for name, value in changes.items()})
        self.page = self.client.post(self.address + ending, data=sent)
        return self.page

    @property
    def text(self) -> str:
        return unescape(self.page.text)

    @property
    def buttons(self) -> set[str]:
        return Forms(self.page.text).buttons


@pytest.fixture
def desk(app: Flask, session: Session, author: Staff) -> Desk:
    version = protocols.versions(session, slug="covid-19")[0]
    draft = drafts.begin(session, based_on=version, staff=author, now=clock.now())
    session.commit()
    return Desk(sign_in(app, author), f"{DRAFTS}/{draft.public_id}")


def test_a_draft_is_begun_from_the_protocol_and_gone_on_with(app: Flask, session: Session, author: Staff) -> None:
    client = sign_in(app, author)
    protocol = client.get("/en/admin/protocol").text
    assert f'href="{DRAFTS}?programme=covid-19"' in protocol
    page = client.get(f"{DRAFTS}?programme=covid-19").text

    answer = client.post(DRAFTS, data=filled(page, "/drafts", "", {}))

    assert answer.location.endswith(f"{DRAFTS}/{kept(session).public_id}")
    assert answer.location in client.get(f"{DRAFTS}?programme=covid-19").text
    assert kept(session).author_id == author.id


def kept(session: Session) -> ProtocolDraft:
    session.expire_all()
    return drafts.open_ones(session, slug="covid-19")[0]


def rule(session: Session, number: int = -1) -> dict[str, Any]:
    found: dict[str, Any] = kept(session).document["rules"][number]
    return found


def news2_like(desk: Desk) -> None:
    """Any one of: SpO2 at most 91, or pulse from 131, or breaths out of 9 to 24."""
    desk.open("/rule").press("group:", **{"when-shape": "any"})
    desk.press("remove:0")
    desk.press("add:", **{"when-new": "spo2"})
    desk.press("add:", **{"when-new": "heart_rate", "when-0-relation": "<=", "when-0-number": "91"})
    desk.press("group:", **{"when-1-relation": ">=", "when-1-number": "131"})
    desk.press("add:2", **{"when-2-new": "respiratory_rate"})
    between = {"when-2-0-relation": "between", "when-2-0-number": "9", "when-2-0-number_to": "24"}
    desk.press("wrap-not:2.0", **between)


def test_a_rule_like_news2s_any_parameter_is_built_from_nothing_with_nesting(desk: Desk, session: Session) -> None:
    news2_like(desk)
    preview = desk.text
    answer = desk.press("save", **AUTHORITY)

    assert "Respiratory rate from 9" in preview, "the sentence stands there before anything is saved"
    assert answer.status_code == 302
    made = rule(session)
    assert made["when"] == {
        "any": [
            {"compare": "spo2", "op": "<=", "value": 91},
            {"compare": "heart_rate", "op": ">=", "value": 131},
            {"any": [{"not": {"between": "respiratory_rate", "low": {"value": 9}, "high": {"value": 24}}}]},
        ]
    }
    assert made["id"] == "spo2_en"
    assert drafts.findings(kept(session)) == ()


def test_a_low_spo2_twice_in_a_row_of_somebody_who_lives_alone(desk: Desk, session: Session) -> None:
    desk.open("/rule").press("add:", **{"when-new": "spo2"})
    desk.press("wrap-consecutive:0", **{"when-0-relation": "<=", "when-0-limit": "spo2_orange"})
    desk.press("add:", **{"when-new": "lives_alone", "when-0-count": "2", "when-0-days": "2"})
    desk.press("save", **AUTHORITY, **{"when-1-answer": "yes"})
    page = unescape(desk.client.get(desk.address).text)

    assert rule(session)["when"] == {
        "all": [
            {"consecutive": 2, "days": 2, "of": {"compare": "spo2", "op": "<=", "limit": "spo2_orange"}},
            {"compare": "lives_alone", "op": "=", "value": True},
        ]
    }
    assert "Whenever this rule fires" in page, "that it can change nothing is told beside it"


def test_parts_are_removed_moved_and_taken_out_and_the_rest_stays_as_typed(desk: Desk) -> None:
    news2_like(desk)
    desk.press("remove:0")
    assert 'value="131"' in desk.page.text
    desk.press("down:0")
    assert 'name="when-1-number"' in desk.page.text
    desk.press("unwrap:0")

    assert "remove:2" not in desk.buttons
    assert 'value="131"' in desk.page.text


def test_a_rule_that_is_there_is_shown_as_it_stands_and_saved_unchanged(desk: Desk, session: Session) -> None:
    before = kept(session).document
    for one in (
        one for one in before["rules"] if one["id"] in ("spo2_first", "breathlessness_call_15", "silence_missed")
    ):
        desk.open(f"/rule?rule={one['id']}")
        answer = desk.press("save")
        assert answer.status_code == 302, unescape(answer.text)

    assert kept(session).document["rules"] == [
        {"on_silence": False, "call_15": False, **one} for one in before["rules"]
    ]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            ["Choose what the rule decides", "Type the source", "Type what the patient reads", "Choose how to compare"],
        ),
        (
            "fr",
            [
                "Choisissez ce que la règle décide",
                "Saisissez la source",
                "Saisissez ce que lit le patient",
                "Choisissez",
            ],
        ),
    ],
)
def test_every_lack_is_said_beside_its_field_and_nothing_typed_is_lost(
    desk: Desk, session: Session, language: str, said: list[str]
) -> None:
    desk.address = desk.address.replace("/en/", f"/{language}/")
    desk.open("/rule").press("add:", **{"when-new": "spo2"})
    answer = desk.press("save", **{"when-0-number": "9l", "to_caller_en": "Low oxygen"})

    assert answer.status_code == 422
    assert all(sentence in desk.text for sentence in said)
    assert 'value="9l"' in desk.page.text
    assert "Low oxygen</textarea>" in desk.page.text
    assert len(kept(session).document["rules"]) == 30


def test_what_makes_no_sense_in_the_document_is_said_too(desk: Desk) -> None:
    table: list[tuple[dict[str, str], str]] = [
        ({"to_caller_en": "SpO2 {sp02}"}, "{sp02} shows no fact and no limit"),
        ({"to_caller_en": "SpO2 {spo2"}, "The braces do not match"),
        ({"call_15": "y"}, "Only a red rule that looks at answers can show “call 15”"),
        ({"decision": "silent_urgent"}, "SpO2 (oxygen) comes from an answer, which is not known here"),
        ({"to_patient_fr": "\u202enopu"}, "This holds characters that cannot be read"),
        ({"to_patient_ar": "x" * 2001}, "too long"),
    ]
    for changes, sentence in table:
        desk.open("/rule").press("add:", **{"when-new": "spo2"})
        answer = desk.press("save", **(AUTHORITY | {"when-0-relation": "<=", "when-0-number": "90"} | changes))

        assert answer.status_code == 422
        assert sentence in desk.text


def test_the_second_of_two_people_sees_what_changed_keeps_what_they_typed_and_may_save_on_top(
    app: Flask, session: Session, desk: Desk, colleague: Staff
) -> None:
    other = Desk(sign_in(app, colleague), desk.address)
    desk.open("/rule?rule=spo2_red")
    other.open("/limit?limit=spo2_orange").press("save", "/limit", value="95", highest="97")

    answer = desk.press("save", source="A newer paper")

    assert answer.status_code == 409
    assert "Noor Colleague saved this draft while you were writing" in desk.text.replace("<bdi>", "").replace(
        "</bdi>", ""
    )
    assert "SpO2 orange, at most: 94 → 95 %" in desk.text
    assert 'value="A newer paper"' in desk.page.text
    assert rule_named(session, "spo2_red")["source"] == "NHS oximetry at home"
    assert desk.press("save").status_code == 302
    assert rule_named(session, "spo2_red")["source"] == "A newer paper"
    assert limit(session, "spo2_orange")["value"] == "95", "the other's change stays"


def rule_named(session: Session, name: str) -> dict[str, Any]:
    return next(one for one in kept(session).document["rules"] if one["id"] == name)


def limit(session: Session, name: str) -> dict[str, Any]:
    return next(one for one in kept(session).document["limits"] if one["name"] == name)


def test_a_session_that_ended_keeps_the_whole_form_to_send_again(
    app: Flask, session: Session, desk: Desk, author: Staff
) -> None:
    news2_like(desk)
    sent = filled(desk.page.text, "/rule", "save", AUTHORITY)
    desk.client.delete_cookie("vigidom_staff")
    answer = desk.client.post(f"{desk.address}/rule", data=sent)
    assert answer.status_code == 401
    again = filled(answer.text, "/rule", "", {"show": ""})

    back = sign_in(app, author)
    token = Forms(back.get(f"{desk.address}/rule").text).forms[f"{desk.address.split('localhost')[-1]}/rule"][
        "csrf_token"
    ]
    again["csrf_token"] = token
    desk.client, desk.page = back, back.post(f"{desk.address}/rule", data=again)

    assert 'value="131"' in desk.page.text
    assert len(kept(session).document["rules"]) == 30, "shown again, and saved only when somebody says so"
    assert desk.press("save").status_code == 302
    assert len(kept(session).document["rules"]) == 31


def test_a_limit_is_added_named_from_its_words_and_ordered_among_its_kind(desk: Desk, session: Session) -> None:
    desk.open("/limit").press("look", "/limit", measure="%|0")
    labels = {"label_fr": "SpO2 très basse", "label_en": "SpO2: very low", "label_ar": "منخفض جداً"}
    numbers = {"value": "88", "lowest": "80", "highest": "95", "source": "Decided here"}
    desk.press("save", "/limit", **labels, **numbers, order_spo2_red="<")

    made = limit(session, "spo2_very_low")
    assert (made["unit"], made["decimals"], made["value"], made["lowest"]) == ("%", 0, "88", "80")
    assert ["spo2_very_low", "<", "spo2_red"] in kept(session).document["orders"]


def test_limits_pass_each_other_and_the_draft_says_so_until_they_are_right(desk: Desk, session: Session) -> None:
    desk.open("/limit?limit=spo2_red").press("save", "/limit", value="95", highest="96", lowest="80")
    page = unescape(desk.client.get(desk.address).text)
    assert "2 things must be corrected" in page
    assert "SpO2 red, at most (95) must not be above SpO2 orange, at most (94)" in page

    desk.open("/limit?limit=spo2_red").press("save", "/limit", order_spo2_orange="", order_spo2_first="")

    assert not [order for order in kept(session).document["orders"] if "spo2_red" in order]
    assert drafts.findings(kept(session)) == ()


def test_a_limit_that_makes_no_sense_is_refused_in_words(desk: Desk) -> None:
    table: list[tuple[dict[str, str], str]] = [
        ({"value": ""}, "Enter a number"),
        ({"value": "9x"}, "Type digits only"),
        ({"value": "99"}, "The value must lie between the lowest and the highest"),
        ({"lowest": "98", "highest": "90"}, "The highest value must not be below the lowest"),
        ({"source": " "}, "Type the source"),
        ({"label_fr": ""}, "Type the name in this language"),
    ]
    for changes, sentence in table:
        answer = desk.open("/limit?limit=spo2_orange").press("save", "/limit", **changes)

        assert answer.status_code == 422
        assert sentence in desk.text


def test_what_is_still_used_is_not_taken_out(desk: Desk, session: Session) -> None:
    before = kept(session).document
    for do, user in (("remove-limit:spo2_red", "SpO2 (oxygen) at most 92"), ("remove-fact:spo2", "SpO2 (oxygen) at")):
        desk.open("")
        answer = desk.press(do, "/change")
        assert answer.status_code == 422
        assert "This is still used" in desk.text
        assert user in desk.text

    assert kept(session).document == before


def test_a_removed_rule_leaves_its_cases_failing_and_one_step_back_brings_it_again(
    desk: Desk, session: Session
) -> None:
    desk.open("").press("remove-rule:chest_pain", "/change")
    page = unescape(desk.client.get(desk.address).text)
    assert "come out otherwise" in page
    assert drafts.findings(kept(session)) == ()

    desk.open("").press("back", "/change")

    assert rule_named(session, "chest_pain")
    assert drafts.failures(kept(session)) == []


def test_rules_move_among_those_of_their_level(desk: Desk, session: Session) -> None:
    reds = [one["id"] for one in kept(session).document["rules"] if one["level"] == "red" and not one.get("on_silence")]
    desk.open("").press(f"down:{reds[0]}", "/change")

    now = [one["id"] for one in kept(session).document["rules"] if one["level"] == "red" and not one.get("on_silence")]
    assert now[:2] == [reds[1], reds[0]]


def test_a_window_over_a_question_becomes_a_fact_with_what_the_question_says(desk: Desk, session: Session) -> None:
    desk.open("/fact")
    chosen = {"subject": "question:spo2", "way": "change", "length": "12", "span": "hours"}
    answer = desk.press("", "/fact/choose", **chosen)
    desk.page = desk.client.get(answer.location)
    desk.press("save", "/fact", **{"absent": "always", "usual-how": "typed", "usual-number": "0"})

    made = kept(session).document["facts"][-1]
    assert (made["name"], made["source"]) == ("spo2_oxygen_change", {"change": "spo2", "hours": 12})
    assert (made["unit"], made["decimals"], made["lowest"], made["highest"]) == ("%", 0, "-50", "50")
    assert made["optional_when"] is not None
    assert kept(session).document["usual"]["spo2_oxygen_change"] == 0
    assert drafts.findings(kept(session)) == ()
    assert drafts.failures(kept(session)) == []


def test_a_source_that_gives_no_fact_is_refused_in_words(desk: Desk) -> None:
    table: list[tuple[dict[str, str], str]] = [
        ({}, "Choose what the rules should know"),
        ({"subject": "question:spo2"}, "The rules know this already"),
        ({"subject": "question:spo2", "way": "lowest"}, "Type a whole number from 1 to 31"),
        ({"subject": "question:chills", "way": "slope", "length": "3"}, "Only a question about a number"),
    ]
    for chosen, sentence in table:
        answer = desk.open("/fact").press("", "/fact/choose", **chosen)

        assert answer.status_code == 422
        assert sentence in desk.text


def test_age_is_taken_from_what_is_known_of_every_patient(desk: Desk, session: Session) -> None:
    answer = desk.open("/fact").press("", "/fact/choose", subject="patient:age_years")
    desk.page = desk.client.get(answer.location)
    desk.press("save", "/fact", **{"usual-number": "50"})

    made = kept(session).document["facts"][-1]
    assert (made["name"], made["unit"], made["highest"]) == ("age_years", "a", "120")


def test_a_missing_edge_is_prepared_as_a_case_whose_level_its_author_must_say(desk: Desk, session: Session) -> None:
    desk.open("").press("remove-case:heart_rate_red_low: last value that fires", "/change")
    page = unescape(desk.client.get(desk.address).text)
    assert "1 edge of a rule has no case" in page
    assert "Pulse: 49, just below the limit “Pulse red, below”" in page

    desk.open("/case?edge=0")
    assert "What comes out now: red (urgent)" in desk.text
    assert desk.press("save", "/case").status_code == 422
    assert "Choose the level that must come out" in desk.text
    desk.press("save", "/case", level="red", fired=["heart_rate_red_low"])

    made = kept(session).document["cases"][-1]
    assert made["facts"] == {"heart_rate": {"limit": "heart_rate_red_low", "plus": -1}}
    assert drafts.failures(kept(session)) == []


def test_a_red_is_never_expected_in_passing(desk: Desk) -> None:
    desk.open("/case").press("try", "/case", **{"now-chest_pain-how": "true", "name": "Chest pain at night"})
    assert "What comes out now: red (urgent)" in desk.text

    assert desk.press("expect", "/case").status_code == 422
    assert "a red is never expected in passing" in desk.text
    desk.press("expect", "/case", sure="y")

    assert "This is what you expect below." in desk.text
    assert desk.press("save", "/case").status_code == 302


def test_an_orange_may_be_taken_over_as_it_comes_out(desk: Desk, session: Session) -> None:
    desk.open("/case").press("try", "/case", **{"now-temperature-number": "39,5", "name": "A fever"})
    desk.press("expect", "/case")
    desk.press("save", "/case")

    made = kept(session).document["cases"][-1]
    assert (made["facts"], made["level"], made["fired"]) == (
        {"temperature": "39.5"},
        "orange",
        ["temperature_orange_high"],
    )


def test_a_case_tells_answers_before_where_a_rule_counts_them(desk: Desk, session: Session) -> None:
    test_a_low_spo2_twice_in_a_row_of_somebody_who_lives_alone(desk, session)
    desk.open("/case").press("earlier", "/case", name="Twice")
    desk.press(
        "try",
        "/case",
        **{
            "before-0-spo2-number": "93",
            "now-spo2-how": "limit:spo2_orange:0:0",
            "now-lives_alone-how": "true",
        },
    )
    desk.press("expect", "/case")
    desk.press("save", "/case")

    made = kept(session).document["cases"][-1]
    assert made["before"] == [{"spo2": 93}]
    assert made["fired"] == ["spo2_orange", "spo2_en"]


def test_a_case_that_says_nothing_clear_is_refused_in_words(desk: Desk) -> None:
    table: list[tuple[dict[str, str], str]] = [
        ({"name": ""}, "Type what this case shows"),
        ({"name": "well"}, "Another case has this name"),
        ({"now-spo2-how": "missing", "now-spo2-number": "90"}, "not both"),
        ({"now-spo2-how": "typed", "now-spo2-number": "x"}, "Type digits only"),
    ]
    for changes, sentence in table:
        answer = desk.open("/case").press("save", "/case", **({"name": "A case", "level": "green"} | changes))

        assert answer.status_code == 422
        assert sentence in desk.text


def test_a_finished_draft_is_a_version_and_can_be_written_in_no_more(desk: Desk, session: Session) -> None:
    desk.open("/limit?limit=spo2_red").press("save", "/limit", value="91")
    assert desk.open("").press("", "/finish", **{"finish-reason": ""}).status_code == 422
    answer = desk.open("").press("", "/finish", **{"finish-reason": "A newer paper"})

    made = protocols.versions(session, slug="covid-19")[0]
    assert answer.location.endswith(f"/protocol/{made.public_id}")
    assert (made.number, made.reason) == (2, "A newer paper")
    assert desk.client.get(f"{desk.address}/rule").location.endswith(str(made.public_id))


def test_a_draft_whose_cases_fail_is_not_finished(desk: Desk, session: Session) -> None:
    desk.open("").press("remove-rule:chest_pain", "/change")
    answer = desk.open("").press("", "/finish", **{"finish-reason": "Fewer calls"})

    assert answer.status_code == 422
    assert len(protocols.versions(session, slug="covid-19")) == 1


def test_a_discarded_draft_changes_nothing_and_is_gone_from_the_list(desk: Desk, session: Session) -> None:
    desk.open("").press("discard", "/change")

    assert drafts.open_ones(session, slug="covid-19") == []
    assert "No draft is open" in desk.client.get(f"{DRAFTS}?programme=covid-19").text
    assert session.query(ProtocolDraft).one().state == DraftState.DISCARDED


def test_a_supervisor_reads_a_draft_and_changes_nothing(app: Flask, session: Session, desk: Desk) -> None:
    supervisor = sign_in(app, make_person(session, role=Role.SUPERVISOR, language="en"))
    page = supervisor.get(desk.address)

    assert page.status_code == 200
    assert "Add a rule" not in page.text
    assert "remove-rule:chest_pain" not in Forms(page.text).buttons
    assert supervisor.get(f"{desk.address}/rule").status_code == 403


def test_a_button_that_no_page_shows_is_refused(desk: Desk) -> None:
    page = desk.open("/rule").page.text
    for do, status in (("add:x", 400), ("nonsense:", 400), ("wrap-evil:0", 400)):
        sent = filled(page, "/rule", "", {"do": do, "when-new": "spo2"})
        assert desk.client.post(f"{desk.address}/rule", data=sent).status_code == status
