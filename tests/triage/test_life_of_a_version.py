"""Made, replayed, signed, in force from an instant, superseded, gone back to: who may, what is refused, what stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from records.models import AuditEntry, Programme, Role, Staff
from tests.factories import NOW
from tests.triage.scene import WELL, Scene, at_once, replayed, set_scene
from triage import documents, drafts, protocols, reliving, replay
from triage.drafting_models import ProtocolReplay, ReplayState
from triage.models import Assessment, ProtocolInForce, ProtocolVersion
from triage.protocols import Stage, replays
from triage.refusals import AlreadySigned, InPast, ReasonMissing, SignerIsAuthor, SignerNotPhysician

DAY = timedelta(days=1)
WARM = {**WELL, "temperature": [{"decimal": "38.6"}]}


@pytest.fixture
def scene(session: Session) -> Scene:
    made = set_scene(session)
    made.submit()
    return made


def shipped(scene: Scene) -> ProtocolVersion:
    return protocols.versions(scene.session, slug="covid-19")[-1]


def changed(scene: Scene, based_on: ProtocolVersion | None = None, *, author: Staff | None = None, to: str = "38.5"):
    version = protocols.new_version(
        scene.session,
        based_on=based_on or shipped(scene),
        limits={"temperature_orange_high": Decimal(to)},
        reason="Many at 38.5 worsened",
        author=author or scene.person(Role.ADMINISTRATOR),
        now=NOW,
    )
    scene.session.commit()
    return version


def signed(scene: Scene, version: ProtocolVersion, *, now=NOW + DAY, by: Staff | None = None, **given: Any):
    if replays.last_done(scene.session, version=version) is None:
        replayed(scene.session, version, scene.programme)
    try_to_sign(scene, version, now=now, by=by, **given)
    return version


def try_to_sign(scene: Scene, version: ProtocolVersion, *, now=NOW + DAY, by: Staff | None = None, **given: Any):
    physician = by or scene.person(Role.PHYSICIAN)
    how = {"version": version, "programme": scene.programme, "physician": physician, "now": now}
    protocols.sign(scene.session, **how, **given)
    scene.session.commit()


def standing(scene: Scene, version: ProtocolVersion, now=NOW + DAY) -> Stage:
    bindings = protocols.of_programme(scene.session, programme_id=scene.programme.id)
    counting = replays.that_count(scene.session, slug=version.slug).get(version.id)
    return protocols.stage(version, counting, bindings, now).stage


def in_use(scene: Scene, at) -> int:
    found = protocols.bound(scene.session, programme_id=scene.programme.id, now=at)
    assert found is not None
    return found.number


def test_the_whole_life_of_a_version(scene: Scene):
    assert standing(scene, shipped(scene)) is Stage.REHEARSAL
    signed(scene, shipped(scene))
    second = changed(scene)
    assert standing(scene, second) is Stage.REPLAYING
    for state, stage in (("running", Stage.REPLAYING), ("failed", Stage.REPLAY_FAILED)):
        replay.latest(scene.session, version=second).state = state
        assert standing(scene, second) is stage
    replayed(scene.session, second, scene.programme)
    assert standing(scene, second) is Stage.REPLAYED

    signed(scene, second, from_at=NOW + 3 * DAY)
    assert (standing(scene, second), in_use(scene, NOW + 2 * DAY)) == (Stage.SCHEDULED, 1)
    assert standing(scene, shipped(scene), NOW + 2 * DAY) is Stage.IN_FORCE
    assert (standing(scene, second, NOW + 3 * DAY), in_use(scene, NOW + 3 * DAY)) == (Stage.IN_FORCE, 2)
    assert standing(scene, shipped(scene), NOW + 3 * DAY) is Stage.SUPERSEDED


def test_a_version_that_was_never_replayed_is_made_and_no_more(scene: Scene):
    version = changed(scene)
    assert protocols.stage(version, None, [], NOW).stage is Stage.MADE


def test_the_shipped_version_needs_no_replay(scene: Scene):
    try_to_sign(scene, shipped(scene))
    assert standing(scene, shipped(scene)) is Stage.IN_FORCE


def test_the_workers_replay_opens_the_way_to_the_signature(scene: Scene, engine: sa.Engine):
    version = changed(scene)
    with pytest.raises(protocols.NotReplayed):
        try_to_sign(scene, version)
    scene.session.rollback()

    assert replay.run_waiting(sessionmaker(engine), NOW + DAY) == 1

    scene.session.expire_all()
    try_to_sign(scene, version)
    assert standing(scene, version) is Stage.IN_FORCE


def test_nothing_is_signed_that_was_not_replayed_on_the_answers_that_there_are(scene: Scene):
    version = changed(scene)
    for state in (ReplayState.WAITING, ReplayState.RUNNING, ReplayState.FAILED, None):
        if state is None:
            scene.session.execute(sa.delete(ProtocolReplay))
        else:
            replay.latest(scene.session, version=version).state = state
        scene.session.commit()

        with pytest.raises(protocols.NotReplayed):
            try_to_sign(scene, version)
        scene.session.rollback()
    assert in_use(scene, NOW + DAY) == 1
    signed(scene, version)
    assert in_use(scene, NOW + DAY) == 2


def test_where_nobody_answered_yet_there_is_nothing_to_be_replayed_on(session: Session):
    scene = set_scene(session)

    try_to_sign(scene, changed(scene))

    assert in_use(scene, NOW + DAY) == 2


def test_nobody_but_a_physician_signs_or_takes_back(scene: Scene):
    version = changed(scene)
    others = [scene.another(role) for role in Role if role is not Role.PHYSICIAN]
    for person in others:
        with pytest.raises(SignerNotPhysician):
            signed(scene, version, by=person)
        scene.session.rollback()
    signed(scene, version, from_at=NOW + 2 * DAY)
    about = {"version": version, "programme": scene.programme, "now": NOW + DAY}
    for person in others:
        with pytest.raises(SignerNotPhysician):
            protocols.unschedule(scene.session, physician=person, **about)


def test_who_wrote_a_part_of_it_does_not_sign(scene: Scene):
    author, helper = scene.another(Role.PHYSICIAN), scene.another(Role.PHYSICIAN)
    draft = drafts.begin(scene.session, based_on=shipped(scene), staff=author, now=NOW)
    for revision, notes in enumerate(([], draft.document["notes"]), start=1):
        document = {**draft.document, "notes": notes}
        about = {"draft_id": draft.public_id, "revision": revision, "document": document}
        drafts.save(scene.session, staff=helper, now=NOW, **about)
    version = drafts.freeze(scene.session, draft=draft, revision=3, reason="tried", staff=author, now=NOW)
    scene.session.commit()

    with pytest.raises(SignerIsAuthor):
        signed(scene, version, by=author)
    scene.session.rollback()
    with pytest.raises(protocols.SignerIsCoAuthor):
        signed(scene, version, by=helper)
    scene.session.rollback()
    signed(scene, version)


def test_whose_unsigned_text_was_made_into_another_version_does_not_sign_that_one(scene: Scene):
    first, second = scene.another(Role.PHYSICIAN), scene.another(Role.PHYSICIAN)
    mine = changed(scene, author=first)
    theirs = changed(scene, mine, author=second, to="38.6")
    onward = changed(scene, theirs, to="38.7")

    assert (theirs.co_author_ids, onward.co_author_ids) == ([first.id], sorted([first.id, second.id]))
    with pytest.raises(protocols.SignerIsCoAuthor):
        signed(scene, theirs, by=first)
    scene.session.rollback()
    signed(scene, theirs)
    assert changed(scene, theirs, to="38.8").co_author_ids == [], "what was signed is approved"


def test_a_start_lies_ahead_and_within_a_year(scene: Scene):
    version, early = changed(scene), NOW + DAY - timedelta(microseconds=1)
    for from_at, refusal in ((early, InPast), (NOW + 368 * DAY, protocols.StartsTooLate)):
        with pytest.raises(refusal):
            signed(scene, version, from_at=from_at)
        scene.session.rollback()
    signed(scene, version, from_at=NOW + DAY)
    assert in_use(scene, NOW + DAY) == 2


def test_what_waits_for_its_start_can_be_taken_back_and_never_begins(scene: Scene):
    version = signed(scene, changed(scene), from_at=NOW + 2 * DAY)
    about = {"version": version, "programme": scene.programme, "physician": scene.another(Role.PHYSICIAN)}

    protocols.unschedule(scene.session, **about, now=NOW + DAY)
    scene.session.commit()

    assert (standing(scene, version, NOW + 3 * DAY), in_use(scene, NOW + 3 * DAY)) == (Stage.TAKEN_BACK, 1)
    for late in (NOW + DAY, NOW + 3 * DAY):
        with pytest.raises(protocols.NotScheduled):
            protocols.unschedule(scene.session, **about, now=late)


def test_what_has_begun_is_not_taken_back(scene: Scene):
    version = signed(scene, changed(scene), from_at=NOW + 2 * DAY)
    about = {"version": version, "programme": scene.programme, "physician": scene.person(Role.PHYSICIAN)}
    with pytest.raises(protocols.NotScheduled):
        protocols.unschedule(scene.session, **about, now=NOW + 2 * DAY)


def test_what_is_planned_for_the_same_instant_later_takes_its_place(scene: Scene):
    one, other = changed(scene), changed(scene, to="38.7")

    signed(scene, one, from_at=NOW + 2 * DAY)
    signed(scene, other, from_at=NOW + 2 * DAY)

    assert (standing(scene, one), standing(scene, other)) == (Stage.TAKEN_BACK, Stage.SCHEDULED)
    assert in_use(scene, NOW + 2 * DAY) == 3


def test_a_withdrawn_version_is_signed_by_nobody_and_stays_readable(scene: Scene):
    version = changed(scene)
    about = {"version": version, "staff": scene.person(Role.ADMINISTRATOR), "now": NOW + DAY}

    for _ in range(2):
        protocols.withdraw(scene.session, **about)
    scene.session.commit()

    assert (version.withdrawn_at, version.withdrawn_by_id) == (NOW + DAY, about["staff"].id)
    assert standing(scene, version) is Stage.WITHDRAWN
    with pytest.raises(protocols.Withdrawn):
        signed(scene, version)
    scene.session.rollback()
    assert documents.load(version.document)


def test_neither_a_signed_version_nor_the_one_of_rehearsal_is_withdrawn(scene: Scene):
    with pytest.raises(protocols.ServesRehearsal):
        protocols.withdraw(scene.session, version=shipped(scene), staff=scene.person(), now=NOW)
    version = signed(scene, changed(scene))
    with pytest.raises(AlreadySigned):
        protocols.withdraw(scene.session, version=version, staff=scene.person(), now=NOW)


def test_going_back_is_a_new_version_that_another_physician_signs_without_waiting_for_a_replay(scene: Scene):
    first, author = signed(scene, shipped(scene)), scene.another(Role.PHYSICIAN)
    second = signed(scene, changed(scene), now=NOW + 2 * DAY)

    about = {"to": first, "reason": "Too many calls", "author": author, "now": NOW + 3 * DAY}
    back = protocols.roll_back(scene.session, **about)
    scene.session.commit()

    assert (back.number, back.document, back.digest) == (3, first.document, first.digest)
    assert (back.based_on_id, back.status, back.author) == (second.id, "draft", author)
    assert in_use(scene, NOW + 3 * DAY) == 2, "it changes nothing before it is signed"
    with pytest.raises(SignerIsAuthor):
        try_to_sign(scene, back, by=author, now=NOW + 3 * DAY)
    scene.session.rollback()
    try_to_sign(scene, back, now=NOW + 3 * DAY)
    assert in_use(scene, NOW + 3 * DAY) == 3
    with pytest.raises(protocols.InUseAlready):
        protocols.roll_back(scene.session, **about)


def test_nothing_goes_back_without_a_reason_or_to_what_nobody_signed(scene: Scene):
    first, second = signed(scene, shipped(scene)), changed(scene)
    how = {"author": scene.person(Role.PHYSICIAN), "now": NOW + 2 * DAY}
    with pytest.raises(protocols.NeverSigned):
        protocols.roll_back(scene.session, to=second, reason="try", **how)
    with pytest.raises(ReasonMissing):
        protocols.roll_back(scene.session, to=first, reason=" ", **how)


def test_what_was_signed_but_never_began_is_replayed_before_it_is_gone_back_to(scene: Scene):
    version = signed(scene, changed(scene), from_at=NOW + 2 * DAY)
    about = {"version": version, "programme": scene.programme, "physician": scene.person(Role.PHYSICIAN)}
    protocols.unschedule(scene.session, **about, now=NOW + DAY)
    how = {"to": version, "reason": "now", "author": scene.person(Role.ADMINISTRATOR), "now": NOW + 3 * DAY}

    again = protocols.roll_back(scene.session, **how)

    assert protocols.needs_replay(scene.session, version=again, programme=scene.programme, now=NOW + 3 * DAY)


def test_old_assessments_keep_their_version_and_can_be_lived_again(scene: Scene):
    signed(scene, shipped(scene))
    second = signed(scene, changed(scene), from_at=NOW + 2 * DAY)
    levels = [scene.submit(WARM, now=NOW + days * DAY).level for days in (1, 2)]
    going = {"to": shipped(scene), "reason": "Too many calls", "author": scene.person(Role.ADMINISTRATOR)}
    back = protocols.roll_back(scene.session, **going, now=NOW + 2 * DAY)
    signed(scene, back, now=NOW + 3 * DAY)
    levels.append(scene.submit(WARM, now=NOW + 3 * DAY).level)

    assert levels == ["green", "orange", "green"]
    made = scene.session.scalars(sa.select(Assessment).order_by(Assessment.id)).all()
    assert [one.protocol_version_id for one in made][1:] == [shipped(scene).id, second.id, back.id]
    reliving.relive(scene.session, now=NOW + 4 * DAY)
    scene.session.expire_all()
    assert [one.relived_same for one in made] == [True] * 4


def test_each_act_is_on_the_versions_own_chain(scene: Scene):
    version = changed(scene)
    signed(scene, version, from_at=NOW + 2 * DAY)
    about = {"version": version, "programme": scene.programme, "physician": scene.person(Role.PHYSICIAN)}
    protocols.unschedule(scene.session, **about, now=NOW + DAY)
    other = changed(scene, to="38.7")
    protocols.withdraw(scene.session, version=other, staff=scene.person(Role.PHYSICIAN), now=NOW)
    scene.session.commit()

    def acts(of: ProtocolVersion) -> list[str]:
        found = sa.select(AuditEntry).where(AuditEntry.subject_id == of.public_id).order_by(AuditEntry.number)
        return [entry.canonical.decode().split('"protocol.')[1].split('"')[0] for entry in scene.session.scalars(found)]

    assert acts(version) == ["drafted", "signed", "scheduled", "unscheduled"]
    assert acts(other) == ["drafted", "withdrawn"]


def test_of_two_signers_at_once_one_signs(scene: Scene, engine: sa.Engine):
    version = changed(scene)
    replayed(scene.session, version, scene.programme)
    people = [scene.person(Role.PHYSICIAN).id, scene.another(Role.PHYSICIAN).id]
    scene.session.commit()
    act = acting(scene, version)

    results = at_once(engine, 2, lambda session, number: act(session, 0, people[number], "sign"))

    assert sorted(map(str, map(type, results))) == sorted(map(str, [type(None), AlreadySigned]))
    assert [one.version_id for one in protocols.of_programme(scene.session, programme_id=scene.programme.id)] == [
        shipped(scene).id,
        version.id,
    ]


def acting(scene: Scene, *versions: ProtocolVersion) -> Callable[[Session, int, int, str], None]:
    """Acts in sessions of their own, on rows that they read themselves."""
    ids, programme_id = [version.id for version in versions], scene.programme.id

    def act(session: Session, version: int, staff_id: int, how: str) -> None:
        held, staff = session.get_one(ProtocolVersion, ids[version]), session.get_one(Staff, staff_id)
        about = {"version": held, "now": NOW + DAY}
        if how == "sign":
            programme = session.get_one(Programme, programme_id)
            protocols.sign(session, **about, programme=programme, physician=staff, from_at=NOW + DAY)
        else:
            protocols.withdraw(session, **about, staff=staff)

    return act


def test_two_versions_signed_at_once_for_one_instant_are_no_error(scene: Scene, engine: sa.Engine):
    made = [changed(scene), changed(scene, to="38.7")]
    for version in made:
        replayed(scene.session, version, scene.programme)
    physician = scene.person(Role.PHYSICIAN).id
    scene.session.commit()
    act = acting(scene, *made)

    results = at_once(engine, 2, lambda session, number: act(session, number, physician, "sign"))

    assert results == [None, None]
    assert scene.count(ProtocolInForce) == 2


def test_who_signs_while_somebody_withdraws_is_told_or_tells(scene: Scene, engine: sa.Engine):
    version = changed(scene)
    replayed(scene.session, version, scene.programme)
    physician = scene.person(Role.PHYSICIAN).id
    scene.session.commit()
    act, acts = acting(scene, version), ["sign", "withdraw"]

    results = at_once(engine, 2, lambda session, number: act(session, 0, physician, acts[number]))

    scene.session.expire_all()
    done = "signed" if version.signed_at else "withdrawn"
    lost = {"signed": (1, AlreadySigned), "withdrawn": (0, protocols.Withdrawn)}[done]
    assert (results[1 - lost[0]], type(results[lost[0]])) == (None, lost[1])
    assert (version.signed_at is None) != (version.withdrawn_at is None)


def test_nobody_who_answers_waits_for_somebody_who_signs(scene: Scene, engine: sa.Engine):
    with Session(engine) as signer:
        protocols.take_turn(signer, slug="covid-19")
        scene.session.execute(sa.text("SET LOCAL lock_timeout = '2s'"))
        assert scene.submit(now=NOW + DAY).level == "green"


def test_a_second_request_for_a_replay_that_waits_is_the_same_one(scene: Scene):
    version = changed(scene)
    physician = scene.person(Role.PHYSICIAN)
    waiting = replay.latest(scene.session, version=version)

    again = replays.ask_for_last_weeks(scene.session, version=version, staff=physician, now=NOW + DAY)

    assert again == waiting
    assert waiting is not None
    waiting.state = ReplayState.FAILED
    assert replays.ask_for_last_weeks(scene.session, version=version, staff=physician, now=NOW + DAY) != waiting
