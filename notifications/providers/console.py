"""The provider of demonstrations: prints that a text went out and keeps it for the page that shows them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from notifications.models import ConsoleMessage, Message, MessageStatus
from notifications.providers import LookUp, LookUpKind, Outcome, OutcomeKind, Text


class ConsoleInProduction(RuntimeError):
    """The console reaches nobody, and keeps links that open questionnaires: it serves demonstrations only."""


class ConsoleProvider:
    name = "console"
    reaches_people = False

    def __init__(self, sessions: sessionmaker[Session], *, production: bool = False, quiet: bool = False) -> None:
        if production:
            raise ConsoleInProduction("production needs a provider that reaches phones: VIGIDOM_SMS_PROVIDER=twilio")
        self.sessions = sessions
        self.quiet = quiet

    def send(self, text: Text) -> Outcome:
        self.keep([text])
        if not self.quiet:
            sys.stdout.write(f"text to {masked(text.to)}: {text.message_public_id}\n")
            sys.stdout.flush()
        return delivered(text)

    def keep(self, texts: Sequence[Text]) -> None:
        """Put them on the page that shows them, in one commit; one that stands there already stays as it is."""
        by_id = {text.message_public_id: text for text in texts}
        with self.sessions.begin() as session:
            known = session.execute(select(Message.id, Message.public_id).where(Message.public_id.in_(by_id)))
            rows = [
                {"message_id": id_, "recipient": masked(text.to), "body": text.body, "printed_at": text.at}
                for id_, text in ((id_, by_id[public_id]) for id_, public_id in known)
            ]
            once = insert(ConsoleMessage).on_conflict_do_nothing(index_elements=["message_id"])
            if rows:
                session.execute(once, rows)

    def find(self, text: Text) -> LookUp:
        found = select(ConsoleMessage.id).join(Message).where(Message.public_id == text.message_public_id)
        with self.sessions() as session:
            if session.scalar(found) is None:
                return LookUp(LookUpKind.ABSENT)
        return self.look(f"console-{text.message_public_id}")

    def look(self, provider_id: str) -> LookUp:
        return LookUp(LookUpKind.FOUND, provider_id=provider_id, status=MessageStatus.DELIVERED)


def delivered(text: Text) -> Outcome:
    return Outcome(
        OutcomeKind.ACCEPTED, provider_id=f"console-{text.message_public_id}", status=MessageStatus.DELIVERED
    )


def masked(phone: str) -> str:
    """A number of which only the country and the last two digits are left."""
    return f"{phone[:3]}{'•' * max(len(phone) - 5, 0)}{phone[-2:]}"
