"""What a member of staff may open, and the page each role starts from."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flask import Flask, current_app, g, request, url_for

from records.models import Role, Staff
from webapp.extensions import translator
from webapp.permissions import allows, declared

COUNTS: dict[str, Callable[[], int]] = {}
"""How many wait behind an entry; put there by the room that knows."""

ASIDE = frozenset({"admin.questionnaires", "admin.setup", "admin.health", "clinic.adherence"})
"""Shown to whoever works the queue only while they are among the pages of the administration."""
AWAY = frozenset({"clinic.my_calls", "clinic.to_ask", "clinic.new_patient"})
"""What gives way to them there, one step from the queue and from the list of patients."""


def _places() -> list[tuple[str, str]]:
    t = translator()
    return [
        (t.gettext("Call-back queue"), "clinic.queue"),
        (t.gettext("My call-backs"), "clinic.my_calls"),
        (t.gettext("Centre"), "centre.now"),
        (t.gettext("To ask"), "clinic.to_ask"),
        (t.gettext("Rota"), "clinic.rota"),
        (t.gettext("Patients"), "clinic.patients"),
        (t.gettext("Enrol"), "clinic.new_patient"),
        (t.gettext("Protocol"), "admin.protocol"),
        (t.gettext("Questionnaires"), "admin.questionnaires"),
        (t.gettext("Adherence"), "clinic.adherence"),
        (t.gettext("Staff"), "admin.staff"),
        (t.gettext("Set-up"), "admin.setup"),
        (t.gettext("Service health"), "admin.health"),
        (t.gettext("Messages (demonstration)"), "demo.messages"),
    ]


def entries() -> list[tuple[str, str, bool]]:
    """(label, address, whether it is this page), only what exists and the person signed in may open."""
    if g.get("staff") is None:
        return []
    near = [(label, endpoint) for label, endpoint in _places() if _is_near(endpoint)]
    open_to = [(label, endpoint) for label, endpoint in near if may_open(g.staff, endpoint)]
    return [(_counted(label, endpoint), url_for(endpoint), endpoint == request.endpoint) for label, endpoint in open_to]


def _counted(label: str, endpoint: str) -> str:
    """With how many wait there, on the pages of those who work there: one small read of a page, none of a fragment."""
    if endpoint not in COUNTS or (request.endpoint or "").partition(".")[0] != endpoint.partition(".")[0]:
        return label
    number = COUNTS[endpoint]()
    return f"{label} ({number})" if number else label


class Menu:
    """The entries, made when a template asks for them; most templates are parts of a page and never do."""

    def __init__(self) -> None:
        self._made: list[tuple[str, str, bool]] | None = None

    def __iter__(self) -> Iterator[tuple[str, str, bool]]:
        if self._made is None:
            self._made = entries()
        return iter(self._made)

    def __bool__(self) -> bool:
        return any(True for _ in self)


def _is_near(endpoint: str) -> bool:
    """What is rarely opened stands beside its neighbours only: the bar of who works the queue is full."""
    if endpoint == "admin.setup" and not g.staff.teams:
        return True  # whoever is in no team yet has nothing else to do
    if endpoint == "clinic.rota":
        return not allows(g.staff.role, "centre.watch")  # others find it among the pages of the centre
    aside = request.blueprint == "admin" or request.endpoint in ASIDE
    if not allows(g.staff.role, "queue.read"):
        return True
    return endpoint not in (AWAY if aside else ASIDE)


def may_open(person: Staff, endpoint: str) -> bool:
    if endpoint not in current_app.view_functions:
        return False
    rule = declared(current_app, endpoint)
    return rule == "public" or (rule is not None and allows(person.role, rule))


def home(person: Staff) -> str:
    """The first page of this person's work, in their language."""
    start = {Role.ENROLLER: "clinic.patients", Role.ADMINISTRATOR: "admin.protocol"}
    endpoint = start.get(Role(person.role), "clinic.queue")
    if person.role == Role.SUPERVISOR and not person.teams:
        endpoint = "admin.setup"
    return url_for(endpoint if endpoint in current_app.view_functions else "auth.sign_in", language=person.language)


def init(app: Flask) -> None:
    app.context_processor(lambda: {"navigation": Menu()})
