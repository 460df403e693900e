"""From a draft to what people are asked: published by a second person, in force for a programme, retired.

Every act is somebody's and stands in the audit trail of its version. A stored document never changes: whoever was asked
with a version keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from questionnaires import publishing, versions
from questionnaires.findings import Finding
from questionnaires.languages import missing_translations
from questionnaires.models import QuestionnaireInForce, QuestionnaireVersion, VersionStatus
from records import audit, refusals
from records.models import Programme, Staff


class Refused(refusals.Refused):
    """`message` is a msgid that says what to do; its parameters are `values`."""

    message: ClassVar[str]

    def __init__(self, **values: object) -> None:
        super().__init__(refusals.Sentence(self.message, values))


class NotADraft(Refused):
    message = "This version is no draft any more. Import a new version to change anything."


class PublisherImported(Refused):
    message = "You imported this version. Another person must publish it."


class Unfit(Refused):
    """`findings` are the obstacles, each with its item."""

    message = "This version cannot be shown to people yet: settle what stands in the way, and import it anew."

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__()


class NotPublished(Refused):
    message = "Only a published version can be brought into force. A second person must publish it first."


class InThePast(Refused):
    message = "This moment has passed. Choose now, or a later one."


class StillInForce(Refused):
    message = "This version is in force, or will be. Bring another one into force in its place first."


class RetiredAlready(Refused):
    message = "This version has been retired already."


def languages_wanted(session: Session, *, url: str) -> tuple[str, ...]:
    """The languages of the programmes that ask this questionnaire; of all programmes while none does, sorted."""
    asking = (
        select(Programme.languages)
        .join(QuestionnaireInForce, QuestionnaireInForce.programme_id == Programme.id)
        .join(QuestionnaireVersion, QuestionnaireVersion.id == QuestionnaireInForce.version_id)
        .where(QuestionnaireVersion.url == url)
    )
    found = session.scalars(asking).all() or session.scalars(select(Programme.languages)).all()
    return tuple(sorted({language for languages in found for language in languages}))


def publish(
    session: Session,
    *,
    version: QuestionnaireVersion,
    publisher: Staff,
    now: datetime,
    decided: frozenset[str] = frozenset(),
    from_address: str | None = None,
) -> None:
    """From now on it can be brought into force. Raises NotADraft, PublisherImported, Unfit.

    `decided` are the codes of publishing.DECIDABLE that the publisher takes upon themself.
    """
    session.refresh(version, with_for_update={"of": QuestionnaireVersion})
    if version.status != VersionStatus.DRAFT:
        raise NotADraft
    if version.created_by_id == publisher.id:
        raise PublisherImported
    languages = languages_wanted(session, url=version.url)
    if unfit := publishing.obstacles(versions.parsed(version), languages, decided=decided):
        raise Unfit(unfit)
    version.status, version.published_at, version.published_by_id = VersionStatus.PUBLISHED, now, publisher.id
    details = {"languages": list(languages), "decided": sorted(decided)}
    _audit(session, version, "questionnaire.published", publisher, from_address, now, **details)


def put_in_force(
    session: Session,
    *,
    version: QuestionnaireVersion,
    programme: Programme,
    from_at: datetime,
    staff: Staff,
    now: datetime,
    from_address: str | None = None,
) -> None:
    """`programme` asks it from `from_at` on. Planned for an instant for which another was planned, it takes that one's
    place. Raises NotPublished, InThePast, Unfit (a language of the programme has a gap).

    Whether the programme's rules can read its answers is another question: see triage.asked_facts.
    """
    session.refresh(version, with_for_update={"of": QuestionnaireVersion})
    if version.status != VersionStatus.PUBLISHED:
        raise NotPublished
    if from_at < now:
        raise InThePast
    if unfit := tuple(untranslated(version, programme.languages)):
        raise Unfit(unfit)
    binding = insert(QuestionnaireInForce).values(programme_id=programme.id, from_at=from_at, version_id=version.id)
    of_this_instant = (QuestionnaireInForce.programme_id, QuestionnaireInForce.from_at)
    session.execute(
        binding.on_conflict_do_update(index_elements=of_this_instant, set_={"version_id": version.id}),
    )
    details = {"programme": programme.slug, "in_force_from": from_at.isoformat()}
    _audit(session, version, "questionnaire.in_force", staff, from_address, now, **details)


def untranslated(version: QuestionnaireVersion, languages: Iterable[str]) -> Iterable[Finding]:
    """The texts that a version lacks in `languages`."""
    for language in languages:
        for place in missing_translations(versions.parsed(version), language):
            yield Finding("", "not-translated", params={"text": place, "type": language})


def retire(
    session: Session, *, version: QuestionnaireVersion, staff: Staff, now: datetime, from_address: str | None = None
) -> None:
    """Nobody can bring it into force again; what was answered keeps it. Raises StillInForce, RetiredAlready."""
    session.refresh(version, with_for_update={"of": QuestionnaireVersion})
    if version.status == VersionStatus.RETIRED:
        raise RetiredAlready
    if is_asked(session, version=version, now=now):
        raise StillInForce
    version.status = VersionStatus.RETIRED
    _audit(session, version, "questionnaire.retired", staff, from_address, now)


def is_asked(session: Session, *, version: QuestionnaireVersion, now: datetime) -> bool:
    """Whether a programme asks it now or has planned to."""
    return version.id in versions.asked(session, now=now)


def _audit(
    session: Session,
    version: QuestionnaireVersion,
    action: str,
    staff: Staff,
    from_address: str | None,
    now: datetime,
    **details: object,
) -> None:
    audit.append(
        session,
        actor=audit.Actor.staff(staff, from_address),
        action=action,
        subject=("questionnaire", version.public_id),
        now=now,
        details={"url": version.url, "version": version.version, "digest": version.digest.hex(), **details},
    )
