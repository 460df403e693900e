"""Who may enter which route. One table of roles; a route that declares nothing stops the application from starting."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, abort, g, redirect, request, url_for
from werkzeug.wrappers import Response

from records.models import Role

View = TypeVar("View", bound=Callable[..., object])

PERMISSIONS: dict[str, frozenset[Role]] = {
    "queue.read": frozenset({Role.OPERATOR, Role.PHYSICIAN, Role.SUPERVISOR}),
    "callback.work": frozenset({Role.OPERATOR, Role.PHYSICIAN, Role.SUPERVISOR}),
    "callback.hand-over": frozenset({Role.OPERATOR, Role.PHYSICIAN, Role.SUPERVISOR}),
    "callback.decide": frozenset({Role.PHYSICIAN}),
    "alert.snooze": frozenset({Role.PHYSICIAN}),
    "patient.read": frozenset({Role.ENROLLER, Role.OPERATOR, Role.PHYSICIAN, Role.SUPERVISOR}),
    "patient.enrol": frozenset({Role.ENROLLER, Role.PHYSICIAN, Role.SUPERVISOR}),
    "patient.follow": frozenset({Role.ENROLLER, Role.PHYSICIAN, Role.SUPERVISOR}),
    "patient.limits": frozenset({Role.PHYSICIAN}),
    "patient.door": frozenset({Role.ENROLLER, Role.OPERATOR, Role.PHYSICIAN, Role.SUPERVISOR}),
    "answers.move": frozenset({Role.OPERATOR, Role.PHYSICIAN, Role.SUPERVISOR}),
    "answers.record": frozenset({Role.OPERATOR, Role.PHYSICIAN, Role.SUPERVISOR}),
    "protocol.read": frozenset({Role.PHYSICIAN, Role.SUPERVISOR, Role.ADMINISTRATOR}),
    "protocol.edit": frozenset({Role.PHYSICIAN, Role.ADMINISTRATOR}),
    "protocol.sign": frozenset({Role.PHYSICIAN}),
    "roster.edit": frozenset({Role.PHYSICIAN, Role.SUPERVISOR, Role.ADMINISTRATOR}),
    "questionnaire.read": frozenset({Role.PHYSICIAN, Role.SUPERVISOR, Role.ADMINISTRATOR}),
    "questionnaire.edit": frozenset({Role.PHYSICIAN, Role.ADMINISTRATOR}),
    "questionnaire.publish": frozenset({Role.PHYSICIAN, Role.ADMINISTRATOR}),
    "adherence.read": frozenset({Role.PHYSICIAN, Role.SUPERVISOR, Role.ADMINISTRATOR}),
    "outcome.import": frozenset({Role.PHYSICIAN, Role.SUPERVISOR}),
    "centre.watch": frozenset({Role.PHYSICIAN, Role.SUPERVISOR}),
    "staff.manage": frozenset({Role.ADMINISTRATOR}),
    "staff.invite": frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),
    "health.read": frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),
    "centre.edit": frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),
    "rota.read": frozenset({Role.OPERATOR, Role.PHYSICIAN, Role.SUPERVISOR, Role.ADMINISTRATOR}),
    "rota.edit": frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),
    "account.own": frozenset(Role),
}

OPEN_DOORS = ("public", "patient", "provider")
ACCESS = "__vigidom_access__"
KEEPS: dict[str, Callable[[], Response]] = {}
"""What a long form's route answers to somebody whose session ended meanwhile, so that nothing typed is lost. Put there
by the room that knows; the form's own token was checked before.
"""


class UndeclaredAccess(RuntimeError):
    """A route does not say who may enter it."""


def access(rule: str) -> Callable[[View], View]:
    """Declare who may enter a view: a permission of the table, `public`, `patient` or `provider` (a signed hook)."""
    if rule not in PERMISSIONS and rule not in OPEN_DOORS:
        raise UndeclaredAccess(f"unknown access rule {rule!r}")

    def declare(view: View) -> View:
        setattr(view, ACCESS, rule)
        return view

    return declare


def allows(role: str, permission: str) -> bool:
    return Role(role) in PERMISSIONS[permission]


def init(app: Flask) -> None:
    """Check every route's declaration and enforce it before each request."""
    setattr(app.view_functions["static"], ACCESS, "public") if "static" in app.view_functions else None
    undeclared = [rule.endpoint for rule in app.url_map.iter_rules() if declared(app, rule.endpoint) is None]
    if undeclared:
        raise UndeclaredAccess(f"routes without declared access: {', '.join(sorted(set(undeclared)))}")
    app.before_request(lambda: _enforce(app))
    app.jinja_env.globals["may"] = lambda permission: g.get("staff") is not None and allows(g.staff.role, permission)


def declared(app: Flask, endpoint: str) -> str | None:
    return getattr(app.view_functions[endpoint], ACCESS, None)


def _signed_out() -> Response:
    """What somebody sent whose session has ended: kept where the room can, else the way back in."""
    kept = KEEPS.get(request.endpoint or "")
    return kept() if kept is not None and request.method == "POST" else redirect(url_for("auth.sign_in"))


def _enforce(app: Flask) -> Response | None:
    if request.endpoint is None:
        return None
    rule = declared(app, request.endpoint)
    if rule is None:
        abort(403)
    if rule in OPEN_DOORS:
        return None
    if g.get("staff") is None:
        return redirect(url_for("auth.sign_in", next=request.full_path)) if request.method == "GET" else _signed_out()
    if not allows(g.staff.role, rule):
        abort(403)
    return None
