"""What was typed into a long form while the session ended: shown as it came, to be sent once more after signing in."""

from __future__ import annotations

from flask import Response, make_response, render_template, request

SHOW = "show"
"""The name of the buttons that only show the page again: in another language, or after signing in again."""
WORDS = ("note", "reason", "words")
"""How the fields end in which people write sentences."""


def words() -> list[str]:
    """What was just written in sentences, for a page that can only give it back."""
    if request.method != "POST":
        return []
    return [text for name, text in request.form.items() if name.endswith(WORDS) and text.strip()]


def is_back() -> bool:
    """Whether this form only asks to be shown again with what is in it, and nothing may be recorded."""
    return SHOW in request.form


def page() -> Response:
    """Nothing is stored and nobody's record is read: the browser gets back what it has just sent."""
    names = [name for name in request.form if name not in ("csrf_token", SHOW)]
    fields = [(name, value) for name in names for value in request.form.getlist(name)]
    return make_response(render_template("layout/kept.html", fields=fields), 401)
