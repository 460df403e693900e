"""`vigidom assessment explain`: why one set of answers got its level, for whoever looks after the server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime

import click

from records import access, audit, clock
from records.db import db
from records.models import Enrolment, Staff
from triage import explained
from triage.explaining import Part, RuleSaid
from webapp.commanding import HERE, acting, application

OUTCOMES = {True: "yes", False: "no", None: "not known"}


@click.group("assessment")
def assessment_commands() -> None:
    """What the rules said of answers."""


@assessment_commands.command("explain")
@click.argument("number", metavar="ID", type=click.UUID)
@click.option("--language", default="en", help="Language of the protocol's own texts: en, fr, ar.")
@click.option("--by", metavar="EMAIL", help="Who reads it, proved by their password: of their teams only.")
def explain(number: uuid.UUID, language: str, by: str | None) -> None:
    """Explain assessment ID: its rules, values, limits, version, and whether it comes out the same today.

    What is printed is health data without a name; the audit trail notes that it was read here, or with --by the access
    log by whom. Exit 1 when the assessment comes out differently today.
    """
    with application():
        person = acting(by, "patient.read") if by else None
        assessed = explained.find(db.session, assessment=number)
        if assessed is None:
            raise click.ClickException(f"there is no assessment {number}")
        enrolment = db.session.get_one(Enrolment, assessed.enrolment_id)
        _note(enrolment, person)
        zone = enrolment.programme.zone
        shown = explained.explained(db.session, assessed, language=language, moment=lambda at: _moment(at, zone))
        text = "\n".join(_lines(shown, zone))
        db.session.commit()
        same = shown.is_same
    click.echo(text)
    if not same:
        raise SystemExit(1)


def _note(enrolment: Enrolment, person: Staff | None) -> None:
    """Whoever has the server reads without a name; the trail says at least that it was read, and when."""
    now = clock.now()
    if person is None:
        subject = ("enrolment", enrolment.public_id)
        audit.append(db.session, actor=audit.SYSTEM, action="assessment.explained", subject=subject, now=now)
        return
    try:
        access.enrolment_for(db.session, staff=person, public_id=enrolment.public_id)
    except access.NotYours:
        raise click.ClickException(f"{person.name} has no patient with this assessment") from None
    access.log_access(
        db.session, staff=person, enrolment_id=enrolment.id, page="assessment", now=now, from_address=HERE
    )


def _moment(at: datetime, zone: str) -> str:
    return f"{clock.local(at, zone):%Y-%m-%d %H:%M}"


def _lines(shown: explained.Explained, zone: str) -> Iterator[str]:
    assessed, answered, version, told = shown.assessment, shown.response, shown.version, shown.told
    slug = shown.wording.document.slug
    yield f"Level: {assessed.level}{', told to call 15' if assessed.call_15 else ''}"
    yield f"Answers of {_moment(answered.due_at, zone)} ({zone}), by {answered.door}, from the {answered.informant}"
    signed = f"signed by {version.signed_by.name}" if version.signed_by else "signed by nobody"
    yield f"Protocol {slug} {version.number}, {signed}; assessed {_moment(assessed.assessed_at, zone)}"
    if shown.snooze:
        yield f"No alert: {shown.snooze.author.name} had put this rule off until {_moment(shown.snooze.until_at, zone)}"
    yield from _told(told, zone) if told else ["What is stored can no longer be put into words."]
    if shown.is_same and not shown.tried_all:
        yield "  Not every answer was tried: none that is missing, none that a score or a trend is worked out from."
    yield "It comes out the same today." if shown.is_same else "IT COMES OUT DIFFERENTLY TODAY."


def _told(told: explained.Told, zone: str) -> Iterator[str]:
    for own in told.own_limits:
        yield f"Own limit: {own.label} {own.value}, by {own.author}, {_moment(own.from_at, zone)}"
    yield from told.doubts
    for rule in told.rules:
        yield from _rule(rule)
    yield "Values:"
    for value in told.values:
        yield f"  {value.label}: {value.value}{f' ({value.doubt})' if value.doubt else ''} [{value.source}]"
    yield "What would have changed the level (one answer at a time):"
    for change in told.changes:
        yield f"  {change.label} {change.value}: {'; '.join(change.others)}"


def _rule(rule: RuleSaid) -> Iterator[str]:
    yield f"Rule {rule.id} ({rule.level.code}): {OUTCOMES[rule.outcome]}{f'. {rule.said}' if rule.said else ''}"
    yield from _part(rule.when, "  ")


def _part(part: Part, indent: str) -> Iterator[str]:
    yield f"{indent}{part.text}: {OUTCOMES[part.outcome]}"
    for inner in part.parts:
        yield from _part(inner, indent + "  ")
