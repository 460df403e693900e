"""What a draft would have changed: counted on a population small enough to count by hand."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from questionnaires.models import Response
from records.models import Patient
from tests.factories import NOW
from tests.triage.replaying import COVID, another, answered, bind, changed, draft, own_limit, replay, with_temperature
from tests.triage.scene import ORANGE, RED, WELL, set_scene
from triage import moving
from triage.models import Assessment
from triage.outcome_models import PatientOutcome
from triage.replay import as_csv, as_text, extracting

DAY = timedelta(days=1)


def test_alerts_gained_lost_and_recoloured_are_counted_by_level_and_by_rule(session: Session) -> None:
    scene = set_scene(session)
    for number, value in enumerate(("37.0", "38.6", "39.2", "39.7", "40.6")):
        answered(scene, scene.enrolment, with_temperature(value), at=NOW + number * DAY)

    hotter = replay(scene, draft(temperature_orange_high="39.5"))
    milder = replay(scene, draft(temperature_orange_high="38.5", temperature_red_high="39.5"))

    assert hotter["levels"] == {
        "draft": {"green": 3, "orange": 1, "red": 1},
        "against": {"green": 2, "orange": 2, "red": 1},
    }
    assert (hotter["gained"], hotter["lost"], hotter["recoloured"]) == (0, 1, 0)
    assert (milder["gained"], milder["lost"], milder["recoloured"]) == (1, 0, 1)
    assert {pair: count for pair, count in milder["matrix"].items() if count} == {
        "green>green": 1,
        "green>orange": 1,
        "orange>orange": 1,
        "orange>red": 1,
        "red>red": 1,
    }
    assert milder["by_rule"]["temperature_red_high"] == {
        "draft": 2,
        "against": 1,
        "gained": 1,
        "lost": 0,
        "draft_level": "red",
        "against_level": "red",
    }
    assert hotter["by_rule"]["temperature_orange_high"]["lost"] == 1
    assert (milder["rows"], milder["patients"], milder["synthetic"]) == (5, 1, True)
    lost = session.scalars(sa.select(Assessment.public_id).where(Assessment.level == "orange").order_by("id")).first()
    assert hotter["examples"]["lost"] == [str(lost)]


def test_a_version_replayed_against_itself_changes_nothing_and_says_what_was_said_then(session: Session) -> None:
    """Over answers of every kind: high, low, missing, hard to believe, unreadable, with own limits and without."""
    scene, drawn = set_scene(session, has_oximeter=True), random.Random(5)
    limited = another(scene, onset_on=NOW.date())
    own_limit(scene, limited, "temperature_orange_high", "38.0")
    for number in range(30):
        who = limited if number % 3 else scene.enrolment
        answered(scene, who, _some_answers(drawn), at=NOW + number * timedelta(hours=5))

    found = replay(scene, COVID)
    stored = Counter(session.scalars(sa.select(Assessment.level)))

    assert found["rechecked"] == {"rows": 30, "differs": 0}
    assert {level: count for level, count in found["levels"]["draft"].items() if count} == stored
    assert len(stored) == 3
    assert (found["gained"], found["lost"], found["recoloured"]) == (0, 0, 0)
    assert all(counts["gained"] == counts["lost"] == 0 for counts in found["by_rule"].values())
    fired = [rule["rule"] for one in session.scalars(sa.select(Assessment)) for rule in _fired(one)]
    assert {name: fired.count(name) for name in fired} == {
        name: counts["draft"] for name, counts in found["by_rule"].items() if counts["draft"]
    }


def test_answers_that_were_moved_are_replayed_for_the_patient_they_are_of(session: Session) -> None:
    """What was said of later answers in the file they left stands as it was said."""
    scene = set_scene(session)
    right = another(scene, onset_on=NOW.date())
    for number, value in enumerate(("39.2", "40.6", "39.2", "37.0")):
        answered(scene, scene.enrolment, with_temperature(value), at=NOW + number * DAY)
    answered(scene, right, with_temperature("37.0"), at=NOW + 2 * DAY)
    second = session.scalars(sa.select(Response.public_id).order_by(Response.id).offset(1)).first()
    given = {"staff": scene.person(), "reason": "Same phone", "now": NOW + 3 * DAY + timedelta(hours=1)}
    moving.move_answer(session, response=second, to_enrolment=right.public_id, **given)
    session.commit()

    found = replay(scene, COVID)

    assert (found["rows"], found["patients"]) == (5, 2)
    assert found["rechecked"] == {"rows": 5, "differs": 0}
    assert (found["gained"], found["lost"], found["recoloured"]) == (0, 0, 0)


def test_the_order_in_which_a_document_lists_the_choices_of_a_code_decides_nothing(session: Session) -> None:
    """PostgreSQL keeps the keys of a stored document in an order of its own."""
    scene = set_scene(session)
    for number, code in enumerate(("none", "unusual-effort", "slight-effort", "talking", "at-rest")):
        answered(scene, scene.enrolment, {**WELL, "breathlessness": [{"code": code}]}, at=NOW + number * DAY)

    def turn(document: dict[str, Any]) -> None:
        for one in document["facts"]:
            one["choices"] = dict(reversed(one.get("choices", {}).items()))

    found = replay(scene, changed(turn))

    assert found["levels"]["draft"] == found["levels"]["against"] == {"green": 1, "orange": 1, "red": 3}
    assert all(counts["gained"] == counts["lost"] == 0 for counts in found["by_rule"].values())


def _fired(one: Assessment) -> list[Any]:
    return [rule for rule in one.explanation["rules"] if rule["outcome"] is True]


def _some_answers(drawn: random.Random) -> dict[str, Any]:
    temperatures = [{"decimal": "37.1"}, {"decimal": "38.4"}, {"decimal": "39.4"}, {"decimal": "395"}]
    spo2 = [{"integer": 97}, {"integer": 93}, {"integer": 91}, {"absent": "could-not-measure"}, {"unreadable": "9 5"}]
    return {
        **WELL,
        "temperature": [drawn.choice(temperatures)],
        "spo2": [drawn.choice(spo2)],
        "breathlessness": [{"code": drawn.choice(["none", "none", "moderate", "severe"])}],
        "fainted": [{"boolean": drawn.random() < 0.1}],
    }


def test_a_patients_own_limit_stands_whatever_the_draft_says_of_the_others(session: Session) -> None:
    scene = set_scene(session)
    limited = another(scene, onset_on=NOW.date())
    own_limit(scene, limited, "temperature_orange_high", "38.0")
    answered(scene, limited, with_temperature("38.2"))
    answered(scene, scene.enrolment, with_temperature("39.2"))

    found = replay(scene, draft(temperature_orange_high="39.5"))

    assert found["matrix"]["orange>orange"] == 1
    assert (found["lost"], found["rows"]) == (1, 2)


def test_an_own_limit_that_the_draft_does_not_allow_leaves_its_patient_in_doubt(session: Session) -> None:
    scene = set_scene(session)
    own_limit(scene, scene.enrolment, "temperature_orange_high", "38.0")
    answered(scene, scene.enrolment, WELL)

    def narrow(document: dict[str, Any]) -> None:
        next(one for one in document["limits"] if one["name"] == "temperature_orange_high")["lowest"] = "38.5"

    assert replay(scene, changed(narrow))["matrix"]["green>orange"] == 1


def test_days_are_those_of_the_centre(session: Session) -> None:
    """Half past eleven in the evening in Paris is half past ten in UTC, and of the same day; an hour later is not."""
    scene = set_scene(session)
    for at in ((11, 22, 30), (11, 23, 30), (12, 22, 30), (12, 23, 30)):
        answered(scene, scene.enrolment, WELL, at=datetime(2026, 3, at[0], *at[1:], tzinfo=UTC))

    found = replay(scene, COVID, first=date(2026, 3, 12), last=date(2026, 3, 12))

    assert (found["rows"], found["from"], found["to"], found["zone"]) == (2, "2026-03-12", "2026-03-12", "Europe/Paris")


def test_whoever_was_admitted_after_an_answer_that_the_draft_rates_lower_is_listed_and_nobody_else(
    session: Session,
) -> None:
    scene = set_scene(session)
    missed, seen, home, too_late = (another(scene, onset_on=NOW.date()) for _ in range(4))
    answered(scene, missed, with_temperature("39.2"), at=NOW)
    answered(scene, missed, WELL, at=NOW + DAY)
    answered(scene, seen, with_temperature("39.2"), at=NOW)
    answered(scene, seen, RED, at=NOW + DAY)
    answered(scene, home, with_temperature("39.2"), at=NOW)
    answered(scene, too_late, with_temperature("39.2"), at=NOW)
    days = {missed: 3, seen: 2, too_late: 31}
    for who, after in days.items():
        happened = {"kind": "admitted", "on_day": NOW.date() + after * DAY, "source": "import", "recorded_at": NOW}
        session.add(PatientOutcome(enrolment_id=who.id, **happened))
    session.commit()

    found = replay(scene, draft(temperature_orange_high="39.5"))["outcomes"]

    assert (found["followed"], found["kinds"]) == (2, {"admitted": 2})
    assert found["caught"] == {"draft": 1, "against": 2}
    assert (found["rated_lower_count"], found["missed"]) == (2, 1)
    first, second = found["rated_lower"]
    assert first["enrolment"] == str(missed.public_id)
    assert (first["draft"], first["against"], first["days_before"], first["missed"]) == ("green", "orange", 3, True)
    assert (first["kind"], first["on"], first["at"]) == ("admitted", "2026-03-13", NOW.isoformat())
    assert (second["enrolment"], second["missed"]) == (str(seen.public_id), False)


def test_a_correction_counts_as_the_answer_that_it_is(session: Session) -> None:
    scene = set_scene(session)
    given = scene.submission(with_temperature("39.2"))
    scene.submit(given.answers, key=given.key)
    scene.submit(WELL, key=given.key, now=NOW + timedelta(minutes=5))

    found = replay(scene, draft(temperature_orange_high="39.5"))

    assert (found["rows"], found["lost"], found["matrix"]["green>green"]) == (2, 1, 1)


def test_synthetic_patients_stay_out_once_the_programme_has_followed_a_real_one(session: Session) -> None:
    scene = set_scene(session)
    answered(scene, scene.enrolment, ORANGE)
    real = another(scene, onset_on=NOW.date())
    answered(scene, real, WELL)
    session.execute(sa.update(Patient).where(Patient.id == real.patient_id).values(rehearsal=False))
    session.commit()

    found = replay(scene, COVID)

    assert (found["rows"], found["synthetic"], found["levels"]["draft"]["green"]) == (1, False, 1)


def test_a_programme_without_answers_has_a_replay_of_nothing(session: Session) -> None:
    scene = set_scene(session)
    empty = replay(scene, draft(temperature_orange_high="39.5"))
    session.execute(sa.delete(Assessment))

    assert (empty["rows"], empty["patients"], empty["gained"], empty["outcomes"]["followed"]) == (0, 0, 0, 0)
    assert empty["calls"]["total"] == {"draft": 0, "against": 0}
    assert "0 answers" in as_text(empty)


def test_blocks_smaller_than_the_answers_add_up_to_the_same(session: Session, monkeypatch: Any) -> None:
    scene = set_scene(session)
    for number, value in enumerate(("37.0", "39.2", "39.7", "40.6", "38.0")):
        answered(scene, scene.enrolment, with_temperature(value), at=NOW + number * timedelta(minutes=1))
    document = draft(temperature_orange_high="39.5")
    whole = replay(scene, document)
    monkeypatch.setattr(extracting, "BATCH", 2)

    parts = replay(scene, document)

    assert {**parts, "seconds": 0} == {**whole, "seconds": 0}


def test_answers_of_each_version_are_told_apart_and_only_those_of_the_one_in_use_are_checked_again(
    session: Session,
) -> None:
    scene = set_scene(session)
    answered(scene, scene.enrolment, with_temperature("39.2"))
    document = draft(temperature_orange_high="39.5")
    bind(scene, document, at=NOW + DAY)
    answered(scene, scene.enrolment, with_temperature("39.2"), at=NOW + 2 * DAY)

    found = replay(scene, COVID, against=document, numbers=(1, 2))

    assert found["assessed_by"] == {"1": 1, "2": 1}
    assert found["rechecked"] == {"rows": 1, "differs": 0}
    assert (found["gained"], found["draft"]["number"], found["against"]["number"]) == (2, 1, 2)


def test_an_answer_that_was_changed_after_the_fact_is_found_to_differ(session: Session) -> None:
    scene = set_scene(session)
    answered(scene, scene.enrolment, ORANGE)
    session.execute(sa.update(Assessment).values(level="green"))
    session.commit()

    assert replay(scene, COVID)["rechecked"] == {"rows": 1, "differs": 1}


def test_the_file_and_the_terminal_show_the_same_counts_and_name_nobody(session: Session) -> None:
    scene = set_scene(session)
    answered(scene, scene.enrolment, with_temperature("39.2"))
    happened = {"kind": "deceased", "on_day": NOW.date() + DAY, "source": "import", "recorded_at": NOW}
    session.add(PatientOutcome(enrolment_id=scene.enrolment.id, **happened))
    session.commit()

    found = replay(scene, draft(temperature_orange_high="39.5"))
    table, shown = as_csv(found), as_text(found)

    assert "from-against-to-draft,orange>green,1,,,,," in table.splitlines()
    assert f"rated-lower,{scene.enrolment.public_id},green,orange," in table
    assert "alerts: 0 gained, 1 lost, 0 in another colour" in shown
    assert f"enrolment {scene.enrolment.public_id}: deceased on 2026-03-11, 1 days after orange" in shown
