"""Regular expressions that a questionnaire brings, run by RE2: its time grows with the text only, whatever is asked."""

from functools import lru_cache
from typing import Any

import re2

LONGEST = 1000


class BadPattern(ValueError):
    """Not an expression that RE2 runs (look-around and back-references are not)."""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Any:
    """Raises BadPattern."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    if len(pattern) > LONGEST:
        raise BadPattern("too long")
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise BadPattern(str(error)[:200]) from None


def matches(pattern: str, text: str) -> bool:
    """Whether the whole of `text` is what `pattern` describes, as FHIR's regex extension means it."""
    return compiled(pattern).fullmatch(text) is not None
