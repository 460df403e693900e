"""Is the service alive: one line for a load balancer, and a page for staff."""

from __future__ import annotations

from datetime import timedelta

import structlog
from flask import Blueprint, Flask, Response, jsonify, make_response
from sqlalchemy.exc import SQLAlchemyError

from records import clock
from records.clock_check import ClockSkew, check_clock
from records.db import db
from webapp.permissions import access

log = structlog.get_logger(__name__)
blueprint = Blueprint("health", __name__)

TOO_WRONG = timedelta(seconds=30)
"""Answers stamped by such a clock would be called back too late; fewer seconds are said and still served."""


@blueprint.get("/health")
@access("public")
def alive() -> Response:
    """200 when this process answers, reaches the database, and has the same time; 503 to be given no more requests."""
    off = clock_off()
    if off is None:
        return jsonify(status="ok")
    return make_response(
        jsonify(status="clock", seconds_off=round(off.total_seconds())), 503 if off > TOO_WRONG else 200
    )


def clock_off() -> timedelta | None:
    """By how much this process's clock differs from the database's, logged; None while they agree."""
    try:
        check_clock(db.session, clock.now)
    except ClockSkew as wrong:
        log.error("web_clock_wrong", seconds=round(wrong.skew.total_seconds()))
        return wrong.skew
    return None


def look_at_clock(app: Flask) -> None:
    """Log a wrong clock when a web process starts. A database that is away is waited for by those who need it."""
    with app.app_context():
        try:
            clock_off()
        except SQLAlchemyError as error:
            log.warning("clock_not_compared", error=type(error).__name__)
