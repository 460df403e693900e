"""Where the pages about the centre hang; what each of them shares."""

from __future__ import annotations

from flask import Blueprint

from records import programmes
from records.db import db
from webapp.extensions import LANGUAGE

blueprint = Blueprint("centre", __name__, url_prefix=f"{LANGUAGE}/centre")

NO_PROGRAMME = "Europe/Paris"
"""The zone before any programme is loaded."""


def zone() -> str:
    """That of the centre: of its first programme."""
    known = programmes.loaded(db.session)
    return known[0].zone if known else NO_PROGRAMME
