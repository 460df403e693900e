"""Where the views of this room are hung up."""

from __future__ import annotations

from flask import Blueprint

from webapp.extensions import LANGUAGE

blueprint = Blueprint("admin", __name__, url_prefix=f"{LANGUAGE}/admin")
