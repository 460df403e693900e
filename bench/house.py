"""A durable embedded server of our own in a temporary folder, migrated, with the programme, teams and one physician."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import flask_migrate
import psycopg
from flask import Flask
from sqlalchemy.orm import Session

from questionnaires import versions
from questionnaires.answers import raw_from_json, validate
from records import audit, clock, embedded, programmes, staff, teams
from records.db import db
from records.models import Role
from triage import protocols
from webapp import config, create_app

GREEN = {
    "breathlessness": "none",
    "breathlessness-change": "same",
    "chest-pain": "false",
    "blue-lips": "false",
    "confusion": "false",
    "fainted": "false",
    "cannot-eat-drink": "false",
    "temperature": "37,2",
    "heart-rate": "72",
    "respiratory-rate": "16",
    "spo2": "97",
    "chills": "none",
    "malaise": "none",
    "confinement": "fine",
}
TYPED = {"green": GREEN, "orange": GREEN | {"temperature": "39,2"}, "red": GREEN | {"fainted": "true"}}
"""Fourteen answers as a patient types them, by the level that they must come out at."""
SCATTER = random.Random(1)
TEAMS = 4


@dataclass(frozen=True)
class House:
    """`superuser` and `application` are addresses for psycopg; `settings` those of the web processes."""

    app: Flask
    settings: config.Settings
    folder: Path
    superuser: str
    application: str
    programme: int
    version: int
    protocol: int
    teams: tuple[int, ...]
    physician: int
    now: datetime

    def connect(self) -> psycopg.Connection[Any]:
        """A connection that may do everything, for preparing and for counting."""
        return psycopg.connect(self.superuser, autocommit=True)


@contextmanager
def built(port: int, *, processes: int) -> Iterator[House]:
    """Loopback only; the folder and the server end with the block."""
    folder = Path(tempfile.mkdtemp(prefix="vigidom-bench-"))
    folder.chmod(0o755)  # as root the server runs as a user who must be able to enter
    server = embedded.Server(folder / "data", durable=True)
    try:
        given = server.start()
        yield _prepared(folder, given, port, processes)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _prepared(folder: Path, given: embedded.Addresses, port: int, processes: int) -> House:
    environment = {
        "DATABASE_URL": given.application,
        "MIGRATION_DATABASE_URL": given.owner,
        "VIGIDOM_DATA": str(folder / "data"),
        "VIGIDOM_HOST": "127.0.0.1",
        "VIGIDOM_PORT": str(port),
        "VIGIDOM_WEB_PROCESSES": str(processes),
        "VIGIDOM_MODE": "demonstration",
    }
    for name in set(config.SETTINGS) & set(os.environ):
        del os.environ[name]
    os.environ.update(environment)
    settings = config.read()
    app = create_app(settings)
    with app.app_context():
        flask_migrate.upgrade()
        now = clock.now()
        programme = programmes.load_library(db.session, now=now)
        version = versions.load_library(db.session, programme=programme, now=now)
        protocol = protocols.load_library(db.session, programme=programme, now=now)
        care = [teams.create(db.session, name=f"Team {n}", actor=audit.SYSTEM, now=now) for n in range(TEAMS)]
        physician = _physician(db.session, care, now)
        db.session.commit()
        return House(
            app=app,
            settings=settings,
            folder=folder,
            superuser=given.owner.replace(f"+psycopg://{embedded.OWNER}@", "://postgres@"),
            application=given.application.replace("+psycopg", ""),
            programme=programme.id,
            version=version.id,
            protocol=protocol.id,
            teams=tuple(team.id for team in care),
            physician=physician,
            now=now,
        )


def _physician(session: Session, care: list[Any], now: datetime) -> int:
    who = {"email": "physician@centre.example", "name": "Physician", "role": Role.PHYSICIAN, "teams": care}
    made, _token = staff.invite(session, **who, language="en", actor=audit.SYSTEM, now=now)
    return int(made.id)


def stored_answers(house: House, level: str) -> dict[str, Any]:
    """The answers of that level in their stored shape."""
    with house.app.app_context():
        _, questionnaire = versions.in_force(db.session, programme_id=house.programme, now=clock.now())
        return validate(questionnaire, raw_from_json(as_json(level)), facts={"has-oximeter": True}).answers


def as_json(level: str) -> dict[str, Any]:
    """What the phone's script sends."""
    return _sent(TYPED[level])


def as_json_of_somebody(level: str) -> dict[str, Any]:
    """The same with measures that differ from patient to patient, within what is harmless, so that nothing that is kept
    of one answer flatters the next.
    """
    measured = {
        "heart-rate": str(SCATTER.randint(62, 89)),
        "respiratory-rate": str(SCATTER.randint(14, 18)),
        "spo2": str(SCATTER.randint(96, 98)),
        "temperature": f"{39 if level == 'orange' else 37},{SCATTER.randint(0, 6)}",
    }
    return _sent(TYPED[level] | measured)


def _sent(typed: dict[str, str]) -> dict[str, Any]:
    return {link_id: {"raw": [value]} for link_id, value in typed.items()}
