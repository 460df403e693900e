"""The pages about the worth of rules: who may read them, in which words and numbers; a call said to be useful."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from records import clock
from records.models import Role
from tests.triage.scene import Scene
from tests.triage.worth_population import call, event, person, reading
from tests.webapp.signing import post
from tests.webapp.ward import Ward, enter, open_ward
from triage.models import Disposition

DAY = timedelta(days=1)


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def scene_of(ward: Ward) -> Scene:
    enrolment = ward.patient(days_ago=40)
    return Scene(ward.session, ward.programme, ward.team, ward.version_id, enrolment)


def today() -> date:
    return clock.local_day(clock.now(), "Europe/Paris")


def populated(ward: Ward, people: int = 12) -> None:
    """Of twelve patients with an event ten days ago, nine had SpO2 91 two days before; the others 97."""
    scene, then = scene_of(ward), clock.now() - 12 * DAY
    for number in range(people):
        one = person(scene, now=clock.now() - 50 * DAY, onset_on=None)
        event(scene, one, today() - 10 * DAY)
        low = number < people * 3 // 4
        reading(scene, one, "spo2", "91" if low else "97", then)
        if low:
            call(scene, one, "spo2_red", at=then, kinds=("ambulance",), seconds=240, rank=40)
    call(scene, scene.enrolment, ["rule_of_long_ago"], at=then, kinds=("advice",), seconds=60)
    ward.session.commit()


def row(html: str, words: str) -> str:
    """The text of the table's line in which these words stand."""
    lines = re.findall(r"<tr>.*?</tr>", html, re.S)
    found = next(line for line in lines if words in line)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", found.replace("<t", " <t").replace("<br", " <br"))).split())


WORDS = {"fr": ("SpO2 (oxygène) au plus 92", "trop peu"), "en": ("SpO2 (oxygen) at most 92", "too few")}


def test_rules_have_their_lines_sorted_divided_and_as_a_file(app: Flask, ward: Ward) -> None:
    populated(ward)
    client = enter(app, ward, Role.SUPERVISOR)

    check_lines(client)
    check_sorting(client)
    check_weeks(client)
    check_file(client)


def check_lines(client: FlaskClient) -> None:
    """Each with shares, counts and intervals."""
    for language, (words, few) in WORDS.items():
        html = client.get(f"/{language}/admin/protocol/worth").text
        told = row(html, words)
        assert f"9 9 (9) 36 {few} 9/9 · 70–100 % {few} 0/9 · 0–30 % 9 (9) 75 % 9/12 · 47–91 % {few} 9/9" in told
        assert row(html, "rule_of_long_ago").count(few) == 3
        assert row(html, "40").endswith("0 0 (0) – – – 0 (0) 0 % 0/12 · 0–24 % –")  # a rule that was part of nothing


def check_sorting(client: FlaskClient) -> None:
    """By a link, in which the choice of days stays."""
    since = (today() - 30 * DAY).isoformat()

    html = client.get(f"/en/admin/protocol/worth?since={since}&until={today()}&sort=minutes").text

    head = re.search(r'<th[^>]*aria-sort="descending"[^>]*><a href="([^"]+)">([^<]+)', html)
    assert head[2] == "Minutes"
    assert f"since={since}" in head[1]
    rules = re.findall(r'<th scope="row">(.*?)</th>', html, re.S)
    assert "at most 92" in rules[2]  # after the two lines of all alerts together
    assert "rule_of_long_ago" in rules[3]


def check_weeks(client: FlaskClient) -> None:
    since = today() - 13 * DAY

    html = client.get(f"/en/admin/protocol/worth?since={since}&until={today()}&by=week").text

    assert html.count("All alerts of the protocol") == len({(since + n * DAY).isocalendar()[:2] for n in range(14)})


def check_file(client: FlaskClient) -> None:
    answer = client.get("/fr/admin/protocol/worth.csv")

    assert answer.mimetype == "text/csv"
    assert "worth-covid-19-" in answer.headers["Content-Disposition"]
    rows = {one["rule"]: one for one in csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))}
    told = rows["spo2_red"]
    assert (told["callbacks"], told["alone"], told["minutes"], told["emergencies"]) == ("9", "9", "36.0", "9")
    assert (told["sensitivity"], told["sensitivity_of"], told["level"]) == ("9", "12", "red")
    assert rows["*red"]["alone"] == ""


REFUSED = {
    "since=&until=2026-03-01": "Type the first day",
    "since=2026-03-02&until=2026-03-01": "The last day is before the first",
    "since=2020-03-02&until=2026-03-01": "Choose a year at the most",
    "since=soon&until=2026-03-01": "Type a day that exists",
    "since=2026-03-01&until=2026-03-02&within=9999": "Choose among the choices shown",
    "since=2026-03-01&until=2026-03-02&events=x": "Choose among the choices shown",
}


