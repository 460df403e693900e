"""The web application as a server loads it, with less patience for bodies that do not come."""

from __future__ import annotations

from webapp import edge

edge.PATIENCE_SECONDS = 1

from webapp.wsgi import app  # noqa: E402 - after the patience is set

__all__ = ["app"]
