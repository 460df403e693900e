"""Logs: one line of JSON per event on standard error; ids and codes, never what a patient said.

An exception is logged by its class and the places it passed. Its message stays out: a database error, for one, may
quote the values that were being written.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

HOME = Path(__file__).resolve().parent.parent
FRAMES = 12


def places(error: BaseException) -> list[str]:
    """Where an exception passed in our own code, innermost last, and where it was raised: `file:line function`."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames[:-1] if _is_ours(frame.filename)]
    return [f"{_shown(frame.filename)}:{frame.lineno} {frame.name}" for frame in [*own[-FRAMES:], *frames[-1:]]]


def _is_ours(filename: str) -> bool:
    return Path(filename).is_relative_to(HOME) and "site-packages" not in filename


def _shown(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(HOME)) if _is_ours(filename) else path.name


def without_messages(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Put class and places of an exception in the place of its text."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event.update(error=type(error).__name__, places=places(error))
    return event


class ClassAndPlaces(logging.Formatter):
    """For what libraries log: level, logger, and of an exception what `places` tells."""

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s")

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the standard library's name
        error = ei[1]
        return f"{type(error).__name__}: {', '.join(places(error))}" if error else ""


def configure() -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_messages,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(ClassAndPlaces())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
