"""Signing in, staying signed in, signing out."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from records import audit, crypto
from records.fields import is_readable
from records.models import Staff, StaffSession
from records.refusals import Sentence
from records.staff import browsers, passwords
from records.throttles import Door, TooManyTries, count_try, failed, forgive, is_blocked

IDLE = timedelta(minutes=30)
LASTS = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=1)
APART = timedelta(minutes=1)
"""More than the clocks of two web processes that serve ever differ."""

WRONG = Sentence("The e-mail address or the password is not right.")
WAIT = Sentence("Too many tries. Wait a quarter of an hour, then try again.")


@dataclass(frozen=True)
class SignInRefused:
    """Why nobody was signed in; the same sentence whether the e-mail or the password is wrong."""

    reason: Sentence


def sign_in(
    session: Session, *, email: str, password: str, from_address: str, now: datetime, browser: str | None = None
) -> tuple[StaffSession, str] | SignInRefused:
    """A session and its secret, or why not. The caller commits in both cases: a refusal counts towards the caps.

    `browser` is the cookie of `staff.mark`: where its owner has signed in before, only tries in that browser count.
    """
    address = tidy(email)
    trusted = browsers.known(browser, email=address)
    if trusted is None and is_blocked(session, door=Door.SIGN_IN_ADDRESS, subject=from_address, now=now):
        return SignInRefused(WAIT)
    try:
        count_try(session, door=Door.SIGN_IN, subject=trusted or address, now=now)
    except TooManyTries:
        return SignInRefused(WAIT)
    staff = _owner(session, address)
    if not passwords.fits(password, staff.password_hash if staff else None) or staff is None:
        if trusted is None:
            failed(session, door=Door.SIGN_IN_ADDRESS, subject=from_address, now=now)
        return SignInRefused(WRONG)
    if passwords.is_outdated(staff.password_hash or ""):
        staff.password_hash = passwords.hash_password(password)
    forgive(session, door=Door.SIGN_IN, subject=trusted or address)
    return _start(session, staff, from_address, now)


def tidy(email: str) -> str:
    """A typed e-mail address as it is stored and counted."""
    return email.strip().lower()[:254]


def _owner(session: Session, address: str) -> Staff | None:
    """Of what the database cannot even hold, nobody is the owner."""
    if not is_readable(address):
        return None
    return session.scalar(select(Staff).where(Staff.email == address, Staff.disabled_at.is_(None)))


def _start(session: Session, staff: Staff, from_address: str, now: datetime) -> tuple[StaffSession, str]:
    token = secrets.token_urlsafe(32)
    signed_in = StaffSession(
        staff_id=staff.id,
        token_digest=crypto.digest_token(token),
        created_at=now,
        seen_at=now,
        ends_at=now + LASTS,
        assurance=1,
    )
    session.add(signed_in)
    actor = audit.Actor.staff(staff, from_address)
    audit.append(session, actor=actor, action="staff.signed-in", subject=("staff", staff.public_id), now=now)
    return signed_in, token


def session_of(session: Session, *, token: str, now: datetime) -> StaffSession | None:
    """The session that this secret opens, unless it is over, idle for 30 minutes, or its owner was disabled.

    One that was seen in what is now the future, by a clock set back since, is over: it could stay idle for that long.

    Marks it as seen at most once a minute; the caller commits, also after a page that only reads, or it counts as idle.
    """
    with_teams = joinedload(StaffSession.staff).joinedload(Staff.teams)
    found = select(StaffSession).where(StaffSession.token_digest == crypto.digest_token(token)).options(with_teams)
    signed_in = session.scalars(found).unique().one_or_none()
    if signed_in is None or signed_in.revoked_at is not None or signed_in.staff.disabled_at is not None:
        return None
    if signed_in.ends_at <= now or not now - IDLE < signed_in.seen_at <= now + APART:
        return None
    if signed_in.seen_at + TOUCH_EVERY <= now:
        signed_in.seen_at = now
        session.flush()
    return signed_in


def sign_out(session: Session, *, staff_session: StaffSession, from_address: str | None = None, now: datetime) -> None:
    if staff_session.revoked_at is not None:
        return
    staff_session.revoked_at = now
    actor = audit.Actor.staff(staff_session.staff, from_address)
    subject = ("staff", staff_session.staff.public_id)
    audit.append(session, actor=actor, action="staff.signed-out", subject=subject, now=now)
