"""The whole condition of a rule as forms inside forms, checked together and shown as nested fieldsets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from triage.conditions.shapes import Condition
from triage.facts import Fact
from webapp.admin.builder.nodes import DEEPEST, GROUPS, LEAF, ROOT, Node, Path, fields, prefix, spelt
from webapp.admin.builder.offered import Offer
from webapp.admin.builder.part_forms import ConsecutivePart, GroupPart, LostPart, NotPart, PartForm, leaf_form
from webapp.admin.builder.trees import group_of


@dataclass
class Part:
    """One node with its form; the page draws it, its parts inside it."""

    node: Node
    path: Path
    form: PartForm
    fact: Fact | None
    parts: list[Part] = field(default_factory=list)
    is_last: bool = True

    @property
    def shape(self) -> str:
        return self.node.shape

    @property
    def is_group(self) -> bool:
        return self.shape in GROUPS

    @property
    def can_add(self) -> bool:
        return len(self.path) < DEEPEST and (self.is_group or (self.shape != LEAF and not self.parts))

    @property
    def place(self) -> str:
        return spelt(self.path)

    @property
    def id(self) -> str:
        return prefix(self.path)

    def walk(self) -> Iterator[Part]:
        yield self
        for part in self.parts:
            yield from part.walk()

    def validate(self) -> bool:
        """Every part is asked, so that everything is said at once."""
        return not [part for part in self.walk() if not part.form.validate()]

    def condition(self) -> Condition:
        """Of a tree that validates."""
        if self.shape == LEAF:
            return self.form.condition()
        parts = tuple(part.condition() for part in self.parts)
        count, days = (getattr(self.form, name, 1) for name in ("how_many", "how_long"))
        return group_of(self.node.shape, parts, count=count, days=days)

    def errors(self) -> list[tuple[str, str]]:
        """(id of the control, sentence) of every fault, from top to bottom."""
        found = []
        for part in self.walk():
            told = [(control.id, str(error)) for control in part.form for error in control.errors]
            known = {text for _, text in told}
            hidden = {control.id for control in part.form if control.type == "HiddenField"}
            found += [(part.id if place in hidden else place, text) for place, text in told]
            found += [(part.id, text) for text in part.form.extra if text not in known]
        return found

    def blame(self, path: Path, text: str) -> None:
        """A finding about the part at `path`, or about the nearest one above that is there."""
        node: Part = self
        for number in path:
            if not 0 <= number < len(node.parts):
                break
            node = node.parts[number]
        if text not in node.form.extra:
            node.form.extra.append(text)


def grow(root: Node, offer: Offer) -> Part:
    return _grow(root, (), offer, MultiDict(fields(root)))


def _grow(node: Node, path: Path, offer: Offer, sent: MultiDict[str, str]) -> Part:
    fact = offer.fact(node.one("fact")) if node.shape == LEAF else None
    part = Part(node, path, _form(node, path, fact, offer, sent), fact)
    part.parts = [_grow(each, (*path, number), offer, sent) for number, each in enumerate(node.parts)]
    for inner in part.parts[:-1]:
        inner.is_last = False
    if part.is_group and isinstance(part.form, GroupPart) and part.form.shape.data in GROUPS:
        node.shape = part.form.shape.data
    return part


def _form(node: Node, path: Path, fact: Fact | None, offer: Offer, sent: MultiDict[str, str]) -> PartForm:
    said = {"formdata": sent, "prefix": f"{prefix(path, ROOT)}-"}
    if node.shape in GROUPS:
        return GroupPart(len(node.parts), **said)
    if node.shape == "not":
        return NotPart(len(node.parts), **said)
    if node.shape == "consecutive":
        return ConsecutivePart(len(node.parts), **said)
    return LostPart(**said) if fact is None else leaf_form(fact)(fact, offer, **said)
