"""A protocol while people work on it: no step is lost, none written over unseen, and only sense becomes a version."""

from __future__ import annotations

import uuid
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from records.models import AuditEntry, Role, Staff
from records.texts import translator
from tests.factories import NOW
from tests.triage.scene import Scene, at_once
from triage import documents, drafts, protocols
from triage.drafting_models import DraftState, ProtocolDraft, ProtocolDraftEdit, ProtocolReplay
from triage.findings import ProtocolError
from triage.models import ProtocolVersion
from triage.refusals import ReasonMissing

LATER = NOW + timedelta(hours=1)


def begun(scene: Scene, role: str = Role.PHYSICIAN) -> ProtocolDraft:
    based_on = protocols.versions(scene.session, slug="covid-19")[0]
    draft = drafts.begin(scene.session, based_on=based_on, staff=scene.person(role), now=NOW)
    scene.session.commit()
    return draft


def with_limit(document: dict[str, Any], name: str, value: str) -> dict[str, Any]:
    changed = deepcopy(document)
    next(limit for limit in changed["limits"] if limit["name"] == name)["value"] = value
    return changed


def warmer(scene: Scene, value: str = "38.5") -> dict[str, Any]:
    return with_limit(documents.dump(documents.from_library("covid-19")), "temperature_orange_high", value)


def saved(scene: Scene, draft: ProtocolDraft, document: Any, *, revision: int, by: Staff | None = None):
    how = {"staff": by or scene.person(Role.PHYSICIAN), "now": LATER}
    found = drafts.save(scene.session, draft_id=draft.public_id, revision=revision, document=document, **how)
    scene.session.commit()
    return found


def frozen(scene: Scene, draft: ProtocolDraft, **given: Any) -> ProtocolVersion:
    said = {"revision": draft.revision, "reason": "Many at 38.5 worsened", "staff": scene.person(Role.PHYSICIAN)}
    version = drafts.freeze(scene.session, draft=draft, **(said | given), now=LATER)
    scene.session.commit()
    return version


def test_a_draft_begins_as_what_it_is_based_on(scene: Scene):
    draft = begun(scene)

    assert draft.document == protocols.versions(scene.session, slug="covid-19")[0].document
    assert (draft.revision, draft.state, draft.author) == (1, DraftState.OPEN, scene.person(Role.PHYSICIAN))
    assert drafts.open_ones(scene.session, slug="covid-19") == [draft]
    assert (drafts.findings(draft), drafts.failures(draft)) == ((), [])


def test_each_save_is_a_step_with_its_author_and_the_whole_document(scene: Scene):
    draft, other = begun(scene), scene.another(Role.ADMINISTRATOR)

    saved(scene, draft, {"slug": "covid-19"}, revision=1)
    saved(scene, draft, warmer(scene), revision=2, by=other)

    told = [(step.revision, step.staff, step.document) for step in drafts.steps(scene.session, draft=draft)]
    first = protocols.versions(scene.session, slug="covid-19")[0].document
    mine = scene.person(Role.PHYSICIAN)
    assert told == [(3, other, warmer(scene)), (2, mine, {"slug": "covid-19"}), (1, mine, first)]
    assert (draft.revision, draft.changed_by, draft.changed_at) == (3, other, LATER)


def test_what_makes_no_sense_yet_is_kept_and_told_of(scene: Scene):
    draft = begun(scene)
    saved(scene, draft, with_limit(draft.document, "temperature_orange_high", "900"), revision=1)

    assert drafts.findings(draft)
    assert (drafts.warnings(draft), drafts.failures(draft)) == ((), [])
    with pytest.raises(ProtocolError) as refused:
        frozen(scene, draft)
    assert refused.value.findings == drafts.findings(draft)
    scene.session.rollback()
    assert (draft.state, scene.count(ProtocolVersion)) == (DraftState.OPEN, 1)


@pytest.mark.parametrize(
    "given",
    [[], "x", None, {"a": "\x00"}, {"a": "\ud800"}, {"a": float("nan")}, {"a": 2**70}, {"a": "x" * 1_000_001}],
    ids=["list", "text", "nothing", "nul", "half a character", "no number", "too large a number", "too long"],
)
def test_what_the_database_would_not_give_back_alike_is_refused(scene: Scene, given: Any):
    draft = begun(scene)

    with pytest.raises(drafts.DraftUnreadable):
        saved(scene, draft, given, revision=1)
    assert scene.count(ProtocolDraftEdit) == 1


