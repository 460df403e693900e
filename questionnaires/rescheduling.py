"""A schedule or a zone that changes during the day: nobody is asked twice for it and nobody is left out.

A check-in is unique per enrolment, local day and slot, so what was asked already is not asked again at the new hour,
and what is still to come is asked at the new hour. Between the two lies what the change itself puts into the past: a
slot that was still to come by the old hours and has passed by the new ones. It is asked at once, with its full time to
answer; so is the last slot that has passed for whoever would not be asked at all today. Of several only the latest is,
for one answer tells how somebody is now. At night where the patient is nobody is asked: the next slot comes soon.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from questionnaires.checkins import TIER_ALL, Slot, slots
from questionnaires.jobs import usable_zone
from records import audit, clock, programmes
from records import enrolment as enrolments
from records.contacts import WRITTEN_FROM, WRITTEN_UNTIL
from records.enrolment import Application
from records.models import Enrolment, EnrolmentState, Programme

CHUNK = 20_000

LOOK_AGAIN = text("""
    WITH next AS (
        SELECT id FROM enrolments WHERE programme_id = :programme AND state = 'active' AND id > :after
        ORDER BY id LIMIT :limit FOR NO KEY UPDATE
    ),
    changed AS (
        UPDATE enrolments e SET next_checkin_at = :now FROM next WHERE e.id = next.id AND e.next_checkin_at > :now
    )
    SELECT count(*), max(id) FROM next
""")

ASK_AT_ONCE = """
    WITH slot AS (
        SELECT * FROM unnest(
            CAST(:zones AS text[]), CAST(:days AS date[]), CAST(:names AS text[]), CAST(:intensive AS boolean[]),
            CAST(:opens AS timestamptz[]), CAST(:were AS timestamptz[])
        ) AS s (zone, local_on, name, intensive, opens_at, was_at)
    ),
    today AS (
        SELECT e.id, slot.local_on, slot.name, slot.opens_at,
               coalesce(slot.was_at >= greatest(e.next_checkin_at, e.activated_at), false) AS was_to_come,
               bool_or(slot.opens_at > :now) OVER (PARTITION BY e.id) AS more_to_come
        FROM enrolments e JOIN programmes p ON p.id = e.programme_id
        JOIN slot ON slot.zone = e.zone AND slot.local_on <= e.ends_on
          AND (NOT slot.intensive OR e.risk_tier = 'high' OR e.onset_on IS NULL
               OR slot.local_on - e.onset_on BETWEEN p.intensive_from_day AND p.intensive_to_day)
        WHERE e.state = 'active' AND {whom}
    ),
    owed AS (
        SELECT DISTINCT ON (id) id, local_on, name FROM today
        WHERE opens_at <= :now
          AND NOT EXISTS (SELECT FROM checkins c
                          WHERE c.enrolment_id = today.id AND c.local_on = today.local_on AND c.slot = today.name)
          AND (was_to_come OR NOT more_to_come AND NOT EXISTS (
               SELECT FROM checkins c WHERE c.enrolment_id = today.id AND c.local_on = today.local_on))
        ORDER BY id, opens_at DESC
    )
    INSERT INTO checkins (enrolment_id, local_on, slot, opens_at, closes_at)
    SELECT id, local_on, name, :now, :closes FROM owed
    ON CONFLICT (enrolment_id, local_on, slot) DO NOTHING
"""
ASK_EVERYBODY = text(ASK_AT_ONCE.format(whom="e.programme_id = :programme"))
ASK_ONE = text(ASK_AT_ONCE.format(whom="e.id = :enrolment"))


@dataclass(frozen=True)
class Hours:
    """A schedule that is no more."""

    schedule: list[Any]
    silent_after_minutes: int


def change_schedule(
    session: Session,
    *,
    programme: Programme,
    schedule: Sequence[Mapping[str, str]],
    actor: audit.Actor,
    now: datetime,
) -> int:
    """Ask at other hours from now on; returns how many are asked at once. Raises programmes.ScheduleRefused.

    `schedule` is a whole one, see records.models.Programme. What was asked already keeps its times, also of a slot that
    is no more. Everybody's next check-in is looked for anew.
    """
    session.refresh(programme, with_for_update={"key_share": True})
    before = programme.schedule
    programmes.set_schedule(programme, schedule)
    if programme.schedule == before:
        return 0
    session.flush()
    _look_again(session, programme, now)
    zones = session.scalars(
        text("SELECT DISTINCT zone FROM enrolments WHERE programme_id = :programme AND state = 'active'"),
        {"programme": programme.id},
    )
    old = Hours(before, programme.silent_after_minutes)
    rows = [row for zone in zones for row in _today(programme, zone, now, lambda day, here: slots(old, here, day, day))]
    asked = session.execute(ASK_EVERYBODY, {"programme": programme.id, **_values(programme, rows, now)})
    details = {"programme": str(programme.public_id), "from": before, "to": programme.schedule}
    subject = audit.SYSTEM_SUBJECT
    audit.append(session, actor=actor, action="programme.rescheduled", subject=subject, now=now, details=details)
    return int(asked.rowcount)  # type: ignore[attr-defined]


def change_details(
    session: Session, *, enrolment: Enrolment, application: Application, actor: audit.Actor, now: datetime, **given: Any
) -> list[str]:
    """records.enrolment.change_details, after which a patient in another zone is not left out of today."""
    zone = enrolment.zone
    changed = enrolments.change_details(
        session, enrolment=enrolment, application=application, actor=actor, now=now, **given
    )
    if "zone" in changed and enrolment.state == EnrolmentState.ACTIVE:
        programme = enrolment.programme
        there = usable_zone(zone, programme)
        rows = _today(programme, enrolment.zone, now, lambda day, _here: slots(programme, there, day, day))
        session.execute(ASK_ONE, {"enrolment": enrolment.id, **_values(programme, rows, now)})
    return changed


Row = tuple[str, Slot, datetime | None]


def _look_again(session: Session, programme: Programme, now: datetime) -> None:
    """In pieces, so that a million enrolments do not run into the time limit of a statement."""
    found, after = CHUNK, 0
    while found == CHUNK:
        values = {"programme": programme.id, "now": now, "after": after, "limit": CHUNK}
        found, last = session.execute(LOOK_AGAIN, values).one()
        after = last or 0


def _today(programme: Programme, zone: str, now: datetime, before: Callable[[date, str], list[Slot]]) -> Iterable[Row]:
    """Today's slots in `zone` with the hour that each had by `before` of (day, zone); none while it is night there."""
    here = usable_zone(zone, programme)
    if not clock.is_open(now, WRITTEN_FROM, WRITTEN_UNTIL, here):
        return
    day = clock.local_day(now, here)
    were = {slot.name: slot.opens_at for slot in before(day, here)}
    for slot in slots(programme, here, day, day):
        yield zone, slot, were.get(slot.name)


def _values(programme: Programme, rows: Iterable[Row], now: datetime) -> dict[str, Any]:
    listed = list(rows)
    return {
        "now": now,
        "closes": now + timedelta(minutes=programme.silent_after_minutes),
        "zones": [zone for zone, _, _ in listed],
        "days": [slot.local_on for _, slot, _ in listed],
        "names": [slot.name for _, slot, _ in listed],
        "intensive": [slot.tier != TIER_ALL for _, slot, _ in listed],
        "opens": [slot.opens_at for _, slot, _ in listed],
        "were": [was for _, _, was in listed],
    }
