"""The roof: HTTP, the command line and the worker. `create_app` puts the rooms together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask
from jinja2 import ChainableUndefined

from records import crypto
from records.db import engine_options
from webapp import config, edge, errors, extensions, navigation, permissions, security, shortcut, squeezing

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Vigidom(Flask):
    """Flask, without its own report of an exception: that quotes the message, see webapp.logs."""

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = shortcut.answer if shortcut.leads(environ) else Flask.wsgi_app
        return answer(self, environ, start_response)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view and no hook is a coroutine; looking each time cost eight looks a request."""
        return func

    def log_exception(self, exc_info: object) -> None:  # noqa: ARG002 - webapp.errors reports it
        return


def create_app(settings: config.Settings | None = None, *, pool_size: int = 4) -> Flask:
    """The web application. Raises config.BadSetting, or permissions.UndeclaredAccess for a route open to nobody."""
    settings = settings or config.read()
    app = Vigidom(__name__, static_folder="static", static_url_path="/static")
    app.config.update(
        VIGIDOM=settings,
        SQLALCHEMY_DATABASE_URI=settings.database_url or config.embedded.addresses(settings.data).application,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(pool_size=pool_size),
        SECRET_KEY=_load_keys(settings),
        SESSION_COOKIE_NAME="vigidom_form",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=256 * 1024,
        MAX_FORM_MEMORY_SIZE=256 * 1024,
        MAX_FORM_PARTS=500,
    )
    app.jinja_env.undefined = ChainableUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    edge.init(app)
    extensions.init(app, settings)
    security.init(app, settings)
    squeezing.init(app)
    navigation.init(app)
    errors.init(app)
    _register_doors(app)
    permissions.init(app)
    return app


def _load_keys(settings: config.Settings) -> bytes:
    """Load the master keys into this process; returns the secret that signs form tokens."""
    if settings.key_file is None and not settings.keys.exists():
        crypto.generate_key_file(settings.keys)
    ring = crypto.load_key_file(settings.keys)
    if settings.production and ring.generated:
        raise config.BadSetting("production refuses a generated key: make one with `vigidom keys generate FILE`")
    crypto.use(ring)
    return ring.derive("forms")


def _register_doors(app: Flask) -> None:
    from webapp import admin, auth, centre, clinic, demo, health, hooks, landing, patient

    app.register_blueprint(health.blueprint)
    app.register_blueprint(hooks.blueprint)
    app.register_blueprint(auth.blueprint)
    app.register_blueprint(clinic.blueprint)
    app.register_blueprint(centre.blueprint)
    app.register_blueprint(patient.blueprint)
    app.register_blueprint(admin.blueprint)
    app.register_blueprint(landing.blueprint)
    if demo.is_shown(app.config["VIGIDOM"]):
        app.register_blueprint(demo.blueprint)
