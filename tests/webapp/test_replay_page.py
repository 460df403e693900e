"""What a version would have changed, read on its page: counts, rules, hours, and patients by name to their carers."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from records import clock
from records.models import AccessEntry, Enrolment, Role
from records.patients import reveal
from tests.webapp.signing import post
from tests.webapp.ward import ORANGE, RED, WELL, Ward, enter, open_ward
from triage import outcomes, protocols, replay, roster
from triage.models import ProtocolVersion
from triage.outcome_models import OutcomeKind, OutcomeSource

HOT = {"temperature_orange_high": Decimal("39.5")}
"""39.2 °C is orange by the version in force, and nothing by this one."""


def told(page: str) -> str:
    text = unescape(re.sub(r"<[^>]+>", " ", page))
    return re.sub(r"\s+", " ", text).replace("\u202f", " ").replace("\xa0", " ")


def later(session: Session, enrolment: Enrolment, kind: OutcomeKind = OutcomeKind.ADMITTED) -> None:
    day = clock.local_day(clock.now(), enrolment.programme.zone)
    values = {"kind": kind, "on_day": day, "source": OutcomeSource.IMPORT, "now": clock.now()}
    outcomes.record(session, enrolment_id=enrolment.id, **values)
    session.commit()


class Room:
    """A ward whose signed version is to be replaced by one that is less strict about a fever."""

    def __init__(self, app: Flask, session: Session, engine: sa.Engine) -> None:
        self.app, self.session, self.engine = app, session, engine
        self.ward: Ward = open_ward(session)
        self.feverish = self.ward.patient()
        for enrolment, answers in ((self.feverish, ORANGE), (self.ward.patient(), WELL), (self.ward.patient(), RED)):
            self.ward.answer(enrolment, answers, ago=timedelta(hours=30))
        self.version = self._draft()

    def _draft(self) -> ProtocolVersion:
        first = protocols.versions(self.session, slug=self.ward.programme.slug)[0]
        author = self.ward.person(Role.ADMINISTRATOR)
        said = {"limits": HOT, "reason": "Too many calls at night", "author": author}
        made = protocols.new_version(self.session, based_on=first, **said, now=clock.now())
        self.session.commit()
        return made

    @property
    def address(self) -> str:
        return f"/en/admin/protocol/{self.version.public_id}/replay"

    def replay(self, client: FlaskClient, **typed: str) -> str:
        answer = post(client, self.address, typed or self.days(), to=self.address)
        assert answer.status_code == 302, told(answer.text)
        while replay.run_waiting(sessionmaker(self.engine), clock.now()):
            pass
        return client.get(self.address).text

    def days(self) -> dict[str, str]:
        today = clock.local_day(clock.now(), self.ward.programme.zone)
        return {"since": f"{today - timedelta(days=7):%d/%m/%Y}", "until": f"{today:%d/%m/%Y}"}

    def enter(self, role: str, **given: object) -> FlaskClient:
        return enter(self.app, self.ward, role, language="en", **given)


@pytest.fixture
def room(app: Flask, session: Session, engine: sa.Engine) -> Room:
    return Room(app, session, engine)


def test_the_page_says_what_would_change_and_by_which_rule(room: Room) -> None:
    page = told(room.replay(room.enter(Role.ADMINISTRATOR)))

    assert "3 answers of 3 patients" in page
    assert re.search(r"Alerts more 0 .*Alerts less 1 ", page)
    assert "Compared with version 1." in page
    assert re.search(r"Temperature at least 39\.5 °C 1 0 0 1", page)


def test_before_anybody_asks_the_page_says_so(room: Room, session: Session) -> None:
    session.execute(sa.text("DELETE FROM protocol_replays"))
    session.commit()

    page = told(room.enter(Role.PHYSICIAN).get(room.address).text)

    assert "This version has not been replayed yet" in page


def test_a_patient_who_fared_badly_is_named_to_whoever_follows_him_and_to_nobody_else(
    room: Room, session: Session
) -> None:
    later(session, room.feverish)
    name = reveal(room.feverish.patient).name
    physician, administrator = room.enter(Role.PHYSICIAN), room.enter(Role.ADMINISTRATOR)
    elsewhere = room.enter(Role.SUPERVISOR, name="Elsewhere", team=room.ward.another_team())
    room.replay(administrator)
    before = session.scalar(sa.select(sa.func.count()).select_from(AccessEntry))

    pages = {who: client.get(room.address).text for who, client in
             (("carer", physician), ("administrator", administrator), ("other", elsewhere))}  # fmt: skip

    assert f"{name} no alert at all Admitted to hospital" in told(pages["carer"])
    assert name not in told(pages["administrator"])
    assert name not in told(pages["other"])
    assert all("1 patient who later fared badly would have had no alert" in told(page) for page in pages.values())
    opened = session.scalars(sa.select(AccessEntry).order_by(AccessEntry.id)).all()[before:]
    assert [(one.page, one.enrolment_id) for one in opened] == [("replay", room.feverish.id)]


def test_calls_are_held_against_the_callers_at_work(room: Room, session: Session) -> None:
    everyone = {(day, hour): 1 for day in range(7) for hour in range(24)}
    supervisor = room.ward.person(Role.SUPERVISOR)
    roster.save(
        session,
        programme=room.ward.programme,
        callers=everyone,
        seen=roster.mark({}),
        staff=supervisor,
        now=clock.now(),
    )
    session.commit()

    page = room.replay(room.enter(Role.PHYSICIAN))

    assert "Nobody has written down" not in page
    assert page.count("vd-chart__threshold") == 7 * 24
    assert "vd-chart__bar" in page


BAD_DAYS = (
    ("", "01/03/2026", "Type the first day"),
    ("02/03/2026", "01/03/2026", "The last day is before the first"),
    ("01/03/2019", "01/03/2026", "Choose two years at the most"),
    ("01/03/2026", "01/03/2099", "choose today at the latest"),
    ("31/02/2026", "01/03/2026", "Type a day that exists"),
)


def test_days_that_cannot_be_are_refused_in_words(room: Room) -> None:
    client, known = room.enter(Role.PHYSICIAN), replay.latest(room.session, version=room.version)

    for since, until, reason in BAD_DAYS:
        answer = post(client, room.address, {"since": since, "until": until}, to=room.address)
        assert answer.status_code == 422
        assert reason in told(answer.text)

    assert replay.latest(room.session, version=room.version) is known


def test_the_file_has_the_numbers_and_no_name(room: Room, session: Session) -> None:
    later(session, room.feverish)
    client = room.enter(Role.PHYSICIAN)
    room.replay(client)

    file = client.get(f"{room.address}.csv")

    assert file.data.startswith(b"\xef\xbb\xbf")
    assert reveal(room.feverish.patient).family_name not in file.text
    assert str(room.feverish.public_id) in file.text
    assert file.mimetype == "text/csv"


def test_the_file_has_the_ids_of_nobody_whom_its_reader_does_not_follow(room: Room, session: Session) -> None:
    later(session, room.feverish)
    physician, administrator = room.enter(Role.PHYSICIAN), room.enter(Role.ADMINISTRATOR)
    elsewhere = room.enter(Role.SUPERVISOR, name="Elsewhere", team=room.ward.another_team())
    room.replay(administrator)
    (listed,) = replay.latest(session, version=room.version).result["outcomes"]["rated_lower"]
    before = session.scalar(sa.select(sa.func.count()).select_from(AccessEntry))

    files = [client.get(f"{room.address}.csv").text for client in (physician, administrator, elsewhere)]

    assert [listed["enrolment"] in file for file in files] == [True, False, False]
    assert [listed["assessment"] in file for file in files] == [True, False, False]
    assert all("admitted on" in file for file in files)
    opened = session.scalars(sa.select(AccessEntry).order_by(AccessEntry.id)).all()[before:]
    assert [(one.page, one.enrolment_id) for one in opened] == [("replay", room.feverish.id)]


def test_without_a_replay_the_file_leads_to_the_page_that_asks_for_one(room: Room) -> None:
    answer = room.enter(Role.PHYSICIAN).get(f"{room.address}.csv")

    assert answer.status_code == 302
    assert answer.location.endswith(room.address)


def test_a_failed_replay_says_so_and_can_be_asked_for_again(room: Room, session: Session) -> None:
    client = room.enter(Role.PHYSICIAN)
    post(client, room.address, room.days(), to=room.address)
    session.execute(sa.text("UPDATE protocol_replays SET state = 'failed', failure = 'OperationalError'"))
    session.commit()

    page = told(client.get(room.address).text)

    assert "The replay failed" in page
    assert "OperationalError" in page


def test_a_supervisor_reads_a_replay_and_asks_for_none(room: Room) -> None:
    supervisor = room.enter(Role.SUPERVISOR)

    page = supervisor.get(room.address)

    assert page.status_code == 200
    assert "Replay on other days" not in page.text
    assert supervisor.post(room.address, data=room.days()).status_code in (400, 403)
