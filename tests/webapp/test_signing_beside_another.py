"""Two physicians who sign two versions at one moment: the second one read differences that are true no more."""

from __future__ import annotations

import threading
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from records import clock
from records.models import Programme, Role
from tests.webapp.signing import TOKEN, sign_in
from tests.webapp.test_admin_protocol import filled
from tests.webapp.test_admin_versions import address, author, in_use, made, scene, signer, tried
from triage import protocols
from triage.models import ProtocolVersion

__all__ = ["author", "scene", "signer"]  # fixtures


def test_a_signature_that_waited_for_another_one_is_not_taken_beside_the_old_version(
    app: Flask, session: Session, engine: sa.Engine, scene, author, signer
) -> None:
    one, two = (tried(scene, made(scene, author, to=to)) for to in ("38.5", "38.4"))
    client, other = sign_in(app, signer), scene.another(Role.PHYSICIAN)
    session.commit()
    page = client.get(address(two)).text
    found = TOKEN.search(page)
    assert found
    sent = {"csrf_token": found[1], "read": "y", "against": filled(page)["against"]}
    answers: list[Any] = []
    with Session(engine) as holding:
        version = holding.get_one(ProtocolVersion, one.id)
        protocols.take_turn(holding, slug=version.slug)
        posting = threading.Thread(target=lambda: answers.append(client.post(f"{address(two)}/sign", data=sent)))
        posting.start()
        posting.join(timeout=1)  # it reads what it can and waits for its turn
        programme, physician = holding.get_one(Programme, scene.programme.id), holding.merge(other)
        about = {"version": version, "programme": programme, "physician": physician}
        protocols.sign(holding, **about, now=clock.now())
        holding.commit()
        posting.join(timeout=30)

    assert answers[0].status_code == 422
    assert "Another version came into force meanwhile" in answers[0].text
    assert in_use(scene) == one.number
