"""Where each version stands in its life, as the pages tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app, g
from sqlalchemy import select

from records.db import db
from records.models import Programme, Staff
from triage import drafts, protocols
from triage.drafting_models import ProtocolDraft, ProtocolReplay, ReplayState
from triage.models import ProtocolVersion
from triage.protocols import Stage, Standing, replays
from webapp.extensions import translator
from webapp.permissions import allows

TAGS = {
    Stage.MADE: "cases pass",
    Stage.REPLAYING: "being replayed",
    Stage.REPLAY_FAILED: "replay failed",
    Stage.REPLAYED: "replayed",
    Stage.WITHDRAWN: "withdrawn",
    Stage.REHEARSAL: "serves rehearsal",
    Stage.SCHEDULED: "starts later",
    Stage.IN_FORCE: "in force",
    Stage.SUPERSEDED: "replaced",
    Stage.TAKEN_BACK: "taken back before it started",
}
OPEN = (Stage.MADE, Stage.REPLAYING, Stage.REPLAY_FAILED, Stage.REPLAYED)
"""Neither signed nor withdrawn, and nobody is assessed by it."""


@dataclass(frozen=True)
class Life:
    """`replay` is the one that counts for it."""

    standing: Standing
    replay: ProtocolReplay | None = None
    in_force_id: int | None = None

    @property
    def stage(self) -> Stage:
        return self.standing.stage

    @property
    def tag(self) -> str:
        return translator().gettext(TAGS[self.stage])

    @property
    def is_open(self) -> bool:
        return self.stage in OPEN

    @property
    def is_stale(self) -> bool:
        """Whether the replay compared it with something that is in force no more."""
        return self.is_open and self.replay is not None and self.replay.against_id != self.in_force_id

    @property
    def found(self) -> Mapping[str, Any] | None:
        """What the replay found, once it is done."""
        known = self.replay
        return known.result or None if known is not None and known.state == ReplayState.DONE else None


def of_all(of: Programme, now: datetime) -> dict[int, Life]:
    """By id of the version."""
    bindings = protocols.of_programme(db.session, programme_id=of.id)
    counting = replays.that_count(db.session, slug=of.slug)
    current = protocols.bound(db.session, programme_id=of.id, now=now)
    return {
        one.id: Life(
            protocols.stage(one, counting.get(one.id), bindings, now),
            counting.get(one.id),
            current.id if current else None,
        )
        for one in protocols.versions(db.session, slug=of.slug)
    }


@dataclass(frozen=True)
class Choices:
    """What the reader may do to one version now, and why not where they may not."""

    why_not_sign: str | None
    can_replay: bool
    can_withdraw: bool
    can_take_back: bool
    can_go_back: bool


def choices(version: ProtocolVersion, life: Life, of: Programme, now: datetime) -> Choices:
    edits, signs = (allows(g.staff.role, permission) for permission in ("protocol.edit", "protocol.sign"))
    current = protocols.bound(db.session, programme_id=of.id, now=now)
    return Choices(
        why_not_sign=_why_not(version, life, of, now, signs),
        can_replay=edits and life.is_open and life.stage is not Stage.REPLAYING,
        can_withdraw=edits and life.is_open and not _was_bound(version, of),
        can_take_back=signs and life.stage is Stage.SCHEDULED,
        can_go_back=edits
        and life.stage in (Stage.SUPERSEDED, Stage.TAKEN_BACK)
        and current is not None
        and current.digest != version.digest,
    )


def _why_not(version: ProtocolVersion, life: Life, of: Programme, now: datetime, signs: bool) -> str | None:
    t = translator()
    if not signs:
        return t.gettext("A physician must sign this version before it assesses real patients.")
    if version.author_id == g.staff.id:
        return t.gettext("You wrote this version yourself: another physician must sign it.")
    if g.staff.id in version.co_author_ids:
        return t.gettext("You wrote a part of this version: another physician must sign it.")
    if not protocols.needs_replay(db.session, version=version, programme=of, now=now):
        return None
    if life.stage is Stage.REPLAYING:
        return t.gettext("It is being replayed on real answers. Read what the replay says, then sign.")
    return t.gettext("It was not replayed on real answers yet. Ask for a replay first.")


def _was_bound(version: ProtocolVersion, of: Programme) -> bool:
    return any(one.version_id == version.id for one in protocols.of_programme(db.session, programme_id=of.id))


def co_authors(version: ProtocolVersion) -> list[str]:
    wrote = select(Staff.name).where(Staff.id.in_(version.co_author_ids)).order_by(Staff.name)
    return list(db.session.scalars(wrote)) if version.co_author_ids else []


def same_as(version: ProtocolVersion) -> ProtocolVersion | None:
    """The newest earlier version that says the same: what was gone back to."""
    known = protocols.versions(db.session, slug=version.slug)
    return next((one for one in known if one.number < version.number and one.digest == version.digest), None)


def open_drafts(of: Programme) -> list[ProtocolDraft]:
    return drafts.open_ones(db.session, slug=of.slug)


def there_is(endpoint: str) -> bool:
    return endpoint in current_app.view_functions
