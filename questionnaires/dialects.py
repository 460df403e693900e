"""Which FHIR a document is written in: STU3, R5 and private dialects are named as such, never taken for R4."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from questionnaires.elements import Element

DEEPEST = 50
STU3_ITEM = {"option", "options"}
R5_ROOT = {"versionAlgorithmString", "versionAlgorithmCoding", "copyrightLabel"}
R5_ITEM = {"answerConstraint", "disabledDisplay"}
OURS = ("hl7.org", "vigidom.example")


def name_version(root: Element) -> None:
    """Refuses a document of another version of FHIR, once, by the version's name."""
    version = version_of(root.data)
    if version != "R4":
        root.refuse("other-version", type=version)


def version_of(document: Mapping[str, Any]) -> str:
    """ "STU3", "R4" or "R5", by the elements that only one of them has. R4 where nothing tells (R4B is the same)."""
    declared = str(document.get("fhirVersion") or "")
    if declared[:2] in {"3.", "5."}:
        return "STU3" if declared.startswith("3") else "R5"
    for item in walk(document.get("item")):
        if item.keys() & STU3_ITEM or any(n.startswith("initial") and n[7:8].isupper() for n in item):
            return "STU3"
        if any(_stu3_condition(condition) for condition in _objects(item.get("enableWhen"))):
            return "STU3"
        if item.keys() & R5_ITEM or item.get("type") == "coding":
            return "R5"
    return "R5" if document.keys() & R5_ROOT else "R4"


def _stu3_condition(condition: Mapping[str, Any]) -> bool:
    """STU3 knew no operator: a condition was met by equality, or by `hasAnswer`."""
    return "hasAnswer" in condition or "operator" not in condition


def private_hosts(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The hosts of extensions that are neither HL7's nor ours, sorted: whose dialect this is."""
    urls = {str(part.get("url") or "") for part in _extensions(document, 0)}
    hosts = {urlsplit(url).hostname or url.split("/")[0] for url in urls if "/" in url}
    return tuple(sorted(host for host in hosts if not host.endswith(OURS)))


def walk(items: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Every item of a raw document, whatever else is wrong with it."""
    for item in _objects(items) if depth <= DEEPEST else ():
        yield item
        yield from walk(item.get("item"), depth + 1)


def _objects(value: Any) -> list[Any]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _extensions(value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    if depth > 2 * DEEPEST:
        return
    if isinstance(value, list):
        for part in value:
            yield from _extensions(part, depth + 1)
    elif isinstance(value, dict):
        yield from _objects(value.get("extension"))
        for part in value.values():
            yield from _extensions(part, depth + 1)
