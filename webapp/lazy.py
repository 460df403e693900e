"""Texts of a form's fields, translated when they are shown and not when the module is read."""

from __future__ import annotations

from flask_babel.speaklater import LazyString

from webapp.extensions import translator


def lazy(message: str) -> LazyString:
    return LazyString(lambda: translator().gettext(message))
