"""`vigidom programme load` and `list` as a person runs them."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy.orm import Session

from questionnaires import drafts, library
from questionnaires.models import QuestionnaireInForce
from records import embedded, programmes
from records.audit import SYSTEM
from records.programmes import NotShipped
from tests.factories import NOW, make_programme
from triage.models import ProtocolVersion
from webapp import cli


@pytest.fixture
def run(
    database: Flask, session: Session, cluster: embedded.Addresses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The command on the tests' database, where a hospital has COVID-19 already."""
    make_programme(session)
    session.commit()
    monkeypatch.setenv("DATABASE_URL", cluster.application)
    monkeypatch.setenv("MIGRATION_DATABASE_URL", cluster.owner)
    monkeypatch.setenv("VIGIDOM_DATA", str(tmp_path / "data"))

    def command(*words: str) -> Result:
        return CliRunner().invoke(cli.vigidom, ["programme", *words])

    return command


def test_a_programme_of_the_library_is_loaded_whole_beside_what_is_there_and_once(run, session: Session) -> None:
    before = run("list").stdout
    first, again = run("load", "heart-failure"), run("load", "heart-failure")

    assert "heart-failure    not loaded: vigidom programme load heart-failure" in before
    assert (first.exit_code, again.exit_code) == (0, 0), first.output
    assert "a physician must sign its protocol" in first.stdout
    session.rollback()
    assert session.scalars(sa.select(ProtocolVersion.slug)).all() == ["heart-failure"]
    assert session.scalar(sa.select(sa.func.count(QuestionnaireInForce.id))) == 1
    listed = run("list").stdout
    assert "covid-19         COVID-19 home monitoring (protocol not signed: serves rehearsal only)" in listed
    assert "heart-failure    Heart failure home monitoring" in listed
    assert "after-surgery    not loaded" in listed


def test_a_form_that_a_hospital_chose_stays_in_force_whatever_a_later_release_ships(run, session: Session) -> None:
    own = library.document() | {"url": "https://hospital.example/own", "version": "3"}
    form = drafts.import_draft(session, document=own, actor=SYSTEM, now=NOW)
    programme = programmes.by_slug(session, slug="covid-19")
    session.add(QuestionnaireInForce(programme_id=programme.id, version_id=form.id, from_at=NOW))
    session.commit()

    assert run("load", "covid-19").exit_code == 0

    session.rollback()
    assert session.scalars(sa.select(QuestionnaireInForce.version_id)).all() == [form.id]


def test_a_name_that_is_not_shipped_is_told_with_those_that_are(run) -> None:
    result = run("load", "asthma")

    assert isinstance(result.exception, NotShipped)
    assert "there is %(known)s" in str(result.exception)
