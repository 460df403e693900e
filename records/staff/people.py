"""Members of staff: invited by name, setting up their own password once, disabled when they leave."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from records import audit, crypto
from records.fields import Fields
from records.models import Role, Staff, StaffSession, StaffSetup, Team
from records.refusals import Refused, Sentence
from records.staff import passwords
from records.texts import LANGUAGES

SETUP_LASTS = timedelta(hours=72)
TAKEN = Sentence("Somebody with this e-mail address is a member of staff already.")
NO_ROLE = Sentence("Choose one of the roles of the list.")
NO_LANGUAGE = Sentence("Choose one of the languages of the list.")
SPENT = Sentence("This link was used already or is too old. Ask your administrator for a new one.")


class SetupLinkRefused(Refused):
    """The set-up link is unknown, used or expired."""


def invite(
    session: Session,
    *,
    email: str,
    name: str,
    role: str,
    teams: Sequence[Team],
    language: str = "fr",
    actor: audit.Actor,
    now: datetime,
) -> tuple[Staff, str]:
    """A member of staff and the secret of their set-up link (72 hours, once).

    Inviting the same e-mail again before it was set up replaces the link, the name and the role. Raises FieldErrors,
    also for the e-mail of somebody who is set up.
    """
    address, name = _check(email, name, role, language)
    staff = session.scalar(select(Staff).where(Staff.email == address).with_for_update(of=Staff))
    if staff is None:
        staff = Staff(email=address)
        session.add(staff)
    elif staff.set_up_at is not None or staff.disabled_at is not None:
        _refuse_email()
    staff.name, staff.role, staff.language = name, role, language
    staff.invited_at, staff.teams = now, list(teams)
    session.flush()
    token = _new_link(session, staff, now)
    _tell(session, staff, "staff.invited", actor, now, {"role": role, "teams": [str(team.public_id) for team in teams]})
    return staff, token


def _check(email: str, name: str, role: str, language: str) -> tuple[str, str]:
    fields = Fields()
    address = fields.email("email", email, required=True)
    name = fields.name("name", name)
    if role not in set(Role):
        fields.refuse("role", NO_ROLE)
    if language not in LANGUAGES:
        fields.refuse("language", NO_LANGUAGE)
    fields.raise_any()
    assert address is not None
    return address, name


def _refuse_email() -> None:
    fields = Fields()
    fields.refuse("email", TAKEN)
    fields.raise_any()


def renew(session: Session, *, staff: Staff, actor: audit.Actor, now: datetime) -> str:
    """A new set-up link for somebody who lost the password: the old password and every session end now."""
    staff.password_hash, staff.set_up_at = None, None
    _end_sessions(session, staff, now)
    token = _new_link(session, staff, now)
    _tell(session, staff, "staff.link-renewed", actor, now, {})
    return token


def _new_link(session: Session, staff: Staff, now: datetime) -> str:
    _spend_links(session, staff, now)
    token = secrets.token_urlsafe(32)
    digest = crypto.digest_token(token)
    session.add(StaffSetup(staff_id=staff.id, token_digest=digest, created_at=now, expires_at=now + SETUP_LASTS))
    return token


def _spend_links(session: Session, staff: Staff, now: datetime) -> None:
    unused = (StaffSetup.staff_id == staff.id, StaffSetup.used_at.is_(None))
    session.execute(update(StaffSetup).where(*unused).values(used_at=now))


def invited(session: Session, *, token: str, now: datetime) -> Staff:
    """Whom this set-up link is for. Raises SetupLinkRefused."""
    return _link(session, token, now)[1]


def _link(session: Session, token: str, now: datetime) -> tuple[StaffSetup, Staff]:
    link = session.scalar(
        select(StaffSetup).where(StaffSetup.token_digest == crypto.digest_token(token)).with_for_update()
    )
    if link is None or link.used_at is not None or link.expires_at <= now:
        raise SetupLinkRefused(SPENT)
    staff = session.get_one(Staff, link.staff_id)
    if staff.disabled_at is not None:
        raise SetupLinkRefused(SPENT)
    return link, staff


def set_up(session: Session, *, token: str, password: str, now: datetime, from_address: str | None = None) -> Staff:
    """Choose the password, once. Raises SetupLinkRefused, or FieldErrors for a weak password (the link stays good)."""
    link, staff = _link(session, token, now)
    passwords.check(password, name=staff.name, email=staff.email)
    staff.password_hash, staff.set_up_at, link.used_at = passwords.hash_password(password), now, now
    _tell(session, staff, "staff.set-up", audit.Actor.staff(staff, from_address), now, {})
    return staff


def disable(session: Session, *, staff: Staff, actor: audit.Actor, now: datetime) -> None:
    """End this person's access at once: sessions and set-up links too. What they did keeps their name."""
    if staff.disabled_at is not None:
        return
    staff.disabled_at = now
    _end_sessions(session, staff, now)
    _spend_links(session, staff, now)
    _tell(session, staff, "staff.disabled", actor, now, {})


def _end_sessions(session: Session, staff: Staff, now: datetime) -> None:
    running = (StaffSession.staff_id == staff.id, StaffSession.revoked_at.is_(None))
    session.execute(update(StaffSession).where(*running).values(revoked_at=now))


def _tell(
    session: Session, staff: Staff, action: str, actor: audit.Actor, now: datetime, details: dict[str, object]
) -> None:
    subject = ("staff", staff.public_id)
    audit.append(session, actor=actor, action=action, subject=subject, now=now, details=details)
