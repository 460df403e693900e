"""Every page in Arabic: laid out from the right, nothing left in English or French, foreign words held apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.webapp.house import House, opened

HELD_APART = re.compile(
    r"<(script|style|svg|title|code|pre|textarea|select)\b.*?</\1>|<(bdi)\b.*?</\2>"
    r"|<(\w+)[^>]*\slang=\"(?!ar)[^>]*>.*?</\3>|\u2068[^\u2069]*\u2069|%\(\w+\)s|\{\w+\}",
    re.DOTALL,
)
"""What a browser lays out by itself, whatever stands round it; and what no reader reads as a sentence."""
SPOKEN = re.compile(r"\s(?:title|aria-label|alt|data-(?!when)[a-z-]+)=\"([^\"]*\s[^\"]*)\"")
LATIN = re.compile(r"[A-Za-zÀ-ÿ]{2,}")
KNOWN = {"Vigidom", "SpO", "SAMU", "Tab", "url", "linkId", "JSON", "FHIR", "CSV"}
ELSEWHERE = {"clinic.sheet"}
"""Speaks the patient's language, not the reader's."""


@pytest.fixture(scope="module")
def house(migrated_app: Flask, engine: sa.Engine, superuser: sa.Engine) -> Iterator[House]:
    with opened(migrated_app, engine, superuser) as house:
        yield house


def foreign(page: str) -> list[str]:
    """Every text of a page with a Latin word that nothing holds apart, and every spoken attribute with one."""
    text = re.sub(r"<[^>]*>", "\n", HELD_APART.sub("", page))
    lines = [line.strip() for line in (*text.split("\n"), *SPOKEN.findall(page))]
    return [line for line in map(unescape, lines) if set(LATIN.findall(HELD_APART.sub("", line))) - KNOWN]


def test_no_page_speaks_anything_but_arabic(house: House) -> None:
    left: dict[str, list[str]] = {}
    looked_at = 0
    for rule in house.rules():
        if "GET" not in rule.methods or "language" not in rule.arguments or rule.endpoint in ELSEWHERE:
            continue
        page = house.address(rule).replace("/fr", "/ar", 1)
        answer = house.insider(rule).get(page)
        if "<html" not in answer.text or answer.status_code in (301, 302):
            continue
        looked_at += 1
        assert '<html lang="ar" dir="rtl">' in answer.text, page
        assert re.search(r'href="/static/build/\w+\.rtl\.\w+\.css"', answer.text), page
        if found := foreign(answer.text):
            left[page] = found

    assert left == {}
    assert looked_at > 15


def test_what_is_refused_is_refused_in_arabic(house: House) -> None:
    """An empty form: its error summary and the errors beside the fields."""
    for page, reader in (("staff/sign-in", "stranger"), ("enter", "stranger"), ("patients/new", "enroller")):
        client = house.clients[reader]
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(f"/ar/{page}").text)
        assert token is not None
        answer = client.post(f"/ar/{page}", data={"csrf_token": token[1]})
        assert "nhsuk-error-summary" in answer.text, page
        assert foreign(answer.text) == [], page


def test_a_word_left_in_another_language_is_found() -> None:
    assert foreign("<p>نص <bdi>Léa</bdi> Retour</p>") == ["نص  Retour"]
    assert foreign('<p aria-label="Mesures du jour">نص</p>') == ["Mesures du jour"]
    assert foreign('<a lang="fr" href="/fr">Français</a> <p>SpO2</p>') == []
