"""Headers that every answer carries."""

from __future__ import annotations

from flask import Flask, Response, request

from webapp.config import Settings

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; manifest-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)


HEADERS = "vigidom_headers"
"""Where the application keeps `standing`."""


def standing(settings: Settings) -> list[tuple[str, str]]:
    """What every answer carries that says nothing else of its own; files may be kept longer."""
    strict = [("Strict-Transport-Security", "max-age=31536000")] if settings.secure_cookies else []
    return [
        ("Content-Security-Policy", POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
        *strict,
    ]


def init(app: Flask, settings: Settings) -> None:
    app.extensions[HEADERS] = standing(settings)

    @app.after_request
    def headers(response: Response) -> Response:
        if request.endpoint == "static":
            named = request.args.get("v") or request.path.startswith("/static/build/")
            keep = named and response.status_code in (200, 304)  # an absent file may come with the next release
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if keep else "no-cache"
        for name, value in app.extensions[HEADERS]:
            response.headers.setdefault(name, value)
        return response
