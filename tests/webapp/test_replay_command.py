"""`vigidom protocol replay`, as somebody types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy.orm import Session

from tests.triage.replaying import COVID, answered, draft, with_temperature
from tests.triage.scene import Scene, set_scene
from triage import documents
from triage.documents import Document
from webapp import replay_command as command
from webapp.cli import vigidom

DAYS = ("--from", "2026-03-10", "--to", "2026-03-16")


@pytest.fixture
def scene(session: Session) -> Scene:
    made = set_scene(session)
    answered(made, made.enrolment, with_temperature("39.2"))
    return made


@pytest.fixture(autouse=True)
def _here(app: Flask, monkeypatch: Any) -> None:
    """The command on the tests' database."""
    monkeypatch.setattr(command, "application", app.app_context)


def written(folder: Path, document: Document) -> str:
    file = folder / "draft.json"
    file.write_text(json.dumps(documents.dump(document)))
    return str(file)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(vigidom, ["protocol", "replay", *arguments])


def test_a_file_is_replayed_against_the_version_in_use(scene: Scene, tmp_path: Path) -> None:
    table = tmp_path / "replay.csv"
    file = written(tmp_path, draft(temperature_orange_high="39.5"))

    shown = run(file, *DAYS, "--csv", str(table))
    told = json.loads(run(file, *DAYS, "--json").output)

    assert "1 answers of 1 synthetic patients of covid-19, 2026-03-10 to 2026-03-16" in shown.output
    assert "alerts: 0 gained, 1 lost, 0 in another colour" in shown.output
    assert (told["lost"], told["draft"]["number"], told["against"]["number"]) == (1, None, 1)
    assert "about,alerts,,,0,1,," in table.read_text().splitlines()


def test_what_cannot_be_replayed_is_said_in_a_sentence(scene: Scene, tmp_path: Path) -> None:
    file = written(tmp_path, COVID)
    broken = tmp_path / "broken.json"
    broken.write_text("{}")

    assert "there is no programme nowhere" in run(file, "--programme", "nowhere").output
    assert "must not be before" in run(file, "--from", "2026-03-10", "--to", "2026-03-09").output
    assert "is no protocol that can be replayed" in run(str(broken)).output
