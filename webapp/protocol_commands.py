"""Commands about protocols: `vigidom protocol …`. What only reads a file needs no database."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import orjson
from sqlalchemy import select

from records import clock, programmes, texts
from records.db import db
from records.models import Programme
from triage import boundaries, documents, drafts, protocols, trying
from triage.cases import run_cases
from triage.findings import Finding, Findings, ProtocolError
from triage.models import ProtocolVersion
from triage.protocols import replays
from webapp.commanding import HERE, acting, application

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="One line of JSON for each FILE.")
ENGLISH = texts.translator(texts.SOURCE)


@click.group("protocol")
def protocol_commands() -> None:
    """Protocols: the rules that decide who is called."""


@protocol_commands.command("check")
@click.argument("files", nargs=-1, required=True, type=FILE)
@AS_JSON
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Say of each FILE what must be corrected and what should be looked at; exit 1 when any is refused. Needs no
    database.
    """
    accepted = True
    for path in files:
        document, found = _read(path)
        warnings = [_told(one) for one in documents.review(document)] if document else []
        accepted = accepted and document is not None
        if as_json:
            told = {"file": str(path), "accepted": document is not None, "findings": found, "warnings": warnings}
            click.echo(orjson.dumps(told).decode())
            continue
        click.echo(f"{path}: {'refused' if document is None else 'accepted'}")
        for one in found:
            click.echo(f"  {one['where']}: {one['message']}")
        for one in warnings:
            click.echo(f"  warning: {one['where']}: {one['message']}")
    if not accepted:
        sys.exit(1)


@protocol_commands.command("test")
@click.argument("file", type=FILE)
@AS_JSON
def test(file: Path, as_json: bool) -> None:
    """Run FILE's own cases; exit 1 when one fails. Tells beside which limits no case stands. Needs no database."""
    document = _document(file)
    failures, uncovered = run_cases(document), boundaries.uncovered(document)
    if as_json:
        told = {
            "file": str(file),
            "cases": len(document.cases),
            "failures": [{"case": one.case.name, "message": one.text(ENGLISH)} for one in failures],
            "uncovered": [{"rule": one.rule, "message": one.text(ENGLISH)} for one in uncovered],
        }
        click.echo(orjson.dumps(told).decode())
    else:
        for failure in failures:
            click.echo(failure.text(ENGLISH))
        for side in uncovered:
            click.echo(f"not covered: {side.text(ENGLISH)}")
        click.echo(f"{len(document.cases)} cases, {len(failures)} fail, {len(uncovered)} sides of limits not covered")
    if failures:
        sys.exit(1)


@protocol_commands.command("assess")
@click.argument("file", type=FILE)
@click.option("--facts", "cases", type=FILE, required=True, help="JSON: a list of cases (see docs/protocols.md).")
@click.option("--own-limits", multiple=True, metavar="NAME=VALUE", help="A patient's own limit; may be repeated.")
@click.option("--usual", is_flag=True, help="Facts that a case leaves out are as the protocol's own cases have them.")
@click.option("--language", type=click.Choice(list(texts.LANGUAGES)), default=texts.SOURCE, show_default=True)
def assess(file: Path, cases: Path, own_limits: tuple[str, ...], usual: bool, language: str) -> None:
    """Assess each case by FILE: level, rules fired, unknowns and explanation, as a list in JSON. A case that cannot be
    read is told and stops no other; exit 1 when there is one. Needs no database.
    """
    document = _document(file)
    own = _own_limits(document, own_limits)
    tried = trying.Trial(document, own_limits=own, usual=usual, language=language)
    told = [tried.told(given, number) for number, given in enumerate(_cases(cases), start=1)]
    click.echo(json.dumps(told, ensure_ascii=False, indent=2).encode("utf-8", "backslashreplace"))
    if any("error" in one for one in told):
        sys.exit(1)


@protocol_commands.command("list")
def list_versions() -> None:
    """Every version of every protocol: where it stands in its life, and the drafts that are worked on."""
    with application():
        for slug in db.session.scalars(select(ProtocolVersion.slug).distinct().order_by(ProtocolVersion.slug)):
            programme = programmes.by_slug(db.session, slug=slug)
            for version in reversed(protocols.versions(db.session, slug=slug)):
                click.echo(f"{slug} {version.number}: {_standing(version, programme)}")
            for draft in drafts.open_ones(db.session, slug=slug):
                click.echo(f"{slug} draft {draft.public_id}: changed {draft.changed_at:%Y-%m-%d %H:%M} UTC")


