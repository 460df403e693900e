"""The page around every page: language, direction, no inline code, no English in French."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2.ext import babel_extract

from records.texts import read_catalogue
from tests.webapp.pages import TEMPLATES, render

PATIENT = '{% extends "layout/patient.html" %}{% block title %}T{% endblock %}{% block content %}C{% endblock %}'
STAFF = PATIENT.replace("patient", "staff")
OWN = [*TEMPLATES.glob("layout/*.html"), *TEMPLATES.glob("macros/*.html")]


@pytest.mark.parametrize("source", [PATIENT, STAFF])
@pytest.mark.parametrize(("language", "direction"), [("fr", "ltr"), ("en", "ltr"), ("ar", "rtl")])
def test_a_page_states_its_language_and_direction(source: str, language: str, direction: str):
    assert f'<html lang="{language}" dir="{direction}">' in render(source, language=language)


@pytest.mark.parametrize(("source", "sheet"), [(PATIENT, "patient"), (STAFF, "staff")])
def test_a_right_to_left_page_takes_the_mirrored_sheet(source: str, sheet: str):
    assert f'href="/static/{sheet}.css"' in render(source, language="fr")
    assert f'href="/static/{sheet}.rtl.css"' in render(source, language="ar")


@pytest.mark.parametrize("source", [PATIENT, STAFF])
def test_the_skip_link_leads_to_the_content(source: str):
    page = render(source)
    assert 'class="nhsuk-skip-link" href="#main"' in page
    assert re.search(r'<main [^>]*id="main"[^>]*tabindex="-1"', page)


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_no_template_of_the_design_carries_inline_code_or_a_foreign_address(path: Path):
    source = path.read_text()
    assert not re.search(r"\sstyle\s*=|<style|\son\w+\s*=|<script(?![^>]*\ssrc=)|https?://", source)


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_every_text_of_the_design_is_in_the_french_catalogue(path: Path):
    known = read_catalogue("fr")
    with path.open("rb") as file:
        wanted = [message for _, _, message, _ in babel_extract(file, ["_"], [], {})]
    assert [text for text in wanted if not (known.get(text) and known.get(text).string)] == []


def test_the_language_switch_marks_the_page_s_own_language_only():
    links = re.findall(r'<a href="/(\w+)/here"[^>]*>', render(PATIENT, language="en"))
    assert links == ["fr", "en", "ar"]
    marked = re.findall(r'<a href="/(\w+)/here"[^>]*aria-current="true"', render(PATIENT, language="en"))
    assert marked == ["en"]


def test_the_menu_marks_the_current_page_and_is_absent_without_entries():
    entries = [("File", "/queue", True), ("Patients", "/patients", False)]
    page = render(STAFF, navigation=entries)
    assert '<a href="/queue" aria-current="page">File</a>' in page
    assert '<a href="/patients">Patients</a>' in page
    assert "Menu principal" not in render(STAFF)


def test_flashed_messages_are_shown_by_kind_and_an_error_interrupts():
    page = render(STAFF, flashed=(("success", "Saved <b>"), ("error", "Not saved"), ("message", "Noted")))
    assert '<p class="vd-flash vd-flash--success" role="status">Saved &lt;b&gt;</p>' in page
    assert '<p class="vd-flash vd-flash--error" role="alert">Not saved</p>' in page
    assert '<p class="vd-flash vd-flash--info" role="status">Noted</p>' in page


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("red", "Urgent"),
        ("orange", "À rappeler"),
        ("silent_urgent", "Silence à risque"),
        ("silent", "Sans réponse"),
        ("green", "Rien à signaler"),
    ],
)
def test_a_level_is_shown_as_a_word(code: str, word: str):
    source = '{% from "macros/level.html" import badge with context %}{{ badge(level) }}'
    expected = f'<span class="vd-badge vd-badge--{code}">{word}</span>'
    assert render(source, level=code) == expected
    assert render(source, level=type("Level", (), {"code": code})()) == expected


def test_a_number_and_its_unit_keep_their_order_in_right_to_left_text():
    source = '{% from "macros/number.html" import number with context %}{{ number("38,6", "°C") }} {{ number(12) }}'
    bdi = '<bdi class="vd-nowrap" dir="ltr">'
    assert render(source, language="ar") == f"{bdi}38,6&nbsp;°C</bdi> {bdi}12</bdi>"


def test_the_call_button_dials_and_says_what_it_does():
    source = '{% from "macros/call.html" import call_button %}{{ call_button("15", "Appeler le 15") }}'
    assert re.fullmatch(
        r'<a class="vd-call" href="tel:15"><svg .*aria-hidden="true".*</svg>Appeler le 15</a>', render(source)
    )
