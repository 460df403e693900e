"""Dates and times are typed in one small field a part, and come together here as one text ("27/3/2026 08:30").

Three fields bring up the phone's digits, ask for no separator and no order, and each says its name; a picker of dates
does none of this for a day long past.
"""

from collections.abc import Iterator, Mapping, Sequence

DAY_PARTS = ("day", "month", "year")
CLOCK_PARTS = ("hour", "minute")
PARTS = (*DAY_PARTS, *CLOCK_PARTS)
PARTS_OF: Mapping[str, tuple[str, ...]] = {"date": DAY_PARTS, "time": CLOCK_PARTS, "dateTime": PARTS}
"""By type of item."""


def joined(fields: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """One text for each place that has anything in one of its parts; what is missing leaves its separator behind."""
    places = max((len(fields[part]) for part in PARTS if part in fields), default=0)
    for place in range(places):
        typed = [fields[part][place].strip() if place < len(fields.get(part, ())) else "" for part in PARTS]
        day, clock = typed[:3], typed[3:]
        said = ["/".join(day)] if any(day) else []
        said += [":".join(part.zfill(2) if part else "" for part in clock)] if any(clock) else []
        if said:
            yield " ".join(said)


def apart(text: str, parts: Sequence[str]) -> dict[str, str]:
    """What `joined` made, back in its fields; a text that it did not make stands whole in the first."""
    day, _, clock = text.partition(" ") if len(parts) == len(PARTS) else (text, "", text)
    found = dict(zip(DAY_PARTS, day.split("/"), strict=False)) | dict(zip(CLOCK_PARTS, clock.split(":"), strict=False))
    return {part: found.get(part, "") for part in parts}
