"""The two cookies of a patient: a short session, and the long-lived mark of a device that has proved a birthday. And in
the cookie of forms who has just left, until somebody enters.
"""

from __future__ import annotations

from flask import current_app, request, session
from werkzeug.wrappers import Response

SESSION = "vigidom_patient"
DEVICE = "vigidom_device"
SESSION_SECONDS = 2 * 60 * 60
DEVICE_SECONDS = 180 * 24 * 60 * 60
LONGEST = 200
LEFT = "left"


def device() -> str | None:
    """The device's token as the browser sent it; nonsense of any length counts as none."""
    token = request.cookies.get(DEVICE)
    return token if token and len(token) <= LONGEST else None


def keep(response: Response, *, token: str, device: str | None = None) -> Response:
    session.pop(LEFT, None)
    _set(response, SESSION, token, SESSION_SECONDS)
    if device is not None:
        _set(response, DEVICE, device, DEVICE_SECONDS)
    return response


def forget(response: Response, *, owner: str, also_device: bool) -> Response:
    """`owner` is how the phone marks what it keeps of them, empty for everybody's."""
    session[LEFT] = owner
    response.delete_cookie(SESSION)
    if also_device:
        response.delete_cookie(DEVICE)
    return response


def left() -> str | None:
    """Whose traces the next page's script takes off the phone, in case the page on which they left had none yet."""
    return session.get(LEFT)


def _set(response: Response, name: str, value: str, seconds: int) -> None:
    secure = current_app.config["VIGIDOM"].secure_cookies
    response.set_cookie(name, value, max_age=seconds, httponly=True, secure=secure, samesite="Lax")
