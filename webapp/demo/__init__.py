"""What the console provider "sent", on a page: hung up only where no text can reach anybody."""

from __future__ import annotations

import re

from flask import Blueprint, current_app, render_template
from sqlalchemy import select

from notifications.models import ConsoleMessage
from records.db import db
from webapp.clinic.wording import PURPOSES, STATUSES
from webapp.config import Settings
from webapp.extensions import LANGUAGE
from webapp.permissions import access

LAST = 100
ZONE = "Europe/Paris"

blueprint = Blueprint("demo", __name__, url_prefix=f"{LANGUAGE}/demo")


def is_shown(settings: Settings) -> bool:
    return settings.sms_provider == "console" and not settings.production


@blueprint.get("/messages")
@access("account.own")
def messages() -> str:
    newest = select(ConsoleMessage).order_by(ConsoleMessage.printed_at.desc(), ConsoleMessage.id.desc()).limit(LAST)
    shown = db.session.scalars(newest).all()
    words = {"purposes": PURPOSES, "statuses": STATUSES}
    return render_template("demo/messages.html", messages=shown, parts=parts, most=LAST, zone=ZONE, **words)


def parts(body: str) -> list[tuple[str, bool]]:
    """The text cut into pieces, with whether each is one of our own links; anything else stays plain text."""
    start = re.escape(current_app.config["VIGIDOM"].public_url)
    pieces = re.split(rf"({start}/[^\s]*[^\s.,;:!?])", body)
    return [(piece, number % 2 == 1) for number, piece in enumerate(pieces) if piece]
