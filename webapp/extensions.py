"""Flask's extensions and what every template may use."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import orjson
from flask import Flask, Request, current_app, g, request, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from markupsafe import Markup, escape
from werkzeug.middleware.proxy_fix import ProxyFix

from records import texts
from records.db import db
from webapp import formatting
from webapp.config import CHECKOUT, Settings

csrf = CSRFProtect()
migrate = Migrate(compare_type=True)
STATIC = Path(__file__).parent / "static"
LANGUAGE = f"/<any({', '.join(texts.LANGUAGES)}):language>"
"""The first part of every page's address; another language is not found."""


class PagesOnly(SecureCookieSessionInterface):
    """Flask's session, which holds form tokens and flashed sentences: what the phone's script sends needs neither."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return self.session_class() if request.path.startswith("/api/") else super().open_session(app, request)


def init(app: Flask, settings: Settings) -> None:
    app.session_interface = PagesOnly()
    db.init_app(app)
    migrate.init_app(app, db, directory=str(CHECKOUT / "migrations"))
    csrf.init_app(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.url_value_preprocessor(_take_language)
    app.url_defaults(_give_language)
    app.context_processor(_page_context)
    app.jinja_env.globals.update(asset=asset, _=_translate, gettext=_translate, ngettext=_translate_many)
    formatting.init(app)


def translator() -> texts.Translator:
    return texts.translator(language())


def _translate(message: str, **values: object) -> str:
    return _filled(translator().gettext(message), values) if values else translator().gettext(message)


def _translate_many(one: str, many: str, num: int, **values: object) -> str:
    return _filled(translator().catalogue.ngettext(one, many, num), {"num": num, **values})


def _filled(text: str, values: dict[str, object]) -> str:
    """The text with its values; one of them that is markup, a name held apart, makes the whole of it markup."""
    if any(isinstance(value, Markup) for value in values.values()):
        return escape(text) % values
    return text % values


def language() -> str:
    """The language of this page: its address says it, else the browser's preference, else the service's own."""
    if "language" not in g:
        g.language = request.accept_languages.best_match(list(texts.LANGUAGES)) or texts.DEFAULT
    return str(g.language)


def _take_language(_endpoint: str | None, values: dict[str, object] | None) -> None:
    wanted = (values or {}).pop("language", None)
    if wanted in texts.LANGUAGES:
        g.language = wanted


def _give_language(endpoint: str, values: dict[str, object]) -> None:
    if "language" not in values and current_app.url_map.is_endpoint_expecting(endpoint, "language"):
        values["language"] = language()


def _page_context() -> dict[str, object]:
    return {
        "language": language(),
        "direction": texts.direction(language()),
        "languages": list(texts.LANGUAGES.items()),
        "switch_language": _switch_language,
    }


def _switch_language(code: str) -> str:
    """This page's address in another language; pages without a language in their address stay where they are."""
    if "page_address" in g:  # a page shown again by an address that only takes what is sent
        endpoint, values = g.page_address
        return url_for(endpoint, **values, language=code)
    if request.endpoint is None or not current_app.url_map.is_endpoint_expecting(request.endpoint, "language"):
        return request.path
    return url_for(request.endpoint, **{**(request.view_args or {}), "language": code})


@lru_cache
def _manifest() -> dict[str, str]:
    path = STATIC / "build" / "manifest.json"
    return dict(orjson.loads(path.read_bytes()))


@lru_cache(maxsize=256)
def _digest(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]


def asset(name: str) -> str:
    """The address of a static file, with its content in its name or query so that browsers may keep it for good."""
    built = _manifest().get(name)
    if built:
        return url_for("static", filename=f"build/{built}")
    return url_for("static", filename=name, v=_digest(name))
