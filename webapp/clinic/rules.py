"""Which protocol's words and limits a page shows."""

from __future__ import annotations

from datetime import datetime

from records.db import db
from triage import protocols
from triage.documents import Document
from triage.models import ProtocolVersion


def document_in_force(programme_id: int, now: datetime) -> Document | None:
    """The one bound to the programme, signed or not; None when nothing is bound."""
    version = protocols.bound(db.session, programme_id=programme_id, now=now)
    return _document(version) if version else None


def document_of(version_id: int) -> Document:
    """The one by which something was assessed."""
    return _document(db.session.get_one(ProtocolVersion, version_id))


def _document(version: ProtocolVersion) -> Document:
    return protocols.compiled(db.session, version_id=version.id, digest=version.digest).document
