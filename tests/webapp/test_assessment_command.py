"""`vigidom assessment explain`, as whoever looks after the server runs it."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy.orm import Session

from records import embedded
from records.models import AccessEntry, Role
from tests.webapp.signing import PASSWORD
from tests.webapp.ward import ORANGE, Ward, open_ward
from triage.models import Assessment
from webapp import cli


@pytest.fixture
def ward(
    session: Session, app: Flask, cluster: embedded.Addresses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Ward:
    monkeypatch.setenv("DATABASE_URL", cluster.application)
    monkeypatch.setenv("MIGRATION_DATABASE_URL", cluster.owner)
    monkeypatch.setenv("VIGIDOM_DATA", str(tmp_path / "data"))
    made = open_ward(session)
    made.answer(made.patient(), ORANGE)
    return made


def number(ward: Ward) -> uuid.UUID:
    return ward.session.scalars(sa.select(Assessment.public_id)).one()


def explain(*arguments: object, typed: str | None = None) -> Result:
    given = ["assessment", "explain", *(str(argument) for argument in arguments)]
    return CliRunner().invoke(cli.vigidom, given, input=typed)


def test_it_explains_without_a_name_and_leaves_a_trace(ward: Ward) -> None:
    found = explain(number(ward), "--language", "fr")

    assert found.exit_code == 0, found.output
    told = found.stdout.replace("\u202f", " ")
    assert "Level: orange" in told
    assert "Température : 39,2 °C" in told
    assert "38,9 °C : vert" in told
    assert "It comes out the same today." in told
    acts = sa.text("SELECT convert_from(canonical, 'UTF8')::jsonb ->> 'action' FROM audit_entries")
    assert "assessment.explained" in ward.session.scalars(acts).all()


def test_read_by_somebody_it_is_in_the_access_log_and_of_their_teams_only(ward: Ward) -> None:
    mine, other = ward.person(Role.PHYSICIAN), ward.person(Role.PHYSICIAN, "Zoe Sudiste", team=ward.another_team())

    assert explain(number(ward), "--by", mine.email, typed=PASSWORD).exit_code == 0
    refused = explain(number(ward), "--by", other.email, typed=PASSWORD)

    assert (refused.exit_code, "has no patient" in refused.output) == (1, True)
    assert ward.session.scalars(sa.select(AccessEntry.staff_id)).all() == [mine.id]


def test_one_that_comes_out_differently_is_said_by_the_exit_code_too(ward: Ward) -> None:
    ward.session.execute(sa.text("UPDATE assessments SET level = 'green'"))
    ward.session.commit()

    found = explain(number(ward))

    assert (found.exit_code, "DIFFERENTLY" in found.stdout) == (1, True)


def test_one_that_there_is_not_is_said_plainly(ward: Ward) -> None:
    found = explain(uuid.uuid4())

    assert (found.exit_code, "there is no assessment" in found.output) == (1, True)
