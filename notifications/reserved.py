"""The words that every sender of texts must obey, in the languages spoken here. Pure; tried before any parser."""

from __future__ import annotations

import re
import unicodedata

from notifications.models import InboundKind

STOP = frozenset(
    ["stop", "stopall", "arret", "arrete", "arreter", "arretez", "fin", "unsubscribe", "cancel", "end", "quit"]
)
START = frozenset(["start", "unstop", "debut", "reprendre", "reprise"])
HELP = frozenset(["help", "aide", "info"])
POLITE = frozenset(["svp", "merci", "please", "thanks", "thank", "you", "les", "aux", "sms", "texto", "textos"])
REPLIES = {9: InboundKind.WORSE, 2: InboundKind.LATER}
"""Figures that answer the text of a call; of anybody whom no such text was sent they mean nothing."""
NOT_A_LETTER = re.compile(r"[^a-z]+")


def kind_of(body: str) -> InboundKind:
    """What a text asks for. A reserved word counts alone or with a courtesy; in a longer text it is just a word."""
    plain = unicodedata.normalize("NFKD", body.casefold()).encode("ascii", "ignore").decode()
    if any(character.isdigit() for character in plain):
        return InboundKind.OTHER
    said = [word for word in NOT_A_LETTER.split(plain) if word and word not in POLITE]
    if len(said) != 1:
        return InboundKind.OTHER
    for kind, words in ((InboundKind.STOP, STOP), (InboundKind.START, START), (InboundKind.HELP, HELP)):
        if said[0] in words:
            return kind
    return InboundKind.OTHER


def reply_of(body: str) -> InboundKind | None:
    """What a figure alone answers, in any digits, whatever signs and spaces stand around it; None for anything else."""
    said = [character for character in body if character.isalnum()]
    figure = unicodedata.decimal(said[0], None) if len(said) == 1 else None
    return REPLIES.get(figure) if figure is not None else None
