"""The page for what went wrong promises nothing that may be untrue."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.exceptions import InternalServerError

from webapp import errors


@pytest.mark.parametrize(
    ("language", "says"),
    [("en", "look whether your change is there before sending again"), ("fr", "vérifiez si votre modification est là")],
)
def test_after_a_failure_the_reader_is_told_to_look_and_not_that_nothing_was_stored(
    app: Flask, language: str, says: str
) -> None:
    with app.test_request_context("/", headers={"Accept-Language": language}):
        html, code = errors.unexpected(InternalServerError())

    assert code == 500
    assert says in html
    assert "Nothing was stored" not in html
    assert "Rien n’a été enregistré" not in html
