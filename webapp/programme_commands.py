"""Commands about programmes: which are shipped, which this centre has, loading one, and when it asks."""

from __future__ import annotations

import re

import click

from questionnaires import rescheduling
from records import audit, clock, programmes
from records.db import db
from triage import protocols
from webapp import firstrun
from webapp.commanding import application


@click.group("programme")
def programme_commands() -> None:
    """Programmes."""


@programme_commands.command("load")
@click.argument("slug")
def load(slug: str) -> None:
    """Load a programme of the library, its questionnaire and its unsigned protocol; again, it changes nothing."""
    with application():
        programme = firstrun.load_programme(db.session, clock.now(), slug)
        db.session.commit()
        click.echo(f"Programme {programme.slug} is loaded; a physician must sign its protocol before real patients.")


@programme_commands.command("list")
def list_programmes() -> None:
    """The programmes of this centre, and those of the library that it has not loaded."""
    with application():
        known = programmes.loaded(db.session)
        for programme in known:
            signed = protocols.is_signed(db.session, programme_id=programme.id, now=clock.now())
            state = "protocol signed" if signed else "protocol not signed: serves rehearsal only"
            click.echo(f"{programme.slug:<16} {programme.name.get('en', programme.slug)} ({state})")
        have = {programme.slug for programme in known}
        for slug in programmes.shipped():
            if slug not in have:
                click.echo(f"{slug:<16} not loaded: vigidom programme load {slug}")


SLOT = re.compile(r"(?P<slot>[^=,]+)=(?P<at>[^=,]+)(?:,(?P<tier>[^=,]+))?")


def _slot(written: str) -> dict[str, str]:
    """One entry of a schedule; what it may hold is the programme's to say."""
    parts = SLOT.fullmatch(written)
    if parts is None:
        raise click.ClickException(f"{written} is not a slot: write morning=08:00 or afternoon=15:00,intensive")
    return {"slot": parts["slot"], "at": parts["at"], "tier": parts["tier"] or "all"}


@programme_commands.command("schedule")
@click.argument("slug")
@click.argument("slots", nargs=-1, required=True, metavar="SLOT=HH:MM[,TIER]...")
def schedule(slug: str, slots: tuple[str, ...]) -> None:
    """Ask at other hours from now on: morning=08:00 afternoon=15:00,intensive; the tier is all unless it is said."""
    entries = [_slot(written) for written in slots]
    with application():
        programme = programmes.by_slug(db.session, slug=slug)
        if programme is None:
            raise click.ClickException(f"there is no programme {slug}")
        asked = rescheduling.change_schedule(
            db.session, programme=programme, schedule=entries, actor=audit.SYSTEM, now=clock.now()
        )
        db.session.commit()
        hours = ", ".join(f"{entry['slot']} at {entry['at']} ({entry['tier']})" for entry in programme.schedule)
    click.echo(f"{slug} asks now: {hours}. {asked} patients are asked at once, because their hour would have passed.")
