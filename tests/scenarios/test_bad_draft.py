"""A rehearsed month of 2,000 patients: a draft that loosens the red limit of SpO2 by mistake is caught by its replay
before anybody can approve it.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from records.models import Role
from tests.factories import make_staff
from tests.scenarios.month import FIRST, LAST, NOW, Month, rated_lower
from triage import documents, drafts, protocols, replay
from triage.drafting_models import ReplayState
from triage.models import ProtocolVersion

pytestmark = pytest.mark.drill

PATIENTS = 2_000


def frozen(month: Month, author: str, reason: str, **limits: str) -> ProtocolVersion:
    """A draft of somebody who changes the everyday table of limits, frozen into a version."""
    session, staff = month.session, make_staff(month.session, author, now=NOW)
    draft = drafts.begin(session, based_on=month.shipped, staff=staff, now=NOW)
    values = {name: Decimal(value) for name, value in limits.items()}
    written = documents.dump(documents.with_limits(documents.load(draft.document), values))
    draft = drafts.save(
        session, draft_id=draft.public_id, revision=draft.revision, document=written, staff=staff, now=NOW
    )
    version = drafts.freeze(session, draft=draft, revision=draft.revision, reason=reason, staff=staff, now=NOW)
    session.commit()
    return version


def test_a_draft_that_loosens_the_red_limit_of_spo2_is_caught_before_it_is_approved(
    session: Session, engine: sa.Engine
) -> None:
    month = Month(session, PATIENTS)
    physician = make_staff(session, Role.PHYSICIAN, now=NOW)
    how = {"programme": month.programme, "physician": physician, "now": NOW}
    protocols.sign(session, version=month.shipped, **how)
    session.commit()

    # 86 was meant for patients with oxygen at home; it was typed into everybody's table, and every case still holds.
    bad = frozen(month, Role.ADMINISTRATOR, "Oxygen at home: too many calls", spo2_red="86")
    with pytest.raises(protocols.NotReplayed):
        protocols.sign(session, version=bad, **how)
    session.rollback()

    assert replay.run_waiting(sessionmaker(engine), NOW) == 1
    asked = replay.latest(session, version=bad)
    assert asked is not None
    assert (asked.state, asked.from_on, asked.to_on) == (ReplayState.DONE, FIRST, LAST)
    found = asked.result
    assert found is not None
    lower = rated_lower(month, documents.load(bad.document))
    told = found["outcomes"]

    assert found["rows"] == month.rows
    assert {one["enrolment"] for one in told["rated_lower"]} == lower
    assert told["rated_lower_count"] == len(lower) >= 5, "some were admitted whose only red was their SpO2"
    assert (told["followed"], told["kinds"]) == (len(month.admitted), {"admitted": len(month.admitted)})
    assert {(one["against"], one["draft"]) for one in told["rated_lower"]} == {("red", "orange")}
    rule = found["by_rule"]["spo2_red"]
    assert (rule["gained"], rule["lost"] > len(lower)) == (0, True)
    assert found["levels"]["draft"]["red"] < found["levels"]["against"]["red"]

    # The physician reads it and takes the version out of everybody's way: what was in force stays in force.
    protocols.withdraw(session, version=bad, staff=physician, now=NOW)
    session.commit()
    with pytest.raises(protocols.Withdrawn):
        protocols.sign(session, version=bad, **how)
    session.rollback()
    current = protocols.bound(session, programme_id=month.programme.id, now=NOW, signed=True)
    assert current is not None
    assert current.id == month.shipped.id

    # What was meant takes nobody's red away: the same way leads to a signature.
    good = frozen(month, Role.ADMINISTRATOR, "Nobody hears of 94 too late", spo2_orange="95", spo2_first="96")
    assert replay.run_waiting(sessionmaker(engine), NOW) == 1
    asked = replay.latest(session, version=good)
    assert asked is not None
    assert asked.result is not None
    assert asked.result["outcomes"]["rated_lower"] == []
    assert rated_lower(month, documents.load(good.document)) == set()
    protocols.sign(session, version=good, **how)