@protocol_commands.command("export")
@click.argument("slug")
@click.option("--number", type=click.IntRange(1, 2**31 - 1), help="Without it, the version in use now.")
def export(slug: str, number: int | None) -> None:
    """Print a version's document, to keep or to change."""
    with application():
        known = protocols.versions(db.session, slug=slug)
        found = next((one for one in known if one.number == number), None) if number else _in_use(slug)
        if found is None:
            raise click.ClickException(f"there is no protocol {slug} {number or ''}".rstrip())
        click.echo(orjson.dumps(found.document, option=orjson.OPT_INDENT_2).decode())


@protocol_commands.command("import")
@click.argument("file", type=FILE)
@click.option("--by", metavar="EMAIL", required=True, help="Whose draft it is; asks for their password.")
def import_file(file: Path, by: str) -> None:
    """Store FILE as a draft of that person, made from the version in use. It may still need corrections."""
    given = _json(file)
    slug = given.get("slug") if isinstance(given, dict) else None
    with application():
        based_on = _in_use(str(slug))
        if based_on is None:
            raise click.ClickException(f"there is no protocol {slug}: load its programme first")
        person = acting(by, "protocol.edit")
        draft = drafts.bring_in(
            db.session, based_on=based_on, document=given, staff=person, now=clock.now(), from_address=HERE
        )
        db.session.commit()
        click.echo(f"{draft.slug} draft {draft.public_id}: made from version {based_on.number}")
        for finding in drafts.findings(draft):
            click.echo(f"  {finding.text(ENGLISH)}")


def _read(path: Path) -> tuple[documents.Document | None, list[dict[str, str]]]:
    try:
        return documents.load(path.read_bytes()), []
    except ProtocolError as refused:
        return None, [_told(one) for one in refused.findings]


def _document(path: Path) -> documents.Document:
    document, found = _read(path)
    if document is None:
        lines = [f"{path} is refused:", *(f"  {one['where']}: {one['message']}" for one in found)]
        raise click.ClickException("\n".join(lines))
    return document


def _told(finding: Finding) -> dict[str, str]:
    return {"where": finding.where, "message": ENGLISH.gettext(finding.message, **finding.values)}


def _json(path: Path) -> Any:
    findings = Findings()
    try:
        given = documents.decoded(path.read_bytes(), findings)
        findings.refuse_if_any()
    except ProtocolError as refused:
        raise click.ClickException(f"{path}: {refused.findings[0].text(ENGLISH)}") from None
    return given


def _cases(path: Path) -> list[Any]:
    """Numbers keep every digit that was typed."""
    try:
        given = json.loads(path.read_bytes(), parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:  # of a number that no Decimal holds, the second
        raise click.ClickException(f"{path} is not JSON that can be read: {error}") from None
    listed = given.get("cases") if isinstance(given, Mapping) and "cases" in given else given
    return listed if isinstance(listed, list) else [listed]


def _own_limits(document: documents.Document, given: tuple[str, ...]) -> dict[str, Decimal]:
    try:
        own = {name: trying.number(value) for name, _, value in (one.partition("=") for one in given)}
        documents.check_own_limits(document, own)
    except trying.BadCase as error:
        raise click.ClickException(f"--own-limits: {error}") from None
    except ProtocolError as refused:
        raise click.ClickException(f"--own-limits: {refused}") from None
    return own


def _in_use(slug: str) -> ProtocolVersion | None:
    return protocols.bound_of(db.session, slug=slug, now=clock.now())


def _standing(version: ProtocolVersion, programme: Programme | None) -> str:
    bound = protocols.of_programme(db.session, programme_id=programme.id) if programme else []
    counting = replays.that_count(db.session, slug=version.slug)
    standing = protocols.stage(version, counting.get(version.id), bound, clock.now())
    since = f" from {standing.from_at:%Y-%m-%d %H:%M} UTC" if standing.from_at else ""
    return f"{standing.stage}{since}"
