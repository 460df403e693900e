"""Findings as a FHIR OperationOutcome: what is wrong, how badly, and where in the resource."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from questionnaires.findings import Finding, Severity
from questionnaires.messages import message
from questionnaires.schema import OWN

CODES = OWN.replace("StructureDefinition", "CodeSystem") + "finding"
SEVERITIES = {Severity.ERROR: "error", Severity.CONFIRM: "warning", Severity.NOTE: "information"}
ISSUE_TYPES = {
    "answer-missing": "required",
    "required-group": "required",
    "no-such-question": "not-found",
    "not-among-options": "code-invalid",
    "options-unknown": "not-supported",
    "not-enabled": "business-rule",
    "other-questionnaire": "business-rule",
    "misplaced": "structure",
    "out-of-order": "structure",
    "item-twice": "structure",
    "not-answerable": "structure",
    "nested-outside-answer": "structure",
    "not-a-response": "structure",
    "bad-element": "structure",
    "text-differs": "informational",
}
"""FHIR's issue types; any other finding is about a value."""


@dataclass(frozen=True, slots=True)
class Issue:
    """`place` is a FHIRPath such as `QuestionnaireResponse.item[0].answer[1]`."""

    finding: Finding
    place: str


def operation_outcome(issues: Sequence[Issue], language: str = "en") -> dict[str, Any]:
    """A JSON-able OperationOutcome; without issues it says so in one of severity "information", as FHIR asks."""
    listed = [_issue(issue, language) for issue in issues]
    nothing = {"severity": "information", "code": "informational", "details": {"text": "No problem found."}}
    return {"resourceType": "OperationOutcome", "issue": listed or [nothing]}


def _issue(issue: Issue, language: str) -> dict[str, Any]:
    finding = issue.finding
    return {
        "severity": SEVERITIES[finding.severity],
        "code": ISSUE_TYPES.get(finding.code, "value"),
        "details": {
            "coding": [{"system": CODES, "code": finding.code}],
            "text": message(finding, language),
        },
        "expression": [issue.place],
    }
