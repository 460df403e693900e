"""New versions: proved by their own cases, numbered, and replayed on the last four weeks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from records.models import Staff
from records.texts import Translator
from triage import documents
from triage.cases import Failure, run_cases
from triage.models import ProtocolStatus, ProtocolVersion
from triage.protocols import bindings, kept, replays
from triage.refusals import LimitsMissing, ReasonMissing, Refused


class CasesFail(Refused):
    """Test cases of the document that do not hold."""

    message = "Cases that this protocol must get right come out differently."

    def __init__(self, failures: list[Failure]) -> None:
        self.failures = failures
        super().__init__()

    def text(self, t: Translator) -> str:
        return "\n".join([super().text(t), *(failure.text(t) for failure in self.failures)])


class NeverSigned(Refused):
    message = "No physician signed this version, so there is nothing to go back to. Choose one that was in force."


class InUseAlready(Refused):
    message = "This is what is in force already."


def new_version(
    session: Session,
    *,
    based_on: ProtocolVersion,
    limits: Mapping[str, Decimal],
    reason: str,
    author: Staff,
    now: datetime,
    from_address: str | None = None,
) -> ProtocolVersion:
    """A draft with other limits. Raises ProtocolError (range, order, precision), CasesFail, ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing
    if not limits:
        raise LimitsMissing
    document = documents.with_limits(documents.load(based_on.document), limits)
    return make(session, document, based_on=based_on, reason=reason, author=author, now=now, from_address=from_address)


def roll_back(
    session: Session,
    *,
    to: ProtocolVersion,
    reason: str,
    author: Staff,
    now: datetime,
    from_address: str | None = None,
) -> ProtocolVersion:
    """A new version that says what the signed version `to` said, to be signed like any other. It counts as made from
    the version in force, so that its differences are what goes back. Raises ReasonMissing, NeverSigned, InUseAlready,
    CasesFail.
    """
    if not reason.strip():
        raise ReasonMissing
    if to.status != ProtocolStatus.SIGNED:
        raise NeverSigned
    replaced = bindings.bound_of(session, slug=to.slug, now=now) or to
    if replaced.digest == to.digest:
        raise InUseAlready
    document = documents.reload(to.document)  # it was in force: what the catalogue learnt since must not keep it away
    return make(session, document, based_on=replaced, reason=reason, author=author, now=now, from_address=from_address)


def make(
    session: Session,
    document: documents.Document,
    *,
    based_on: ProtocolVersion,
    reason: str,
    author: Staff,
    now: datetime,
    co_authors: Iterable[int] = (),
    staff: Staff | None = None,
    from_address: str | None = None,
) -> ProtocolVersion:
    """A version that its cases prove, made by `staff` (or its author), and its replay asked for. Raises CasesFail."""
    failures = run_cases(document)
    if failures:
        raise CasesFail(failures)
    kept.take_turn(session, slug=document.slug)
    version = kept.store(
        session, document, based_on=based_on, reason=reason.strip(), author=author, co_authors=co_authors, now=now
    )
    maker = staff or author
    replays.ask_for_last_weeks(session, version=version, staff=maker, now=now)
    kept.tell(session, version, "drafted", maker, from_address, now)
    return version
