"""A session that ends while somebody fills in a long form: nothing is recorded, and nothing typed is lost."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from records import clock
from records.models import AuditEntry, EnrolmentState, Role
from tests.webapp.files import call_of, file
from tests.webapp.sent import Forms, filled, form
from tests.webapp.signing import TOKEN, post
from tests.webapp.ward import ORANGE, Ward, enter, open_ward

TYPED = "Léa « O'Neil » & fils, <3e étage>"
PERSON = {"family_name": "Kervella", "given_name": "Zoé", "birth_date": "27/3/1958", "phone": "06 12 34 56 78"}
ENROLLED = {
    **PERSON,
    "risk_tier": "high",
    "onset_unknown": "y",
    "lives_alone": "no",
    "has_oximeter": "yes",
    "consent": "oral",
}
OWN = {"limits-spo2_red": "86", "limits-spo2_orange": "88", "limits-spo2_first": "88"}
FORMS = {
    "enrolling": (Role.ENROLLER, "/fr/patients/new", "", {**ENROLLED, "address": TYPED}),
    "details": (Role.PHYSICIAN, "{file}/details", "", {"address": TYPED, "conditions": ["diabetes", "obesity"]}),
    "a pause": (Role.PHYSICIAN, "{file}", "/pause", {"pause-review_on": "{soon}", "pause-reason": "asked"}),
    "own limits": (Role.PHYSICIAN, "{file}", "/limits", {**OWN, "limits-limits_reason": TYPED}),
    "a rule put off": (
        Role.PHYSICIAN,
        "{file}",
        "/snooze",
        {"snooze-rule": "temperature_orange_high", "snooze-reason": TYPED, "snooze-hours": "12"},
    ),
    "a programme": (Role.SUPERVISOR, "/fr/admin/setup/programmes/{slug}", "/{slug}", {"at-0": "09:30"}),
    "callers": (Role.PHYSICIAN, "/fr/admin/roster", "/roster?programme={slug}", {"c0-9": "7"}),
}
"""Who fills it in, on which page, where it is sent (nowhere else without), and what is typed."""


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def acts(ward: Ward) -> int:
    ward.session.rollback()
    return ward.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry))


@pytest.mark.parametrize("name", FORMS)
def test_a_long_form_comes_back_after_signing_in_and_is_recorded_once_sent(app: Flask, ward: Ward, name: str) -> None:
    role, page, ending, typed = FORMS[name]
    enrolment = ward.patient(EnrolmentState.HELD if name == "own limits" else EnrolmentState.ACTIVE)
    ward.answer(enrolment, ORANGE)
    client, again = enter(app, ward, role), enter(app, ward, role)
    if name == "a rule put off":
        post(again, "/fr/queue", {}, to=f"{call_of(ward, enrolment)}/claim")
    soon = (clock.now() + timedelta(days=2)).strftime("%d/%m/%Y")
    names = {"file": file(enrolment), "slug": ward.programme.slug, "soon": soon}
    page, ending = page.format(**names), ending.format(**names)
    typed = {field: text.format(**names) if isinstance(text, str) else text for field, text in typed.items()}
    sent = filled(client.get(page).text, ending, "", typed)
    address = (
        next(one for one in Forms(client.get(page).text).forms if one.endswith(ending) and (ending or not one)) or page
    )
    before = acts(ward)

    client.delete_cookie("vigidom_staff")
    kept = client.post(address, data=sent)
    back = {"show": "", "csrf_token": unescape(TOKEN.search(again.get(page).text)[1])}
    shown = again.post(address, data=filled(kept.text, address, "", back))

    assert (kept.status_code, shown.status_code, acts(ward)) == (401, 200, before)
    whole = form(shown.text, ending)
    assert {field: whole.getlist(field) for field in typed} == {field: sent.getlist(field) for field in typed}
    done = again.post(address, data=whole)
    assert done.status_code == 302, done.text
    assert acts(ward) > before
