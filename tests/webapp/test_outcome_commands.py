"""`vigidom outcomes import`, as a person runs it on a hospital's file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy.orm import Session

from records import clock, embedded
from records.models import Enrolment, Role
from tests.webapp.signing import PASSWORD
from tests.webapp.ward import Ward, open_ward
from triage.outcome_models import PatientOutcome
from webapp import cli


@pytest.fixture
def ward(
    session: Session, app: Flask, cluster: embedded.Addresses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Ward:
    key = app.config["VIGIDOM"].data
    monkeypatch.setenv("DATABASE_URL", cluster.application)
    monkeypatch.setenv("MIGRATION_DATABASE_URL", cluster.owner)
    monkeypatch.setenv("VIGIDOM_DATA", str(key))
    return open_ward(session)


def run(ward: Ward, file: Path, *options: str, role: str = Role.SUPERVISOR, password: str = PASSWORD) -> Result:
    email = ward.person(role).email
    arguments = ["outcomes", "import", str(file), "--by", email, *options]
    return CliRunner().invoke(cli.vigidom, arguments, input=f"{password}\n", catch_exceptions=False)


def written(folder: Path, *lines: str) -> Path:
    path = folder / "hospital.csv"
    path.write_text("\n".join(["Patient;Nature;Date", *lines]), encoding="utf-8-sig")
    return path


def count(ward: Ward) -> int:
    ward.session.rollback()
    return ward.session.scalars(sa.select(sa.func.count(PatientOutcome.id))).one()


def state(ward: Ward, enrolment: Enrolment) -> str:
    ward.session.rollback()
    ward.session.refresh(enrolment)
    return enrolment.state


def test_good_lines_are_taken_bad_ones_kept_and_a_second_time_changes_nothing(ward: Ward, tmp_path: Path) -> None:
    dead, admitted, back = ward.patient(), ward.red(), ward.patient()
    ward.answer(back)
    today = clock.now()
    file = written(
        tmp_path,
        f"{dead.public_id};Décès;{today:%d/%m/%Y}",
        f"{admitted.patient.public_id};Réanimation;{today:%Y-%m-%d}",
        f"{back.public_id};admission;{today - timedelta(days=1):%d/%m/%Y}",
        f"{back.public_id};guéri;{today:%d/%m/%Y}",
        f"{back.public_id};admission;{today + timedelta(days=2):%d/%m/%Y}",
    )

    tried = run(ward, file, "--dry-run")
    assert (count(ward), state(ward, dead), tried.exit_code) == (0, "active", 1)
    assert "would be recorded" in tried.stdout
    assert "Nothing was changed" in tried.stdout
    assert list(tmp_path.iterdir()) == [file]

    first = run(ward, file)
    assert (count(ward), state(ward, dead), state(ward, admitted), state(ward, back)) == (
        3,
        "discharged",
        "discharged",
        "active",
    )
    assert "line 2: the follow-up ends as deceased" in first.stdout
    assert "line 3: 1 call-back of this patient still in the queue" in first.stdout
    assert "line 4: the follow-up goes on" in first.stdout
    assert "3 outcomes recorded or corrected; 0 known already; 2 follow-ups ended; 2 lines not taken." in first.stdout
    assert "line 5 does not know the kind" in first.stderr
    assert "line 6 is dated in the future" in first.stderr
    kept = (tmp_path / "hospital.rejected.csv").read_text(encoding="utf-8-sig").splitlines()
    assert kept[0] == "Patient;Nature;Date;line;problem"
    assert [line.split(";")[1] for line in kept[1:]] == ["guéri", "admission"]

    second = run(ward, file)
    assert count(ward) == 3
    assert "0 outcomes recorded or corrected; 3 known already; 0 follow-ups ended" in second.stdout
    assert (tmp_path / "hospital.rejected-2.csv").exists()


def test_a_file_of_good_lines_leaves_no_other_and_exits_well(ward: Ward, tmp_path: Path) -> None:
    file = written(tmp_path, f"{ward.patient().public_id};admis;{clock.now():%d/%m/%Y}")

    result = run(ward, file, role=Role.PHYSICIAN)

    assert (result.exit_code, list(tmp_path.iterdir())) == (0, [file])


@pytest.mark.parametrize(
    ("role", "password", "told"),
    [(Role.OPERATOR, PASSWORD, "it needs outcome.import"), (Role.SUPERVISOR, "wrong pass word", "password")],
)
def test_who_may_not_changes_nothing(ward: Ward, tmp_path: Path, role: str, password: str, told: str) -> None:
    file = written(tmp_path, f"{ward.patient().public_id};admis;{clock.now():%d/%m/%Y}")

    result = run(ward, file, role=role, password=password)

    assert result.exit_code == 1
    assert told in result.stderr
    assert count(ward) == 0


def test_a_file_that_cannot_be_read_is_told_before_any_password(ward: Ward, tmp_path: Path) -> None:
    file = tmp_path / "hospital.csv"
    file.write_bytes("Patient;Décès\n".encode("latin-1"))

    result = run(ward, file)

    assert result.exit_code == 1
    assert "nothing was taken: the file is not UTF-8" in result.stderr
    assert "Password" not in result.stderr
