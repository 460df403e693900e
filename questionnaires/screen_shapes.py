"""One question as the page and the phone's script are told of it, without its questionnaire."""

from dataclasses import MISSING, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Choice:
    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Check:
    """`question operator value`, the value as text: "true", "92", an option's code."""

    question: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Gate:
    """What a group or question around this one waits for: all of `checks`, or any of them."""

    all: bool
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Screen:
    """One question, or a text to read (`kind` "display"). Bounds are plain decimals or ISO dates, None for none.

    `control` is how it is answered (`questionnaires.controls`), `places` how many fields there are to type in (0 for
    one alone). `group` names the groups around it. `fixed` is what a read-only question says. `notes` are texts under
    the question, `help` those behind "how to measure". `gates`, and the questions `under` which it is asked once they
    are answered, come from around it.
    """

    link_id: str
    kind: str
    title: str
    hint: str | None
    help: tuple[str, ...]
    group: str | None
    options: tuple[Choice, ...]
    multiple: bool
    unit: str | None
    decimals: int
    signed: bool
    low: str | None
    high: str | None
    likely_low: str | None
    likely_high: str | None
    confirm_hint: str | None
    max_length: int | None
    required: bool
    could_not_measure: bool
    emergency: tuple[Check, ...]
    enable_when: tuple[Check, ...]
    enable_behavior: str
    control: str = "line"
    places: int = 0
    parts: tuple[str, ...] = ()
    own_text: bool = False
    exclusive: tuple[str, ...] = ()
    units: tuple[Choice, ...] = ()
    low_unit: str | None = None
    high_unit: str | None = None
    step: str | None = None
    fewest: int | None = None
    most: int | None = None
    min_length: int | None = None
    pattern: str | None = None
    fixed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    gates: tuple[Gate, ...] = ()
    under: tuple[str, ...] = ()

    def to_client(self) -> dict[str, Any]:
        """JSON-able, in camelCase as FHIR writes its names; what few questions have is left out of the others."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        return {_camel(name): _plain(value) for name, value in told.items() if value or name not in RARE}


RARE = {field.name for field in fields(Screen) if field.default is not MISSING} - {"control"}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Choice | Check | Gate):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value