def test_a_draft_does_not_become_another_protocol(scene: Scene):
    draft = begun(scene)

    with pytest.raises(drafts.DraftOfAnother, match="keeps that name"):
        saved(scene, draft, {**draft.document, "slug": "heart-failure"}, revision=1)


def test_who_saves_over_a_step_that_they_have_not_seen_is_told_whose_it_is_and_loses_nothing(scene: Scene):
    draft, other = begun(scene), scene.another(Role.ADMINISTRATOR)
    saved(scene, draft, warmer(scene), revision=1)

    with pytest.raises(drafts.DraftChanged) as refused:
        saved(scene, draft, warmer(scene, "38.7"), revision=1, by=other)

    scene.session.rollback()
    mine = scene.person(Role.PHYSICIAN)
    assert (refused.value.by.id, refused.value.at, refused.value.revision) == (mine.id, LATER, 2)
    assert mine.name in refused.value.text(translator("fr"))
    assert draft.document == warmer(scene)
    assert saved(scene, draft, warmer(scene, "38.7"), revision=2, by=other).revision == 3


def test_two_authors_at_once_are_both_heard_and_neither_is_written_over(scene: Scene, engine: sa.Engine):
    draft = begun(scene)
    public_id, people = draft.public_id, [scene.person(Role.PHYSICIAN).id, scene.another(Role.ADMINISTRATOR).id]
    written = [warmer(scene, "38.5"), warmer(scene, "38.7")]

    def write(session: Session, number: int) -> int:
        how = {"staff": session.get_one(Staff, people[number]), "now": LATER}
        return drafts.save(session, draft_id=public_id, revision=1, document=written[number], **how).revision

    results = at_once(engine, 2, write)

    refused = [number for number, result in enumerate(results) if isinstance(result, drafts.DraftChanged)]
    assert (len(refused), results[1 - refused[0]]) == (1, 2)
    scene.session.expire_all()
    assert draft.document == written[1 - refused[0]]
    assert scene.count(ProtocolDraftEdit) == 2


def test_a_form_sent_twice_is_one_step(scene: Scene):
    draft = begun(scene)

    saved(scene, draft, warmer(scene), revision=1)
    again = saved(scene, draft, warmer(scene), revision=1)

    assert (again.revision, scene.count(ProtocolDraftEdit)) == (2, 2)


def test_a_step_back_is_a_new_step_that_says_what_an_older_one_said(scene: Scene):
    draft, other = begun(scene), scene.another(Role.ADMINISTRATOR)
    first = draft.document
    saved(scene, draft, warmer(scene), revision=1)
    how = {"draft_id": draft.public_id, "staff": other, "now": LATER}

    drafts.step_back(scene.session, revision=2, **how)
    assert (draft.revision, draft.document, draft.changed_by) == (3, first, other)
    drafts.step_back(scene.session, revision=3, to=2, **how)
    assert (draft.revision, draft.document) == (4, warmer(scene))

    with pytest.raises(drafts.DraftChanged):
        drafts.step_back(scene.session, revision=2, **how)
    for missing in (0, 9, 2**40):
        with pytest.raises(drafts.NoStepBack):
            drafts.step_back(scene.session, revision=4, to=missing, **how)


def test_a_frozen_draft_is_the_next_version_by_all_who_wrote_it_and_asks_for_its_replay(scene: Scene):
    draft, other = begun(scene), scene.another(Role.ADMINISTRATOR)
    saved(scene, draft, warmer(scene), revision=1, by=other)

    version = frozen(scene, draft, staff=scene.another(Role.PHYSICIAN))

    assert (version.number, version.document, version.reason) == (2, warmer(scene), "Many at 38.5 worsened")
    assert (version.author, version.co_author_ids) == (scene.person(Role.PHYSICIAN), [other.id])
    assert (draft.state, draft.version_id) == (DraftState.FROZEN, version.id)
    assert drafts.open_ones(scene.session, slug="covid-19") == []
    asked = scene.session.scalars(sa.select(ProtocolReplay)).one()
    assert (asked.version_id, asked.against_id, asked.state) == (version.id, version.based_on_id, "waiting")
    assert (asked.to_on - asked.from_on).days == 27


