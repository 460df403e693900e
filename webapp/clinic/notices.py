"""What the person signed in must be told, on whichever page of the clinic they look at next."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask import g, redirect, request, url_for
from werkzeug.wrappers import Response

from records import clock
from records.db import db
from triage import notices
from triage.models import NoticeKind
from webapp.auth import sessions
from webapp.clinic.blueprint import blueprint
from webapp.extensions import translator
from webapp.permissions import access, allows


@dataclass(frozen=True)
class Line:
    """`address` is where it is looked at; `public_id` None for what only that page can settle."""

    public_id: uuid.UUID | None
    at: datetime
    is_grave: bool
    text: str
    address: str


class Waiting:
    """Read when a page shows them, which only whole pages of those who work the queue do."""

    def __init__(self) -> None:
        self._read: list[Line] | None = None

    def __iter__(self) -> Iterator[Line]:
        if self._read is None:
            self._read = [_line(told) for told in notices.unseen(db.session(), staff=g.staff)] if _concerned() else []
        return iter(self._read)

    def __bool__(self) -> bool:
        return any(True for _ in self)


def _concerned() -> bool:
    return g.get("staff") is not None and allows(g.staff.role, "callback.work")


def _line(told: notices.Told) -> Line:
    return Line(told.public_id, told.at, told.kind != NoticeKind.HANDED_OVER, _text(told), _address(told))


def _text(told: notices.Told) -> str:
    t = translator()
    match told.kind:
        case NoticeKind.TAKEN_OVER:
            return t.gettext("%(name)s has taken over a call-back of yours.", name=told.by or "–")
        case NoticeKind.HANDED_OVER:
            number = int(told.details.get("number", 1))
            return t.ngettext(
                "%(name)s has handed a call-back over to you.",
                "%(name)s has handed %(num)s call-backs over to you.",
                number,
                name=told.by or "–",
            )
        case NoticeKind.WORSENED if told.by:
            return t.gettext(
                "A call-back of yours got worse, and you did not say that you saw it: %(name)s has it now.",
                name=told.by,
            )
        case NoticeKind.WORSENED:
            return t.gettext(
                "A call-back of yours has got worse. Look at it now: after two minutes anybody may take it."
            )
        case NoticeKind.ESCALATED:
            return t.gettext("A call-back is late, and was put before you.")
    return t.gettext("Many patients fell silent at once, from one cause.")


def _address(told: notices.Told) -> str:
    if told.enrolment is not None:
        return url_for("clinic.patient", public_id=told.enrolment)
    return url_for("clinic.my_calls" if told.kind == NoticeKind.HANDED_OVER else "clinic.queue")


@blueprint.context_processor
def _on_pages() -> dict[str, object]:
    return {"notices": Waiting()}


@blueprint.post("/notices/<uuid:public_id>/seen")
@access("callback.work")
def seen(public_id: uuid.UUID) -> Response:
    notices.saw(db.session(), notice=public_id, staff=g.staff, now=clock.now())
    db.session.commit()
    return redirect(sessions.local_path(request.form.get("back")) or url_for("clinic.queue"))
