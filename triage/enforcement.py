"""A questionnaire comes into force for a programme only when the programme's rules can read its answers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from questionnaires import publication, versions
from questionnaires.models import QuestionnaireVersion
from records.models import Programme, Staff
from records.texts import Translator
from triage import documents, protocols
from triage.asked_facts import Misfit, misfits
from triage.refusals import Refused


class _Misread(Refused):
    def __init__(self, found: tuple[Misfit, ...]) -> None:
        self.misfits = found
        super().__init__()

    def text(self, t: Translator) -> str:
        return "\n".join([super().text(t), *(one.text(t) for one in self.misfits)])


class RulesCannotRead(_Misread):
    message = "The rules of this programme cannot read this version’s answers: every patient would be called back."


class RulesLose(_Misread):
    message = "The rules lose something by this version. Read what, and say that you accept it."


def found(
    session: Session, *, version: QuestionnaireVersion, programme: Programme, now: datetime
) -> tuple[Misfit, ...]:
    """Held against every protocol that assesses somebody of the programme: the signed one, and what rehearsal uses."""
    bound = (protocols.bound(session, programme_id=programme.id, now=now, signed=signed) for signed in (True, False))
    by_digest = {one.digest: one for one in bound if one is not None}
    told: dict[str, Misfit] = {}
    for one in by_digest.values():
        for misfit in misfits(documents.reload(one.document), versions.parsed(version)):
            told.setdefault(f"{misfit.fact.name if misfit.fact else ''} {misfit.sentence}", misfit)
    return tuple(told.values())


def put_in_force(
    session: Session,
    *,
    version: QuestionnaireVersion,
    programme: Programme,
    from_at: datetime,
    staff: Staff,
    aware: bool,
    now: datetime,
    from_address: str | None = None,
) -> None:
    """Raises RulesCannotRead; RulesLose unless somebody is `aware` of it; and what publication.put_in_force raises."""
    lost = found(session, version=version, programme=programme, now=now)
    if stopping := tuple(one for one in lost if one.stops):
        raise RulesCannotRead(stopping)
    if lost and not aware:
        raise RulesLose(lost)
    publication.put_in_force(
        session,
        version=version,
        programme=programme,
        from_at=from_at,
        staff=staff,
        now=now,
        from_address=from_address,
    )
