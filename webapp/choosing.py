"""The programmes of this centre, as pages choose among them and name them."""

from __future__ import annotations

from collections.abc import Mapping

from flask import abort, request

from records import programmes
from records.db import db
from records.models import Programme
from records.texts import DEFAULT


def name(names: Mapping[str, str], language: str) -> str:
    """A programme's name in the reader's language, or in the one that every page has."""
    return names.get(language) or names.get(DEFAULT) or next(iter(names.values()))


def programme() -> Programme | None:
    """The programme of the address; the only one where there is but one; None when somebody has to choose. 404 for one
    that this centre does not have.
    """
    known = programmes.loaded(db.session)
    slug = request.args.get("programme")
    if slug is None:
        return known[0] if len(known) == 1 else None
    return next((one for one in known if one.slug == slug), None) or abort(404)
