"""`vigidom outcomes …`: what hospitals tell of patients, taken from their files."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from records import clock
from records.db import db
from records.models import Staff
from triage import outcome_import
from triage.outcome_file import BadLine, Line, Sheet, UnreadableFile, read, rejected
from triage.outcome_import import Taken
from triage.outcome_models import OutcomeKind
from webapp.commanding import HERE, acting, application

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
MOST_BYTES = 20_000_000


@click.group("outcomes")
def outcome_commands() -> None:
    """What became of patients."""


@outcome_commands.command("import")
@click.argument("file", type=FILE)
@click.option("--by", metavar="EMAIL", required=True, help="Whose act it is; asks for their password.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
def import_outcomes(file: Path, by: str, *, dry_run: bool) -> None:
    """Record admissions, intensive care and deaths from a CSV; end the follow-ups concerned. See docs/protocols.md.

    Every good line is taken, each by itself; the others are written to FILE.rejected.csv. Exit 1 when there are any.
    """
    sheet = _read(file)
    with application():
        staff = acting(by, "outcome.import")
        said = _take_all(sheet, staff, dry_run=dry_run)
    click.echo(said)
    if not sheet.rejects:
        return
    for one in sorted(sheet.rejects, key=lambda reject: reject.number):
        click.echo(f"line {one.number} {one.why}", err=True)
    if not dry_run:
        kept = _kept(file)
        kept.write_bytes(rejected(sheet))
        click.echo(f"These lines are in {kept}: mend them there, and import that file.", err=True)
    sys.exit(1)


def _read(file: Path) -> Sheet:
    if file.stat().st_size > MOST_BYTES:
        raise click.ClickException(f"the file has more than {MOST_BYTES // 1_000_000} MB: import it in parts")
    try:
        return read(file.read_bytes())
    except UnreadableFile as refused:
        raise click.ClickException(f"nothing was taken: {refused}") from None


def _kept(file: Path) -> Path:
    """Beside the file, and never over an earlier one."""
    names = (file.with_name(f"{file.stem}.rejected{mark}.csv") for mark in _marks())
    return next(name for name in names if not name.exists())


def _marks() -> Iterator[str]:
    yield ""
    number = 2
    while True:
        yield f"-{number}"
        number += 1


def _take_all(sheet: Sheet, staff: Staff, *, dry_run: bool) -> str:
    """Each line in a transaction of its own, so that one that fails takes no other with it."""
    counts: Counter[str] = Counter()
    for line in sheet.lines:
        try:
            taken = outcome_import.take(db.session, line=line, staff=staff, from_address=HERE, now=clock.now())
            told = list(_told(line, taken))
        except BadLine as refused:
            db.session.rollback()
            sheet.reject(line.number, str(refused))
            continue
        db.session.rollback() if dry_run else db.session.commit()
        counts["recorded" if taken.written else "known"] += 1
        counts["ended"] += len(taken.ended)
        for sentence in told:
            click.echo(f"line {line.number}: {sentence}")
    return _summary(sheet, counts, dry_run=dry_run)


def _told(line: Line, taken: Taken) -> Iterator[str]:
    reason = "deceased" if line.kind is OutcomeKind.DECEASED else "admitted"
    if taken.ended:
        yield f"the follow-up ends as {reason} ({_many(len(taken.ended), 'follow-up')}); no text goes out any more"
    if taken.calls:
        yield f"{_many(taken.calls, 'call-back')} of this patient still in the queue: close it before anybody calls"
    if taken.began:
        yield "the follow-up goes on, because it began on that very day: end it by hand if the admission came after"
    elif taken.goes_on:
        yield f"the follow-up goes on, because answers came after that day, the last on {taken.goes_on}"


def _summary(sheet: Sheet, counts: Counter[str], *, dry_run: bool) -> str:
    would = "would be " if dry_run else ""
    parts = [
        f"{_many(counts['recorded'], 'outcome')} {would}recorded or corrected",
        f"{counts['known']} known already",
        f"{_many(counts['ended'], 'follow-up')} {would}ended",
        f"{_many(len(sheet.rejects), 'line')} not taken",
    ]
    return "; ".join(parts) + (". Nothing was changed." if dry_run else ".")


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
