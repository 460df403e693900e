"""Texts to the staff: somebody waits for a call and nobody has called. They fail open: a doubt sends them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Interval, ScalarSelect, String, cast, func, literal, or_, select, text
from sqlalchemy.orm import Session, aliased

from notifications import texts
from notifications.models import Message
from notifications.policy import SEND, Decision, Drop
from notifications.providers import Text
from records import clock, phones
from records.models import Enrolment, Patient, Programme, Staff, Team
from records.staff.telephones import phone_of
from triage.duty.escalations import ANSWER_WITHIN
from triage.levels import Level
from triage.models import Callback, Escalation, EscalationKind

LASTS = timedelta(minutes=30)
"""A page that could not be sent by then would call somebody for what others have been told of since."""
NIGHT_LASTS = timedelta(hours=8)
"""While the centre is closed there are no others, and nothing else tells of a red: a page goes whenever the provider is
back, if nobody has called meanwhile.
"""
OWED_AT_ONCE = 500
OF_MANY = "pages:"
"""How the key of a page begins that tells of all that is late for one person."""

AT_MOST_EVERY = ANSWER_WITHIN
"""So often at the most is one person paged of what is not red, however many calls are late: before the next person is
told of any of them. Each red, and what comes while the centre is closed, has a page of its own.
"""

# Under the escalation's own id, so that any number of workers owe it once. The oldest first; whoever has no telephone
# is written down too, and dropped for it: the staff can read that nothing went. A page of many stands under the oldest
# that no page has told of yet, and tells of everything that waits for this person when it is owed.
OWE = text("""
    WITH told AS MATERIALIZED (
        SELECT e.staff_id, p.rehearsal, max(m.created_at) AS at
        FROM escalations e JOIN messages m ON m.key = 'pages\\:' || e.public_id
        JOIN callbacks c ON c.id = e.callback_id JOIN enrolments f ON f.id = c.enrolment_id
        JOIN patients p ON p.id = f.patient_id
        WHERE e.at > :now - 2 * :lasts AND e.staff_id IS NOT NULL GROUP BY e.staff_id, p.rehearsal
    ), waiting AS (
        SELECT e.id, e.public_id, e.staff_id, e.callback_id, e.at, p.rehearsal,
            e.kind = 'outside-hours' AS at_night, e.kind = 'outside-hours' OR c.rank >= :red AS alone
        FROM escalations e JOIN callbacks c ON c.id = e.callback_id JOIN enrolments f ON f.id = c.enrolment_id
        JOIN patients p ON p.id = f.patient_id
        WHERE e.acknowledged_at IS NULL AND e.staff_id IS NOT NULL AND e.at > :now - :lasts AND e.at <= :now
          AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.key = 'page\\:' || e.public_id)
    ), owed AS (
        SELECT id, public_id, staff_id, callback_id, at, at_night, 'page\\:' AS kind FROM waiting WHERE alone
        UNION ALL
        SELECT * FROM (
            SELECT DISTINCT ON (w.staff_id, w.rehearsal) w.id, w.public_id, w.staff_id, w.callback_id, w.at, false,
                'pages\\:'
            FROM waiting w LEFT JOIN told ON (told.staff_id, told.rehearsal) = (w.staff_id, w.rehearsal)
            WHERE NOT w.alone AND (told.at IS NULL OR told.at < w.at AND told.at <= :now - :every)
            ORDER BY w.staff_id, w.rehearsal, w.at, w.id
        ) many
    )
    INSERT INTO messages (key, purpose, staff_id, callback_id, status_at, created_at, next_try_at, expires_at)
    SELECT kind || public_id, 'staff-page', staff_id, callback_id, :now, :now, :now,
        at + CASE WHEN at_night THEN :night ELSE :lasts END FROM owed
    ORDER BY at, id LIMIT :limit
    ON CONFLICT (key) DO NOTHING
