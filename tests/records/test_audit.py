"""The audit trail: chains that are whole under concurrency, and a walk that finds every tampering."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import orjson
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from records import audit, audit_check, texts
from records.audit import Actor
from records.models import AuditEntry, AuditHead
from tests.factories import NOW

FIRST, SECOND = ("enrolment", uuid.UUID(int=1)), ("enrolment", uuid.UUID(int=2))
WHO = Actor("staff", uuid.UUID(int=9), "192.0.2.7")


def write(session: Session, subject: audit.Subject = FIRST, acts: int = 4) -> None:
    for n in range(acts):
        later = NOW + timedelta(minutes=n)
        audit.append(session, actor=WHO, action="act", subject=subject, now=later, details={"n": n})
    session.commit()


def tamper(superuser: sa.Engine, *statements: str) -> None:
    with superuser.connect() as connection:
        connection.execute(sa.text("SET session_replication_role = replica"))
        for statement in statements:
            connection.execute(sa.text(statement))


def found(session: Session) -> list[tuple[int, audit_check.Sentence]]:
    return [(problem.number, problem.what) for problem in audit_check.verify(session).problems]


def test_an_entry_says_who_did_what_on_whom_when_and_from_where(session: Session) -> None:
    write(session, acts=1)

    entry = session.scalars(sa.select(AuditEntry)).one()
    assert orjson.loads(entry.canonical) == {
        "action": "act",
        "actor": {"id": str(WHO.public_id), "kind": "staff"},
        "at": "2026-03-10T09:00:00.000000+00:00",
        "details": {"n": 0},
        "from": "192.0.2.7",
        "subject": {"id": str(FIRST[1]), "kind": "enrolment"},
    }


def test_an_untouched_trail_is_whole_and_counted(session: Session) -> None:
    write(session, FIRST, acts=3)
    write(session, SECOND, acts=2)

    assert audit_check.verify(session) == audit_check.Verification(chains=2, entries=5, problems=[])


def test_two_subjects_have_chains_of_their_own(session: Session) -> None:
    write(session, FIRST, acts=3)
    write(session, SECOND, acts=1)

    lengths = {head.subject_id: head.length for head in session.scalars(sa.select(AuditHead))}
    assert lengths == {FIRST[1]: 3, SECOND[1]: 1}
    assert audit_check.verify(session, subject=SECOND).entries == 1


SWAP = "UPDATE audit_entries SET number = CASE number WHEN 2 THEN 3 ELSE 2 END WHERE number IN (2, 3)"
TAMPERINGS = {
    "bytes changed": (
        ["UPDATE audit_entries SET canonical = canonical || ' ' WHERE number = 2"],
        [(2, audit_check.CHANGED)],
    ),
    "instant changed": (
        ["UPDATE audit_entries SET at = at - interval '1 hour' WHERE number = 3"],
        [(3, audit_check.CHANGED)],
    ),
    "seal changed": (
        ["UPDATE audit_entries SET hash = sha256('x') WHERE number = 2"],
        [(2, audit_check.CHANGED), (3, audit_check.CHANGED)],
    ),
    "removed in the middle": (["DELETE FROM audit_entries WHERE number = 2"], [(2, audit_check.MISSING)]),
    "removed at the start": (["DELETE FROM audit_entries WHERE number = 1"], [(1, audit_check.MISSING)]),
    "removed at the end": (["DELETE FROM audit_entries WHERE number = 4"], [(3, audit_check.HEAD)]),
    "all removed": (["DELETE FROM audit_entries"], [(1, audit_check.MISSING)]),
    "removed and renumbered": (
        [
            "DELETE FROM audit_entries WHERE number = 2",
            "UPDATE audit_entries SET number = 2 WHERE number = 3",
            "UPDATE audit_entries SET number = 3 WHERE number = 4",
        ],
        [(2, audit_check.CHANGED), (3, audit_check.CHANGED), (3, audit_check.HEAD)],
    ),
    "reordered": (
        ["ALTER TABLE audit_entries DROP CONSTRAINT uq_audit_entries_subject_kind_subject_id_number", SWAP],
        [(2, audit_check.CHANGED), (3, audit_check.CHANGED), (4, audit_check.CHANGED)],
    ),
    "head removed": (["DELETE FROM audit_heads"], [(4, audit_check.HEADLESS)]),
    "head rewound": (["UPDATE audit_heads SET length = 3"], [(4, audit_check.HEAD)]),
    "moved to another chain": (
        [f"UPDATE {table} SET subject_id = '{SECOND[1]}'" for table in ("audit_entries", "audit_heads")],
        [(number, audit_check.CHANGED) for number in (1, 2, 3, 4)],
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_the_walk_finds_a_tampered_trail(session: Session, superuser: sa.Engine, name: str) -> None:
    write(session)
    statements, expected = TAMPERINGS[name]

    tamper(superuser, *statements)
    problems = found(session)
    session.rollback()
    if name == "reordered":
        tamper(
            superuser,
            "ALTER TABLE audit_entries ADD CONSTRAINT uq_audit_entries_subject_kind_subject_id_number"
            " UNIQUE (subject_kind, subject_id, number)",
        )

    assert problems == expected


def test_one_tampered_chain_does_not_accuse_another(session: Session, superuser: sa.Engine) -> None:
    write(session, FIRST)
    write(session, SECOND)

    tamper(superuser, f"DELETE FROM audit_entries WHERE subject_id = '{FIRST[1]}' AND number = 2")

    assert {problem.subject for problem in audit_check.verify(session).problems} == {FIRST}
    assert audit_check.verify(session, subject=SECOND).problems == []


def test_acts_from_two_connections_at_once_keep_the_chain_whole(session: Session, engine: sa.Engine) -> None:
    together = threading.Barrier(2)

    def act(name: str) -> None:
        with Session(engine) as mine:
            for n in range(20):
                together.wait(timeout=30)
                audit.append(mine, actor=WHO, action=name, subject=FIRST, now=NOW, details={"n": n})
                mine.commit()

    threads = [threading.Thread(target=act, args=(name,)) for name in ("left", "right")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert audit_check.verify(session) == audit_check.Verification(chains=1, entries=40, problems=[])


def test_a_rolled_back_act_leaves_no_trace_and_no_gap(session: Session) -> None:
    write(session, acts=1)
    audit.append(session, actor=WHO, action="undone", subject=FIRST, now=NOW)
    session.rollback()
    write(session, acts=1)

    assert audit_check.verify(session) == audit_check.Verification(chains=1, entries=2, problems=[])


def test_an_append_fits_into_a_larger_statement(session: Session) -> None:
    statement = sa.text(f"WITH {audit.APPEND_CTE} SELECT number FROM entry").bindparams(*audit.PARAMETERS)
    values = audit.parameters(actor=audit.SYSTEM, action="together", subject=FIRST, now=NOW)

    assert session.execute(statement, values).scalar_one() == 1
    assert audit_check.verify(session).problems == []


def test_a_problem_is_told_in_french() -> None:
    assert audit_check.MISSING.text(texts.translator("fr")) == "cette ligne manque"
