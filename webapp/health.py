"""Is the service alive: one line for a load balancer, and a page for staff."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy import text

from records.db import db
from webapp.permissions import access

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
@access("public")
def alive() -> Response:
    """200 when this process answers and reaches the database."""
    db.session.execute(text("SELECT 1"))
    return jsonify(status="ok")