def test_days_that_cannot_be_are_refused_in_words(app: Flask, ward: Ward) -> None:
    client = enter(app, ward)

    for number, (query, told) in enumerate(REFUSED.items()):
        answer = client.get(f"/en/admin/protocol/{('worth', 'worth.csv', 'worth/spo2_red')[number % 3]}?{query}")
        assert (answer.status_code, told in answer.text) == (422, True)


def test_an_address_that_was_cut_short_asks_for_the_usual(app: Flask, ward: Ward) -> None:
    answer = enter(app, ward).get("/en/admin/protocol/worth?since=2026-03-01&until=2026-03-02")

    assert answer.status_code == 200
    assert re.search(r'<option selected value="7"', answer.text)


def test_a_limit_has_its_curve_its_values_and_a_way_to_a_draft(app: Flask, ward: Ward) -> None:
    populated(ward)
    client = enter(app, ward)

    html = client.get("/fr/admin/protocol/worth/spo2_red").text

    assert html.count("<circle") + html.count("l6 11h-12z") == len(
        re.findall(r'<tr><th scope="row" class="vd-nowrap">', html)
    )
    assert "75 % 9/12 · 47–91 %" in row(html, "seuil utilisé")
    assert "style=" not in html.split("<svg", 1)[1].split("</svg>", 1)[0]
    proposed = re.search(r'href="([^"]+set=spo2_red[^"]+)"[^>]*>Brouillon avec ce seuil', html)
    assert proposed is None  # at 91 nothing is beyond: no value does better on these days
    other = re.search(r'href="([^"]+set=spo2_red:90[^"]*)"', html.replace("%3A", ":"))
    page = client.get(other[1].replace("&amp;", "&"))
    assert re.search(r'name="limit_spo2_red"[^>]*value="90"', page.text)


def test_a_better_value_is_proposed_with_the_warning_and_drafted_only_by_a_person(app: Flask, ward: Ward) -> None:
    populated(ward)
    scene = scene_of(ward)
    for ago in range(8, 14):
        reading(scene, scene.enrolment, "spo2", "92", clock.now() - ago * DAY)
    ward.session.commit()

    html, seen = (
        enter(app, ward, role).get("/en/admin/protocol/worth/spo2_red").text
        for role in (Role.PHYSICIAN, Role.SUPERVISOR)
    )

    assert "At" in html
    assert "As many patients seen, for fewer alerts" in html
    assert "a clinician decides" in html
    assert "Begin a draft with this limit" in html
    assert "As many patients seen, for fewer alerts" in seen
    assert "Begin a draft" not in seen


def test_from_few_events_nothing_is_proposed(app: Flask, ward: Ward) -> None:
    populated(ward, people=4)

    html = enter(app, ward).get("/fr/admin/protocol/worth/spo2_red").text

    assert "rien n’est proposé à partir de moins de 10" in html


def test_a_limit_that_cannot_be_tried_has_no_page(app: Flask, ward: Ward) -> None:
    client = enter(app, ward)

    for limit in ("no_such", "00000000-0000-0000-0000-000000000000"):
        assert client.get(f"/fr/admin/protocol/worth/{limit}").status_code == 404


def test_no_page_of_it_has_anybodys_identity_and_an_operator_reads_none(app: Flask, ward: Ward) -> None:
    populated(ward, people=2)
    may, not_ = enter(app, ward, Role.ADMINISTRATOR), enter(app, ward, Role.OPERATOR)

    for page in ("worth", "worth.csv", "worth/spo2_red"):
        answer = may.get(f"/fr/admin/protocol/{page}")
        assert (answer.status_code, re.search(r"/patients/|\+33", answer.text)) == (200, None)
        assert not_.get(f"/fr/admin/protocol/{page}").status_code == 403
    assert "/admin/protocol/worth" in may.get("/fr/admin/protocol").text


@pytest.mark.parametrize(("said", "kept"), [("no", False), (None, None)])
def test_a_caller_may_say_whether_the_call_was_useful(
    app: Flask, ward: Ward, said: str | None, kept: bool | None
) -> None:
    enrolment = ward.red()
    client, page = enter(app, ward, Role.OPERATOR), f"/fr/patients/{enrolment.public_id}"
    at = f"/fr/callbacks/{ward.callback(enrolment).public_id}"
    post(client, "/fr/queue", {}, to=f"{at}/claim")
    post(client, page, {"attempt-outcome": "reached", "attempt-verified": "y"}, to=f"{at}/attempts")
    html = client.get(page).text
    assert "Cet appel a-t-il été utile au patient\u202f? (facultatif)" in html
    assert not re.search(r'name="disposition-useful"[^>]*checked', html)
    seen = re.search(r'name="disposition-seen"[^>]*value="([^"]+)"', html)[1]
    form = {"disposition-kind": "advice", "disposition-seen": seen, **({"disposition-useful": said} if said else {})}

    assert post(client, page, {**form, "disposition-useful": "perhaps"}, to=f"{at}/dispositions").status_code == 422
    answer = post(client, page, form, to=f"{at}/dispositions")

    assert answer.status_code == 302
    made = ward.session.scalars(sa.select(Disposition)).one()
    assert (made.useful, made.held_seconds is not None) == (kept, True)
