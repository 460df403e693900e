"""Staff: named people, their passwords and their sessions."""

from records.staff.browsers import mark
from records.staff.people import SetupLinkRefused, disable, invite, invited, renew, set_up
from records.staff.sessions import SignInRefused, session_of, sign_in, sign_out
from records.staff.watching import Watcher, watcher

__all__ = [
    "SetupLinkRefused",
    "SignInRefused",
    "Watcher",
    "disable",
    "invite",
    "invited",
    "mark",
    "renew",
    "session_of",
    "set_up",
    "sign_in",
    "sign_out",
    "watcher",
]
