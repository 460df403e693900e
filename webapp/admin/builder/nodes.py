"""A condition as it is being written: what was typed, as it was typed, whether it makes sense yet or not.

The fields of a node are named by its place: `when-fact`, its second part's `when-1-fact`. What people press names the
node too: `remove:1.0`. Nothing typed is lost by any act but removing it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

ROOT = "when"
MOST_CONDITIONS = 40
DEEPEST = 12
"""As `triage.conditions.parsing` takes it."""
GROUPS = ("all", "any", "at_least")
HOLDERS = ("not", "consecutive")
"""Shapes with exactly one part."""
LEAF = "leaf"
SHAPES = (LEAF, *GROUPS, *HOLDERS)
FIELDS = ("fact", "relation", "codes", "answer", "limit", "number", "limit_to", "number_to", "since", "count", "days")
LONGEST = 200
Path = tuple[int, ...]


@dataclass
class Node:
    """`typed` holds the texts of its fields, several for ticked boxes."""

    shape: str = "all"
    typed: dict[str, list[str]] = field(default_factory=dict)
    parts: list[Node] = field(default_factory=list)

    def one(self, name: str) -> str:
        return (self.typed.get(name) or [""])[0]

    def walk(self, path: Path = ()) -> Iterator[tuple[Path, Node]]:
        yield path, self
        for number, part in enumerate(self.parts):
            yield from part.walk((*path, number))

    @property
    def size(self) -> int:
        return sum(1 for _ in self.walk())

    @property
    def depth(self) -> int:
        return max((len(path) for path, _ in self.walk()), default=0)

    def at(self, path: Path) -> Node | None:
        node: Node = self
        for number in path:
            if not 0 <= number < len(node.parts):
                return None
            node = node.parts[number]
        return node

    def copy(self) -> Node:
        return Node(
            self.shape, {name: list(values) for name, values in self.typed.items()}, [p.copy() for p in self.parts]
        )


class TooMuch(Exception):
    """A condition would grow beyond what one rule may hold."""


def prefix(path: Path, root: str = ROOT) -> str:
    return "-".join((root, *map(str, path)))


def spelt(path: Path) -> str:
    return ".".join(map(str, path))


def read_path(text: str) -> Path | None:
    """None for what no page of ours sends."""
    parts = text.split(".") if text else []
    if len(parts) > DEEPEST + 1 or not all(part.isascii() and part.isdigit() and len(part) < 4 for part in parts):
        return None
    return tuple(map(int, parts))


def read(form: MultiDict[str, str], root: str = ROOT) -> Node:
    """What was sent, as far as one rule may grow; a form that says nothing of a condition is an empty group."""
    return _read(form, root, 0, [0])


def _read(form: MultiDict[str, str], name: str, depth: int, seen: list[int]) -> Node:
    seen[0] += 1
    shape = form.get(f"{name}-shape", "all")
    node = Node(shape if shape in SHAPES else "all")
    for key in FIELDS:
        given = [text[:LONGEST] for text in form.getlist(f"{name}-{key}")[:100] if text]
        if given:
            node.typed[key] = given
    size = form.get(f"{name}-size", "")
    count = int(size) if size.isascii() and size.isdigit() and len(size) < 4 else 0
    if node.shape != LEAF and depth <= DEEPEST:
        for number in range(min(count, MOST_CONDITIONS)):
            if seen[0] <= 2 * MOST_CONDITIONS:
                node.parts.append(_read(form, f"{name}-{number}", depth + 1, seen))
    return node


def fields(node: Node, root: str = ROOT) -> list[tuple[str, str]]:
    """The names and values that a browser sends for this tree; `read` gives it back."""
    sent: list[tuple[str, str]] = []
    for path, each in node.walk():
        name = prefix(path, root)
        sent.append((f"{name}-shape", each.shape))
        sent.append((f"{name}-size", str(len(each.parts))))
        sent.extend((f"{name}-{key}", value) for key, values in each.typed.items() for value in values)
    return sent


def _bounded(root: Node) -> None:
    if root.size > MOST_CONDITIONS or root.depth > DEEPEST:
        raise TooMuch


def add(root: Node, path: Path, part: Node) -> Path | None:
    """One more part at the end of the group at `path`; where it stands now."""
    group = root.at(path)
    if group is None or group.shape == LEAF or (group.shape in HOLDERS and group.parts):
        return None
    group.parts.append(part)
    return _or_undo(root, lambda: group.parts.pop(), (*path, len(group.parts) - 1))


def _or_undo(root: Node, undo: Callable[[], object], path: Path) -> Path:
    try:
        _bounded(root)
    except TooMuch:
        undo()
        raise
    return path


def remove(root: Node, path: Path) -> Path:
    """The part with all it holds; the whole condition becomes an empty group. Returns the group it stood in."""
    if not path:
        root.shape, root.typed, root.parts = "all", {}, []
        return ()
    group = root.at(path[:-1])
    if group is not None and path[-1] < len(group.parts):
        del group.parts[path[-1]]
    return path[:-1]


def wrap(root: Node, path: Path, shape: str) -> Path:
    """The node inside a new one of `shape`, which stands in its place."""
    node = root.at(path)
    if node is None:
        return ()
    inner = Node(node.shape, node.typed, node.parts)
    typed = {"count": ["2"], "days": ["3"]} if shape == "consecutive" else {}
    before = (node.shape, node.typed, node.parts)
    node.shape, node.typed, node.parts = shape, typed, [inner]

    def undo() -> None:
        node.shape, node.typed, node.parts = before

    return _or_undo(root, undo, path)


def unwrap(root: Node, path: Path) -> Path:
    """The parts of a group in its place; the outermost one only when it holds a single part."""
    node = root.at(path)
    if node is None or node.shape == LEAF:
        return path
    if not path:
        if len(node.parts) == 1:
            only = node.parts[0]
            root.shape, root.typed, root.parts = only.shape, only.typed, only.parts
        return ()
    group = root.at(path[:-1])
    assert group is not None
    if group.shape in HOLDERS and len(node.parts) != 1:
        return path
    group.parts[path[-1] : path[-1] + 1] = node.parts
    return path[:-1]


def move(root: Node, path: Path, by: int) -> Path:
    """One place up (-1) or down (1) among its neighbours."""
    group = root.at(path[:-1]) if path else None
    if group is None:
        return path
    here, there = path[-1], path[-1] + by
    if not (0 <= here < len(group.parts) and 0 <= there < len(group.parts)):
        return path
    group.parts[here], group.parts[there] = group.parts[there], group.parts[here]
    return (*path[:-1], there)


def act(root: Node, verb: str, path: Path, typed: Mapping[str, str]) -> Path | None:
    """What a button of the condition does; the place to look at next, or None for a button that does not exist.
    Raises TooMuch. `typed` are the fields of the form, of which adding reads what the new condition is about.
    """
    if verb == "add":
        fact = typed.get(f"{prefix(path)}-new", "")[:LONGEST]
        return add(root, path, Node(LEAF, {"fact": [fact]})) if fact else path
    if verb == "group":
        return add(root, path, Node("any"))
    if verb == "remove":
        return remove(root, path)
    if verb.startswith("wrap-") and verb[5:] in SHAPES and verb[5:] != LEAF:
        return wrap(root, path, verb[5:])
    if verb == "unwrap":
        return unwrap(root, path)
    if verb in ("up", "down"):
        return move(root, path, -1 if verb == "up" else 1)
    return None
