"""One JSON object of a FHIR document, read with its types checked; what does not fit becomes a finding, not a crash."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from questionnaires import fhir_names as fhir
from questionnaires.findings import Finding, Severity
from questionnaires.schema import Text


def exact(value: object) -> Decimal | None:
    """A JSON number as the decimal it was written as; None for anything else (a boolean is no number)."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 30 else None


@dataclass(frozen=True, slots=True)
class Element:
    """`data` belongs to the item `link_id`; `findings` is shared by the whole reading of a document."""

    data: Mapping[str, Any]
    link_id: str
    findings: list[Finding]

    def refuse(self, code: str, **params: str) -> None:
        self.findings.append(Finding(self.link_id, code, Severity.ERROR, params))

    def note(self, code: str, **params: str) -> None:
        self.findings.append(Finding(self.link_id, code, Severity.NOTE, params))

    def refuse_unknown(self, known: set[str]) -> None:
        for name in self.data:
            if name not in known:
                self.refuse("unsupported-element", element=str(name)[:80])

    def _typed(self, name: str, kind: type, default: Any) -> Any:
        value = self.data.get(name)
        if value is None:
            return default
        if type(value) is kind:
            return value
        self.refuse("bad-element", element=name)
        return default

    def string(self, name: str) -> str:
        return str(self._typed(name, str, ""))

    def flag(self, name: str) -> bool:
        return bool(self._typed(name, bool, False))

    def whole(self, name: str) -> int | None:
        value = self._typed(name, int, None)
        return None if value is None else int(value)

    def objects(self, name: str) -> Iterator["Element"]:
        for value in self._typed(name, list, []):
            if isinstance(value, dict):
                yield Element(value, self.link_id, self.findings)
            else:
                self.refuse("bad-element", element=name)

    def object(self, name: str) -> "Element | None":
        value = self._typed(name, dict, None)
        return None if value is None else Element(value, self.link_id, self.findings)

    def value(self) -> tuple[str, Any]:
        """The one value[x] of an extension or option as (x in lower case, value); ("", None) when there is not one."""
        return self.choice_of_type("value")

    def choice_of_type(self, prefix: str) -> tuple[str, Any]:
        found = [n for n in self.data if n.startswith(prefix) and n[len(prefix) : len(prefix) + 1].isupper()]
        if len(found) != 1:
            self.refuse("bad-element", element=f"{prefix}[x]")
            return "", None
        return found[0][len(prefix) :].lower(), self.data[found[0]]

    def extensions(self, read: set[str], harmless: set[str]) -> dict[str, "Element"]:
        """The extensions of `read` by address, the first where one may repeat; any that nobody has judged is refused,
        and so is a repeated one.
        """
        found: dict[str, Element] = {}
        for extension in self.objects("extension"):
            url = extension.string("url")
            if url in read:
                if url in found and url not in fhir.MAY_REPEAT:
                    self.refuse("repeated-extension", extension=url)
                found.setdefault(url, extension)
            elif url not in harmless:
                self._judge(url)
        return found

    def _judge(self, url: str) -> None:
        if url in fhir.NOT_RUN:
            self.note("expression-not-run", extension=url)
        elif url in fhir.RULES:
            self.note("rule-not-checked", extension=url)
        elif url in fhir.MEDIA:
            self.note("media-not-shown", extension=url)
        elif url in fhir.DECIDES_BY_EXPRESSION:
            self.refuse("needs-expression", extension=url)
        else:
            self.refuse("unsupported-extension", extension=url[:200])

    def text(self, name: str) -> Text:
        """The text `name` with the translations that stand on `_name`."""
        beside = self.object(f"_{name}")
        translations: dict[str, str] = {}
        for extension in beside.objects("extension") if beside else ():
            if extension.string("url") == fhir.TRANSLATION:
                parts = {part.string("url"): part for part in extension.objects("extension")}
                if {"lang", "content"} <= parts.keys():
                    language, content = parts["lang"].value()[1], parts["content"].value()[1]
                    if isinstance(language, str) and isinstance(content, str):
                        translations[language] = content
                        continue
                self.refuse("bad-element", element=f"_{name}")
        for extension in beside.objects("extension") if beside else ():
            url = extension.string("url")
            if url not in fhir.HARMLESS | {fhir.TRANSLATION}:
                self.refuse("unsupported-extension", extension=url[:200])
        return Text(self.string(name), translations)
