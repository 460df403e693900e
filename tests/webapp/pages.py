"""Templates rendered without the application, strict about unknown names: all that a layout needs is stated here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import DictLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from jinja2.loaders import ChoiceLoader

import webapp
from records import texts

TEMPLATES = Path(webapp.__file__).parent / "templates"


def render(source: str, *, language: str = "fr", flashed: tuple[tuple[str, str], ...] = (), **values: Any) -> str:
    """`source` as a page in `language`; Arabic has no catalogue yet, so its texts come out in English."""
    loader = ChoiceLoader([FileSystemLoader(TEMPLATES), PrefixLoader({"test": DictLoader({"page": source})})])
    environment = Environment(loader=loader, undefined=StrictUndefined, autoescape=True)
    translated = texts.translator(language) if language in texts.LANGUAGES else texts.translator("en")
    context = {
        "_": translated.gettext,
        "language": language,
        "direction": texts.direction(language),
        "languages": [("fr", "Français"), ("en", "English"), ("ar", "العربية")],
        "switch_language": lambda code: f"/{code}/here",
        "asset": lambda name: f"/static/{name}",
        "get_flashed_messages": lambda **_asked: flashed,
    }
    return environment.get_template("test/page").render(context | values)
