"""The one-rule cases of fhir-test-cases: our errors against the HL7 validator's, place by place. docs/fhir.md has the
table of what differs and why; these tests hold it to the truth.
"""

import csv
import json
import re
from pathlib import Path

import pytest

from questionnaires.findings import QuestionnaireError
from questionnaires.reading import parse
from questionnaires.response_checks import validate_response

CASES = Path(__file__).parents[3] / "shared" / "data" / "fhir" / "FHIR+fhir-test-cases"
DOCUMENT = Path(__file__).parents[2] / "docs" / "fhir.md"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"the published cases are not there: {CASES}")


def _file(kind, name):
    stem = "validator_" + name.replace("/", "_").rsplit(".", 1)[0]
    found = [path for end in (".json", "__from_xml.json") if (path := CASES / kind / f"{stem}{end}").exists()]
    return found[0] if found else None


def _json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def _cases():
    """Each case that has a response and its questionnaire: name, the two documents, and HL7's outcome."""
    with (CASES / "expected_outcomes.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            response = _file("QuestionnaireResponse", row["response"])
            found = [_file("Questionnaire", name) for name in row["supporting"].split()]
            asked = [path for path in found if path is not None]
            if row["engine"] == "java" and response is not None and asked:
                outcome = _json(CASES / "outcomes" / f"{row['case']}.java.json")
                yield row["case"], _json(asked[0]), _json(response), outcome


def _theirs(outcome):
    """Where the HL7 validator has an error: the path of the item or answer, without what lies inside a value."""
    errors = (issue for issue in outcome.get("issue", []) if issue["severity"] in {"error", "fatal"})
    return {issue.get("expression", [""])[0].split(".value")[0] for issue in errors}


def _ours(questionnaire, response):
    """Where we have one. An unknown linkId we report at the item, HL7 at what holds it: taken as the same place."""
    found = set()
    for issue in validate_response(questionnaire, response)["issue"]:
        if issue["severity"] == "error":
            (place,) = issue["expression"]
            unknown = issue["details"]["coding"][0]["code"] == "no-such-question"
            found.add(re.sub(r"\.item\[\d+\]$", "", place) if unknown else place)
    return found


def _verdict(document, response, outcome):
    try:
        questionnaire = parse(document)
    except QuestionnaireError:
        return "refused"
    return "agrees" if _ours(questionnaire, response) == _theirs(outcome) else "differs"


def _documented(title):
    """The rows of the table under `title`: case → reason."""
    part = DOCUMENT.read_text(encoding="utf-8").split(f"### {title}\n", 1)[1].split("\n#", 1)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")]
    return {row[0]: row[-1] for row in rows[2:]}


def test_errors_are_found_exactly_where_the_hl7_validator_has_them_but_for_the_documented_cases():
    verdicts = {name: _verdict(document, response, outcome) for name, document, response, outcome in _cases()}
    told = {verdict: {n for n, v in verdicts.items() if v == verdict} for verdict in ("agrees", "differs", "refused")}

    assert told["differs"] == _documented("Cases that differ").keys()
    assert told["refused"] == _documented("Cases whose questionnaire is refused").keys()
    assert all(_documented("Cases that differ").values())
    assert len(told["agrees"]) == 60


BAD = [None, [], {}, {"resourceType": "QuestionnaireResponse"}, {"resourceType": "Patient"}]
BAD_PARTS = [None, 7, "x", [], {}, [None], [7], [{}], [{"linkId": 7}], [{"linkId": "q1", "answer": [None, 7, {}]}]]


@pytest.mark.parametrize("response", [*BAD, *({"resourceType": "QuestionnaireResponse", "item": p} for p in BAD_PARTS)])
def test_a_damaged_response_is_answered_with_errors_and_never_a_crash(response):
    asked = {"linkId": "q1", "type": "decimal", "text": "x"}
    questionnaire = parse({"resourceType": "Questionnaire", "status": "active", "item": [asked]})

    outcome = validate_response(questionnaire, response)

    assert outcome["resourceType"] == "OperationOutcome"
    assert "error" in {issue["severity"] for issue in outcome["issue"]}


@pytest.mark.parametrize("path", sorted((CASES.parent).rglob("QuestionnaireResponse/*.json")), ids=lambda p: p.name)
def test_no_published_response_crashes_the_check_of_any_questionnaire(path):
    asked = [{"linkId": str(n), "type": "group", "item": [{"linkId": f"{n}.1", "type": "choice"}]} for n in range(1, 4)]
    questionnaire = parse({"resourceType": "Questionnaire", "status": "active", "item": asked})

    assert validate_response(questionnaire, _json(path))["issue"]
