"""Commands about questionnaires and responses: `vigidom questionnaire …` and `vigidom response …`."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import orjson
from sqlalchemy import select

from questionnaires import drafts, publication, publishing, response_export, versions
from questionnaires.findings import QuestionnaireError
from questionnaires.messages import message
from questionnaires.models import QuestionnaireVersion, Response
from questionnaires.outcome import Issue, operation_outcome
from questionnaires.reading import parse
from questionnaires.report import document_of, report
from questionnaires.response_checks import validate_response
from records import audit, clock, programmes, texts
from records.db import db
from records.refusals import Refused
from triage import enforcement
from webapp.commanding import HERE, acting, application

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
BY = click.option("--by", metavar="EMAIL", help="Whose act it is; asks for their password.")
BY_WHOM = click.option("--by", metavar="EMAIL", required=True, help="Whose act it is; asks for their password.")
VERSION = click.option("--version", required=True)


def _print(value: Any) -> None:
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


@click.group("questionnaire")
def questionnaire_commands() -> None:
    """FHIR questionnaires."""


@questionnaire_commands.command("check")
@click.argument("files", nargs=-1, required=True, type=FILE)
def check(files: tuple[Path, ...]) -> None:
    """Say of each FILE whether it is understood, in one line of JSON; exit 1 when any is refused. Needs no database."""
    accepted = True
    for path in files:
        found = {"file": str(path), **report(path.read_bytes())}
        accepted = accepted and found["accepted"]
        click.echo(orjson.dumps(found).decode())
    if not accepted:
        sys.exit(1)


@questionnaire_commands.command("validate-response")
@click.argument("questionnaire", type=FILE)
@click.argument("response", type=FILE)
def validate(questionnaire: Path, response: Path) -> None:
    """Print what is wrong with RESPONSE as a FHIR OperationOutcome; exit 1 on an error. Needs no database."""
    try:
        asked = parse(document_of(questionnaire.read_bytes()))
    except QuestionnaireError as refusal:
        outcome = operation_outcome([Issue(found, "Questionnaire") for found in refusal.findings])
    else:
        outcome = _outcome_of(asked, response)
    _print(outcome)
    if any(issue["severity"] == "error" for issue in outcome["issue"]):
        sys.exit(1)


def _outcome_of(asked: Any, response: Path) -> dict[str, Any]:
    try:
        return validate_response(asked, document_of(response.read_bytes()))
    except QuestionnaireError as unreadable:
        return operation_outcome([Issue(found, "QuestionnaireResponse") for found in unreadable.findings])


@questionnaire_commands.command("list")
def list_versions() -> None:
    """Every stored version: url, version, state, and the programmes that ask it or will."""
    with application():
        asked = versions.asked(db.session, now=clock.now())
        for version in versions.every(db.session):
            places = [
                f"{one.programme.slug} from {one.from_at:%Y-%m-%d %H:%M} UTC" for one in asked.get(version.id, ())
            ]
            click.echo(f"{version.url} {version.version}: {'; '.join([version.status, *places])}")


@questionnaire_commands.command("import")
@click.argument("file", type=FILE)
@BY
def import_file(file: Path, by: str | None) -> None:
    """Store FILE as a draft; nobody is asked with it until a second person publishes it.

    With --by it is that person's import, and somebody else must publish it; without, it is the server's.
    """
    content = file.read_bytes()
    found = report(content)
    if not found["accepted"]:
        _print({"file": str(file), **found})
        raise click.ClickException("refused; nothing was stored")
    with application():
        person = acting(by, "questionnaire.edit") if by else None
        said = {"actor": audit.Actor.staff(person, HERE) if person else audit.SYSTEM, "now": clock.now()}
        try:
            version = drafts.import_draft(
                db.session, document=document_of(content), created_by_id=person.id if person else None, **said
            )
        except QuestionnaireError as refusal:
            raise click.ClickException(" ".join(message(one, "en") for one in refusal.findings)) from None
        db.session.commit()
        click.echo(f"{version.url} {version.version}: {version.status}")


@questionnaire_commands.command("publish")
@click.argument("url")
@VERSION
@BY_WHOM
@click.option(
    "--start-empty", is_flag=True, help="Where the form starts answered, people start with an empty question."
)
def publish(url: str, version: str, by: str, start_empty: bool) -> None:
    """Publish a draft, as a person other than its importer."""
    with application():
        chosen, person = _stored(url, version), acting(by, "questionnaire.publish")
        with _refusals():
            publication.publish(
                db.session,
                version=chosen,
                publisher=person,
                decided=publishing.DECIDABLE if start_empty else frozenset(),
                now=clock.now(),
                from_address=HERE,
            )
        db.session.commit()
        click.echo(f"{chosen.url} {chosen.version}: {chosen.status}")


@questionnaire_commands.command("put-in-force")
@click.argument("url")
@VERSION
@BY_WHOM
@click.option("--programme", "slug", required=True, help="Slug of the programme that shall ask it.")
@click.option("--from", "begins", metavar="'YYYY-MM-DD HH:MM'", help="By the centre's clock; without it, now.")
@click.option("--accept-losses", is_flag=True, help="Although rules lose something by it.")
def put_in_force(url: str, version: str, by: str, slug: str, begins: str | None, accept_losses: bool) -> None:
    """Ask a published version from now or from a moment on. Refused when the programme's rules cannot read it."""
    with application():
        chosen, programme = _stored(url, version), programmes.by_slug(db.session, slug=slug)
        if programme is None:
            raise click.ClickException(f"there is no programme {slug}")
        person, now = acting(by, "questionnaire.publish"), clock.now()
        from_at = _instant(begins, programme.zone) if begins else now
        who = {"staff": person, "from_address": HERE, "now": now}
        with _refusals():
            enforcement.put_in_force(
                db.session, version=chosen, programme=programme, from_at=from_at, aware=accept_losses, **who
            )
        db.session.commit()
        click.echo(
            f"{slug} asks {chosen.url} {chosen.version} from {clock.local(from_at, programme.zone):%Y-%m-%d %H:%M}"
        )


