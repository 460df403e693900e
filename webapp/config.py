"""Every setting of the service, read once from the environment; README.md documents each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from records import embedded

CHECKOUT = Path(__file__).resolve().parent.parent
MODES = ("demonstration", "production")
PROVIDERS = ("console", "twilio")

SETTINGS = {
    "DATABASE_URL": "PostgreSQL 15 or newer, as the application's role; unset: an embedded server is used",
    "MIGRATION_DATABASE_URL": "the same database as its owner, for migrations; unset: DATABASE_URL",
    "VIGIDOM_MODE": "demonstration (default) or production",
    "VIGIDOM_EMPTY": "1 leaves the demonstration's database empty instead of rehearsing a cohort",
    "VIGIDOM_DATA": "folder of the embedded database; unset: .data in the checkout",
    "VIGIDOM_KEY_FILE": "file of the master keys; unset: one is generated beside the data (refused in production)",
    "VIGIDOM_PUBLIC_URL": "how patients' phones and the provider reach the service",
    "VIGIDOM_HOST": "address to listen on",
    "VIGIDOM_PORT": "port to listen on",
    "VIGIDOM_WEB_PROCESSES": "web processes",
    "VIGIDOM_PHONE_WORKER": "off takes the service worker off every phone that had it (docs/phone.md)",
    "VIGIDOM_TRUSTED_PROXIES": "how many reverse proxies stand in front and set X-Forwarded-*",
    "VIGIDOM_SMS_PROVIDER": "console (prints; demonstration only) or twilio",
    "TWILIO_ACCOUNT_SID": "Twilio account",
    "TWILIO_AUTH_TOKEN": "Twilio secret, also verifies hooks",
    "TWILIO_FROM": "sender: a number in E.164 or a messaging service SID (MG…)",
    "TWILIO_API_URL": "another address of Twilio's API, for tests",
}


class BadSetting(ValueError):
    """A setting is missing or makes no sense; the text names it and says what to do."""


@dataclass(frozen=True)
class Settings:
    database_url: str | None
    migration_database_url: str | None
    mode: str
    empty: bool
    data: Path
    key_file: Path | None
    public_url: str
    host: str
    port: int
    web_processes: int
    phone_worker: bool
    trusted_proxies: int
    sms_provider: str
    twilio_account_sid: str | None
    twilio_auth_token: str | None
    twilio_from: str | None
    twilio_api_url: str | None

    @property
    def production(self) -> bool:
        return self.mode == "production"

    @property
    def secure_cookies(self) -> bool:
        return urlsplit(self.public_url).scheme == "https"

    @property
    def keys(self) -> Path:
        """The key file: the one set, or a generated one beside (never inside) the data folder."""
        return self.key_file or self.data.with_name(f"{self.data.name}.keys.json")


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment. Raises BadSetting for a value that cannot work, before anything starts."""

    def get(name: str) -> str | None:
        return environ.get(name, "").strip() or None

    port = _number(get("VIGIDOM_PORT"), "VIGIDOM_PORT", 8000, 1, 65535)
    host = get("VIGIDOM_HOST") or "127.0.0.1"
    data, key_file = get("VIGIDOM_DATA"), get("VIGIDOM_KEY_FILE")
    settings = Settings(
        database_url=_psycopg(get("DATABASE_URL")),
        migration_database_url=_psycopg(get("MIGRATION_DATABASE_URL") or get("DATABASE_URL")),
        mode=_choice(get("VIGIDOM_MODE"), "VIGIDOM_MODE", MODES),
        empty=get("VIGIDOM_EMPTY") == "1",
        data=Path(data).resolve() if data else embedded.data_folder(CHECKOUT),
        key_file=Path(key_file) if key_file else None,
        public_url=(get("VIGIDOM_PUBLIC_URL") or f"http://{host}:{port}").rstrip("/"),
        host=host,
        port=port,
        web_processes=_number(get("VIGIDOM_WEB_PROCESSES"), "VIGIDOM_WEB_PROCESSES", 2, 1, 64),
        phone_worker=_choice(get("VIGIDOM_PHONE_WORKER"), "VIGIDOM_PHONE_WORKER", ("on", "off")) == "on",
        trusted_proxies=_number(get("VIGIDOM_TRUSTED_PROXIES"), "VIGIDOM_TRUSTED_PROXIES", 0, 0, 5),
        sms_provider=_choice(get("VIGIDOM_SMS_PROVIDER"), "VIGIDOM_SMS_PROVIDER", PROVIDERS),
        twilio_account_sid=get("TWILIO_ACCOUNT_SID"),
        twilio_auth_token=get("TWILIO_AUTH_TOKEN"),
        twilio_from=get("TWILIO_FROM"),
        twilio_api_url=get("TWILIO_API_URL"),
    )
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    if urlsplit(settings.public_url).scheme not in ("http", "https"):
        raise BadSetting("VIGIDOM_PUBLIC_URL must start with https:// (or http:// for a demonstration)")
    if settings.production:
        _check_roles(settings)
        if settings.key_file is None:
            raise BadSetting("production needs VIGIDOM_KEY_FILE: make one with `vigidom keys generate FILE`")
        if settings.sms_provider == "console":
            raise BadSetting("production cannot use the console provider: set VIGIDOM_SMS_PROVIDER=twilio")
        if not settings.secure_cookies:
            raise BadSetting("production needs an https:// VIGIDOM_PUBLIC_URL")
    if settings.sms_provider == "twilio":
        if not settings.production and settings.twilio_api_url is None:
            raise BadSetting("twilio reaches people, whom a demonstration does not protect: VIGIDOM_MODE=production")
        for name in ("twilio_account_sid", "twilio_auth_token", "twilio_from"):
            if not getattr(settings, name):
                raise BadSetting(f"VIGIDOM_SMS_PROVIDER=twilio needs {name.upper()}")


def _check_roles(settings: Settings) -> None:
    """In production the application works as a role that cannot rewrite the audit trail: never as the owner."""
    application, owner = settings.database_url, settings.migration_database_url
    if application is None or owner is None:
        raise BadSetting("production needs a PostgreSQL of its own: set DATABASE_URL")
    if urlsplit(application).username == urlsplit(owner).username:
        raise BadSetting("production needs two roles: set MIGRATION_DATABASE_URL to the owner, DATABASE_URL to another")


def _psycopg(url: str | None) -> str | None:
    """SQLAlchemy's driver name in front of the address that hospitals write as postgres:// or postgresql://."""
    if url is None:
        return None
    scheme, found, rest = url.partition("://")
    if not found or scheme.split("+")[0] not in ("postgres", "postgresql"):
        raise BadSetting("DATABASE_URL must be a PostgreSQL address: postgresql://user@host/database")
    return f"postgresql+psycopg://{rest}"


def _choice(value: str | None, name: str, allowed: tuple[str, ...]) -> str:
    if value is None:
        return allowed[0]
    if value not in allowed:
        raise BadSetting(f"{name} must be one of {', '.join(allowed)}")
    return value


def _number(value: str | None, name: str, default: int, least: int, most: int) -> int:
    if value is None:
        return default
    if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
        raise BadSetting(f"{name} must be a whole number from {least} to {most}")
    return int(value)
