"""What a draft may be, and why something was not done to one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from records.models import Staff
from triage import documents
from triage.refusals import NotFound, Refused

LARGEST_BYTES = 1_000_000


class DraftUnknown(NotFound):
    message = "There is no such draft. Go back to the protocol."


class DraftClosed(Refused):
    message = "This draft is closed: it became a version or was discarded. Go back to the protocol."


class DraftUnreadable(Refused):
    message = "This draft cannot be kept: write plain JSON text of at most 1 MB, with an object at the top."


class DraftOfAnother(Refused):
    message = "This is the protocol “%(slug)s”. A draft of it keeps that name."


class NoStepBack(Refused):
    message = "There is no such earlier step of this draft."


class DraftChanged(Refused):
    """Somebody saved meanwhile: `by` at `at`, and the draft stands at `revision` now."""

    message = "%(name)s saved this draft meanwhile. Look at what changed, then save yours again."

    def __init__(self, *, by: Staff, at: datetime, revision: int) -> None:
        self.by, self.at, self.revision = by, at, revision
        super().__init__(name=by.name)


def storable(document: Mapping[str, Any]) -> dict[str, Any]:
    """What the database will give back, when that is what was given."""
    if not isinstance(document, Mapping) or not documents.storable(document):
        raise DraftUnreadable
    try:
        json.dumps(document, allow_nan=False)
        written = orjson.dumps(document)
    except (TypeError, ValueError):
        raise DraftUnreadable from None
    if len(written) > LARGEST_BYTES:
        raise DraftUnreadable
    given: dict[str, Any] = orjson.loads(written)
    return given
