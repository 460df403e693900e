"""Changing one's own password, which ends every other session."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from records import audit
from records.fields import Fields
from records.models import StaffSession
from records.refusals import FieldErrors, Sentence
from records.staff import passwords
from records.throttles import Door, TooManyTries, count_try, forgive

NOT_THE_OLD = Sentence("This is not your present password.")
WAIT = Sentence("Too many tries. Wait a quarter of an hour, then try again.")


def change_password(
    session: Session,
    *,
    staff_session: StaffSession,
    old: str,
    new: str,
    now: datetime,
    from_address: str | None = None,
) -> None:
    """Give whoever is signed in another password and end their sessions but this one.

    Raises FieldErrors on `old` or `password`; the caller commits in both cases: a wrong one counts towards the caps of
    signing in, or somebody at an unlocked screen could try them all.
    """
    staff = staff_session.staff
    try:
        count_try(session, door=Door.SIGN_IN, subject=staff.email, now=now)
    except TooManyTries as error:
        raise FieldErrors({"old": WAIT}) from error
    if not passwords.fits(old, staff.password_hash):
        fields = Fields()
        fields.refuse("old", NOT_THE_OLD)
        fields.raise_any()
    passwords.check(new, name=staff.name, email=staff.email)
    forgive(session, door=Door.SIGN_IN, subject=staff.email)
    staff.password_hash = passwords.hash_password(new)
    others = (StaffSession.staff_id == staff.id, StaffSession.revoked_at.is_(None), StaffSession.id != staff_session.id)
    session.execute(update(StaffSession).where(*others).values(revoked_at=now))
    session.flush()
    actor = audit.Actor.staff(staff, from_address)
    audit.append(session, actor=actor, action="staff.password-changed", subject=("staff", staff.public_id), now=now)
