"""Smaller on the way: what a phone loads first goes out gzipped, whether or not a reverse proxy would do it.

Only what cannot betray anything by its length: files, and the questionnaire's page, on which nothing stands that an
attacker could choose. A page that repeats what was sent beside its form token stays as it is.
"""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Flask, Response, request

ENDPOINTS = frozenset({"static", "patient.page", "patient.module", "patient.worker", "patient.offline"})
FILES = frozenset({"static", "patient.module"})
KINDS = frozenset({"text/html", "text/css", "text/javascript", "application/javascript", "image/svg+xml"})
LEAST_BYTES = 500
STRONGEST, QUICK = 9, 5


def init(app: Flask) -> None:
    @app.after_request
    def squeeze(response: Response) -> Response:
        if request.endpoint not in ENDPOINTS or response.mimetype not in KINDS:
            return response
        response.vary.add("Accept-Encoding")
        if response.status_code != 200 or request.accept_encodings.quality("gzip") <= 0:
            return response
        response.direct_passthrough = False
        opened = response.response
        content = response.get_data()
        if hasattr(opened, "close"):
            opened.close()  # a file
        if len(content) < LEAST_BYTES:
            return response
        etag, _ = response.get_etag()
        response.set_data(_file(content) if request.endpoint in FILES else gzip.compress(content, QUICK, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        response.headers.pop("Accept-Ranges", None)
        if etag:
            response.set_etag(etag, weak=True)
        return response


@lru_cache(maxsize=64)
def _file(content: bytes) -> bytes:
    return gzip.compress(content, STRONGEST, mtime=0)
