"""Drafts that somebody wrote elsewhere, in any shape that can be stored: no page of theirs breaks."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from records import clock
from records.models import Programme, Staff
from tests.webapp.signing import post, sign_in
from tests.webapp.test_builder_pages import DRAFTS, author, colleague, programme
from triage import boundaries, documents, drafts, protocols
from triage.drafting_models import DraftState, ProtocolDraft
from triage.findings import ProtocolError
from webapp.admin.builder import acts, desk, missing_cases
from webapp.admin.loose_words import read_loosely

__all__ = ["author", "colleague", "programme"]  # fixtures

ODD: list[Any] = [None, 1, 1.5, "x", "{spo2.__class__}", [], [None], ["x"], [[1]], {}, {"name": []}, {"id": {}}, True]
PLACES: list[tuple[Any, ...]] = [
    *(((key,)) for key in ("facts", "limits", "rules", "cases", "orders", "usual", "languages", "title", "notes")),
    *((key, 1) for key in ("facts", "limits", "rules", "cases", "orders")),
    *(("cases", 1, key) for key in ("facts", "fired", "before", "name", "level")),
    *(("rules", 1, key) for key in ("when", "to_patient", "level", "id")),
    *(("limits", 1, key) for key in ("labels", "value", "decimals")),
    *(("facts", 1, key) for key in ("labels", "source", "kind", "choices", "lowest")),
]


def odd(document: dict[str, Any], place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    made = deepcopy(document)
    made["cases"] = made["cases"][:3]
    inner: Any = made
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = deepcopy(value)
    return made


def test_every_act_on_a_draft_takes_any_shape(session: Session, programme: Programme) -> None:
    base = protocols.versions(session, slug="covid-19")[0].document
    for place in PLACES:
        for value in ODD:
            given = odd(base, place, value)
            document = read_loosely(given)
            for act in (
                lambda data: acts.remove_rule(data, base["rules"][2]["id"]),
                lambda data: acts.remove_fact(data, base["facts"][2]["name"]),
                lambda data: acts.remove_case(data, base["cases"][2]["name"]),
                lambda data: acts.move_rule(data, base["rules"][2]["id"], 1),
                lambda data, read=document: acts.remove_limit(data, base["limits"][0]["name"], read),
            ):
                act(desk.shaped(deepcopy(given)))


NEAR: list[dict[str, Any]] = [{"plus": "x"}, {"over": "0.5"}, {"over": []}]


@pytest.mark.parametrize("given", [{"limit": "gone"}, *({"limit": "spo2_red", **more} for more in NEAR)])
def test_a_limit_goes_with_what_came_to_no_number_beside_it(
    session: Session, programme: Programme, given: dict[str, Any]
) -> None:
    data = odd(protocols.versions(session, slug="covid-19")[0].document, ("usual", "spo2"), given)

    for name in ("gone", "spo2_red"):
        acts.remove_limit(data, name, read_loosely(data))


def stored(session: Session, document: dict[str, Any], staff: Staff) -> ProtocolDraft:
    version = protocols.versions(session, slug="covid-19")[0]
    made = drafts.bring_in(session, based_on=version, document=document, staff=staff, now=clock.now())
    session.commit()
    return made


def press(client: FlaskClient, draft: ProtocolDraft, do: str, revision: int = 1) -> Any:
    address = f"{DRAFTS}/{draft.public_id}"
    return post(client, address, {"do": do, "revision": str(revision)}, to=f"{address}/change")


def test_a_button_of_such_a_draft_saves_the_rest(app: Flask, session: Session, author: Staff) -> None:
    base = protocols.versions(session, slug="covid-19")[0].document
    draft = stored(session, odd(base, ("orders", 1), 7) | {"rules": [*base["rules"], "x"]}, author)

    answer = press(sign_in(app, author), draft, f"remove-case:{base['cases'][0]['name']}")

    assert answer.status_code == 302
    session.refresh(draft)
    assert (draft.revision, draft.document["rules"]) == (2, base["rules"])
    assert drafts.steps(session, draft=draft)[1].document["rules"][-1] == "x"


def test_no_text_turns_the_text_round_it(session: Session, programme: Programme, author: Staff) -> None:
    base = protocols.versions(session, slug="covid-19")[0].document
    turned = odd(base, ("limits", 0, "labels"), {"fr": "seuil\u202e", "en": "limit", "ar": "\u2068x\u2069"})
    kept = odd(base, ("limits", 0, "labels"), {"fr": "seuil", "en": "limit", "ar": "\u2068x\u2069"})

    with pytest.raises(drafts.DraftUnreadable):
        stored(session, turned, author)
    with pytest.raises(ProtocolError):
        documents.load(turned)
    assert documents.load(kept).limits[0].labels["ar"] == "\u2068x\u2069"


def test_a_rule_too_wide_to_look_for_its_edges_breaks_no_page(app: Flask, session: Session, author: Staff) -> None:
    base = protocols.versions(session, slug="covid-19")[0].document
    many = [{"compare": "temperature", "op": ">", "value": f"{30 + number / 10:.1f}"} for number in range(30)]
    wide = odd(base, ("rules", 1, "when"), {"consecutive": 10, "days": 20, "of": {"any": many}})
    document = documents.load(wide)

    assert missing_cases.lacking(document) == ()
    assert missing_cases.lacking(documents.load(base)) == boundaries.uncovered(documents.load(base))
    draft = stored(session, wide, author)
    assert sign_in(app, author).get(f"{DRAFTS}/{draft.public_id}").status_code == 200


def test_nobody_discards_a_step_that_they_did_not_see(
    app: Flask, session: Session, author: Staff, colleague: Staff
) -> None:
    base = protocols.versions(session, slug="covid-19")[0].document
    draft = stored(session, base, author)
    client = sign_in(app, author)
    said = {"staff": colleague, "now": clock.now()}
    drafts.save(session, draft_id=draft.public_id, revision=1, document={**base, "orders": []}, **said)
    session.commit()

    answer = press(client, draft, "discard")

    assert (answer.status_code, "Noor Colleague" in answer.text) == (409, True)
    session.refresh(draft)
    assert draft.state == DraftState.OPEN
    assert press(client, draft, "discard", revision=2).status_code == 302
    session.refresh(draft)
    assert draft.state == DraftState.DISCARDED
