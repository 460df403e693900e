"""The hot paths that must not grow with what is stored: each does the same work, whatever lies behind it, and says how
many milliseconds it took. What is written to make work is taken back again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.million import World, submit
from bench.timing import elapsed_ms
from notifications import outbox, reminders
from questionnaires import jobs as questionnaire_jobs
from records import access, clock, housekeeping, patients
from records.models import Staff
from records.patients import Identity
from triage import callbacks, reliving
from triage import jobs as triage_jobs
from webapp import worker
from webapp.providers import chosen

USUAL_MINUTE = 695
SOME = 50
Step = Callable[..., object]


@dataclass(frozen=True)
class Path:
    name: str
    run: Callable[[World], float]


def all_paths() -> list[Path]:
    return [*_pages(), *_reads(), *_beats(), *_work()]


def _pages() -> Iterator[Path]:
    yield Path("submission", lambda world: elapsed_ms(lambda: submit(world.client, world.next_person())))
    yield _page("queue, first page", lambda _: "/en/queue")
    yield Path("queue, unchanged poll", _poll)
    yield _page("patient's file", lambda world: f"/en/patients/{world.next_person()['public_id']}")
    yield _page("patients, newest", lambda _: "/en/patients")
    yield _page("patients, newest active", lambda _: "/en/patients?state=active")
    yield _page("enrolment form", lambda _: "/en/patients/new")
    yield _page("health page", lambda _: "/en/admin/health", administrator=True)


def _page(name: str, address: Callable[[World], str], *, administrator: bool = False) -> Path:
    def run(world: World) -> float:
        world.client.set_cookie("vigidom_staff", world.administrator if administrator else world.clinician)
        place = address(world)
        return elapsed_ms(lambda: _got(world.client.get(place), 200))

    return Path(name, run)


def _got(answer: Any, status: int) -> None:
    if answer.status_code != status:
        raise RuntimeError(f"{answer.request.path} answered {answer.status_code}")


def _poll(world: World) -> float:
    world.client.set_cookie("vigidom_staff", world.clinician)
    etag = {"If-None-Match": world.client.get("/en/queue/rows").headers["ETag"]}
    return elapsed_ms(lambda: _got(world.client.get("/en/queue/rows", headers=etag), 304))


def _reads() -> Iterator[Path]:
    typed = {
        "search, given and family name": "given7 family1207",
        "search, a common given name": "given7",
        "search, date of birth": "01/02/1958",
        "search, telephone number": "06 39 98 00 01",
    }
    for name, text in typed.items():
        yield Path(name, lambda world, text=text: _in_session(world, [], lambda s: _search(s, world, text)))
    yield Path("persons who may be known already", lambda world: _in_session(world, [], _duplicates))
    yield Path("claim of a call-back", lambda world: _in_session(world, [], lambda s: _claim(s, world)))


def _search(session: Session, world: World, text: str) -> None:
    patients.search(session, text=text, scope=access.scope(session.get_one(Staff, world.physician)))


def _duplicates(session: Session) -> None:
    person = Identity("family1207", "given7", date(1958, 2, 1), "06 39 98 00 01")
    patients.likely_duplicates(session, identity=person)


def _claim(session: Session, world: World) -> None:
    who = session.get_one(Staff, world.physician)
    waiting = callbacks.queue(session, staff=who, now=clock.now(), limit=1).rows[0]
    callbacks.claim(session, callback=waiting.public_id, staff=who, now=clock.now())


def _beats() -> Iterator[Path]:
    """Every job of the worker when nothing is due, which is nearly always: by these nothing may walk a table."""
    for name in worker.jobs(None, "http://127.0.0.1"):  # type: ignore[arg-type]
        yield Path(f"beat: {name}", lambda world, name=name: _beat(world, name))


def _beat(world: World, name: str) -> float:
    provider = chosen(world.app.config["VIGIDOM"], world.sessions)
    job = worker.jobs(provider, "http://127.0.0.1")[name]
    return elapsed_ms(lambda: job(world.sessions, clock.now()))


def _work() -> Iterator[Path]:
    """The jobs at work, on the same number of rows."""
    jobs: dict[str, tuple[int, str, Step]] = {
        "open check-ins": (USUAL_MINUTE, DUE, questionnaire_jobs.open_checkins),
        "close check-ins": (USUAL_MINUTE, UNANSWERED, questionnaire_jobs.close_checkins),
        "raise silences": (500, MISSED, triage_jobs.raise_silences),
        "raise never invited": (SOME, NEVER_INVITED, triage_jobs.raise_never_invited),
        "raise never activated": (SOME, NEVER_ACTIVATED, triage_jobs.raise_never_activated),
        "raise reviews due": (SOME, REVIEW, triage_jobs.raise_reviews_due),
        "raise limits due": (SOME, LIMITS, triage_jobs.raise_limits_due),
        "end follow-ups": (SOME, OVER, triage_jobs.end_follow_ups),
        "owe texts": (USUAL_MINUTE, OPENED, reminders.owe),
        "claim texts": (outbox.BATCH, QUEUED, lambda session, now: outbox.claim(session, worker="bench", now=now)),
        "live again": (500, UNLIVED, reliving.relive),
        "housekeeping": (SOME, STALE, housekeeping.tidy),
    }
    for name, (count, prepared, step) in jobs.items():
        yield Path(
            f"{name}, {count} due",
            lambda world, count=count, prepared=prepared, step=step: _in_session(
                world, [(prepared, count)], lambda session: step(session, now=clock.now())
            ),
        )


def _in_session(world: World, prepared: list[tuple[str, int]], act: Callable[[Session], object]) -> float:
    with world.sessions() as session:
        for statement, count in prepared:
            values = {"now": clock.now(), "first": world.first, "last": world.first + count - 1}
            session.execute(sa.text(statement), values)
        took = elapsed_ms(lambda: act(session))
        session.rollback()
    return took


_THEM = "BETWEEN :first AND :last"
DUE = f"UPDATE enrolments SET next_checkin_at = :now - interval '1 minute' WHERE id {_THEM}"
UNANSWERED = f"""
    INSERT INTO checkins (enrolment_id, local_on, slot, opens_at, closes_at)
    SELECT id, CAST(:now AS date), 'bench', :now - interval '4 hours', :now - interval '1 minute'
    FROM enrolments WHERE id {_THEM}