""")


def owe(session: Session, *, now: datetime, limit: int = OWED_AT_ONCE) -> int:
    """Owe a text for what was put before somebody lately, and nobody has acknowledged; returns how many are new. Called
    again, in another transaction, while it returns any.
    """
    asked = {
        "now": now,
        "lasts": LASTS,
        "night": NIGHT_LASTS,
        "every": AT_MOST_EVERY,
        "red": int(Level.RED),
        "limit": limit,
    }
    return int(session.execute(OWE, asked).rowcount)  # type: ignore[attr-defined]


class PageFacts(NamedTuple):
    """One page as the database has it now, its number still sealed. Of a page of many, `late` is how many calls waited
    for this person when it was owed, and `still` how many of them wait now.
    """

    message: Message
    staff: Staff
    escalation: Escalation
    team: str
    zone: str
    rehearsal: bool
    late: int
    still: int

    @property
    def is_of_many(self) -> bool:
        return self.message.key.startswith(OF_MANY)


@dataclass(frozen=True, repr=False)
class Page:
    facts: PageFacts
    phone: str | None


def load(session: Session, message_ids: Sequence[int]) -> list[PageFacts]:
    """What is known of those of these messages that go to staff, in the order of their ids."""
    its_own = (Escalation.callback_id == Message.callback_id) & (Escalation.staff_id == Message.staff_id)
    wanted = (
        select(Message, Staff, Escalation, Team.name, Programme.zone, Patient.rehearsal, *_how_many())
        .join(Staff, Staff.id == Message.staff_id)
        .join(Escalation, its_own & (func.split_part(Message.key, ":", 2) == cast(Escalation.public_id, String)))
        .join(Callback, Callback.id == Escalation.callback_id)
        .join(Team, Team.id == Callback.team_id)
        .join(Enrolment, Enrolment.id == Callback.enrolment_id)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .join(Patient, Patient.id == Enrolment.patient_id)
        .where(Message.id.in_(message_ids))
        .order_by(Message.id)
    )
    return [PageFacts(*row) for row in session.execute(wanted.execution_options(populate_existing=True))]


def _how_many() -> tuple[ScalarSelect[int], ScalarSelect[int]]:
    """Of a page of many. The first does not change any more, so that the text is the same whenever it is made."""
    other = aliased(Escalation)
    waited = or_(other.acknowledged_at.is_(None), other.acknowledged_at > Message.created_at)
    its = (other.staff_id == Message.staff_id, Message.key.startswith(OF_MANY))
    lately = (other.at <= Message.created_at, other.at > Message.created_at - literal(LASTS, Interval))
    counted = select(func.count()).select_from(other).where(*its, *lately).correlate(Message)
    return counted.where(waited).scalar_subquery(), counted.where(other.acknowledged_at.is_(None)).scalar_subquery()


def opened(facts: PageFacts) -> Page:
    """The page with its number in clear. Raises crypto.SealBroken or crypto.KeyMissing."""
    return Page(facts, phone_of(facts.staff))


def decide(page: Page, *, reaches_people: bool) -> Decision:
    """Send at any hour and however often, unless it would reach nobody or somebody deals with it already."""
    facts, phone = page.facts, page.phone
    if facts.still == 0 if facts.is_of_many else facts.escalation.acknowledged_at is not None:
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
    return Text(
        message_public_id=message.public_id,
        to=page.phone,
        body=_body(page.facts, hour, link),
        link=link,
        callback_url=f"{public_url}/hooks/twilio/status/{message.public_id}",
        at=at,
        expires_at=message.expires_at,
        synthetic=page.facts.rehearsal or phones.is_fictional(page.phone),
    )


def _body(facts: PageFacts, hour: str, link: str) -> str:
    language, kind = facts.staff.language, EscalationKind(facts.escalation.kind)
    if facts.is_of_many and facts.late > 1:
        return texts.pages(language, late=facts.late, link=link)
    return texts.page(language, kind=kind, hour=hour, team=facts.team, link=link)
