"""A protocol version is immutable, proved by its cases, and signed by another before it touches a real patient."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.audit import SYSTEM
from records.models import AuditEntry, EnrolmentState, Role
from records.texts import translator
from tests.factories import NOW, make_enrolment
from tests.triage.scene import ORANGE, WELL, Scene, replayed
from triage import documents, followup, protocols
from triage.cases import run_cases
from triage.findings import ProtocolError
from triage.models import Assessment, ProtocolInForce, ProtocolStatus, ProtocolVersion
from triage.refusals import (
    AlreadySigned,
    LimitsMissing,
    ProtocolUnsigned,
    ReasonMissing,
    SignerIsAuthor,
    SignerNotPhysician,
)

DAY = timedelta(days=1)


def shipped(scene: Scene) -> ProtocolVersion:
    return protocols.versions(scene.session, slug="covid-19")[-1]


def draft(scene: Scene, author: str = Role.ADMINISTRATOR, **limits: str) -> ProtocolVersion:
    made = protocols.new_version(
        scene.session,
        based_on=shipped(scene),
        limits={name: Decimal(value) for name, value in (limits or {"temperature_orange_high": "38.5"}).items()},
        reason="Many at 38.5 worsened",
        author=scene.person(author),
        now=NOW + DAY,
    )
    scene.session.commit()
    return made


def sign(scene: Scene, version: ProtocolVersion, role: str = Role.PHYSICIAN, *, now=NOW + DAY) -> None:
    """Replayed on real answers first, as every version is that another one was changed into."""
    replayed(scene.session, version, scene.programme)
    protocols.sign(scene.session, version=version, programme=scene.programme, physician=scene.person(role), now=now)
    scene.session.commit()


def test_loading_the_library_again_changes_nothing(scene: Scene):
    again = protocols.load_library(scene.session, programme=scene.programme, now=NOW + DAY)

    assert (again.number, again.status, again.author_id) == (1, ProtocolStatus.DRAFT, None)
    assert (scene.count(ProtocolVersion), scene.count(ProtocolInForce)) == (1, 1)


def test_what_is_stored_is_the_document_that_is_shipped(scene: Scene):
    version = shipped(scene)

    assert documents.load(version.document) == documents.from_library("covid-19")
    assert version.digest == documents.digest(documents.from_library("covid-19"))


def test_a_changed_limit_is_a_new_version_and_the_old_one_stays(scene: Scene):
    before = dict(shipped(scene).document)

    version = draft(scene)

    changed = {limit.name: limit.text for limit in documents.load(version.document).limits}
    assert (version.number, version.based_on_id, version.status) == (2, shipped(scene).id, ProtocolStatus.DRAFT)
    assert changed["temperature_orange_high"] == "38.5"
    assert shipped(scene).document == before


BAD_LIMITS = [
    pytest.param({"temperature_orange_high": "45"}, ProtocolError, id="out of range"),
    pytest.param({"spo2_red": "95", "spo2_orange": "93"}, ProtocolError, id="red above orange"),
    pytest.param({"spo2_redd": "90"}, ProtocolError, id="unknown name"),
    pytest.param({"temperature_orange_high": "38.55"}, ProtocolError, id="too fine"),
    pytest.param({"temperature_orange_high": "NaN"}, ProtocolError, id="no number"),
]


@pytest.mark.parametrize(("limits", "refusal"), BAD_LIMITS)
def test_a_limit_that_makes_no_sense_is_refused(scene: Scene, limits, refusal):
    with pytest.raises(refusal):
        draft(scene, **limits)
    scene.session.rollback()
    assert scene.count(ProtocolVersion) == 1


def test_a_change_needs_a_reason_and_a_limit(scene: Scene):
    how = {"based_on": shipped(scene), "author": scene.person(), "now": NOW}
    with pytest.raises(ReasonMissing):
        protocols.new_version(scene.session, limits={"spo2_red": Decimal(91)}, reason="  ", **how)
    with pytest.raises(LimitsMissing):
        protocols.new_version(scene.session, limits={}, reason="because", **how)


def test_a_draft_whose_cases_do_not_hold_is_refused_with_each_of_them(scene: Scene):
    broken = dict(shipped(scene).document)
    broken["cases"] = [{**case, "fired": []} for case in broken["cases"]]
    version = ProtocolVersion(slug="covid-19", number=2, document=broken, digest=b"", status="draft", created_at=NOW)
    scene.session.add(version)
    how = {"based_on": version, "limits": {"temperature_orange_high": Decimal("38.5")}, "now": NOW + DAY}

    with pytest.raises(protocols.CasesFail) as refused:
        protocols.new_version(scene.session, reason="because", author=scene.person(), **how)

    assert len(refused.value.text(translator("fr")).splitlines()) == len(refused.value.failures) + 1
    assert refused.value.text(translator("fr")).splitlines()[0] != refused.value.text(translator("en")).splitlines()[0]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["temperature_orange_high", "spo2_orange", "heart_rate_red_high"]), by=st.integers(-5, 5))
def test_any_draft_that_is_accepted_keeps_its_cases_and_its_orders(scene: Scene, name: str, by: int):
    limit = next(limit for limit in documents.from_library("covid-19").limits if limit.name == name)
    value = Decimal(limit.value + by).scaleb(-limit.decimals)
    try:
        version = draft(scene, **{name: str(value)})
    except (ProtocolError, protocols.CasesFail):
        scene.session.rollback()
        return

    document = documents.load(version.document)
    assert run_cases(document) == []
    values = {limit.name: Decimal(limit.value).scaleb(-limit.decimals) for limit in document.limits}
    assert all(values[order.lower] <= values[order.higher] for order in document.orders)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PHYSICIAN])
def test_only_a_physician_signs(scene: Scene, role: str):
    with pytest.raises(SignerNotPhysician):
        sign(scene, shipped(scene), role)
    assert not protocols.is_signed(scene.session, programme_id=scene.programme.id, now=NOW + DAY)


def test_its_author_does_not_sign(scene: Scene):
    version = draft(scene, Role.PHYSICIAN)

    with pytest.raises(SignerIsAuthor):
        sign(scene, version)
    scene.session.rollback()
    other = scene.another(Role.PHYSICIAN)
    protocols.sign(scene.session, version=version, programme=scene.programme, physician=other, now=NOW + DAY)
    assert version.signed_by_id == other.id


def test_a_version_is_signed_once(scene: Scene):
    sign(scene, shipped(scene))

    with pytest.raises(AlreadySigned):
        sign(scene, shipped(scene), now=NOW + 2 * DAY)


def test_a_signed_version_is_in_force_from_then_on_and_not_before(scene: Scene):
    version = draft(scene)
    sign(scene, version)

    def number(at) -> int:
        found, _ = protocols.in_force(scene.session, programme_id=scene.programme.id, rehearsal=True, now=at)
        return found.number

    assert number(NOW + DAY - timedelta(microseconds=1)) == 1
    assert number(NOW + DAY) == 2


def test_a_draft_assesses_nobody_before_it_is_signed(scene: Scene):
    warm = {**WELL, "temperature": [{"decimal": "38.6"}]}
    version = draft(scene)
    assert scene.submit(warm, now=NOW + DAY).level == "green"

    sign(scene, version, now=NOW + 2 * DAY)

    assert scene.submit(warm, now=NOW + 2 * DAY).level == "orange"


def test_a_version_assesses_nobody_before_its_date(scene: Scene):
    warm = {**WELL, "temperature": [{"decimal": "38.6"}]}
    sign(scene, draft(scene), now=NOW + 2 * DAY)

    assert scene.submit(warm, now=NOW + 2 * DAY - timedelta(microseconds=1)).level == "green"


def test_a_real_patient_is_assessed_by_signed_versions_only(scene: Scene):
    with pytest.raises(ProtocolUnsigned):
        protocols.in_force(scene.session, programme_id=scene.programme.id, rehearsal=False, now=NOW)
    sign(scene, shipped(scene))

    found, rules = protocols.in_force(scene.session, programme_id=scene.programme.id, rehearsal=False, now=NOW + DAY)

    assert (found.number, rules.digest) == (1, found.digest.hex())


def test_a_real_patient_is_not_invited_before_the_signature(scene: Scene):
    real = make_enrolment(scene.session, EnrolmentState.ENROLLED, programme=scene.programme, rehearsal=False)
    rehearsed = make_enrolment(scene.session, EnrolmentState.ENROLLED, programme=scene.programme)
    scene.session.commit()
    how = {"actor": SYSTEM, "now": NOW + DAY}

    followup.invite(scene.session, enrolment=rehearsed, **how)
    with pytest.raises(ProtocolUnsigned) as refused:
        followup.invite(scene.session, enrolment=real, **how)

    assert (rehearsed.state, real.state) == (EnrolmentState.INVITED, EnrolmentState.ENROLLED)
    assert refused.value.text(translator("fr")) != refused.value.text(translator("en"))
    sign(scene, shipped(scene))
    followup.invite(scene.session, enrolment=real, **how)
    assert real.state == EnrolmentState.INVITED


def test_drafting_and_signing_are_on_the_versions_own_chain(scene: Scene):
    version = draft(scene)
    sign(scene, version)

    found = (
        scene.session.query(AuditEntry)
        .filter(AuditEntry.subject_id == version.public_id)
        .order_by(AuditEntry.number)
        .all()
    )
    assert [(entry.subject_kind, entry.number) for entry in found] == [("protocol", 1), ("protocol", 2)]
    assert str(scene.person(Role.PHYSICIAN).public_id) in found[1].canonical.decode()


def test_what_was_answered_keeps_the_version_it_was_assessed_with(scene: Scene):
    first = scene.submit(ORANGE)
    sign(scene, draft(scene))

    assert scene.submit(ORANGE, now=NOW + 2 * DAY).level == "orange"
    assert [row.number for row in scene.session.query(ProtocolVersion).order_by(ProtocolVersion.id)] == [1, 2]
    versions = [row.protocol_version_id for row in scene.session.query(Assessment).order_by(Assessment.id)]
    assert versions == [shipped(scene).id, draft_id(scene)]
    assert first.level == "orange"


def draft_id(scene: Scene) -> int:
    return protocols.versions(scene.session, slug="covid-19")[0].id
