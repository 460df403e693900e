"""`vigidom programme schedule` as a person runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy.orm import Session

from records import embedded
from records.models import Programme
from records.refusals import Refused
from tests import factories
from webapp import cli


@pytest.fixture
def at_the_database(
    database: Flask, session: Session, cluster: embedded.Addresses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command finds the tests' database, with a programme in it, as it would find a hospital's."""
    factories.make_programme(session)
    session.commit()
    monkeypatch.setenv("DATABASE_URL", cluster.application)
    monkeypatch.setenv("MIGRATION_DATABASE_URL", cluster.owner)
    monkeypatch.setenv("VIGIDOM_DATA", str(tmp_path / "data"))


def run(*slots: str) -> Result:
    return CliRunner().invoke(cli.vigidom, ["programme", "schedule", "covid-19", *slots])


def schedule_of(session: Session) -> list[dict[str, str]]:
    session.rollback()
    return list(session.scalars(sa.select(Programme.schedule)).one())


def test_the_slots_written_are_the_whole_schedule_and_the_tier_is_all_unless_it_is_said(
    at_the_database: None, session: Session
) -> None:
    result = run("morning=09:00", "afternoon=15:00,intensive")

    assert result.exit_code == 0, result.output
    assert "morning at 09:00 (all), afternoon at 15:00 (intensive)" in result.stdout
    assert schedule_of(session) == [
        {"slot": "morning", "at": "09:00", "tier": "all"},
        {"slot": "afternoon", "at": "15:00", "tier": "intensive"},
    ]


@pytest.mark.parametrize(
    "slot",
    ["morning", "morning=", "=08:00", "morning=08:00,", "morning=08:00,all,evening=20:00", "morning=08:00=09:00"],
)
def test_a_slot_with_too_little_or_too_much_in_it_is_refused_with_an_example_and_changes_nothing(
    slot: str, at_the_database: None, session: Session
) -> None:
    before = schedule_of(session)

    result = run(slot)

    assert result.exit_code == 1
    assert f"{slot} is not a slot" in result.output
    assert "afternoon=15:00,intensive" in result.output
    assert schedule_of(session) == before


def test_an_hour_that_cannot_be_asked_is_refused_by_the_programme(at_the_database: None, session: Session) -> None:
    before = schedule_of(session)

    result = run("morning=25:00")

    assert isinstance(result.exception, Refused)
    assert schedule_of(session) == before
