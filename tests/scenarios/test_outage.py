"""The provider of texts is away for a morning, for all of a programme: nobody is forgotten, nothing old goes out."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.models import Message
from notifications.providers import OutcomeKind
from records.models import Role
from tests.factories import make_staff
from tests.notifications.conftest import answers
from tests.scenarios.fortnight import utc
from tests.scenarios.test_clocks import World
from triage import incidents
from triage.models import Alert, Attempt, AttemptOutcome, Callback, Incident, IncidentMember

pytestmark = pytest.mark.drill
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
PATIENTS, HEARD, CALLED = 500, 400, 450


class Away:
    """A provider that cannot be reached: every text is to be tried again."""

    def __init__(self, world: World) -> None:
        self.provider = world.provider

    def __enter__(self) -> None:
        self.provider.send = answers(OutcomeKind.RETRY, "twilio-503")  # type: ignore[method-assign]

    def __exit__(self, *_: object) -> None:
        del self.provider.send


def test_a_morning_without_texts_is_one_incident_that_closes_when_each_was_heard_of(
    session: Session, engine: sa.Engine
) -> None:
    world = World(session, engine, utc(3, 9, 18), lanes=25)
    people = [world.patient() for _ in range(PATIENTS)]
    caller = make_staff(session, Role.SUPERVISOR, teams=[world.team], now=world.began)
    opens, closed = utc(3, 10, 7), utc(3, 10, 11)

    with Away(world):
        world.beat(opens, opens + HOUR, opens + 2 * HOUR, opens + 3 * HOUR, closed)
        world.beat(closed + MINUTE)

    causes = Counter(session.scalars(sa.select(Alert.cause).where(Alert.kind == "silence")))
    assert causes == {"provider-down": PATIENTS}
    incident = session.scalars(sa.select(Incident)).one()
    assert (incident.kind, incident.began_at) == ("not-sent", opens)
    folded = sa.select(sa.func.count()).where(Callback.incident_id == incident.id)
    assert session.scalar(folded) == PATIENTS
    (line,) = incidents.standing(session, team_ids=[world.team.id], now=closed + MINUTE)
    assert (line.waiting, line.next_deadline_passed) == (PATIENTS, False)

    # The provider is back. Nothing of the morning goes out but the second reminder, whose hour it still is.
    world.beat(closed + 30 * MINUTE)
    sent = Counter(session.scalars(sa.select(Message.purpose).where(Message.sent_at > closed + 2 * MINUTE)))
    assert set(sent) <= {"second-reminder"}
    late = closed + 30 * MINUTE
    for person in people[:HEARD]:
        (morning,) = (one for one in world.checkins(person) if one.opens_at == opens)
        world.answer(person, morning, late)
    for person in people[HEARD:CALLED]:
        callback = session.scalars(sa.select(Callback).where(Callback.enrolment_id == person.id)).one()
        reached = {"outcome": AttemptOutcome.REACHED, "called": "patient", "verified": True, "at": late}
        session.add(Attempt(callback_id=callback.id, staff_id=caller.id, **reached))
    world.beat(late + MINUTE)

    settled = Counter(session.scalars(sa.select(IncidentMember.settled_by)))
    assert settled == {"answered": HEARD, "reached": CALLED - HEARD, None: PATIENTS - CALLED}
    assert session.scalar(folded) == PATIENTS - CALLED, "who waits, and nobody else"

    # Whoever nobody called by their deadline stands late in the queue; the incident waits for them all the same.
    deadline = max(session.scalars(sa.select(IncidentMember.deadline_at)))
    world.beat(deadline)
    assert session.scalar(folded) == 0
    late_in_queue = sa.select(sa.func.count()).where(Callback.state == "open", Callback.due_at <= deadline)
    assert session.scalar(late_in_queue) >= PATIENTS - CALLED
    world.beat(deadline + 4 * HOUR)
    session.refresh(incident)
    assert incident.ended_at is not None
    assert incident.closed_at is None

    for person in people[CALLED:]:
        morning = world.checkins(person)[0]
        world.answer(person, morning, deadline + 5 * HOUR)
    world.beat(deadline + 5 * HOUR + MINUTE)
    session.refresh(incident)
    assert incident.closed_at == deadline + 5 * HOUR + MINUTE
    standing = incidents.standing(session, team_ids=[world.team.id], now=deadline + 6 * HOUR)
    assert [one.kind for one in standing] == ["site"], "that nobody at all answered in the afternoon is another one"
