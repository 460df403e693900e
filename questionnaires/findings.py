"""What reading a questionnaire or an answer has to say, as data: a code with its figures, never a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """`error` asks again, `confirm` asks whether the value is right, `note` is for staff and asks nothing."""

    ERROR = "error"
    CONFIRM = "confirm"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark on one item; `link_id` is empty when it concerns the whole form.

    `params` holds only JSON strings that are the same in every language (numbers as plain decimals).
    """

    link_id: str
    code: str
    severity: Severity = Severity.ERROR
    params: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        return {
            "linkId": self.link_id,
            "code": self.code,
            "severity": str(self.severity),
            "params": dict(self.params),
        }


class QuestionnaireError(ValueError):
    """A document was refused as a whole; `findings` names every item that stands in the way, and why."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__(
            "; ".join(f"{f.link_id or 'questionnaire'}: {f.code} {dict(f.params) or ''}".strip() for f in findings)
        )
