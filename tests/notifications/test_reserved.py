"""Words that every sender of texts must obey."""

from __future__ import annotations

import pytest

from notifications import reserved
from notifications.models import InboundKind as K


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("STOP", K.STOP),
        (" stop. ", K.STOP),
        ("« Stop ! »", K.STOP),
        ("Arrêt", K.STOP),
        ("ARRÊTE", K.STOP),
        ("arretez les SMS svp", K.STOP),
        ("Stop merci", K.STOP),
        ("STOPALL", K.STOP),
        ("Unsubscribe", K.STOP),
        ("START", K.START),
        ("unstop", K.START),
        ("AIDE", K.HELP),
        ("aide ?", K.HELP),
        ("Help", K.HELP),
        ("je n'arrive pas à respirer", K.OTHER),
        ("stop j'ai 40 de fièvre", K.OTHER),
        ("stop 40", K.OTHER),
        ("je ne veux pas arrêter", K.OTHER),
        ("help me breathe", K.OTHER),
        ("stop start", K.OTHER),
        ("non-stop", K.OTHER),
        ("38,5", K.OTHER),
        ("", K.OTHER),
        ("🛑", K.OTHER),
        ("توقف", K.OTHER),
    ],
)
def test_a_reserved_word_counts_alone_or_with_a_courtesy(body: str, kind: K) -> None:
    assert reserved.kind_of(body) is kind
