"""The first page: staff go to their work, everybody else is asked which door is theirs."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template
from werkzeug.wrappers import Response

from records.texts import LANGUAGES
from webapp import navigation
from webapp.permissions import access

blueprint = Blueprint("landing", __name__)


@blueprint.get("/")
@blueprint.get(f"/<any({', '.join(LANGUAGES)}):language>/")
@access("public")
def first_page() -> str | Response:
    if g.staff is not None:
        return redirect(navigation.home(g.staff))
    return render_template("landing.html")
