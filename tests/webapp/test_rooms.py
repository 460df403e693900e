"""Rooms of the web application stay apart: one does not load another to borrow a form field."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import webapp

ROOT = Path(webapp.__file__).parent
ROOMS = {"admin", "auth", "clinic", "demo", "hooks", "patient"}


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("room", ["admin", "auth"])
def test_a_room_of_its_own_imports_nothing_of_the_clinic(room: str) -> None:
    modules = {name for path in (ROOT / room).rglob("*.py") for name in imported(path)}

    assert not {name for name in modules if name.startswith("webapp.clinic")}


def test_the_shared_form_fields_belong_to_no_room() -> None:
    rooms = {name.split(".")[1] for name in imported(ROOT / "fields.py") if name.startswith("webapp.")}

    assert rooms
    assert not rooms & ROOMS
