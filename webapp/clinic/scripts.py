"""What to ask, what to say and when to hang up, by reason to call. Help for the memory, without any limit of its own: a
clinician of the centre signs these texts before real patients are called (docs/centre.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel.speaklater import LazyString

from triage.levels import Level
from triage.models import AlertKind
from webapp.lazy import lazy

Lines = tuple[LazyString, ...]


@dataclass(frozen=True)
class Script:
    ask: Lines
    say: Lines


HANG_UP: Lines = (
    lazy("Chest pain, blue lips, new confusion, short of breath when talking or at rest, or cannot drink."),
    lazy("Say: “I am hanging up so that you can call 15 now.” If they cannot, stay on the line and get a physician."),
    lazy("Nobody answers and you fear for the patient: hand the call up to a physician now."),
)

ANSWERS_RED = Script(
    ask=(
        lazy("How are you right now? Let them talk: do they say whole sentences without stopping for breath?"),
        lazy("Read out the value that raised this call: is it what they measured? Have them measure again now."),
        lazy("Since when, and is it getting worse? Is anybody with them?"),
    ),
    say=(
        lazy("What happens next, and when: a physician looks at this, or somebody calls again, at what hour."),
        lazy("What is worse, in the words of the reasons above, and that they then call 15 without waiting for us."),
    ),
)
ANSWERS_ORANGE = Script(
    ask=(
        lazy("How are they compared with yesterday? Read out the answers that raised this call: are they right?"),
        lazy("How was it measured? Have them measure again if it is hard to believe."),
        lazy("Do they drink, eat, sleep, get up? Is anybody there to help?"),
    ),
    say=(
        lazy("When the next questionnaire comes, and that they can answer again earlier at any time."),
        lazy("What would be worse, in the words of the reasons above, and whom to call then."),
    ),
)
SILENCE = Script(
    ask=(
        lazy("How are they? Ask first; why nothing came is asked afterwards."),
        lazy("Did the text arrive, did the link open, what stopped them? Compare with the cause named above."),
        lazy("Fill in the questionnaire with them now, by telephone."),
    ),
    say=(
        lazy("That answers by telephone or on paper count just as well: offer another way of answering."),
        lazy("When the next questionnaire comes."),
    ),
)
BEGINNING = Script(
    ask=(
        lazy("Did the invitation arrive? Is this the right number?"),
        lazy("How are they today? Fill in the first questionnaire with them if they agree to begin."),
    ),
    say=(
        lazy("What the follow-up is, during which hours somebody reads, and that in an emergency they call 15."),
        lazy("The code of the invitation, if the link does not open: it stands under Follow-up."),
    ),
)
OUTCOME = Script(
    ask=(
        lazy("Did the ambulance come, did they go? Where are they now? If nobody answers, ask the contact."),
        lazy("Kept in hospital, or home again? How are they?"),
    ),
    say=(lazy("That the follow-up waits for them, or goes on, as they say it is."),),
)
LEAVING = Script(
    ask=(
        lazy("Was the STOP meant, or a slip? Do they still want to be followed, without texts?"),
        lazy("How are they today?"),
    ),
    say=(lazy("That no text comes any more, and how they are followed instead, if they wish to be."),),
)
ASKED = Script(
    ask=(
        lazy("What would they like to know, what worries them? Read out what they wrote."),
        lazy("How are they? If they feel worse, fill in the questionnaire with them now."),
    ),
    say=(lazy("Who calls them about what you cannot answer, and when. Only a physician speaks of a treatment."),),
)
LAST_DAY = Script(
    ask=(lazy("How are they? Is there anything left that worries them?"),),
    say=(lazy("Whether the follow-up ends today or goes on, and whom to call afterwards."),),
)
UNREACHED = Script(
    ask=(
        lazy("Of the emergency contact: when did they last see or speak with the patient? Can they go there now?"),
        lazy("Is there another number, a neighbour, a key, another address?"),
    ),
    say=(
        lazy("That you call for the centre and reach nobody; of the patient's health say nothing."),
        lazy("To a physician: what was tried, when and whom, so that they decide on a welfare check."),
    ),
)
FOR_STAFF = Script(
    ask=(lazy("This is work on the file before it is a call: read the reason above and do what it asks."),),
    say=(lazy("Telephone only if you need the patient for it, and then say why."),),
)

SCRIPTS: dict[AlertKind, Script] = {
    AlertKind.SILENCE: SILENCE,
    AlertKind.NEVER_INVITED: FOR_STAFF,
    AlertKind.NEVER_ACTIVATED: BEGINNING,
    AlertKind.REVIEW_DUE: FOR_STAFF,
    AlertKind.LIMITS_DUE: FOR_STAFF,
    AlertKind.OPTED_OUT: LEAVING,
    AlertKind.WROTE: ASKED,
    AlertKind.OUTCOME_DUE: OUTCOME,
    AlertKind.FOLLOW_UP_ENDS: LAST_DAY,
    AlertKind.UNREACHED: UNREACHED,
    AlertKind.ASKED: ASKED,
    AlertKind.MOVED: FOR_STAFF,
}


def script(kind: str, level: Level) -> Script:
    if kind == AlertKind.ANSWERS:
        return ANSWERS_RED if level >= Level.RED else ANSWERS_ORANGE
    return SCRIPTS[AlertKind(kind)]


def scripts(alerts: Iterable[tuple[str, Level]]) -> list[Script]:
    """One for each reason, in their order, none twice."""
    return list(dict.fromkeys(script(kind, level) for kind, level in alerts))
