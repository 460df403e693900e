"""Commands about questionnaires and responses: `vigidom questionnaire …` and `vigidom response …`."""

from __future__ import annotations

import sys
import uuid
from pathlib import Path
from typing import Any

import click
import orjson
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from questionnaires import drafts, fhir, versions
from questionnaires.findings import QuestionnaireError
from questionnaires.models import Response
from questionnaires.outcome import Issue, operation_outcome
from questionnaires.reading import parse
from questionnaires.report import document_of, report
from questionnaires.response_checks import validate_response
from records import audit, clock
from records.db import db
from webapp.commanding import application

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


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


@questionnaire_commands.command("import")
@click.argument("file", type=FILE)
def import_file(file: Path) -> None:
    """Store FILE as a draft; nobody is asked with it until a second person publishes it."""
    found = report(file.read_bytes())
    if not found["accepted"]:
        _print({"file": str(file), **found})
        raise click.ClickException("refused; nothing was stored")
    document = orjson.loads(file.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    with application():
        try:
            version = drafts.import_draft(db.session, document=document, actor=audit.SYSTEM, now=clock.now())
        except QuestionnaireError as refusal:
            raise click.ClickException("; ".join(f.code for f in refusal.findings)) from None
        db.session.commit()
        click.echo(f"{version.url} {version.version}: {version.status}")


@questionnaire_commands.command("export")
@click.argument("url")
@click.option("--version", help="Without it, the version stored last.")
def export(url: str, version: str | None) -> None:
    """Print the FHIR Questionnaire stored under URL, as it was imported."""
    with application():
        found = drafts.stored(db.session, url=url, version=version)
        if found is None:
            raise click.ClickException(f"there is no questionnaire {url} {version or ''}".rstrip())
        _print(found.document)


@click.group("response")
def response_commands() -> None:
    """What was answered."""


@response_commands.command("export")
@click.argument("public_id", type=click.UUID)
def export_response(public_id: uuid.UUID) -> None:
    """Print one response as a FHIR QuestionnaireResponse. It is health data: mind where it goes."""
    with application():
        found = db.session.scalar(
            select(Response).where(Response.public_id == public_id).options(joinedload(Response.version))
        )
        if found is None:
            raise click.ClickException(f"there is no response {public_id}")
        asked = versions.parsed(found.version)
        authored = found.completed_at or found.received_at
        status = "amended" if found.amends_id else "completed"
        written = fhir.questionnaire_response(
            asked, found.answers, authored=authored, status=status, language=found.language, identifier=str(public_id)
        )
        _print(written)
