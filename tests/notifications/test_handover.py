"""Several texts with the provider at once: started and settled together, and each comes to its own end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from notifications import receipts, settling
from notifications.models import Message
from notifications.providers import Outcome, OutcomeKind, Text
from records.models import Contact
from tests import factories
from tests.notifications.conftest import OPENS, Killed, Scripted, answers, make_checkin, messages
from tests.statements import counted

Beat = Callable[..., dict[str, int]]
TEXTS, LANES = 12, 4


@pytest.fixture
def twelve(session: Session) -> None:
    for _ in range(TEXTS):
        make_checkin(session, factories.make_enrolment(session))
    session.commit()


@pytest.mark.usefixtures("twelve")
def test_each_of_a_group_comes_to_its_own_end(
    session: Session, sessions: sessionmaker[Session], provider: Scripted, beat: Beat
) -> None:
    def overtaken(text: Text) -> Outcome:
        with sessions.begin() as other:
            values = {"message_public_id": text.message_public_id, "error_code": None, "now": OPENS}
            receipts.apply(other, provider_status="delivered", **values)
        return provider.take(text)

    provider.next.extend([overtaken, answers(OutcomeKind.REFUSED, "no"), provider.loses_its_answer, provider.take])
    provider.next.extend([answers(OutcomeKind.RETRY, "busy"), overtaken])
    ends = {"delivered": 2, "refused": 1, "unknown": 1, "queued": 1, "accepted": TEXTS - 5}
    assert beat(OPENS, lanes=LANES) == ends | {"owed": TEXTS}
    found = messages(session).values()
    assert Counter(message.status for message in found) == ends
    told = Counter(session.scalars(sa.select(Contact.outcome)))
    assert told == {"delivered": 2, "failed": 1, "unknown": 1, "sent": TEXTS - 5}
    taken_over = [message for message in found if message.status in ("delivered", "accepted")]
    assert all(message.provider_id == f"SM{message.public_id.hex}" for message in taken_over)


@pytest.mark.usefixtures("twelve")
def test_a_crash_leaves_no_more_in_doubt_than_were_on_their_way(
    session: Session, sessions: sessionmaker[Session], provider: Scripted, beat: Beat
) -> None:
    on_disk: list[int] = []

    def looks(text: Text) -> Outcome:
        with sessions() as other:
            sending = other.scalars(sa.select(Message.public_id).where(Message.status == "sending")).all()
        assert text.message_public_id in sending
        on_disk.append(len(sending))
        return provider.take(text)

    provider.next.extend([looks] * (TEXTS - 1))
    provider.next.append(provider.dies_after_taking_over)
    with pytest.raises(Killed):
        beat(OPENS, lanes=LANES)
    assert max(on_disk) <= LANES
    assert 1 <= Counter(message.status for message in messages(session).values())["sending"] <= LANES
    assert len(on_disk) == TEXTS - 1


@pytest.mark.usefixtures("twelve")
def test_while_the_provider_is_away_texts_go_back_together_in_the_commit_that_starts_the_next(
    session: Session, engine: sa.Engine, provider: Scripted, beat: Beat
) -> None:
    provider.next.extend([answers(OutcomeKind.RETRY, "twilio-503")] * TEXTS)
    with counted(engine) as statements:
        assert beat(OPENS) == {"owed": TEXTS, "queued": TEXTS}

    assert {(one.next_try_at, one.reason) for one in messages(session).values()} == {
        (OPENS + settling.BACK_OFF[0], "twilio-503")
    }
    of_a_text = [one for one in statements if "'sending'" in one or ("FOR UPDATE" in one and "messages" in one)]
    assert len(of_a_text) <= 2 * TEXTS + 10