"""
OPENED = UNANSWERED.replace("- interval '4 hours', :now - interval '1 minute'", ", :now + interval '4 hours'")
MISSED = UNANSWERED.replace("closes_at)", "closes_at, state, closed_at)").replace(
    "'1 minute'", "'1 minute', 'missed', :now"
)
NEVER_INVITED = f"UPDATE enrolments SET state = 'enrolled', updated_at = :now - interval '2 days' WHERE id {_THEM}"
NEVER_ACTIVATED = f"UPDATE enrolments SET state = 'invited', invited_at = :now - interval '2 days' WHERE id {_THEM}"
REVIEW = f"""
    UPDATE enrolments SET state = 'paused', paused_at = :now, pause_review_on = CAST(:now AS date) - 1,
        pause_owner_id = (SELECT id FROM staff ORDER BY id LIMIT 1) WHERE id {_THEM}
"""
LIMITS = f"UPDATE enrolments SET conditions = '[\"home-oxygen\"]' WHERE id {_THEM}"
OVER = f"UPDATE enrolments SET ends_on = CAST(:now AS date) - 2 WHERE id {_THEM}"
QUEUED = f"""
    INSERT INTO messages (key, purpose, enrolment_id, status_at, created_at, next_try_at, expires_at)
    SELECT 'bench:' || id, 'checkin', id, :now, :now, :now, :now + interval '1 day' FROM enrolments WHERE id {_THEM}
"""
UNLIVED = f"""
    UPDATE assessments SET relived_at = NULL, relived_same = NULL WHERE id IN (
        SELECT max(id) FROM assessments WHERE enrolment_id {_THEM} GROUP BY enrolment_id)
"""
STALE = f"UPDATE patient_sessions SET ends_at = :now - interval '90 days' WHERE enrolment_id {_THEM}"
