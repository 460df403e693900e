"""How a version is written down: numbered one after another, whole, with everybody who wrote a part of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from records import audit
from records.audit import Actor
from records.models import Programme, Staff
from triage import documents
from triage.earlier import looks_back
from triage.models import ProtocolInForce, ProtocolStatus, ProtocolVersion


def take_turn(session: Session, *, slug: str) -> None:
    """Acts on one protocol wait for each other until they commit, on its first version's row. Those who answer do not
    wait: their assessments only need the row to stay.
    """
    first = select(ProtocolVersion.id).where(ProtocolVersion.slug == slug).order_by(ProtocolVersion.number).limit(1)
    session.execute(first.with_for_update(key_share=True))


def store(
    session: Session,
    document: documents.Document,
    *,
    based_on: ProtocolVersion | None,
    reason: str | None,
    author: Staff | None,
    co_authors: Iterable[int] = (),
    now: datetime,
) -> ProtocolVersion:
    """The next version of the document's protocol. The caller has taken their turn."""
    last = session.scalar(select(func.max(ProtocolVersion.number)).where(ProtocolVersion.slug == document.slug))
    needed = looks_back(documents.facts_in_use(document))
    version = ProtocolVersion(
        slug=document.slug,
        number=(last or 0) + 1,
        document=documents.dump(document),
        digest=documents.digest(document),
        looks_back=needed.to_json() if needed else None,
        status=ProtocolStatus.DRAFT,
        created_at=now,
        author_id=author.id if author else None,
        co_author_ids=sorted({*co_authors, *unapproved(based_on)} - {author.id if author else None}),
        based_on_id=based_on.id if based_on else None,
        reason=reason,
    )
    session.add(version)
    session.flush()
    return version


def unapproved(version: ProtocolVersion | None) -> set[int]:
    """Who wrote what nobody has signed yet: made into another version, it is still their own work."""
    if version is None or version.status == ProtocolStatus.SIGNED:
        return set()
    return {*version.co_author_ids, *([version.author_id] if version.author_id is not None else [])}


def bind(session: Session, *, version: ProtocolVersion, programme: Programme, from_at: datetime) -> None:
    """A second binding of the same instant takes the first one's place: the later act counts."""
    same = select(ProtocolInForce).where(
        ProtocolInForce.programme_id == programme.id, ProtocolInForce.from_at == from_at
    )
    binding = session.scalar(same) or ProtocolInForce(programme_id=programme.id, from_at=from_at)
    binding.version_id = version.id
    session.add(binding)
    session.flush()


def tell(
    session: Session,
    version: ProtocolVersion,
    action: str,
    staff: Staff,
    from_address: str | None,
    now: datetime,
    **details: str,
) -> None:
    """Into the audit trail: which version, and nothing of what it says."""
    audit.append(
        session,
        actor=Actor.staff(staff, from_address),
        action=f"protocol.{action}",
        subject=("protocol", version.public_id),
        now=now,
        details={"slug": version.slug, "number": version.number, "digest": version.digest.hex(), **details},
    )
