"""Commands about programmes: which are shipped, which this centre has, and loading one."""

from __future__ import annotations

import click

from records import clock, programmes
from records.db import db
from triage import protocols
from webapp import firstrun
from webapp.commanding import application


@click.command("load")
@click.argument("slug")
def load(slug: str) -> None:
    """Load a programme of the library, its questionnaire and its unsigned protocol; again, it changes nothing."""
    with application():
        programme = firstrun.load_programme(db.session, clock.now(), slug)
        db.session.commit()
        click.echo(f"Programme {programme.slug} is loaded; a physician must sign its protocol before real patients.")


@click.command("list")
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
