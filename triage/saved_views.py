"""Filters of the queue that somebody keeps under a name. Everybody has their own; nobody sees another's."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from records.models import Staff
from triage.models import SavedView
from triage.refusals import Refused

MOST = 20
LONGEST_NAME = 60


class BadViewName(Refused):
    message = "Give the view a name of 1 to 60 characters."


class TooManyViews(Refused):
    message = "You keep 20 views already. Delete one, then save this one."


class ViewNameTaken(Refused):
    message = "You have a view of that name already. Choose another name."


class NoSuchView(Refused):
    message = "This view is no longer there. Choose another one."


def of(session: Session, *, staff: Staff) -> list[SavedView]:
    """One's own, by name."""
    found = session.scalars(select(SavedView).where(SavedView.staff_id == staff.id))
    return sorted(found, key=lambda view: view.name.casefold())


def save(session: Session, *, staff: Staff, name: str, query: Mapping[str, str], now: datetime) -> SavedView:
    """Keep `query` under `name`; what stood under that name gives way. Raises BadViewName, TooManyViews."""
    named = _checked(name)
    kept = select(func.count()).where(SavedView.staff_id == staff.id, SavedView.name != named)
    if (session.scalar(kept) or 0) >= MOST:
        raise TooManyViews
    written = {"staff_id": staff.id, "name": named, "query": dict(query), "created_at": now}
    session.execute(
        insert(SavedView)
        .values(**written)
        .on_conflict_do_update(index_elements=["staff_id", "name"], set_={"query": dict(query)})
    )
    found = select(SavedView).where(SavedView.staff_id == staff.id, SavedView.name == named)
    return session.scalars(found.execution_options(populate_existing=True)).one()


def rename(session: Session, *, staff: Staff, view: uuid.UUID, name: str) -> SavedView:
    """Raises BadViewName, ViewNameTaken, NoSuchView."""
    found, named = _own(session, staff, view), _checked(name)
    try:
        with session.begin_nested():
            found.name = named
            session.flush()
    except IntegrityError as error:
        raise ViewNameTaken from error
    return found


def delete(session: Session, *, staff: Staff, view: uuid.UUID) -> None:
    """Raises NoSuchView."""
    session.delete(_own(session, staff, view))
    session.flush()


def _own(session: Session, staff: Staff, view: uuid.UUID) -> SavedView:
    found = session.scalar(select(SavedView).where(SavedView.public_id == view, SavedView.staff_id == staff.id))
    if found is None:
        raise NoSuchView
    return found


def _checked(name: str) -> str:
    named = " ".join(name.split())
    if not 1 <= len(named) <= LONGEST_NAME or not named.isprintable():
        raise BadViewName
    return named
