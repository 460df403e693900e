"""Days at the ends of the calendar, before or after which there is none: refused in words wherever a day is typed."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.webapp.signing import sign_in
from tests.webapp.test_admin_versions import act, author, made, scene, signer, tried

__all__ = ["author", "scene", "signer"]  # fixtures

ENDS = ("01/01/0001", "31/12/9999")


@pytest.mark.parametrize("day", ENDS)
def test_pages_about_days_at_the_ends_refuse_in_words(app: Flask, session: Session, scene, signer, day: str) -> None:
    client = sign_in(app, signer)
    of = {"since": day, "until": day}
    limit = "temperature_orange_high"

    for page in ("worth", "worth.csv", f"worth/{limit}"):
        answer = client.get(f"/en/admin/protocol/{page}", query_string=of)

        assert answer.status_code == 422
        assert "Type a day that exists" in answer.text


@pytest.mark.parametrize("day", ENDS)
def test_no_version_starts_at_the_ends(app: Flask, session: Session, scene, author, signer, day: str) -> None:
    version = tried(scene, made(scene, author))

    answer = act(sign_in(app, signer), version, "sign", day=day, hour="00:00", read="y")

    assert (answer.status_code, "Type a day that exists" in answer.text) == (422, True)
