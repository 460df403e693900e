"""Protocol versions as the pages show them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from flask import abort
from sqlalchemy import select

from records import clock, programmes
from records.db import db
from records.models import Programme
from triage import documents, protocols
from triage.cases import Failure, run_cases
from triage.documents import Document
from triage.findings import Finding
from triage.models import ProtocolStatus, ProtocolVersion
from webapp import choosing
from webapp.admin import differences
from webapp.admin.rule_words import RuleGroup, Words, groups
from webapp.extensions import language


@dataclass(frozen=True)
class Shown:
    """One version with its document read; `changes` are sentences against `against`, the version it would replace."""

    version: ProtocolVersion
    document: Document
    words: Words
    against: ProtocolVersion | None = None
    changes: list[str] = field(default_factory=list)

    @property
    def groups(self) -> list[RuleGroup]:
        return groups(self.document)

    @property
    def signed(self) -> bool:
        return self.version.status == ProtocolStatus.SIGNED

    @cached_property
    def warnings(self) -> tuple[Finding, ...]:
        return documents.review(self.document)

    @cached_property
    def failures(self) -> list[Failure]:
        return run_cases(self.document)


def shown(version: ProtocolVersion, *, against: ProtocolVersion | None = None) -> Shown:
    document = documents.reload(version.document)
    known = Shown(version, document, Words(document, language()), against)
    if against is not None:
        known.changes.extend(differences.between(documents.reload(against.document), document, language()))
    return known


def programme() -> Programme | None:
    """The one of the address, or the first of this centre."""
    known = programmes.loaded(db.session)
    return choosing.programme() or (known[0] if known else None)


def loaded_programme() -> Programme:
    found = programme()
    return found if found is not None else abort(404)


def programme_of(chosen: ProtocolVersion) -> Programme:
    """The programme that a version is of: they share their name."""
    found = programmes.by_slug(db.session, slug=chosen.slug)
    return found if found is not None else abort(404)


def version(public_id: uuid.UUID | str) -> ProtocolVersion:
    """The version of that public id, or 404."""
    try:
        wanted = uuid.UUID(str(public_id))
    except ValueError:
        abort(404)
    found = db.session.scalar(select(ProtocolVersion).where(ProtocolVersion.public_id == wanted))
    return found if found is not None else abort(404)


def in_use(of: Programme, now: datetime) -> ProtocolVersion | None:
    """What assesses real patients, or, until one is signed, rehearsal ones."""
    return protocols.bound(db.session, programme_id=of.id, now=now)


def to_review(chosen: ProtocolVersion) -> Shown:
    """A draft beside the version that it would replace; a signed one beside the version it was made from."""
    of = programme_of(chosen)
    current = in_use(of, clock.now())
    if chosen.status == ProtocolStatus.DRAFT:
        return shown(chosen, against=current if current is not None and current.id != chosen.id else None)
    base = db.session.get(ProtocolVersion, chosen.based_on_id) if chosen.based_on_id else None
    return shown(chosen, against=base)


def history(of: Programme) -> list[tuple[ProtocolVersion, list[str]]]:
    """Every version, newest first, with what it changed of the one it was made from."""
    known = protocols.versions(db.session, slug=of.slug)
    read = {one.id: documents.reload(one.document) for one in known}
    return [
        (one, differences.between(read[one.based_on_id], read[one.id], language()) if one.based_on_id in read else [])
        for one in known
    ]


def lock_newest(of: Programme) -> ProtocolVersion:
    """The newest version, while nobody else can add one: the second of two authors waits here and sees it."""
    protocols.take_turn(db.session, slug=of.slug)
    known = protocols.versions(db.session, slug=of.slug)
    return known[0] if known else abort(404)
