"""Why a fact could not be replayed, or only nearly."""

from __future__ import annotations

from records.refusals import Sentence

WHY = {
    "history": Sentence(
        "how many questionnaires and calls had been missed by then is not kept: it counts as unknown here"
    ),
    "unknown-attribute": Sentence("nothing is kept from which it could be worked out: it counts as unknown here"),
    "as-enrolled-now": Sentence("taken from the enrolment as it is today; it may have been otherwise then"),
}


def why(code: str) -> Sentence:
    """A code of `not_replayable` or `approximated`; of another version's code, that it is unknown."""
    return WHY.get(code, WHY["unknown-attribute"])
