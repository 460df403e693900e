"""`vigidom adherence`: who answers, when and for how long, in the whole centre."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta

import click
from sqlalchemy import select, text

from records import clock, programmes
from records.db import db
from records.models import Team
from webapp.commanding import application

DAY = click.DateTime(["%Y-%m-%d"])


@click.command("adherence")
@click.option("--programme", "slug", required=True, help="Short name of the programme, such as covid-19.")
@click.option("--from", "first", type=DAY, required=True, help="First day on which the follow-ups began.")
@click.option("--to", "last", type=DAY, help="Last such day; today without it.")
@click.option("--synthetic", is_flag=True, help="Of synthetic patients instead of real ones.")
@click.option("--csv", "as_file", is_flag=True, help="As CSV, with every column; else a table to read.")
def adherence_command(slug: str, first: datetime, last: datetime | None, synthetic: bool, as_file: bool) -> None:
    """Print who answers, when and for how long, of the follow-ups that began in a period. See docs/adherence.md."""
    from questionnaires.adherence import measure
    from questionnaires.adherence_table import as_csv, as_text
    from records.spreadsheets import written

    with application():
        programme = programmes.by_slug(db.session, slug=slug)
        if programme is None:
            raise click.ClickException(f"there is no programme {slug}")
        last_on = last.date() if last else clock.local_day(clock.now(), programme.zone)
        if not timedelta(0) <= last_on - first.date() <= timedelta(days=3660):
            raise click.ClickException("--to must not be before --from, nor more than ten years later")
        db.session.execute(text("SET LOCAL statement_timeout = '10min'"))
        period = {"programme": programme, "first_on": first.date(), "last_on": last_on, "now": clock.now()}
        found = measure(db.session, **period, rehearsal=synthetic).without_few()
        names = {str(team.id): team.name for team in db.session.scalars(select(Team))}
    if as_file:
        sys.stdout.buffer.write(written(as_csv(found, names)))
        return
    click.echo(as_text(found, names))
