"""Texts to the staff: somebody waits for a call and nobody has called. They fail open: a doubt sends them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from notifications import texts
from notifications.models import Message
from notifications.policy import SEND, Decision, Drop
from notifications.providers import Text
from records import clock, phones
from records.models import Enrolment, Patient, Programme, Staff, Team
from records.staff.telephones import phone_of
from triage.models import Callback, Escalation, EscalationKind

LASTS = timedelta(minutes=30)
"""A page that could not be sent by then would call somebody for what others have been told of since."""
OWED_AT_ONCE = 500

# Under the escalation's own id, so that any number of workers owe it once. The oldest first; whoever has no telephone
# is written down too, and dropped for it: the staff can read that nothing went.
OWE = text("""
    INSERT INTO messages (key, purpose, staff_id, callback_id, status_at, created_at, next_try_at, expires_at)
    SELECT 'page:' || e.public_id, 'staff-page', e.staff_id, e.callback_id, :now, :now, :now, e.at + :lasts
    FROM escalations e
    WHERE e.acknowledged_at IS NULL AND e.staff_id IS NOT NULL AND e.at > :now - :lasts AND e.at <= :now
      AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.key = 'page:' || e.public_id)
    ORDER BY e.at, e.id LIMIT :limit
    ON CONFLICT (key) DO NOTHING
""")


def owe(session: Session, *, now: datetime, limit: int = OWED_AT_ONCE) -> int:
    """Owe a text for each escalation that nobody has acknowledged and that is not an old one; returns how many are new.
    Called again, in another transaction, while it returns any.
    """
    return int(session.execute(OWE, {"now": now, "lasts": LASTS, "limit": limit}).rowcount)  # type: ignore[attr-defined]


class PageFacts(NamedTuple):
    """One page as the database has it now, its number still sealed."""

    message: Message
    staff: Staff
    escalation: Escalation
    team: str
    zone: str
    rehearsal: bool


@dataclass(frozen=True, repr=False)
class Page:
    facts: PageFacts
    phone: str | None


def load(session: Session, message_ids: Sequence[int]) -> list[PageFacts]:
    """What is known of those of these messages that go to staff, in the order of their ids."""
    its_own = (Escalation.callback_id == Message.callback_id) & (Escalation.staff_id == Message.staff_id)
    wanted = (
        select(Message, Staff, Escalation, Team.name, Programme.zone, Patient.rehearsal)
        .join(Staff, Staff.id == Message.staff_id)
        .join(Escalation, its_own & (Message.key == text("'page:' || escalations.public_id")))
        .join(Callback, Callback.id == Escalation.callback_id)
        .join(Team, Team.id == Callback.team_id)
        .join(Enrolment, Enrolment.id == Callback.enrolment_id)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .join(Patient, Patient.id == Enrolment.patient_id)
        .where(Message.id.in_(message_ids))
        .order_by(Message.id)
    )
    return [PageFacts(*row) for row in session.execute(wanted.execution_options(populate_existing=True))]


def opened(facts: PageFacts) -> Page:
    """The page with its number in clear. Raises crypto.SealBroken or crypto.KeyMissing."""
    return Page(facts, phone_of(facts.staff))


def decide(page: Page, *, reaches_people: bool) -> Decision:
    """Send at any hour and however often, unless it would reach nobody or somebody deals with it already."""
    facts, phone = page.facts, page.phone
    if facts.escalation.acknowledged_at is not None:
        return Decision(drop=Drop.ACKNOWLEDGED)
    if facts.staff.disabled_at is not None:
        return Decision(drop=Drop.LEFT)
    if phone is None:
        return Decision(drop=Drop.NO_PHONE)
    if reaches_people and (facts.rehearsal or phones.is_fictional(phone)):
        return Decision(drop=Drop.REHEARSAL)
    return SEND if phones.can_receive_texts(phone) else Decision(drop=Drop.LANDLINE)


def written(page: Page, *, public_url: str, at: datetime) -> Text:
    """The text, the same whenever it is made. Its link asks to sign in, and tells nothing by itself."""
    message, escalation = page.facts.message, page.facts.escalation
    assert page.phone is not None, "decide lets no page pass without a number"
    link = f"{public_url}/{page.facts.staff.language}/p/{escalation.public_id}"
    hour = f"{clock.local(escalation.clock_at, page.facts.zone):%H:%M}"
    kind = EscalationKind(escalation.kind)
    return Text(
        message_public_id=message.public_id,
        to=page.phone,
        body=texts.page(page.facts.staff.language, kind=kind, hour=hour, team=page.facts.team, link=link),
        link=link,
        callback_url=f"{public_url}/hooks/twilio/status/{message.public_id}",
        at=at,
        expires_at=message.expires_at,
        synthetic=page.facts.rehearsal or phones.is_fictional(page.phone),
    )
