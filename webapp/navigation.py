"""What a member of staff may open, and the page each role starts from."""

from __future__ import annotations

from flask import Flask, current_app, g, request, url_for

from records.models import Role, Staff
from webapp.extensions import translator
from webapp.permissions import allows, declared


def _places() -> list[tuple[str, str]]:
    t = translator()
    return [
        (t.gettext("Call-back queue"), "clinic.queue"),
        (t.gettext("Patients"), "clinic.patients"),
        (t.gettext("Enrol"), "clinic.new_patient"),
        (t.gettext("Protocol"), "admin.protocol"),
        (t.gettext("Questionnaires"), "admin.questionnaires"),
        (t.gettext("Staff"), "admin.staff"),
        (t.gettext("Service health"), "admin.health"),
        (t.gettext("Messages (demonstration)"), "demo.messages"),
    ]


def entries() -> list[tuple[str, str, bool]]:
    """(label, address, whether it is this page), only what exists and the person signed in may open."""
    if g.get("staff") is None:
        return []
    open_to = [(label, endpoint) for label, endpoint in _places() if _may_open(g.staff, endpoint)]
    return [(label, url_for(endpoint), endpoint == request.endpoint) for label, endpoint in open_to]


def _may_open(person: Staff, endpoint: str) -> bool:
    if endpoint not in current_app.view_functions:
        return False
    rule = declared(current_app, endpoint)
    return rule == "public" or (rule is not None and allows(person.role, rule))


def home(person: Staff) -> str:
    """The first page of this person's work, in their language."""
    start = {Role.ENROLLER: "clinic.patients", Role.ADMINISTRATOR: "admin.protocol"}
    endpoint = start.get(Role(person.role), "clinic.queue")
    return url_for(endpoint if endpoint in current_app.view_functions else "auth.sign_in", language=person.language)


def init(app: Flask) -> None:
    app.context_processor(lambda: {"navigation": entries()})