def test_a_version_needs_a_reason_its_cases_and_the_newest_step(scene: Scene):
    draft = begun(scene)
    with pytest.raises(ReasonMissing):
        frozen(scene, draft, reason=" ")
    saved(scene, draft, {**draft.document, "cases": [{"name": "wrong", "level": "red"}]}, revision=1)
    assert [failure.case.name for failure in drafts.failures(draft)] == ["wrong"]
    with pytest.raises(protocols.CasesFail):
        frozen(scene, draft)
    with pytest.raises(drafts.DraftChanged):
        frozen(scene, draft, revision=1)
    scene.session.rollback()
    assert scene.count(ProtocolVersion) == 1


def test_two_freezes_at_once_give_one_version_of_each_draft_with_a_number_of_its_own(scene: Scene, engine: sa.Engine):
    made = [begun(scene) for _ in range(3)]
    ids, me = [made[0].id, made[0].id, made[1].id, made[2].id], scene.person(Role.PHYSICIAN).id

    def freeze(session: Session, number: int) -> int:
        draft = session.get_one(ProtocolDraft, ids[number])
        how = {"revision": 1, "reason": "tried", "staff": session.get_one(Staff, me), "now": LATER}
        return drafts.freeze(session, draft=draft, **how).number

    results = at_once(engine, 4, freeze)

    assert sorted(result for result in results if isinstance(result, int)) == [2, 3, 4]
    assert [type(result) for result in results if not isinstance(result, int)] == [drafts.DraftClosed]


@pytest.mark.parametrize("how", ["frozen", "discarded"])
def test_a_closed_draft_is_changed_no_more_and_keeps_its_steps(scene: Scene, how: str):
    draft = begun(scene)
    if how == "frozen":
        frozen(scene, draft)
    else:
        drafts.discard(scene.session, draft_id=draft.public_id, staff=scene.person(Role.PHYSICIAN), now=LATER)
        scene.session.commit()

    with pytest.raises(drafts.DraftClosed):
        saved(scene, draft, warmer(scene), revision=1)
    with pytest.raises(drafts.DraftClosed):
        frozen(scene, draft)
    with pytest.raises(drafts.DraftClosed):
        drafts.discard(scene.session, draft_id=draft.public_id, staff=scene.person(Role.PHYSICIAN), now=LATER)
    assert [step.revision for step in drafts.steps(scene.session, draft=draft)] == [1]


def test_an_unknown_draft_is_refused(scene: Scene):
    with pytest.raises(drafts.DraftUnknown):
        drafts.of(scene.session, draft_id=uuid.uuid4())
    with pytest.raises(drafts.DraftUnknown):
        drafts.discard(scene.session, draft_id=uuid.uuid4(), staff=scene.person(), now=NOW)


def test_a_protocol_written_elsewhere_comes_in_as_a_persons_draft(scene: Scene):
    based_on = protocols.versions(scene.session, slug="covid-19")[0]
    how = {"based_on": based_on, "staff": scene.person(Role.PHYSICIAN), "now": NOW}

    draft = drafts.bring_in(scene.session, document=warmer(scene), **how)

    assert (draft.document, draft.author) == (warmer(scene), scene.person(Role.PHYSICIAN))
    for other in ({"slug": "tiny"}, {}, []):
        with pytest.raises(drafts.DraftOfAnother):
            drafts.bring_in(scene.session, document=other, **how)


def test_every_act_on_a_draft_is_on_its_chain_and_none_says_what_it_says(scene: Scene):
    draft = begun(scene)
    saved(scene, draft, warmer(scene), revision=1)
    frozen(scene, draft)
    discarded = begun(scene)
    drafts.discard(scene.session, draft_id=discarded.public_id, staff=scene.person(Role.PHYSICIAN), now=LATER)
    scene.session.commit()

    def acts(of: uuid.UUID) -> list[str]:
        found = sa.select(AuditEntry).where(AuditEntry.subject_id == of).order_by(AuditEntry.number)
        told = [entry.canonical.decode() for entry in scene.session.scalars(found)]
        assert all("limits" not in text and "SpO2" not in text for text in told)
        return [text.split('"action":"')[1].split('"')[0] for text in told]

    assert acts(draft.public_id) == ["protocol.draft_begun", "protocol.draft_saved", "protocol.draft_frozen"]
    assert acts(discarded.public_id) == ["protocol.draft_begun", "protocol.draft_discarded"]
    assert acts(protocols.versions(scene.session, slug="covid-19")[0].public_id) == ["protocol.drafted"]
