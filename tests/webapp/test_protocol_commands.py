"""`vigidom protocol …` on real files, as a person runs it; and protocols brought in and taken out of the service."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from records import clock, embedded
from records.db import db
from records.models import Role
from tests.triage.factories import rule, tiny
from tests.webapp.signing import PASSWORD, make_person
from triage import documents, drafts, protocols
from triage.refusals import Refused
from webapp import cli, firstrun


def run(*arguments: object, **given: Any) -> Result:
    return CliRunner().invoke(cli.vigidom, ["protocol", *(str(argument) for argument in arguments)], **given)


def written(folder: Path, name: str, value: object) -> Path:
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def assessed(folder: Path, cases: object, *options: object, protocol: Any = None) -> list[dict[str, Any]]:
    file = written(folder, "p.json", protocol or tiny())
    result = run("assess", file, "--facts", written(folder, "cases.json", cases), *options)
    told = json.loads(result.stdout)
    assert result.exit_code == any("error" in one for one in told)
    return told


def test_each_file_is_told_of_and_one_refusal_is_the_exit_code(tmp_path: Path) -> None:
    misspelt = tiny(rules=[rule("low", "red", {"compare": "spo22", "op": "<", "value": 92})])
    good, bad = written(tmp_path, "good.json", tiny()), written(tmp_path, "bad.json", misspelt)

    alone, both = run("check", good, "--json"), run("check", good, bad, "--json")
    words = run("check", good, bad)

    assert (alone.exit_code, both.exit_code, words.exit_code) == (0, 1, 1)
    first, second = (json.loads(line) for line in both.stdout.splitlines())
    assert (first["file"], first["accepted"], first["findings"]) == (str(good), True, [])
    assert (second["accepted"], len(second["findings"])) == (False, 1)
    assert "spo2" in second["findings"][0]["message"]
    assert f"{bad}: refused" in words.stdout
    assert second["findings"][0]["message"] in words.stdout


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"slug": 1}', "[" * 5000, '{"a": 1, "a": 2}'])
def test_what_is_no_protocol_is_refused_without_a_trace(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, "odd.json", text)

    result = run("check", path, "--json")

    assert (result.exit_code, json.loads(result.stdout)["accepted"]) == (1, False)
    for command in (("test", path), ("assess", path, "--facts", path)):
        refused = run(*command)
        assert (refused.exit_code, "Traceback" in refused.output) == (1, False)
        assert "is refused" in refused.output


def test_a_number_beyond_every_decimal_is_refused_without_a_trace(tmp_path: Path) -> None:
    protocol = written(tmp_path, "p.json", tiny())
    cases = written(tmp_path, "cases.json", '[{"facts": {"spo2": 1e99999999999999999999}}]')

    refused = run("assess", protocol, "--facts", cases)

    assert (refused.exit_code, "is not JSON that can be read" in refused.output) == (1, True)


def test_its_own_cases_are_run_and_sides_of_limits_without_a_case_are_named(tmp_path: Path) -> None:
    wrong = tiny(cases=[{"name": "well", "level": "green"}, {"name": "low", "facts": {"spo2": 91}, "level": "green"}])

    whole, bare = run("test", "triage/library/covid-19.json"), run("test", written(tmp_path, "t.json", tiny()))
    fails = run("test", written(tmp_path, "w.json", wrong), "--json")

    assert (whole.exit_code, bare.exit_code, fails.exit_code) == (0, 0, 1)
    assert "0 fail, 0 sides of limits not covered" in whole.stdout
    assert "not covered: Rule “spo2_low”: no case shows “spo2” at 92" in bare.stdout
    told = json.loads(fails.stdout)
    assert ([one["case"] for one in told["failures"]], told["cases"]) == (["low"], 2)


def test_a_case_comes_back_with_its_level_rules_unknowns_and_why(tmp_path: Path) -> None:
    cases = [
        {"name": "low", "facts": {"spo2": 91, "pain": False, "chills": "none"}},
        {"name": "nothing known", "facts": {}},
    ]

    low, nothing = assessed(tmp_path, cases)

    assert (low["case"], low["level"], low["fired"], low["unknown"]) == ("low", "red", ["spo2_low"], [])
    assert low["explanation"]["rules"][0]["when"]["outcome"] is True
    assert (nothing["level"], nothing["fired"], nothing["unknown"]) == ("orange", [], ["spo2_low"])
    assert nothing["doubts"] == [{"reason": "missing", "subject": "spo2", "rules": ["spo2_low"]}]
    assert assessed(tmp_path, cases, "--usual")[1]["level"] == "green"


def test_a_bad_case_is_told_and_stops_no_other(tmp_path: Path) -> None:
    cases = [
        {"name": "misspelt", "facts": {"spo22": 91}},
        3,
        {"name": "odd", "facts": []},
        {"fact": {}},
        {"facts": {"spo2": [91]}},
        {"facts": {}, "answers": {}},
        {"facts": {}, "own_limits": {"low": "x"}},
        {"facts": {}, "own_limits": {"low": 99}},
        {"facts": {"spo2": {"status": "known", "value": "x", "text": "", "origin": ""}}},
        {"facts": {"spo2": {"status": "odd"}}},
        {"facts": {}, "before": 3},
        {"name": "\ud800", "facts": {"spo2": "\ud800"}},
        {"name": "good", "facts": {"spo2": 91}},
    ]

    told = assessed(tmp_path, cases)

    assert "write 'spo2'" in told[0]["error"]
    assert [("error" in one) for one in told] == [True] * 11 + [False, False]
    assert (told[-1]["case"], told[-1]["level"]) == ("good", "red")


def test_answers_as_they_are_stored_are_read_like_a_patients(tmp_path: Path) -> None:
    answers = {"spo2": [{"integer": 91}], "pain": [{"boolean": False}]}

    (told,) = assessed(tmp_path, {"answers": answers, "previous": None})
    (again,) = assessed(tmp_path, [{"name": "stored", "facts": told["facts"]}])

    assert (told["level"], told["facts"]["spo2"]["value"]) == ("red", 91)
    assert (again["level"], again["explanation"]) == (told["level"], told["explanation"])


def test_a_patients_own_limits_count_for_all_cases_or_for_one(tmp_path: Path) -> None:
    cases = [{"facts": {"spo2": 91}}, {"facts": {"spo2": 91}, "own_limits": {"low": "91"}}]

    assert [one["level"] for one in assessed(tmp_path, cases, "--own-limits", "low=90")] == ["green", "red"]
    refused = run("assess", tmp_path / "p.json", "--facts", tmp_path / "cases.json", "--own-limits", "lo=90")
    assert (refused.exit_code, "lo" in refused.output) == (1, True)


def test_a_fraction_keeps_every_digit(tmp_path: Path) -> None:
    fine = deepcopy(tiny())
    for one in (fine["facts"][0], *fine["limits"]):
        one["decimals"] = 1

    (told,) = assessed(tmp_path, [{"facts": {"spo2": 92.1}}], protocol=fine)

    assert (told["facts"]["spo2"]["value"], told["facts"]["spo2"]["status"]) == (921, "known")


@pytest.fixture
def at_the_database(
    database: Flask, cluster: embedded.Addresses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands find the tests' database, with a programme and an author."""
    monkeypatch.setenv("DATABASE_URL", cluster.application)
    monkeypatch.setenv("MIGRATION_DATABASE_URL", cluster.owner)
    monkeypatch.setenv("VIGIDOM_DATA", str(tmp_path / "data"))
    with database.app_context():
        firstrun.load_programme(db.session, clock.now())
        for role in (Role.PHYSICIAN, Role.OPERATOR):
            make_person(db.session, role=role)
        db.session.commit()


