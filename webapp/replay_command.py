"""`vigidom protocol replay`: what a protocol in a file would have said of the answers that patients gave."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path

import click
import orjson
from sqlalchemy import text

from records import clock, programmes
from records.db import db
from triage import documents, protocols
from triage.findings import ProtocolError
from webapp.commanding import application

DAY = click.DateTime(["%Y-%m-%d"])
WEEKS = timedelta(days=28)
LONGEST = timedelta(days=3660)


@click.command("replay")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--programme", "slug", help="Short name of the programme; without it the one of the protocol's name.")
@click.option("--from", "first", type=DAY, help="First day, the centre's; without it 28 days up to the last.")
@click.option("--to", "last", type=DAY, help="Last day; yesterday without it.")
@click.option("--csv", "to_file", type=click.Path(dir_okay=False, path_type=Path), help="Write every number here too.")
@click.option("--json", "as_json", is_flag=True, help="The whole result as JSON; else what decides, to read.")
def replay_command(
    file: Path, slug: str | None, first: datetime | None, last: datetime | None, to_file: Path | None, as_json: bool
) -> None:
    """Replay FILE on a programme's answers against the version in use. Changes nothing. See docs/protocols.md."""
    from triage import replay
    from triage.replay.running import run

    document = _read(file)
    with application():
        db.session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        programme = programmes.by_slug(db.session, slug=slug or document.slug)
        if programme is None:
            raise click.ClickException(f"there is no programme {slug or document.slug}: name one with --programme")
        now = clock.now()
        to_on = last.date() if last else clock.local_day(now, programme.zone) - timedelta(days=1)
        from_on = first.date() if first else to_on - WEEKS + timedelta(days=1)
        if not timedelta(0) <= to_on - from_on <= LONGEST:
            raise click.ClickException("--to must not be before --from, nor more than ten years later")
        current = protocols.bound(db.session, programme_id=programme.id, now=now, signed=True)
        current = current or protocols.bound(db.session, programme_id=programme.id, now=now)
        if current is None:
            raise click.ClickException(f"programme {programme.slug} has no protocol to replay against")
        result = run(
            db.session,
            document=document,
            against=documents.reload(current.document),
            programme=programme,
            from_on=from_on,
            to_on=to_on,
            now=now,
            numbers=(None, current.number),
        )
    if to_file:
        to_file.write_text(replay.as_csv(result), newline="")
    if as_json:
        sys.stdout.buffer.write(orjson.dumps(result) + b"\n")
        return
    click.echo(replay.as_text(result))


def _read(file: Path) -> documents.Document:
    try:
        return documents.load(file.read_bytes())
    except ProtocolError as refused:
        raise click.ClickException(f"{file} is no protocol that can be replayed: {refused}") from None
