"""Inviting everybody of a file at once: all of them or nobody."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from records import audit
from records.models import Staff
from records.refusals import Refused, Sentence
from records.staff import telephones
from records.staff.people import TAKEN, invite
from records.staff.roll import Line

MEND_FIRST = Sentence("Nobody is invited yet: mend the lines below and choose the file again.")


class RollNotReady(Refused):
    """Some line cannot be invited; nobody was."""

    def __init__(self) -> None:
        super().__init__(MEND_FIRST)


def checked(session: Session, lines: Sequence[Line]) -> list[Line]:
    """The same lines, those refused whose e-mail belongs to somebody who works here, or worked here, already."""
    taken = _taken(session, {line.email for line in lines if line.email})
    return [replace(line, errors={**line.errors, "email": TAKEN}) if line.email in taken else line for line in lines]


def _taken(session: Session, emails: Collection[str]) -> frozenset[str]:
    gone_or_here = or_(Staff.set_up_at.is_not(None), Staff.disabled_at.is_not(None))
    return frozenset(session.scalars(select(Staff.email).where(Staff.email.in_(emails), gone_or_here)))


def invite_all(
    session: Session, *, lines: Sequence[Line], actor: audit.Actor, now: datetime
) -> list[tuple[Line, Staff, str]]:
    """Everybody with the secret of their set-up link, as people.invite. Whoever was invited before and has not come in
    gets a new link. Raises RollNotReady.
    """
    found = checked(session, lines)
    if any(line.errors for line in found):
        raise RollNotReady
    made = []
    for line in sorted(found, key=lambda one: one.email):  # in one order, so that two files at once do not deadlock
        assert line.role is not None
        person, token = invite(
            session,
            email=line.email,
            name=line.name,
            role=line.role,
            teams=line.teams,
            language=line.language,
            actor=actor,
            now=now,
        )
        if line.phone:
            telephones.set_phone(session, staff=person, typed=line.phone, actor=actor, now=now)
        made.append((line, person, token))
    return sorted(made, key=lambda one: one[0].number)