def test_a_protocol_is_taken_out_changed_and_brought_in_as_a_persons_draft(
    at_the_database: None, database: Flask, tmp_path: Path
) -> None:
    out = json.loads(run("export", "covid-19").stdout)
    assert documents.load(out) == documents.from_library("covid-19")
    out["limits"][0]["value"] = "999"
    file = written(tmp_path, "changed.json", out)

    by = {"input": f"{PASSWORD}\n"}
    operator = run("import", file, "--by", "operator@centre.example", **by)
    brought = run("import", file, "--by", "physician@centre.example", **by)

    assert (operator.exit_code, brought.exit_code) == (1, 0)
    assert "made from version 1" in brought.stdout
    with database.app_context():
        (draft,) = drafts.open_ones(db.session, slug="covid-19")
        assert (draft.document, draft.author.email) == (out, "physician@centre.example")
        assert all(finding.where in brought.stdout for finding in drafts.findings(draft))
        known = protocols.versions(db.session, slug="covid-19")
        assert [version.number for version in known] == [1]
    listed = run("list").stdout
    assert "covid-19 1: rehearsal from" in listed
    assert f"covid-19 draft {draft.public_id}" in listed


@pytest.mark.parametrize("given", [tiny(), {}, [], {"slug": 3}])
def test_a_file_of_no_programme_is_not_brought_in(at_the_database: None, tmp_path: Path, given: object) -> None:
    result = run("import", written(tmp_path, "t.json", given), "--by", "physician@centre.example")

    assert (result.exit_code, "load its programme first" in result.output) == (1, True)


def test_what_cannot_be_kept_is_refused_and_not_stored(at_the_database: None, tmp_path: Path) -> None:
    big = {"slug": "covid-19", "notes": ["x" * 1_000_001]}
    path = written(tmp_path, "big.json", big)

    result = run("import", path, "--by", "physician@centre.example", input=f"{PASSWORD}\n")

    assert isinstance(result.exception, Refused)
    assert "draft" not in run("list").stdout


def test_only_a_version_that_exists_is_exported(at_the_database: None) -> None:
    assert json.loads(run("export", "covid-19", "--number", 1).stdout)["slug"] == "covid-19"
    for wrong in (("covid-19", "--number", 2), ("tiny",)):
        assert run("export", *wrong).exit_code == 1
