"""What a person sent, by plain form or by script, in one shape: texts by linkId. Nothing is judged here."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from questionnaires.parts import PARTS, joined

LONGEST_ASIDE = 1000
MOST_VALUES = 50
PREFIXES = ("answer", "absent", "confirmed", "unit", *PARTS)


class RawEntry(NamedTuple):
    """`confirmed` are the texts the person said yes to when asked "is that right?"."""

    texts: tuple[str, ...] = ()
    absent: bool = False
    confirmed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RawAnswers:
    """`aside` holds, as JSON texts of at most 1,000 characters, what has no shape of an answer."""

    entries: Mapping[str, RawEntry] = field(default_factory=dict)
    aside: Mapping[str, str] = field(default_factory=dict)


def storable(text: str) -> str:
    """The text with what PostgreSQL or UTF-8 cannot hold (NUL, lone surrogates) shown as U+FFFD, ends stripped."""
    if text.isascii() and "\0" not in text:
        return text.strip()
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()


def as_aside(value: object) -> str:
    try:
        return json.dumps(value, default=str)[:LONGEST_ASIDE]
    except (RecursionError, ValueError):
        return "nested too deeply to keep"


def raw_from_form(fields: Mapping[str, Sequence[str]]) -> RawAnswers:
    """From the lists of a posted form; fields that are no answers (tokens, buttons) are left alone."""
    parts: dict[str, dict[str, Sequence[str]]] = {}
    for name, values in fields.items():
        prefix, dash, link_id = name.partition("-")
        if dash and prefix in PREFIXES:
            parts.setdefault(storable(link_id), {})[prefix] = values
    return RawAnswers({link_id: _from_fields(found) for link_id, found in parts.items()})


def _from_fields(found: Mapping[str, Sequence[str]]) -> RawEntry:
    """A measure takes the unit chosen beside it, a date the fields that it was typed in."""
    typed = found.get("answer", ())
    if "unit" in found:
        typed = with_units(typed, found["unit"])
    texts = _texts([*typed, *joined(found)])
    return RawEntry(texts, bool(_texts(found.get("absent", ()))), _texts(found.get("confirmed", ())))


def with_units(numbers: Sequence[str], units: Sequence[str]) -> list[str]:
    """Each number with the unit chosen in its place; a unit without a number is no answer."""
    padded = [*units, *[""] * len(numbers)]
    return [
        f"{number.strip()} {unit}".strip() if number.strip() else ""
        for number, unit in zip(numbers, padded, strict=False)
    ]


def raw_from_json(body: object) -> RawAnswers:
    """From the client's `answers` object; whatever is not shaped like an answer goes aside, never an error."""
    if not isinstance(body, dict):
        return RawAnswers({}, {"": as_aside(body)})
    entries: dict[str, RawEntry] = {}
    aside: dict[str, str] = {}
    for name, value in body.items():
        link_id = storable(str(name))
        entry = _entry(value)
        if entry is None:
            aside[link_id] = as_aside(value)
        else:
            entries[link_id] = entry
    return RawAnswers(entries, aside)


def _entry(value: Any) -> RawEntry | None:
    bare = not isinstance(value, dict)
    if bare or (len(value) == 1 and "raw" in value):  # nearly all
        texts = _plain(value if bare else value["raw"])
        return None if texts is None else RawEntry(texts)
    texts = _plain(value.get("raw", []))
    confirmed = _plain(value["confirmed"]) if "confirmed" in value else ()
    absent = value.get("absent", False)
    if texts is None or confirmed is None or not isinstance(absent, bool | str) or value.keys() - _ENTRY_KEYS:
        return None
    return RawEntry(texts, bool(absent), confirmed)


_ENTRY_KEYS = {"raw", "absent", "confirmed"}


def _plain(value: Any) -> tuple[str, ...] | None:
    """A scalar or a list of scalars as texts; None for any other shape."""
    listed = value if isinstance(value, list) else [value]
    if len(listed) == 1 and isinstance(listed[0], str):
        return (text,) if (text := storable(listed[0])) else ()
    if len(listed) > MOST_VALUES:
        return None
    texts = []
    for one in listed:
        if isinstance(one, str):
            texts.append(one)
        elif isinstance(one, bool | int | float):
            texts.append(json.dumps(one))
        elif one is not None:
            return None
    return _texts(texts)


def _texts(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(text for value in values[:MOST_VALUES] if (text := storable(value)))
