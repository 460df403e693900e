"""A version's page: what it says of its life to each role, and every act on it with its refusals in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from records import clock
from records.models import Role, Staff
from records.texts import translator
from tests.factories import NOW
from tests.triage.scene import Scene, replayed, set_scene
from tests.webapp.signing import TOKEN, make_person, post, sign_in
from tests.webapp.test_admin_protocol import LIMITS, PROTOCOL, filled
from triage import documents, drafts, protocols, replay
from triage.drafting_models import ProtocolReplay, ReplayState
from triage.models import ProtocolStatus, ProtocolVersion
from webapp.admin.sign_form import SignForm

DAY = timedelta(days=1)
FOUND = {
    "rows": 1234,
    "gained": 17,
    "lost": 5,
    "recoloured": 3,
    "against": {"slug": "covid-19", "number": 1, "digest": ""},
    "calls": {"total": {"draft": 60, "against": 48}},
    "outcomes": {"missed": 2},
}


@pytest.fixture
def scene(session: Session) -> Scene:
    """A programme whose version 1 is signed and whose patients answered."""
    made = set_scene(session)
    made.submit()
    first = protocols.versions(session, slug="covid-19")[0]
    physician = made.another(Role.PHYSICIAN)
    protocols.sign(session, version=first, programme=made.programme, physician=physician, now=NOW)
    session.commit()
    return made


@pytest.fixture
def author(session: Session, scene: Scene) -> Staff:
    return make_person(session, role=Role.PHYSICIAN, email="author@centre.example", language="en")


@pytest.fixture
def signer(session: Session, scene: Scene) -> Staff:
    return make_person(session, role=Role.PHYSICIAN, email="signer@centre.example", language="en")


def made(scene: Scene, author: Staff, to: str = "38.5") -> ProtocolVersion:
    version = protocols.new_version(
        scene.session,
        based_on=first(scene),
        limits={"temperature_orange_high": Decimal(to)},
        reason="Many at 38.5 worsened",
        author=author,
        now=NOW + DAY,
    )
    scene.session.commit()
    return version


def tried(scene: Scene, version: ProtocolVersion, **given: Any) -> ProtocolVersion:
    replayed(scene.session, version, scene.programme, **given)
    scene.session.commit()
    return version


def first(scene: Scene) -> ProtocolVersion:
    return protocols.versions(scene.session, slug="covid-19")[-1]


def address(version: ProtocolVersion) -> str:
    return f"{PROTOCOL}/{version.public_id}"


def act(client: FlaskClient, version: ProtocolVersion, name: str, **fields: str) -> TestResponse:
    """Send one of the forms of the version's page, with the page's token."""
    page = address(version)
    known = {key: value for key, value in filled(client.get(page).text).items() if key == "against"}
    return post(client, LIMITS, known | fields, to=f"{page}/{name}")


def sign(client: FlaskClient, version: ProtocolVersion, **fields: str) -> TestResponse:
    return act(client, version, "sign", read="y", **fields)


def in_use(scene: Scene, at: datetime | None = None) -> int:
    scene.session.expire_all()
    return protocols.bound(scene.session, programme_id=scene.programme.id, now=at or clock.now()).number


def test_a_new_version_is_replayed_at_once_and_cannot_be_signed_before(
    app: Flask, scene: Scene, author: Staff, signer: Staff
) -> None:
    writer, reader = sign_in(app, author), sign_in(app, signer)
    known = filled(writer.get(LIMITS).text) | {"limit_temperature_orange_high": "38.5", "reason": "try"}
    version_page = post(writer, LIMITS, known).location
    page = reader.get(version_page).text
    version = protocols.versions(scene.session, slug="covid-19")[0]

    assert replay.latest(scene.session, version=version).state == ReplayState.WAITING
    assert "It is being replayed on real answers. Read what the replay says, then sign." in page
    assert 'name="read"' not in page
    forged = post(reader, LIMITS, {"read": "y", "against": str(first(scene).public_id)}, to=f"{version_page}/sign")
    assert forged.status_code == 422
    assert "This version was not replayed on real answers yet." in forged.text
    assert in_use(scene) == 1

    tried(scene, version)
    assert sign(reader, version).status_code == 302
    assert in_use(scene) == 2
    assert "Version 2 is in force" in reader.get(PROTOCOL).text


def test_what_the_replay_found_is_told_in_a_few_numbers(app: Flask, scene: Scene, author: Staff) -> None:
    version = tried(scene, made(scene, author), result=FOUND, rows=1234)
    client = sign_in(app, author)

    for page in (client.get(PROTOCOL).text, client.get(address(version)).text):
        told = " ".join(unescape(page).replace('<bdi class="vd-nowrap" dir="ltr">', "").replace("</bdi>", "").split())
        assert "1234 real answers beside version 1:" in told
        assert "<dt>Alerts more</dt><dd><b>17</b></dd>" in told
        assert "48 → 60" in told
        assert 'Patients who later fared badly, without any alert</dt><dd><b class="vd-late">2</b>' in told


def test_a_replay_beside_what_is_in_force_no_more_is_told_of_and_so_are_warnings(
    app: Flask, scene: Scene, author: Staff, signer: Staff
) -> None:
    second = tried(scene, made(scene, author), against_id=first(scene).id, result=FOUND)
    third = tried(scene, made(scene, author, "38.7"), against_id=first(scene).id, result=FOUND)
    client, stale = sign_in(app, signer), "Another version came into force since this replay."
    assert stale not in client.get(address(third)).text

    sign(client, second)

    page = client.get(address(third)).text
    assert stale in page
    assert stale not in client.get(address(second)).text
    (warning,) = documents.review(documents.load(third.document))
    assert warning.text(translator("en")) in unescape(page)


def test_a_replay_that_failed_can_be_asked_for_again_and_only_once(app: Flask, scene: Scene, author: Staff) -> None:
    version = made(scene, author)
    replay.latest(scene.session, version=version).state = ReplayState.FAILED
    scene.session.commit()
    client = sign_in(app, author)
    assert "The replay failed." in client.get(address(version)).text

    for _ in range(2):
        assert act(client, version, "replay-last-weeks").status_code == 302

    assert scene.count(ProtocolReplay) == 2
    assert "/replay-last-weeks" not in client.get(address(version)).text, "it waits already"


def test_who_wrote_a_part_reads_why_another_must_sign(app: Flask, scene: Scene, author: Staff, signer: Staff) -> None:
    draft = drafts.begin(scene.session, based_on=first(scene), staff=author, now=NOW)
    changed = {"draft_id": draft.public_id, "revision": 1, "document": {**draft.document, "notes": []}}
    drafts.save(scene.session, **changed, staff=signer, now=NOW)
    version = drafts.freeze(scene.session, draft=draft, revision=2, reason="try", staff=author, now=NOW)
    tried(scene, version)

    page = sign_in(app, signer).get(address(version)).text

    assert "You wrote a part of this version: another physician must sign it." in page
    assert f"Parts of it were written by: <bdi>{signer.name}</bdi>" in page
    assert 'name="read"' not in page


def test_a_version_starts_at_the_hour_typed_by_the_centres_clock_and_can_be_taken_back(
    app: Flask, scene: Scene, author: Staff, signer: Staff
) -> None:
    version, client = tried(scene, made(scene, author)), sign_in(app, signer)
    day = clock.local_day(clock.now(), "Europe/Paris") + 3 * DAY

    assert sign(client, version, day=f"{day:%d/%m/%Y}", hour="08:00").status_code == 302

    starts = clock.instant(day, datetime.min.time().replace(hour=8), "Europe/Paris")
    assert (in_use(scene), in_use(scene, starts - timedelta(seconds=1)), in_use(scene, starts)) == (1, 1, 2)
    waiting = unescape(client.get(PROTOCOL).text)
    assert f"Version 2 starts on {day.day} " in waiting
    assert "08:00, by the centre’s clock" in waiting
    assert "Version 1 is in force" in waiting
    taken = act(client, version, "unschedule")
    assert (taken.status_code, in_use(scene, starts)) == (302, 1)
    again = act(client, version, "unschedule")
    assert again.status_code == 422
    assert "it began already, or was taken back" in again.text


STARTS = [
    ("01/01/2020", "08:00", "This time is over."),
    ("01/01/2090", "08:00", "more than a year ahead"),
    ("31/02/2027", "08:00", "Type a day that exists"),
    ("01/12/2026", "", "Type the hour too"),
    ("", "08:00", "Type the day too"),
    ("01/12/2026", "8 o'clock", "too long"),
    ("01/12/2026", "25:00", "Type the hour as hours and minutes"),
    ("28/03/2027", "02:30", "That hour is skipped: clocks are put forward."),
]


def test_a_start_that_cannot_be_is_said_and_what_was_typed_stays(
    app: Flask, scene: Scene, author: Staff, signer: Staff
) -> None:
    version, client = tried(scene, made(scene, author)), sign_in(app, signer)
    page = client.get(address(version)).text
    known = filled(page) | {"csrf_token": unescape(TOKEN.findall(page)[0]), "read": "y"}

    for day, hour, said in STARTS:
        answer = client.post(f"{address(version)}/sign", data=known | {"day": day, "hour": hour})

        assert answer.status_code == 422, day
        assert said in unescape(answer.text)
        assert filled(answer.text).get("day", "") == day
    assert in_use(scene, clock.now() + 400 * DAY) == 1


@pytest.mark.parametrize(
    ("now", "starts"),
    [
        (datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (datetime(2026, 10, 25, 1, 0, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        (datetime(2026, 10, 25, 2, 0, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
    ids=["the first passing", "the second, when the first is over", "over, and refused for it"],
)
def test_an_hour_that_comes_twice_is_its_first_passing_that_is_ahead(app: Flask, now: datetime, starts: datetime):
    typed = {"day": "25/10/2026", "hour": "02:30", "read": "y"}
    with app.test_request_context("/", method="POST", data=typed):
        assert SignForm(zone="Europe/Paris", now=now).from_at == starts


def test_a_withdrawn_version_stays_readable_and_is_signed_no_more(
    app: Flask, scene: Scene, author: Staff, signer: Staff
) -> None:
    version = tried(scene, made(scene, author))
    read = sign_in(app, signer)
    assert act(sign_in(app, author), version, "withdraw").status_code == 302

    page = read.get(address(version)).text

    assert "nobody can sign it" in page
    assert 'name="read"' not in page
    assert "waits for a physician" not in read.get(PROTOCOL).text
    forged = post(read, LIMITS, {"read": "y", "against": str(first(scene).public_id)}, to=f"{address(version)}/sign")
    assert (forged.status_code, "This version was withdrawn." in forged.text) == (422, True)
    late = act(read, first(scene), "withdraw")
    assert (late.status_code, "This version has been signed already." in late.text) == (422, True)


def test_going_back_makes_a_version_that_another_physician_signs_at_once(
    app: Flask, scene: Scene, author: Staff, signer: Staff
) -> None:
    second = tried(scene, made(scene, author))
    client, other = sign_in(app, signer), sign_in(app, author)
    sign(client, second)
    assert "/go-back" in client.get(address(first(scene))).text
    assert "/go-back" not in client.get(address(second)).text

    bare = act(client, first(scene), "go-back")
    assert (bare.status_code, "Type the reason" in bare.text) == (422, True)
    done = act(client, first(scene), "go-back", **{"back-reason": "Too many calls at night"})

    third = protocols.versions(scene.session, slug="covid-19")[0]
    assert (done.status_code, third.number, third.digest) == (302, 3, first(scene).digest)
    page = unescape(other.get(done.location).text)
    assert "It says the same as version 1." in page
    assert "Temperature orange, at least: 38.5 → 39.0 °C" in page
    assert sign(client, third).status_code == 422, "its author does not sign it"
    assert sign(other, third).status_code == 302
    assert in_use(scene) == 3
    again = act(client, first(scene), "go-back", **{"back-reason": "again"})
    assert (again.status_code, "This is what is in force already." in again.text) == (422, True)


def test_the_history_tells_each_versions_stage_and_drafts_are_listed(
    app: Flask, scene: Scene, author: Staff, signer: Staff
) -> None:
    drafts.begin(scene.session, based_on=first(scene), staff=author, now=NOW)
    second, third = tried(scene, made(scene, author)), made(scene, author, "38.7")
    made(scene, author, "38.8")
    client = sign_in(app, signer)
    sign(client, second)
    act(client, third, "withdraw")

    page = " ".join(client.get(PROTOCOL).text.split())

    tags = [part.split("</span>")[0] for part in page.split('id="history"')[1].split('<span class="vd-tag">')[1:]]
    assert tags == ["being replayed", "withdrawn", "in force", "replaced"]
    assert "Drafts being worked on" in page
    assert f"Begun by <bdi>{author.name}</bdi>" in page


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        (Role.PHYSICIAN, {"sign", "withdraw"}),
        (Role.ADMINISTRATOR, {"withdraw"}),
        (Role.SUPERVISOR, set()),
    ],
)
def test_each_role_is_offered_what_it_may_do_and_nothing_else(
    app: Flask, session: Session, scene: Scene, author: Staff, role: Role, offered: set[str]
) -> None:
    version = tried(scene, made(scene, author))
    client = sign_in(app, make_person(session, role=role))

    page = client.get(address(version)).text

    acts = {"sign", "withdraw", "unschedule", "go-back"}
    assert {name for name in acts if f"{version.public_id}/{name}" in page} == offered
    if role == Role.SUPERVISOR:
        token = {"csrf_token": "x"}
        assert {client.post(f"{address(version)}/{name}", data=token).status_code for name in acts} <= {400, 403}
        scene.session.refresh(version)
        assert (version.status, version.withdrawn_at) == (ProtocolStatus.DRAFT, None)


def test_limits_that_another_page_suggests_are_filled_in_and_nothing_is_saved(
    app: Flask, scene: Scene, author: Staff
) -> None:
    client, base = sign_in(app, author), first(scene).public_id
    given = "&set=temperature_orange_high:38.5&set=spo2_red:9<1&set=odd:3&set=x"

    english = client.get(f"{LIMITS}?from={base}{given}").text
    french = client.get(f"{LIMITS.replace('/en/', '/fr/')}?from={base}{given}").text

    assert filled(english)["limit_temperature_orange_high"] == "38.5"
    assert filled(french)["limit_temperature_orange_high"] == "38,5"
    assert filled(english)["limit_spo2_red"] == "92"
    assert "One value is filled in as it was suggested" in english
    assert [version.number for version in protocols.versions(scene.session, slug="covid-19")] == [1]
