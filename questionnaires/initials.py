"""Answers that a form would start with. They are read and kept; whether to start with them is asked at publishing."""

from questionnaires import fhir_names as fhir
from questionnaires.elements import Element
from questionnaires.fhir_values import WANTED, stored
from questionnaires.options import selected
from questionnaires.schema import ItemType, Value


def read_initial(element: Element, kind: ItemType) -> tuple[Value, ...]:
    """Each with a note, because a pre-ticked "no" is a risk; one that does not fit its question is refused."""
    parts = [*element.objects("initial")]
    parts += [Element(value, element.link_id, element.findings) for value in selected(element)]
    found: list[Value] = []
    for part in parts:
        part.extensions(set(), fhir.HARMLESS)
        name, raw = part.value()
        value = stored(name, raw)
        if value is None and name == "quantity" and isinstance(raw, dict) and "value" not in raw:
            element.note("starts-answered")  # a unit alone
        elif value is None or name not in WANTED.get(kind, ()):
            element.refuse("bad-element", element="initial")
        else:
            found.append(value)
    if found and not _is_nobodys(element):
        element.note("starts-answered")
    return tuple(found)


def _is_nobodys(element: Element) -> bool:
    """A hidden or read-only item's value is the document's own: no box is ticked for a person."""
    hidden = (part for part in element.objects("extension") if part.data.get("url") == fhir.HIDDEN)
    return element.data.get("readOnly") is True or any(part.data.get("valueBoolean") is True for part in hidden)
