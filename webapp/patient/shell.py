"""What a phone keeps of the service itself: the scripts, under addresses that change with them; the service worker;
and the page it shows without a network.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

import orjson
from flask import Response, abort, current_app, make_response, render_template, url_for

from records import texts
from records.db import db
from webapp.extensions import STATIC, asset
from webapp.patient import finding
from webapp.patient.blueprint import LANGUAGE, blueprint
from webapp.permissions import access

SCRIPTS = STATIC / "js" / "patient"
BUILT = STATIC / "phone"
TEMPLATES = STATIC.parent / "templates"
IMPORTED = re.compile(r"""from "\./([a-z]+)\.js";""")
FOREVER = "public, max-age=31536000, immutable"


@lru_cache
def release() -> str:
    """Of all scripts together: modules import each other by name, so they only change their address as one."""
    content = b"".join(path.name.encode() + path.read_bytes() for path in sorted(SCRIPTS.glob("*.js")))
    return hashlib.sha256(content).hexdigest()[:10]


@lru_cache
def names() -> frozenset[str]:
    return frozenset(path.stem for path in SCRIPTS.glob("*.js"))


def module_address(name: str) -> str:
    return url_for("patient.module", version=release(), name=name)


@lru_cache
def bundle(name: str) -> Path | None:
    """The built file of a module and all it imports, while it is of this release. Without one nothing is missing: the
    modules are served one by one, in more requests.
    """
    built = BUILT / f"{name}.{release()}.js"
    return built if built.is_file() else None


@lru_cache
def imports(name: str) -> tuple[str, ...]:
    """Every module that `name` brings with it, so that a page can ask for all of them at once."""
    found: dict[str, None] = {}
    waiting = [] if bundle(name) else [name]
    while waiting:
        for imported in IMPORTED.findall((SCRIPTS / f"{waiting.pop()}.js").read_text()):
            if imported not in found:
                found[imported] = None
                waiting.append(imported)
    return tuple(sorted(found))


@blueprint.app_context_processor
def _shell() -> dict[str, object]:
    return {"module": module_address, "imports": imports}


@blueprint.get("/phone/<version>/js/patient/<name>.js")
@access("public")
def module(version: str, name: str) -> Response:
    """Another release's script is not found: half of one and half of the other would be worse than the plain form."""
    if version != release() or name not in names():
        abort(404)
    path = bundle(name) or SCRIPTS / f"{name}.js"
    response = Response(path.read_bytes(), mimetype="text/javascript")
    response.headers["Cache-Control"] = FOREVER
    return response


@blueprint.get("/worker.js")
@access("public")
def worker() -> Response:
    """From the root, so that the links of text messages are in its scope. The browser looks for a new one by itself."""
    settings = current_app.config["VIGIDOM"]
    parts = ["off"] if not settings.phone_worker else ["worker", "background"]
    source = _constants() + "".join((SCRIPTS / "worker" / f"{part}.js").read_text() for part in parts)
    response = make_response(source)
    response.mimetype = "text/javascript"
    response.headers["Cache-Control"] = "no-cache"
    return response


def _constants() -> str:
    languages = list(texts.LANGUAGES)
    shell = [module_address(name) for name in ("early", "main", *imports("main"), "waiting", *imports("waiting"))]
    shell += [asset("patient.css"), asset("icon.svg")]
    shell += [url_for("patient.offline", language=code) for code in languages]
    shell = list(dict.fromkeys(shell))
    digest = hashlib.sha256(orjson.dumps([shell, _worker_digest(), _words_digest(), _centre()])).hexdigest()[:10]
    told = {"VERSION": digest, "SHELL": shell, "LANGUAGES": languages, "ANSWERS": url_for("patient.receive_json")}
    return "".join(f"const {name} = {orjson.dumps(value).decode()};\n" for name, value in told.items())


@lru_cache
def _worker_digest() -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted((SCRIPTS / "worker").glob("*.js")))).hexdigest()


@lru_cache
def _words_digest() -> str:
    """Of what the page without a network is written with: it has no address that changes with it."""
    pages = [path for room in ("patient", "layout") for path in sorted((TEMPLATES / room).glob("*.html"))]
    read = [path.read_bytes() for path in (*pages, *sorted(texts.LOCALE.glob("*/*.po")))]
    return hashlib.sha256(b"".join(read)).hexdigest()


def _centre() -> list[str]:
    """What that page says of the centre: its telephone above all must not stay an old one."""
    programme = finding.any_programme(db.session)
    if programme is None:
        return []
    return [programme.phone, str(programme.opens), str(programme.closes), programme.zone]


@blueprint.get(f"{LANGUAGE}/offline")
@access("public")
def offline() -> str:
    """Kept by every phone that answered once, and shown in place of what did not load: nobody's in particular. A
    sentence that waits to be told to somebody is neither taken here nor kept.
    """
    programme = finding.any_programme(db.session)
    return render_template("patient/offline.html", programme=programme, get_flashed_messages=lambda **_: ())
