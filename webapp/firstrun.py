"""What `make run` prepares: schema, programme, a rehearsed cohort and the first two people; and what it says then."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime

import click
import flask_migrate
from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires import versions
from records import audit, clock, programmes, staff, teams, texts
from records.db import db
from records.models import Enrolment, Programme, Role, Staff, Team
from triage import protocols
from webapp import rehearsal
from webapp.config import Settings
from webapp.rehearsal.stage import TEAM

COHORT, DAYS, SEED = 36, 4, 20200309
FIRST_PEOPLE: Sequence[tuple[str, str, Role]] = (
    ("physician@vigidom.example", "Physician on duty", Role.PHYSICIAN),
    ("supervisor@vigidom.example", "Supervisor", Role.SUPERVISOR),
    ("administrator@vigidom.example", "Administrator", Role.ADMINISTRATOR),
)


def load_programme(session: Session, now: datetime, slug: str = programmes.COVID_19) -> Programme:
    """A programme of the library with its questionnaire and protocol; loaded again, it changes nothing. Raises
    programmes.NotShipped.
    """
    programme = programmes.load_library(session, now=now, slug=slug)
    versions.load_library(session, programme=programme, now=now)
    protocols.load_library(session, programme=programme, now=now)
    return programme


def team_named(session: Session, name: str, now: datetime) -> Team:
    """The team of this name, made if there is none."""
    known = session.scalar(select(Team).where(Team.name == name))
    return known or teams.create(session, name=name, actor=audit.SYSTEM, now=now)


def prepare(settings: Settings, stop: threading.Event) -> None:
    """Migrate, load, and in a demonstration rehearse a cohort, once."""
    click.echo("Preparing the database …")
    flask_migrate.upgrade()
    load_programme(db.session, clock.now())
    db.session.commit()
    if settings.production or settings.empty or stop.is_set():
        return
    if db.session.scalar(select(Enrolment.id).limit(1)) is None:
        click.echo(f"Rehearsing {COHORT} synthetic patients over {DAYS} days (VIGIDOM_EMPTY=1 leaves this out) …")
        table = rehearsal.rehearse(
            db.session,
            settings,
            patients=COHORT,
            days=DAYS,
            seed=SEED,
            ends_at=clock.now(),
            stop=stop,
            progress=lambda text: click.echo(f"  {text}"),
        )
        click.echo(table.as_text())


def where(settings: Settings) -> str:
    """The addresses: the queue, set-up links of those who have no password yet, and one patient's link."""
    url, language = settings.public_url, texts.DEFAULT
    lines = [("Call-back queue", f"{url}/{language}/queue")]
    if not settings.production:
        lines += [(f"{name}, set up once", link) for name, link in _set_up_links(url, language)]
        if link := rehearsal.patient_link(db.session, settings, now=clock.now()):
            lines.append(("One patient's text", f"{link[0]}   (born on {link[1].day} {link[1]:%B})"))
        lines.append(("Texts that were sent", f"{url}/{language}/demo/messages"))
    told = "\n".join(f"  {name:<26} {address}" for name, address in lines)
    return f"\nVigidom is running on {url}\n{told}\nCtrl-C stops everything.\n"


def _set_up_links(url: str, language: str) -> list[tuple[str, str]]:
    """Fresh links for the first people who have not chosen a password; a link of an earlier start stops working."""
    links, now = [], clock.now()
    team = team_named(db.session, TEAM, now)
    for email, name, role in FIRST_PEOPLE:
        known = db.session.scalar(select(Staff).where(Staff.email == email))
        if known is not None and known.set_up_at is not None:
            continue
        _, token = staff.invite(
            db.session, email=email, name=name, role=role, teams=[team], language=language, actor=audit.SYSTEM, now=now
        )
        links.append((role.value.capitalize(), f"{url}/{language}/staff/set-up/{token}"))
    db.session.commit()
    return links
