"""What a viewer of the queue asked to see, as conditions on a call-back `b`."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from records import access
from records.models import Staff
from triage.levels import Level
from triage.models import AlertKind
from triage.refusals import UnknownCode


@dataclass(frozen=True, slots=True)
class Filters:
    """Nothing is hidden unless asked for. `level` is a level's code, `team` a team's public id, `language` that of the
    patient. `late` is past its due time, `silent` has an open alert for a silence, whatever its level. `physician` is
    what a physician is to decide. `search` are digests of records.patients.digests: all must fit.
    """

    level: str | None = None
    physician: bool | None = None
    mine: bool = False
    team: uuid.UUID | None = None
    language: str | None = None
    late: bool = False
    silent: bool = False
    search: tuple[tuple[str, bytes], ...] | None = None

    @property
    def shows_folded(self) -> bool:
        """Whoever looks for one patient, or at their own list, finds them also while an incident keeps them."""
        return self.mine or self.search is not None


def conditions(filters: Filters) -> str:
    """Of constant fragments only; whether each stands depends on the filters, so that each set of them is a statement
    of its own, with a plan of its own.
    """
    return " ".join(f"AND {condition}" for condition in _conditions(filters))


def _conditions(filters: Filters) -> Iterator[str]:
    if not filters.shows_folded:
        yield "b.incident_id IS NULL"
    if filters.level:
        yield "b.rank = %(rank)s::smallint"
    if filters.physician is not None:
        yield "b.for_physician" if filters.physician else "NOT b.for_physician"
    if filters.mine:
        yield "b.claimed_by_id = %(staff)s AND b.claim_ends_at > %(now)s::timestamptz"
    if filters.late:
        yield "b.due_at < %(now)s::timestamptz"
    if filters.silent:
        yield SILENT
    if filters.language:
        yield SPOKEN
    for number, _ in enumerate(filters.search or ()):
        yield NAMED.format(number=number)
    if filters.search == ():
        yield "false"


SILENT = f"""EXISTS (SELECT 1 FROM alerts s WHERE s.callback_id = b.id AND s.closed_at IS NULL
    AND s.kind = '{AlertKind.SILENCE}')"""  # noqa: S608 - a constant
SPOKEN = """EXISTS (SELECT 1 FROM enrolments s JOIN patients t ON t.id = s.patient_id
    WHERE s.id = b.enrolment_id AND t.language = %(language)s)"""
NAMED = """b.enrolment_id IN (SELECT s.id FROM enrolments s JOIN patient_index t ON t.patient_id = s.patient_id
    WHERE t.kind = %(kind{number})s AND t.digest = %(digest{number})s)"""


def values(filters: Filters, *, staff: Staff, now: datetime) -> dict[str, Any]:
    """Raises UnknownCode for a filter that is no level. A team that is not one's own leaves nothing."""
    chosen: dict[str, Any] = {"teams": teams(filters, staff), "staff": staff.id, "now": now}
    if filters.level:
        chosen["rank"] = rank(filters.level)
    if filters.language:
        chosen["language"] = filters.language
    for number, (kind, digest) in enumerate(filters.search or ()):
        chosen |= {f"kind{number}": kind, f"digest{number}": digest}
    return chosen


def teams(filters: Filters, staff: Staff) -> list[int]:
    if filters.team is None:
        return access.team_ids(staff)
    return [team.id for team in staff.teams if team.public_id == filters.team]


def rank(level: str) -> int:
    try:
        return int(Level.from_code(level))
    except ValueError as error:
        raise UnknownCode(code=level[:40]) from error