@questionnaire_commands.command("retire")
@click.argument("url")
@VERSION
@BY_WHOM
def retire(url: str, version: str, by: str) -> None:
    """Never ask a version again; what was answered keeps it."""
    with application():
        chosen, person = _stored(url, version), acting(by, "questionnaire.publish")
        with _refusals():
            publication.retire(db.session, version=chosen, staff=person, now=clock.now(), from_address=HERE)
        db.session.commit()
        click.echo(f"{chosen.url} {chosen.version}: {chosen.status}")


def _instant(typed: str, zone: str) -> datetime:
    try:
        read = datetime.strptime(typed.replace("T", " "), "%Y-%m-%d %H:%M")  # noqa: DTZ007 - a clock on a wall
    except ValueError:
        raise click.ClickException(f"{typed} is no moment: write it as 2026-03-27 08:30") from None
    return clock.instant(read.date(), read.time(), zone)


@contextmanager
def _refusals() -> Iterator[None]:
    """Each reason on its own line."""
    english = texts.translator(texts.SOURCE)
    try:
        yield
    except publication.Unfit as refused:
        reasons = [f"  {one.link_id or 'the whole form'}: {message(one, 'en')}" for one in refused.findings]
        raise click.ClickException("\n".join([refused.text(english), *reasons])) from None
    except Refused as refused:
        raise click.ClickException(refused.text(english)) from None


def _stored(url: str, version: str | None) -> QuestionnaireVersion:
    found = drafts.stored(db.session, url=url, version=version)
    if found is None:
        raise click.ClickException(f"there is no questionnaire {url} {version or ''}".rstrip())
    return found


@questionnaire_commands.command("export")
@click.argument("url")
@click.option("--version", help="Without it, the version stored last.")
def export(url: str, version: str | None) -> None:
    """Print the FHIR Questionnaire stored under URL, as it was imported."""
    with application():
        _print(_stored(url, version).document)


@click.group("response")
def response_commands() -> None:
    """What was answered."""


@response_commands.command("export")
@click.argument("public_id", type=click.UUID)
def export_response(public_id: uuid.UUID) -> None:
    """Print one response as a FHIR QuestionnaireResponse. It is health data: mind where it goes."""
    with application():
        found = db.session.scalar(select(Response).where(Response.public_id == public_id))
        if found is None:
            raise click.ClickException(f"there is no response {public_id}")
        _print(response_export.exported(db.session, found))
