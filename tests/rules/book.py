"""The twelve invariants, their promises, and for each promise the change of the code that must make a test fail."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROMISES = Path(__file__).parent / "promises"


class Moved(ValueError):
    """The text to change does not stand exactly once in its file: the line has moved, or was written anew."""


@dataclass(frozen=True)
class Promise:
    """`text` of `file` becomes `becomes`; then each test of `fails` fails, by an assertion or an error in `raises`."""

    id: str
    says: str
    file: str
    text: str
    becomes: str
    fails: tuple[str, ...]
    raises: tuple[str, ...] = ()

    def broken(self, root: Path) -> str:
        """The file's source without the promise. Raises Moved."""
        source = (root / self.file).read_text()
        found = source.count(self.text)
        if found != 1:
            raise Moved(f"{self.id}: the line has moved: {self.file} holds it {found} times: {self.text.strip()}")
        return source.replace(self.text, self.becomes)


@dataclass(frozen=True)
class Rule:
    """One invariant in our own words; `note` says what of it holds by other means, or is not built yet."""

    number: int
    name: str
    note: str
    promises: tuple[Promise, ...]


@dataclass(frozen=True)
class Book:
    folder: Path = PROMISES

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(sorted((_rule(path) for path in self.folder.glob("*.toml")), key=lambda rule: rule.number))

    @property
    def promises(self) -> list[Promise]:
        return [promise for rule in self.rules for promise in rule.promises]


def _rule(path: Path) -> Rule:
    told = tomllib.loads(path.read_text())
    made = []
    for place, given in enumerate(told["promise"], start=1):
        lists = {name: tuple(given.pop(name, ())) for name in ("fails", "raises")}
        made.append(Promise(id=f"{told['number']}.{place}", **given, **lists))
    return Rule(told["number"], told["name"], told.get("note", "").strip(), tuple(made))
