"""By which control a question is answered, and what stands around it: one decision for the page and for the script."""

import re

from questionnaires.parts import PARTS_OF
from questionnaires.schema import CHOSEN, MEASURED, TYPED_TEXT, Item, ItemType

RISKY = re.compile(r"\(\?|\[[\[:]|\)[*+?{]|&&|--|\\[^dDwWsSbB.\-/()\[\]{}|*+?^$\\]")
LIST_CONTROLS = {"drop-down", "autocomplete", "lookup", "editableDropdown"}
LONGEST_RADIOS = 12
"""More options than this are a list to open: nobody scrolls past thirty boxes to the button."""
PLACES = 5
MOST_PLACES = 20
"""Fields for a question with several typed answers: so many unless the form says how many, and never more."""


def control_of(item: Item) -> str:
    """display, fixed, boxes (several), radios, list, parts (of a date), slider, area or line."""
    if item.type is ItemType.DISPLAY:
        return "display"
    if item.is_fixed:
        return "fixed"
    if item.options or item.type is ItemType.BOOLEAN:
        return _of_options(item)
    if item.type in PARTS_OF:
        return "parts"
    if is_slider(item):
        return "slider"
    return "area" if item.type is ItemType.TEXT else "line"


def _of_options(item: Item) -> str:
    if item.repeats and item.type is not ItemType.BOOLEAN:
        return "boxes"
    listed = item.control in LIST_CONTROLS or len(item.options) > LONGEST_RADIOS
    return "list" if listed and item.control != "radio-button" else "radios"


def is_slider(item: Item) -> bool:
    """Only between two bounds; a slider without them is a line to type in."""
    wanted = item.control == "slider" or item.step is not None
    return wanted and item.type in MEASURED and item.low is not None and item.high is not None and not item.repeats


def places_of(item: Item) -> int:
    """How many fields there are to type in; options repeat in one."""
    if not item.repeats or (item.options and item.type is not ItemType.OPEN_CHOICE):
        return 1
    return min(max(item.most or PLACES, item.fewest or 1), MOST_PLACES)


def is_open(item: Item) -> bool:
    """Whether one may also type an answer of one's own."""
    return item.type is ItemType.OPEN_CHOICE


def exclusive_of(item: Item) -> tuple[str, ...]:
    return tuple(option.key for option in item.options if option.exclusive) if item.type in CHOSEN else ()


def phone_pattern(item: Item) -> str | None:
    """The pattern where the phone's own engine means the same by it as RE2, and cannot be made to take for ever:
    without repeated groups, flags or named classes. Any other is judged by the server alone.
    """
    if item.pattern is None or item.type not in TYPED_TEXT or RISKY.search(item.pattern):
        return None
    return item.pattern
