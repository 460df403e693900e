"""What happened in a rehearsal, counted from the rows that the services left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from triage.levels import Level

LEVELS = {40: "red", 35: "silent, urgent", 30: "orange", 20: "silent"}

ROWS: Sequence[tuple[str, str]] = (
    ("patients", "SELECT count(*) FROM enrolments WHERE id IN :ids"),
    ("  followed now", "SELECT count(*) FROM enrolments WHERE id IN :ids AND state = 'active'"),
    ("  invited, not yet begun", "SELECT count(*) FROM enrolments WHERE id IN :ids AND state = 'invited'"),
    ("  ended", "SELECT count(*) FROM enrolments WHERE id IN :ids AND state = 'discharged'"),
    ("  of them admitted", "SELECT count(*) FROM enrolments WHERE id IN :ids AND end_reason = 'admitted'"),
    ("texts sent", "SELECT count(*) FROM messages WHERE enrolment_id IN :ids AND sent_at IS NOT NULL"),
    (
        "  of them reminders",
        "SELECT count(*) FROM messages WHERE enrolment_id IN :ids AND sent_at IS NOT NULL AND purpose LIKE '%reminder'",
    ),
    ("check-ins", "SELECT count(*) FROM checkins WHERE enrolment_id IN :ids"),
    ("  answered", "SELECT count(*) FROM checkins WHERE enrolment_id IN :ids AND state = 'answered'"),
    ("  missed", "SELECT count(*) FROM checkins WHERE enrolment_id IN :ids AND state = 'missed'"),
    ("  open now", "SELECT count(*) FROM checkins WHERE enrolment_id IN :ids AND state = 'open'"),
    ("answers", "SELECT count(*) FROM responses WHERE enrolment_id IN :ids"),
    ("  late", "SELECT count(*) FROM responses WHERE enrolment_id IN :ids AND late"),
    ("  unasked", "SELECT count(*) FROM responses WHERE enrolment_id IN :ids AND checkin_id IS NULL"),
    ("  green", "SELECT count(*) FROM assessments WHERE enrolment_id IN :ids AND level = 'green'"),
    ("  orange", "SELECT count(*) FROM assessments WHERE enrolment_id IN :ids AND level = 'orange'"),
    ("  red", "SELECT count(*) FROM assessments WHERE enrolment_id IN :ids AND level = 'red'"),
    (
        "patients ever orange or red",
        "SELECT count(DISTINCT enrolment_id) FROM assessments WHERE enrolment_id IN :ids AND level <> 'green'",
    ),
    (
        "patients ever red",
        "SELECT count(DISTINCT enrolment_id) FROM assessments WHERE enrolment_id IN :ids AND level = 'red'",
    ),
    ("alerts", "SELECT count(*) FROM alerts WHERE enrolment_id IN :ids"),
    ("call-backs", "SELECT count(*) FROM callbacks WHERE enrolment_id IN :ids"),
    ("  closed", "SELECT count(*) FROM callbacks WHERE enrolment_id IN :ids AND state = 'closed'"),
    (
        "telephone calls",
        "SELECT count(*) FROM attempts t JOIN callbacks b ON b.id = t.callback_id WHERE b.enrolment_id IN :ids",
    ),
)
OPEN = "SELECT rank, count(*) AS total FROM callbacks WHERE enrolment_id IN :ids AND state = 'open' GROUP BY rank"
# The wait for a call counts only call-backs that were called; those still waiting stand in the line above.
WAIT = """
    SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM first_called_at - opened_at) / 60)
    FROM callbacks b WHERE enrolment_id IN :ids AND first_called_at IS NOT NULL
      AND (CAST(:rank AS int) IS NULL
           OR EXISTS (SELECT 1 FROM alerts a
                      WHERE a.callback_id = b.id AND a.rank = :rank AND a.raised_at = b.opened_at))
"""


@dataclass(frozen=True, slots=True)
class Table:
    """Lines of a name and a value, in reading order; a name that is indented is a part of what stands above it."""

    lines: tuple[tuple[str, str], ...]

    def as_text(self) -> str:
        wide = max(len(name) for name, _ in self.lines)
        right = max(len(value) for _, value in self.lines)
        return "\n".join(f"{name:<{wide}}  {value:>{right}}" for name, value in self.lines)

    def __getitem__(self, name: str) -> str:
        return next(value for known, value in self.lines if known.strip() == name)


def count(session: Session, enrolment_ids: Sequence[int]) -> Table:
    """The table of these enrolments."""
    ids = list(enrolment_ids) or [0]
    lines = [(name, str(_one(session, query, ids))) for name, query in ROWS]
    standing = {row.rank: row.total for row in _run(session, OPEN, ids)}
    lines.append(("  open now", str(sum(standing.values()))))
    lines += [(f"    {name}", str(standing.get(rank, 0))) for rank, name in LEVELS.items()]
    lines.append(("median minutes to the first call", _minutes(_run(session, WAIT, ids, rank=None).scalar())))
    lines.append(("  when red", _minutes(_run(session, WAIT, ids, rank=int(Level.RED)).scalar())))
    return Table(tuple(lines))


def _one(session: Session, query: str, ids: list[int]) -> int:
    return int(_run(session, query, ids).scalar_one())


def _run(session: Session, query: str, ids: list[int], **values: Any) -> Any:
    return session.execute(text(query).bindparams(bindparam("ids", expanding=True)), {"ids": ids, **values})


def _minutes(value: Any) -> str:
    return "-" if value is None else f"{value:.0f}"
