"""The committed sheets: whole, ours alone, light, and built from the sources beside them."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

import webapp

ROOT = Path(webapp.__file__).parent
BUILT = ROOT / "static" / "build"
DESIGN = ROOT / "design"
MANIFEST: dict[str, str] = json.loads((BUILT / "manifest.json").read_text())
GENERIC_FAMILIES = {"sans-serif", "serif", "system-ui"}


def sheet(name: str) -> str:
    return (BUILT / MANIFEST[name]).read_text()


def test_every_sheet_exists_in_both_directions_and_nothing_else_lies_beside_them():
    assert set(MANIFEST) == {"patient.css", "patient.rtl.css", "staff.css", "staff.rtl.css"}
    beside = {"manifest.json", "sources.sha256"}
    assert {path.name for path in BUILT.iterdir()} == set(MANIFEST.values()) | beside


@pytest.mark.parametrize("name", MANIFEST)
def test_a_sheet_is_named_by_the_hash_of_its_content(name: str):
    stem, digest, suffix = MANIFEST[name].rsplit(".", 2)
    assert f"{stem}.{suffix}" == name
    assert hashlib.sha256((BUILT / MANIFEST[name]).read_bytes()).hexdigest().startswith(digest)
    assert len(digest) == 12


def test_the_sheets_were_built_from_the_sources_as_they_are_now():
    recorded = dict(reversed(line.split("  ")) for line in (BUILT / "sources.sha256").read_text().splitlines())
    sources = [*DESIGN.glob("*.scss"), DESIGN / "package.json"]
    now = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sources}
    assert recorded == now, "run `npm ci && npm run build` in webapp/design and commit webapp/static/build"


@pytest.mark.parametrize("name", MANIFEST)
@pytest.mark.parametrize("foreign", [r"https?:", r"@import", r"url\(", r"@font-face", r"Frutiger"])
def test_a_sheet_asks_for_nothing_from_elsewhere(name: str, foreign: str):
    assert re.search(foreign, sheet(name)) is None


@pytest.mark.parametrize("name", MANIFEST)
def test_the_body_has_a_real_font_stack_ending_in_a_generic_family(name: str):
    families = re.findall(r"body\{[^}]*font-family:([^;}]+)", sheet(name))
    assert families
    assert all(stack.split(",")[-1].strip() in GENERIC_FAMILIES for stack in families)


@pytest.mark.parametrize(
    ("name", "budget"),
    [("patient.css", 16_000), ("patient.rtl.css", 16_000), ("staff.css", 18_000), ("staff.rtl.css", 18_000)],
)
def test_a_sheet_stays_within_its_compressed_size(name: str, budget: int):
    assert len(gzip.compress((BUILT / MANIFEST[name]).read_bytes(), 9)) <= budget


@pytest.mark.parametrize("name", ["patient", "staff"])
def test_the_right_to_left_sheet_mirrors_what_the_framework_pins_to_the_left(name: str):
    rule = r"\.nhsuk-radios__hint\{[^}]*padding-%s:([^;}]+)"
    plain, mirrored = sheet(f"{name}.css"), sheet(f"{name}.rtl.css")
    assert re.search(rule % "left", plain)[1] == re.search(rule % "right", mirrored)[1]
    assert re.search(rule % "left", plain)[1] != re.search(rule % "left", mirrored)[1]


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


TOKENS = dict(re.findall(r"--vd-([\w-]+): (#[0-9a-f]{6})", (DESIGN / "_tokens.scss").read_text()))
WHITE = "#ffffff"


@pytest.mark.parametrize(
    ("ink", "paper", "least"),
    [(f"{level}-ink", f"{level}-tint", 7) for level in ("red", "orange", "silent", "green")]
    + [(ink, "ground", 4.5) for ink in ("ink", "muted", "link", "red-ink", "red")]
    + [(ink, "shade", 4.5) for ink in ("ink", "muted", "link")]
    + [(bar, WHITE, 3) for bar in ("red", "orange", "silent", "silent-urgent", "green")]
    + [(WHITE, dark, 7) for dark in ("red-deep", "teal", "silent-urgent")]
    + [("red-ink", "red-tint", 7), ("link", "red-tint", 4.5), ("ink", "focus", 7)],
)
def test_text_and_bars_stand_out_from_what_they_lie_on(ink: str, paper: str, least: float):
    assert contrast(TOKENS.get(ink, ink), TOKENS.get(paper, paper)) >= least


@pytest.mark.parametrize("name", MANIFEST)
def test_a_sheet_names_the_framework_s_licence_and_its_first_rule_still_counts(name: str):
    """A byte order mark after the notice would make the first selector, our colours, unknown to the browser."""
    notice, rules = sheet(name).split("\n", 1)
    assert "nhsuk-frontend" in notice
    assert (ROOT.parent / re.search(r"webapp/\S+\.txt", notice)[0]).is_file()
    assert rules.startswith(":root{--vd-")
