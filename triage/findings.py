"""What is wrong with a protocol, each finding saying where and what to do, in words that can be translated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from records.texts import Translator, translator


@dataclass(frozen=True, slots=True)
class Finding:
    """`where` is the path inside the document; `message` a msgid whose parameters are `values`."""

    where: str
    message: str
    values: Mapping[str, str] = field(default_factory=dict)

    def text(self, t: Translator) -> str:
        return t.gettext("%(where)s: %(message)s", where=self.where, message=t.gettext(self.message, **self.values))


class ProtocolError(ValueError):
    """A document that cannot be accepted, with every finding at once."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__("\n".join(finding.text(translator("en")) for finding in findings))


class Findings:
    """Collects findings while a document is read, so that its author sees all of them together."""

    def __init__(self) -> None:
        self.found: list[Finding] = []

    def add(self, where: str, message: str, **values: object) -> None:
        self.found.append(Finding(where, message, {name: str(value) for name, value in values.items()}))

    def refuse_if_any(self) -> None:
        """Raises ProtocolError when something was found."""
        if self.found:
            raise ProtocolError(tuple(self.found))
