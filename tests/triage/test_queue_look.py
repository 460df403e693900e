"""A look at the queue: what passes each filter, in which order, and a tag that changes with what is shown alone."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.orm import Session

from records import patients
from records.models import Enrolment, Patient, Staff
from tests.factories import make_enrolment
from tests.statements import counted
from tests.triage.scene import NOW, Scene
from triage import callbacks, notices
from triage.callbacks import Filters, Look, queue_sql
from triage.callbacks.queue import _mark
from triage.levels import Level
from triage.models import Callback, Escalation, EscalationKind, Incident, IncidentKind, NoticeKind

PARIS = ZoneInfo("Europe/Paris")


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def waiting(scene: Scene, rank: Level = Level.ORANGE, *, due: int = 60, **values: Any) -> Callback:
    """Another patient of the team who waits, with what of the row and of the patient is said."""
    person = {name: values.pop(name) for name in ("language", "family_name", "team") if name in values}
    other = make_enrolment(scene.session, programme=scene.programme, **({"team": scene.team} | person))
    row = Callback(
        enrolment_id=other.id, team_id=other.team_id, rank=int(rank), opened_at=NOW, due_at=NOW + minutes(due), **values
    )
    scene.session.add(row)
    scene.session.flush()
    return row


def test_another_notice_in_place_of_one_that_was_seen_is_told(scene: Scene):
    nurse = scene.person()
    first = notices.tell(scene.session, staff_id=nurse.id, kind=NoticeKind.TAKEN_OVER, now=NOW)
    before = look(scene, nurse)

    notices.saw(scene.session, notice=first.public_id, staff=nurse, now=NOW)
    notices.tell(scene.session, staff_id=nurse.id, kind=NoticeKind.ESCALATED, now=NOW)
    after = look(scene, nurse)

    assert (before.notices, after.notices) == (1, 1)
    assert before.etag != after.etag, "as many as before, and not the same"


def look(scene: Scene, staff: Staff, now: datetime = NOW, limit: int = 50, **filters: Any) -> Look:
    scene.session.flush()
    if isinstance(filters.get("search"), str):
        filters["search"] = patients.digests(filters["search"])
    return callbacks.look(scene.session, staff=staff, now=now, limit=limit, filters=Filters(**filters))


def ids(found: Look) -> list[uuid.UUID]:
    return [mark.public_id for mark in found.marks]


def of(rows: Iterable[Callback]) -> list[uuid.UUID]:
    return [row.public_id for row in rows]


def test_what_is_tried_again_later_stands_behind_what_is_due_in_its_level_but_a_red_keeps_its_place(scene: Scene):
    later = {"next_try_at": NOW + minutes(15)}
    red_later = waiting(scene, Level.RED, due=-30, **later)
    red = waiting(scene, Level.RED, due=5)
    orange_later = waiting(scene, due=-20, **later)
    orange = waiting(scene, due=90)
    silent = waiting(scene, Level.SILENT, due=-100)

    staff = scene.person()
    assert ids(look(scene, staff)) == of([red_later, red, orange, orange_later, silent])
    assert ids(look(scene, staff, NOW + minutes(15))) == of([red_later, red, orange_later, orange, silent])


def test_the_head_of_the_queue_is_the_same_however_little_of_it_is_read(scene: Scene):
    for number in range(12):
        again = NOW + minutes(10) if number % 3 == 0 else None
        waiting(scene, (Level.ORANGE, Level.SILENT, Level.RED)[number % 2], due=40 - number * 7, next_try_at=again)
    staff = scene.person()
    whole = ids(look(scene, staff))

    for limit in (1, 3, 7):
        found = look(scene, staff, limit=limit)
        assert (ids(found), found.is_cut) == (whole[:limit], True)
    assert not look(scene, staff, limit=12).is_cut


@dataclass(frozen=True)
class Case:
    filters: dict[str, Any]
    passes: dict[str, Any]
    stays_out: dict[str, Any]


CASES = {
    "level": Case({"level": "red"}, {"rank": Level.RED}, {"rank": Level.ORANGE}),
    "late": Case({"late": True}, {"due": -1}, {"due": 1}),
    "physician": Case({"physician": True}, {"for_physician": True}, {}),
    "language": Case({"language": "ar"}, {"language": "ar"}, {"language": "fr"}),
    "search": Case({"search": "quiniou"}, {"family_name": "Quiniou"}, {"family_name": "Le Bras"}),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_filter_leaves_what_it_names_and_nothing_else(scene: Scene, case: Case):
    wanted, _ = waiting(scene, **case.passes), waiting(scene, **case.stays_out)

    assert ids(look(scene, scene.person(), **case.filters)) == [wanted.public_id]


def test_mine_is_what_one_holds_now(scene: Scene):
    staff, other = scene.person(), scene.another()
    held = {"claimed_by_id": staff.id, "claimed_at": NOW}
    mine = waiting(scene, **held, claim_ends_at=NOW + minutes(5))
    waiting(scene, **held, claim_ends_at=NOW - minutes(1))
    waiting(scene, claimed_by_id=other.id, claimed_at=NOW, claim_ends_at=NOW + minutes(5))

    assert ids(look(scene, staff, mine=True)) == [mine.public_id]


def test_another_teams_queue_stays_shut_by_whatever_filter(scene: Scene):
    stranger = waiting(scene, team=make_enrolment(scene.session, programme=scene.programme).team)
    staff = scene.person()
    assert stranger.team_id not in [team.id for team in staff.teams]
    foreign = scene.session.get_one(Enrolment, stranger.enrolment_id).team.public_id

    for filters in ({}, {"team": foreign}, {"late": True}, {"search": "a"}):
        assert stranger.public_id not in ids(look(scene, staff, **filters))


def test_what_an_incident_keeps_leaves_the_list_and_its_counts_but_is_found_by_name(scene: Scene):
    incident = Incident(
        kind=IncidentKind.NOT_SENT, programme_id=scene.programme.id, began_at=NOW, found_at=NOW, last_at=NOW
    )
    scene.session.add(incident)
    scene.session.flush()
    folded = waiting(scene, Level.SILENT, incident_id=incident.id, family_name="Quiniou")
    staff = scene.person()

    shown = look(scene, staff)
    assert (ids(shown), shown.counts.total) == ([], 0)
    assert ids(look(scene, staff, search="Quiniou")) == [folded.public_id]


def test_a_look_is_one_statement_also_while_an_incident_stands_and_sees_the_readers_teams_of_it(scene: Scene):
    mine, other = scene.team.id, scene.team.id + 1
    at = {"programme_id": scene.programme.id, "began_at": NOW, "found_at": NOW, "last_at": NOW}
    deadlines = {mine: NOW + minutes(90), other: NOW + minutes(30)}
    counted_now = {str(team): [300, 20, deadline.isoformat()] for team, deadline in deadlines.items()}
    for kind, patients_of in ((IncidentKind.SITE, counted_now), (IncidentKind.NOT_SENT, {str(other): [9, 40, "-"]})):
        scene.session.add(Incident(kind=kind, waiting=patients_of, **at))
    staff = scene.person()
    look(scene, staff)

    with counted(scene.session) as statements:
        (line,) = look(scene, staff).incidents

    assert len([one for one in statements if not one.startswith("SET LOCAL")]) == 1
    assert (line.kind, line.waiting, line.worst) == (IncidentKind.SITE, 300, 20)
    assert (line.began_at, line.first_deadline, line.next_deadline_passed) == (NOW, deadlines[mine], False)
    (late,) = look(scene, staff, now=NOW + minutes(90)).incidents
    assert late.next_deadline_passed


def test_a_level_is_counted_so_far_and_then_said_to_be_more(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    for _ in range(3):
        waiting(scene)
    staff = scene.person()
    assert not look(scene, staff).counts.is_least
    monkeypatch.setattr(queue_sql, "MOST_COUNTED", 3)

    assert look(scene, staff).counts.is_least


def set_to(scene: Scene, row: Callback, **values: Any) -> None:
    scene.session.execute(update(Callback).where(Callback.id == row.id).values(**values))


CHANGES: dict[str, Any] = {
    "an alert or a disposition": lambda scene, row: set_to(scene, row, version=Callback.version + 1),
    "a claim": lambda scene, row: set_to(scene, row, claimed_by_id=scene.another().id, claim_ends_at=NOW + minutes(9)),
    "a retry": lambda scene, row: set_to(scene, row, next_try_at=NOW + minutes(15)),
    "a name": lambda scene, row: scene.session.execute(
        update(Patient)
        .where(Patient.id == scene.session.get_one(Enrolment, row.enrolment_id).patient_id)
        .values(language="en")
    ),
    "another patient": lambda scene, _: waiting(scene),
    "an escalation": lambda scene, row: scene.session.add(
        Escalation(callback_id=row.id, kind=EscalationKind.LATE, clock_at=NOW, step=1, at=NOW, staff_id=None)
    ),
    "a notice": lambda scene, _: notices.tell(
        scene.session, staff_id=scene.person().id, kind=NoticeKind.ESCALATED, now=NOW
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_tag_changes_with_what_is_shown(scene: Scene, change: Any):
    row, staff = waiting(scene), scene.person()
    before = look(scene, staff).etag

    change(scene, row)

    assert look(scene, staff).etag != before


def test_the_tag_does_not_change_with_what_nobody_is_shown(scene: Scene):
    row, staff = waiting(scene, claimed_by_id=scene.another().id, claim_ends_at=NOW + minutes(9)), scene.person()
    scene.session.flush()
    before = look(scene, staff).etag

    set_to(scene, row, claim_ends_at=NOW + minutes(15))  # the open page renewed itself
    set_to(scene, row, first_called_at=NOW)

    assert look(scene, staff, NOW + minutes(1)).etag == before


@pytest.mark.parametrize(
    ("values", "turns"),
    [({"due": 10}, 10), ({"claim": 10}, 10), ({"next_try_at": NOW + minutes(10)}, 10)],
    ids=["late", "a claim that lapsed", "a retry that is due"],
)
def test_the_tag_changes_at_the_moment_and_not_before(scene: Scene, values: dict[str, Any], turns: int):
    values = dict(values)
    if "claim" in values:
        ends = NOW + minutes(values.pop("claim"))
        values |= {"claimed_by_id": scene.another().id, "claimed_at": NOW, "claim_ends_at": ends}
    waiting(scene, **({"due": 600} | values))
    staff = scene.person()
    tags = [look(scene, staff, NOW + timedelta(seconds=second)).etag for second in (0, 60 * turns - 1, 60 * turns + 1)]

    assert tags[0] == tags[1] != tags[2]


def test_a_slower_transaction_that_commits_later_is_seen_though_its_instants_are_older(scene: Scene, engine: sa.Engine):
    """A tag of the newest instant would stay the same here."""
    slow_row, staff = waiting(scene, due=60), scene.person()
    scene.session.commit()
    written = update(Callback).where(Callback.id == slow_row.id)
    with Session(engine) as slow:
        slow.execute(written.values(version=Callback.version + 1, opened_at=NOW - minutes(9)))
        newest = waiting(scene, due=10)
        scene.session.commit()
        between = look(scene, staff)
        scene.session.commit()
        slow.commit()

    after = look(scene, staff)

    assert ids(after) == ids(between) == of([newest, slow_row])
    assert after.etag != between.etag


@pytest.mark.parametrize("is_found", [False, True])
def test_who_was_told_of_a_late_call_stands_in_its_row_until_somebody_calls(scene: Scene, is_found: bool):
    row, staff = waiting(scene, due=-5), scene.person()
    told = scene.another().id if is_found else None
    scene.session.add(
        Escalation(callback_id=row.id, kind=EscalationKind.LATE, clock_at=NOW, step=1, at=NOW, staff_id=told)
    )
    rows = callbacks.rows_of(scene.session, look(scene, staff).marks, staff=staff, now=NOW)
    assert rows[0].escalated == ("lead" if is_found else "nobody")

    callbacks.add_attempt(scene.session, callback=row.public_id, staff=staff, outcome="busy", now=NOW + minutes(1))

    rows = callbacks.rows_of(scene.session, look(scene, staff).marks, staff=staff, now=NOW)
    assert rows[0].escalated is None


INSTANTS = st.integers(-600, 600).map(minutes).map(NOW.__add__)
SHOWN_ROWS = st.fixed_dictionaries(
    {
        "id": st.just(1),
        "public_id": st.just(uuid.UUID(int=1)),
        "version": st.integers(1, 9),
        "rank": st.sampled_from([int(level) for level in queue_sql.LEVELS]),
        "patient_row": st.sampled_from(["700", "701"]),
        "due_at": INSTANTS,
        "claimed_by_id": st.just(7),
        "claimed_by": st.sampled_from(["Sacha Morel", "Lou Petit"]),
        "claim_ends_at": INSTANTS,
        "worsened_at": st.none() | INSTANTS,
        "next_try_at": st.none() | INSTANTS,
        "incident_id": st.none() | st.integers(1, 3),
        "snoozed_until": st.none() | INSTANTS,
        "escalated": st.sampled_from([None, "lead", "physician", "nobody", "answered"]),
        "onset_on": st.none() | st.dates(NOW.date() - timedelta(days=30), NOW.date()),
        "day_zero": st.just("onset"),
        "zone": st.just(None),
        "centre_zone": st.just("Europe/Paris"),
        "activated_at": st.none(),
    }
)


def as_shown(row: dict[str, Any], now: datetime) -> tuple[Any, ...]:
    """What a reader of the line sees, said apart from the code."""
    held = row["claim_ends_at"] > now
    later = row["next_try_at"] if row["next_try_at"] and row["next_try_at"] > now else None
    return (
        *(row[name] for name in ("version", "rank", "patient_row", "snoozed_until", "escalated", "onset_on")),
        row["due_at"] < now,
        (row["claimed_by"], row["worsened_at"] is not None) if held else None,
        later,
        row["incident_id"] is not None,
    )


@given(SHOWN_ROWS, st.data())
def test_a_row_is_marked_anew_exactly_when_something_shown_of_it_changed(row: dict[str, Any], data: st.DataObject):
    changed = dict(row)
    name = data.draw(st.sampled_from(sorted(set(row) - {"id", "public_id"})))
    changed[name] = data.draw(SHOWN_ROWS)[name]
    now = data.draw(st.just(NOW) | st.integers(0, 300).map(minutes).map(NOW.__add__))

    is_same = as_shown(row, NOW) == as_shown(changed, now)
    same_day = now.astimezone(PARIS).date() == NOW.astimezone(PARIS).date()

    if same_day or row["onset_on"] is None:
        assert (_mark(row, 1, NOW).shown == _mark(changed, 1, now).shown) == is_same


def test_filters_and_length_are_part_of_the_tag(scene: Scene):
    waiting(scene)
    staff, other = scene.person(), scene.another()
    tags = [
        look(scene, staff).etag,
        look(scene, staff, limit=100).etag,
        look(scene, staff, level="orange").etag,
        look(scene, other).etag,
    ]

    assert len(set(tags)) == len(tags)
