"""What of the queue an address asks for. Everything stands in the address, so that a view can be kept and sent, but the
words that were searched for, which stand in it sealed.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

from records import patients, texts
from records.models import Staff
from triage.callbacks import Filters
from triage.levels import Level
from webapp.clinic import searching

PAGE = 50
MOST = 200
LEVELS = tuple(level.code for level in sorted(Level, reverse=True) if level is not Level.GREEN)
SWITCHES = ("mine", "late", "silent", "physician")
KEPT = ("level", "team", "spoken", *SWITCHES)
"""What a saved view holds: neither whom one looked for nor how far one had read. `spoken` is the patient's language:
`language` is that of the page, in every address.
"""


@dataclass(frozen=True)
class Asked:
    """`filters` and `limit` as the address says them; `query` is that address again, without what it got wrong."""

    filters: Filters
    limit: int
    text: str
    query: Mapping[str, str]

    def but(self, **changes: str | None) -> dict[str, str]:
        """The query with these changed, from the top of the list again."""
        changed = {**self.query, "limit": None, **changes}
        return {name: value for name, value in changed.items() if value}

    @property
    def kept(self) -> dict[str, str]:
        return {name: value for name, value in self.query.items() if name in KEPT}

    @property
    def is_narrowed(self) -> bool:
        return bool(self.kept or self.text)

    @property
    def next_limit(self) -> int | None:
        return min(self.limit + PAGE, MOST) if self.limit < MOST else None


def read(args: Mapping[str, str], *, staff: Staff) -> Asked:
    """What cannot be meant (a level that is none, a team that is not one's own) narrows nothing: it hides nobody."""
    sealed = args.get("search", "")
    text = searching.shown(sealed, by=staff.public_id) if sealed else ""
    said = {name: args[name] for name in KEPT if name in args and _is_meant(name, args[name], staff)}
    filters = filters_of(said)
    if text:
        filters = replace(filters, search=patients.digests(text))
    limit = _limit(args.get("limit", ""))
    query = said | ({"search": sealed} if text else {}) | ({"limit": str(limit)} if limit != PAGE else {})
    return Asked(filters, limit, text, query)


def filters_of(said: Mapping[str, str]) -> Filters:
    return Filters(
        level=said.get("level"),
        team=uuid.UUID(said["team"]) if "team" in said else None,
        language=said.get("spoken"),
        physician=True if "physician" in said else None,
        **{name: name in said for name in SWITCHES if name != "physician"},
    )


def _is_meant(name: str, value: str, staff: Staff) -> bool:
    if name == "level":
        return value in LEVELS
    if name == "team":
        return value in {str(team.public_id) for team in staff.teams}
    if name == "spoken":
        return value in texts.LANGUAGES
    return value == "1"


def _limit(said: str) -> int:
    wanted = int(said) if said.isascii() and said.isdigit() and len(said) < 6 else PAGE
    return min(max(-(-wanted // PAGE) * PAGE, PAGE), MOST)
