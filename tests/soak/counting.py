"""The count at the end. Each rule is a query or a comparison that names what breaks it; a sound run names nothing."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session, joinedload

from notifications import statuses
from notifications.models import Message, MessageStatus
from records import audit_check, heartbeats
from records import enrolment as enrolments
from records.models import Enrolment
from tests.notifications import twilio_server
from tests.soak.callers import Written
from tests.soak.patients import Ledger

HANDED_OVER = {MessageStatus.UNREPORTED, MessageStatus.DELIVERED, MessageStatus.UNDELIVERED}
AT_PROVIDER = {MessageStatus.SENT: MessageStatus.UNREPORTED}
BEATS_WITHIN, FAILS_NO_MORE_SINCE = timedelta(seconds=30), timedelta(seconds=8)


MANNERS = ("answers 500", "staff pages refused", "faults of the soak itself")
"""How violations begin that tell of answers and of the soak, not of what is stored."""


@dataclass
class Count:
    """What was counted, for the table, and each violation in a sentence."""

    rows: list[tuple[str, object]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def none_of(self, rule: str, found: list[object]) -> None:
        self.rows.append((rule, len(found)))
        if found:
            self.violations.append(f"{rule}: {', '.join(str(one) for one in found[:5])}")

    def as_table(self) -> str:
        return "\n".join(f"  {name:<74} {value}" for name, value in self.rows)


NONE_OF = {
    "responses without exactly one assessment": """
        SELECT r.id FROM responses r LEFT JOIN assessments a ON a.response_id = r.id
        GROUP BY r.id HAVING count(a.id) <> 1""",
    "orange or red assessments without exactly one alert": """
        SELECT a.id FROM assessments a LEFT JOIN alerts l ON l.assessment_id = a.id WHERE a.level IN ('orange', 'red')
        GROUP BY a.id HAVING count(l.id) <> 1""",
    "green assessments with an alert": """
        SELECT a.id FROM assessments a JOIN alerts l ON l.assessment_id = a.id WHERE a.level = 'green'""",
    "open alerts in a closed call-back": """
        SELECT l.id FROM alerts l JOIN callbacks c ON c.id = l.callback_id
        WHERE l.closed_at IS NULL AND c.state = 'closed'""",
    "call-backs of another patient than their alert": """
        SELECT l.id FROM alerts l JOIN callbacks c ON c.id = l.callback_id WHERE c.enrolment_id <> l.enrolment_id""",
    "open call-backs without an open alert": """
        SELECT c.id FROM callbacks c LEFT JOIN alerts l ON l.callback_id = c.id AND l.closed_at IS NULL
        WHERE c.state = 'open' GROUP BY c.id HAVING count(l.id) = 0""",
    "patients with more than one open call-back": """
        SELECT enrolment_id FROM callbacks WHERE state = 'open' GROUP BY 1 HAVING count(*) > 1""",
    "answered check-ins without a response": """
        SELECT c.id FROM checkins c LEFT JOIN responses r ON r.checkin_id = c.id
        WHERE c.state = 'answered' AND r.id IS NULL""",
    "check-ins still open though answered in time": """
        SELECT c.id FROM checkins c JOIN responses r ON r.checkin_id = c.id WHERE c.state = 'open' AND NOT r.late""",
    "responses without exactly one entry in the audit trail": """
        SELECT r.id FROM responses r LEFT JOIN (
            SELECT convert_from(canonical, 'UTF8')::jsonb -> 'details' ->> 'response' AS response FROM audit_entries
            WHERE convert_from(canonical, 'UTF8')::jsonb ->> 'action' = 'answers.submitted') e
        ON e.response = r.public_id::text GROUP BY r.id HAVING count(e.response) <> 1""",
    "audited responses that do not exist": """
        SELECT e.response FROM (
            SELECT convert_from(canonical, 'UTF8')::jsonb -> 'details' ->> 'response' AS response FROM audit_entries
            WHERE convert_from(canonical, 'UTF8')::jsonb ->> 'action' = 'answers.submitted') e
        LEFT JOIN responses r ON r.public_id::text = e.response WHERE r.id IS NULL""",
    "active patients who should have been asked and were not": """
        SELECT e.id FROM enrolments e WHERE e.state = 'active' AND e.next_checkin_at <= now() - interval '1 minute'""",
}


def of_answers(session: Session, ledger: Ledger, count: Count) -> None:
    """Every acknowledged submission is there once, and nothing is there that was not sent."""
    query = "SELECT patient_id, key, r.public_id, level FROM responses r JOIN assessments a ON a.response_id = r.id"
    rows = session.execute(text(query)).all()
    stored = {(str(row.public_id), row.level) for row in rows}
    told: dict[tuple[int, uuid.UUID, str], set[tuple[str, str]]] = {}
    for one in ledger.sent:
        told.setdefault((one.person.patient, one.key, one.typed), set()).update(one.acknowledged)
    known = {one for every in told.values() for one in every}
    keys = {(patient, key) for patient, key, _ in told}
    strange = [row.key for row in rows if (row.patient_id, row.key) not in keys and row.key.version == 4]
    count.rows.append(("submissions sent / acknowledged / stored", f"{len(told)} / {len(known)} / {len(rows)}"))
    count.none_of("submissions never acknowledged in the end", [key for key, every in told.items() if not every])
    count.none_of("submissions answered with two results", [key for key, every in told.items() if len(every) > 1])
    count.none_of("acknowledged results that are not stored", [*(known - stored)])
    count.none_of("stored responses that nobody was told of", [*(stored - known)])
    count.none_of("stored under a key that nobody sent", strange)
    pale = [key for key, every in told.items() if key[2] == "red" and {level for _, level in every} != {"red"}]
    count.none_of("red forms that did not come out red", pale)
    count.none_of("submissions that were turned away", list(ledger.refused))


def of_rules(session: Session, count: Count) -> None:
    for rule, query in NONE_OF.items():
        count.none_of(rule, [tuple(row) for row in session.execute(text(query))])


def of_people(session: Session, now: datetime, count: Count) -> None:
    """Nobody is forgotten, and the audit trail is whole."""
    everybody = session.scalars(
        select(Enrolment).where(Enrolment.state.in_(enrolments.OPEN)).options(joinedload(Enrolment.programme))
    ).all()
    lost = [one.id for one in everybody if enrolments.next_step(one, one.programme, now) is None]
    count.none_of("followed patients without a next step", lost)
    trail = audit_check.verify(session)
    count.rows.append(("audit entries / chains", f"{trail.entries} / {trail.chains}"))
    count.none_of("breaks in the audit chains", list(trail.problems))


def of_staff(session: Session, written: Written, count: Count) -> None:
    """What was said to be written is written; a form that got no answer may have been."""
    for name, table in (("attempt", "attempts"), ("disposition", "dispositions")):
        there = session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        found = f"{written.done[name]} / {there} / {written.asked[name]}"
        count.rows.append((f"{table} confirmed / stored / sent", found))
        if not written.done[name] <= there <= written.asked[name]:
            count.violations.append(f"{table} confirmed / stored / sent: {found}")
    count.none_of("staff pages refused that should not be", list(written.faults))


def of_beats(session: Session, now: datetime, expected: set[str], count: Count) -> None:
    beats = {beat.job: beat for beat in heartbeats.all_beats(session)}
    fresh = {job for job, beat in beats.items() if beat.beat_at > now - BEATS_WITHIN}
    count.none_of("jobs that do not beat", [*(expected - fresh)])
    failed = [job for job, beat in beats.items() if beat.failed_at and beat.failed_at > now - FAILS_NO_MORE_SINCE]
    count.none_of("jobs that still fail", list(failed))


def of_messages(session: Session, accepted: Counter[str], count: Count) -> None:
    """Each in one final state, and with the provider at most once."""
    messages = session.scalars(select(Message)).all()
    states = Counter(f"{one.status}{f' ({one.reason})' if one.reason else ''}" for one in messages)
    count.rows += [(f"messages {state}", number) for state, number in sorted(states.items())]
    count.rows.append(("texts that the provider took over", sum(accepted.values())))
    count.none_of("texts that the provider got twice", [one for one, times in accepted.items() if times > 1])
    ours = {str(one.public_id) for one in messages}
    count.none_of("texts at the provider without a message", [*(set(accepted) - ours)])
    count.none_of(
        "messages that came to no end", [f"{m.key} {m.status}" for m in messages if m.status not in statuses.FINAL]
    )
    wrong = [m for m in messages if (m.status in HANDED_OVER) != (str(m.public_id) in accepted)]
    count.none_of("messages of which the provider's books say otherwise", [f"{m.key} {m.status}" for m in wrong])
    nameless = [m.key for m in messages if m.status in HANDED_OVER and m.provider_id is None]
    count.none_of("texts taken over without the provider's number for them", list(nameless))


def of_ends(session: Session, script: twilio_server.Script, count: Count) -> None:
    """What the provider knows in the end is what we know, whatever became of its receipts."""
    known = {made["sid"]: statuses.TWILIO[made["status"]] for made in script.held}
    ends = session.execute(
        select(Message.key, Message.status, Message.provider_id).where(Message.status.in_(HANDED_OVER))
    )
    wrong = [f"{key} {status}" for key, status, sid in ends if status != AT_PROVIDER.get(known[sid], known[sid])]
    count.rows.append(("texts asked about one by one", len(script.looked)))
    count.none_of("texts whose end is another than the provider's", list(wrong))
