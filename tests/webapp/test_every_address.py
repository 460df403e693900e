"""What no page of ours sends, at every address there is: a clear refusal, no trace of our inside, nothing changed."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import Rule
from werkzeug.test import Client, TestResponse

from tests.webapp.house import House, opened

pytestmark = pytest.mark.drill

FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"
JSON = "application/json"
KEY = str(uuid.UUID(int=7))
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "GETS")
INSIDE = re.compile(r"Traceback|Error\b|Exception|werkzeug|sqlalchemy|psycopg|\.py\b", re.ASCII)
TOO_MUCH = [
    (FORM, b"a=" + b"x" * 300_000),
    (FORM, b"a=b&" * 70_000),
    (JSON, b'"' + b"x" * 300_000),
    (PARTS, b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n" + b"x" * 300_000 + b"\r\n--x--"),
    (
        PARTS,
        b"".join(b"--x\r\nContent-Disposition: form-data; name=a%d\r\n\r\n\r\n" % n for n in range(600)) + b"--x--",
    ),
]
UNREADABLE = [
    (FORM, b"csrf_token=\xff\xfe&a=\xe9&\xc0\xaf=1"),
    (FORM, b"csrf_token=%00&%ed%a0%80=%ff&=&&==&%"),
    (FORM, "csrf_token=a".encode("utf-16")),
    (FORM, b"csrf_token=a&" * 4000),
    (PARTS, b"--x\r\nContent-Disposition: form-data; name=csrf_to"),
    (PARTS, b"--x\r\nContent-Disposition: form-data; name=csrf_token; filename*=utf-16''%ff\r\n\r\na\r\n--x--"),
    (PARTS, b"\xff" * 500),
    ("multipart/form-data", b"--x--"),
    ("multipart/form-data; boundary=" + "y" * 5000, b"--"),
    ("text/plain; charset=utf-7", b"+AGE-"),
    (JSON, b"[" * 60_000),
    ("\x7f/\x7f;;;=;charset=nonsense", b"\0" * 100),
]
JUNK = (
    "x",
    "%00",
    "%ff%fe",
    "%ed%a0%80",
    "%F0%9F%98%80",
    "..%2f..%2fetc%2fpasswd",
    "00000000-0000-0000-0000-00000000000g",
    "%7B00000000-0000-0000-0000-000000000000%7D",
    "00000000-0000-0000-0000-000000000000",
    "9" * 5000,
    "'%20OR%201=1--",
    "v1.invite.x.y",
    ";a=b",
)
FORGED: list[dict[str, str]] = [
    {"Host": "evil.example", "X-Forwarded-For": "' OR 1", "X-Forwarded-Host": "evil.example:x"},
    {"Host": "a_b<>:99999999", "X-Forwarded-Port": "-1", "Forwarded": "for=_x;;", "X-Forwarded-Proto": "x"},
    {"Host": "[::1", "X-Real-IP": "\xff", "X-HTTP-Method-Override": "DELETE", "X-Forwarded-For": "," * 3000},
    {"Accept-Language": "fr;q=nan,en;q=1e999,*;q=-1," + "x-" * 2000, "If-None-Match": '"' * 99, "Range": "bytes=9-1"},
    {
        "Cookie": '=;;vigidom_staff==;vigidom_form=e30.x.y;vigidom_patient=\xff\0; "a\\777"',
        "Authorization": "Basic \xff",
    },
    {"If-Modified-Since": "Fri, 99 Foo 99999 99:99:99", "Content-Length": "-1", "Content-Type": "x"},
    {"Idempotency-Key": "{" * 45, "Origin": "http://[", "Referer": "http://[::1", "Sec-Fetch-Site": "\xff"},
]
NUMBERS = ("9" * 5000, "1e999", "-1e999", "NaN", "Infinity", "-0", "1E+400000000", "1" + "0" * 4000 + ".5")
READABLE = [
    b'{"owner": OWNER, "answers": ' + answers + b"}"
    for answers in (
        *(b'{"temperature": {"raw": [%s]}, "spo2": %s}' % (number.encode(), number.encode()) for number in NUMBERS[1:]),
        b'{"temperature": {"raw": ["' + b"9" * 5000 + b'"]}, "heart-rate": {"raw": ["1e999", "NaN"]}}',
        b'{"temperature": {"raw": ["37"]}, "temperature": {"raw": ["38"]}, "temperature": [[]]}',
        b'{"malaise": {"raw": ["\\ud800", "\\u0000"]}, "\\udfff": "\\u0000"}',
        b'{"malaise": {"raw": ["' + b"x" * 60_000 + b'"]}}',
        b"{%s}" % b",".join(b'"k%d": {"raw": ["x"]}' % n for n in range(2500)),
        b'{"malaise": %s1%s}' % (b"[" * 400, b"]" * 400),
        b'{"malaise": {"raw": %s"none"%s}}' % (b'[{"raw":' * 200, b"}]" * 200),
    )
]
NO_OBJECT = [
    b"",
    b"{",
    b'{"owner": OWNER, "answers": {"temperature',
    b'{"owner": OWNER} {}',
    b'{"owner": "\xe9"}',
    b'{"owner": "\xc0\xaf"}',
    b'{"owner": "\xed\xa0\x80"}',
    b'{"owner": OWNER, "answers": ' + b"9" * 5000 + b"}",
    b"\0" * 50,
    b'{"a":' * 10_000,
    b"[" * 60_000,
    b'{"a": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
]

TAKE_JSON = {"patient.receive_json", "patient.left", "admin.drop_answers"}
TAKE_NOTES = {f"clinic.{name}" for name in ("attempt", "dispose", "save_draft", "write_letter", "move_answers")}
"""A note far too long is refused by a sentence, beside what was typed; only much more is cut off."""


@pytest.fixture(scope="module")
def house(migrated_app: Flask, engine: sa.Engine, superuser: sa.Engine) -> Iterator[House]:
    """With form tokens and signatures asked for, as in life."""
    before = migrated_app.config["VIGIDOM"]
    migrated_app.config["VIGIDOM"] = replace(before, twilio_auth_token="c" * 32)
    with opened(migrated_app, engine, superuser) as house:
        yield house
    migrated_app.config["VIGIDOM"] = before


@pytest.fixture
def unchanged(house: House) -> Iterator[None]:
    before = house.everything()
    yield
    assert house.everything() == before


def clean(answer: TestResponse, told: object) -> int:
    """Its status, once it is sure that the answer shows nothing of our inside."""
    text = answer.text
    answer.close()
    assert answer.status_code < 500, told
    assert answer.status_code < 400 or not INSIDE.search(text), (told, text[:500])
    return answer.status_code


def test_every_method_at_every_address_is_served_or_refused(house: House, unchanged: None) -> None:
    allowed: dict[str, set[str]] = {}
    for rule in house.app.url_map.iter_rules():
        allowed.setdefault(house.address(rule), set()).update(rule.methods or ())
    for rule in house.app.url_map.iter_rules():
        page, client = house.address(rule), house.insider(rule)
        for method in METHODS:
            status = clean(client.open(page, method=method), (method, page))
            assert (status == 405) is (method not in allowed[page]), (method, page, status)
            assert method != "POST" or status in (302, 400, 401, 403, 405), "no form token, no deed"


def test_more_than_is_taken_is_refused_as_too_large_everywhere(house: House, unchanged: None) -> None:
    for rule in _taking(house):
        for kind, sent in TOO_MUCH:
            body = sent * 20 if rule.endpoint in TAKE_NOTES else sent
            answer = house.insider(rule).post(house.address(rule), data=body, content_type=kind, headers=_sent_by_us())
            if clean(answer, (rule, kind)) == 400:
                assert (rule.endpoint in TAKE_JSON, kind) == (True, PARTS), "no JSON at all, however much"
                continue
            assert answer.status_code == 413, (rule, kind)
            assert "large" in answer.text or "volumineux" in answer.text or "64 Ki" in answer.text


def test_what_cannot_be_read_is_refused_everywhere(house: House, unchanged: None) -> None:
    for rule in _taking(house):
        for kind, body in UNREADABLE:
            answer = house.insider(rule).post(house.address(rule), data=body, content_type=kind, headers=_sent_by_us())
            assert clean(answer, (rule.rule, kind, body[:50])) in (400, 403, 413), (rule.rule, kind, body[:50])


def test_a_body_of_no_known_length_is_refused_everywhere(house: House, unchanged: None) -> None:
    for rule in house.rules():
        headers = {"Transfer-Encoding": "chunked"}
        for method in {"GET", "POST"} & (rule.methods or set()):
            answer = house.insider(rule).open(house.address(rule), method=method, headers=headers, data=b"a=b")
            assert clean(answer, rule) == 411


def test_a_body_shorter_than_it_said_is_refused_everywhere(house: House, unchanged: None) -> None:
    for rule in _taking(house):
        answer = house.insider(rule).post(
            house.address(rule),
            data=b"csrf_token=x",
            content_type=FORM,
            headers=_sent_by_us(),
            environ_overrides={"CONTENT_LENGTH": "99"},
        )
        assert clean(answer, rule) == 400


def test_junk_in_an_address_is_not_found(house: House, unchanged: None) -> None:
    for rule in house.app.url_map.iter_rules():
        for name in (rule.arguments or set()) - {"language"}:
            for junk in JUNK:
                page = re.sub(rf"<[^<>]*\b{name}>", lambda _: junk, rule.rule)  # noqa: B023 - used at once
                page = re.sub(r"<any\([^<>]*>", "fr", page)
                for method in {"GET", "POST"} & (rule.methods or set()):
                    status = clean(house.insider(rule).open(page, method=method), (method, page))
                    assert status in (400, 403, 404, 410), (method, page, status)


@pytest.mark.parametrize("hops", [0, 2], ids=["no proxy", "two proxies"])
def test_forged_headers_break_no_page_and_lead_nowhere_else(house: House, unchanged: None, hops: int) -> None:
    wrapped = ProxyFix(house.app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops) if hops else house.app.wsgi_app
    client = Client(wrapped, TestResponse, use_cookies=False)
    for rule in house.app.url_map.iter_rules():
        for headers in FORGED:
            method = "GET" if "GET" in (rule.methods or ()) else "POST"
            answer = client.open(house.address(rule), method=method, headers=headers)
            clean(answer, (rule.rule, headers))
            assert "evil.example" not in answer.headers.get("Location", ""), (rule.rule, headers)


def test_answers_are_taken_or_refused_but_never_break_the_door(house: House) -> None:
    client = house.clients["patient"]
    for body in READABLE:
        answer = client.post(
            "/api/answers", data=_owned(house, body), content_type=JSON, headers=_sent_by_us(fresh=True)
        )
        assert clean(answer, body[:100]) == 201, body[:100]
    for page in ("patients", "callbacks"):
        assert house.clients["physician"].get(f"/fr/{page}/{house.known[page]}").status_code in (200, 404, 405)
    before = house.everything()
    for body in NO_OBJECT:
        answer = client.post(
            "/api/answers", data=_owned(house, body), content_type=JSON, headers=_sent_by_us(fresh=True)
        )
        assert clean(answer, body[:100]) in (400, 401), body[:100]
    much = client.post("/api/answers", data=b"{}" + b" " * 65_536, content_type=JSON, headers=_sent_by_us())
    assert clean(much, "much") == 413
    assert "64 Ki" in much.json["title"]
    for name in ("utf-16", "utf-32"):
        said = _owned(house, b'{"owner": "none", "answers": {}}').decode().encode(name)
        answer = client.post("/api/answers", data=said, content_type=JSON, headers=_sent_by_us(fresh=True))
        assert clean(answer, name) == 401
    assert house.everything() == before


@pytest.mark.parametrize("key", [KEY[:-1], f"{KEY}0", "é", "0x" + "f" * 32, f"{KEY},{KEY}", "%00", "٧" * 32])
def test_a_key_of_another_shape_stores_nothing(house: House, unchanged: None, key: str) -> None:
    sent = _sent_by_us() | {"Idempotency-Key": key.encode().decode("latin-1")}
    body = _owned(house, b'{"owner": OWNER, "answers": {}}')

    answer = house.clients["patient"].post("/api/answers", data=body, content_type=JSON, headers=sent)

    assert clean(answer, key) == 400


def _taking(house: House) -> list[Rule]:
    return [rule for rule in house.rules() if "POST" in (rule.methods or ())]


def _sent_by_us(*, fresh: bool = False) -> dict[str, str]:
    return {"Sec-Fetch-Site": "same-origin", "Idempotency-Key": str(uuid.uuid4()) if fresh else KEY}


def _owned(house: House, body: bytes) -> bytes:
    return body.replace(b"OWNER", b'"%s"' % house.owner.encode())
