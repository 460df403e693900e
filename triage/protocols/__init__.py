"""Protocol versions: drafted, proved by their own cases, replayed, signed by a physician, in force from an instant.

Who is assessed by what: a rehearsal patient by the version that was bound last, signed or not, so that a fresh
installation can be tried; a real patient by the signed version bound last and by no other. A draft made on the screen
is bound only when it is signed, so it never assesses anybody before.
"""

from triage.protocols.bindings import (
    bound,
    bound_of,
    compiled,
    in_force,
    is_signed,
    load_library,
    of_programme,
    versions,
)
from triage.protocols.kept import take_turn
from triage.protocols.making import CasesFail, InUseAlready, NeverSigned, new_version, roll_back
from triage.protocols.signing import (
    NotReplayed,
    NotScheduled,
    ServesRehearsal,
    SignerIsCoAuthor,
    StartsTooLate,
    Withdrawn,
    needs_replay,
    sign,
    unschedule,
    withdraw,
)
from triage.protocols.stages import Stage, Standing, stage

__all__ = [
    "CasesFail",
    "InUseAlready",
    "NeverSigned",
    "NotReplayed",
    "NotScheduled",
    "ServesRehearsal",
    "SignerIsCoAuthor",
    "Stage",
    "Standing",
    "StartsTooLate",
    "Withdrawn",
    "bound",
    "bound_of",
    "compiled",
    "in_force",
    "is_signed",
    "load_library",
    "needs_replay",
    "new_version",
    "of_programme",
    "roll_back",
    "sign",
    "stage",
    "take_turn",
    "unschedule",
    "versions",
    "withdraw",
]
