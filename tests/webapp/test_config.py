"""Settings that cannot work are refused in words, before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from records import crypto
from webapp import config, create_app

PRODUCTION = {
    "VIGIDOM_MODE": "production",
    "DATABASE_URL": "postgresql://app@db/vigidom",
    "MIGRATION_DATABASE_URL": "postgresql://owner@db/vigidom",
    "VIGIDOM_KEY_FILE": "/etc/vigidom/keys.json",
    "VIGIDOM_PUBLIC_URL": "https://vigidom.example",
    "VIGIDOM_SMS_PROVIDER": "twilio",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "token",
    "TWILIO_FROM": "+33755000000",
}


def test_an_empty_environment_is_a_demonstration_on_loopback() -> None:
    settings = config.read({})
    assert (settings.mode, settings.host, settings.port) == ("demonstration", "127.0.0.1", 8000)
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.keys.parent == settings.data.parent, "the key stands beside the data, not inside"


def test_a_complete_production_environment_is_accepted() -> None:
    settings = config.read(PRODUCTION)
    assert settings.production
    assert settings.secure_cookies
    assert settings.database_url == "postgresql+psycopg://app@db/vigidom"
    assert settings.migration_database_url == "postgresql+psycopg://owner@db/vigidom"


def test_a_demonstration_may_talk_to_something_that_stands_for_twilio() -> None:
    stand_in = {"VIGIDOM_MODE": "demonstration", "TWILIO_API_URL": "http://127.0.0.1:4010"}

    assert config.read({**PRODUCTION, **stand_in}).sms_provider == "twilio"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"VIGIDOM_MODE": "prod"}, "VIGIDOM_MODE"),
        ({"VIGIDOM_MODE": ""}, "VIGIDOM_MODE=production"),
        ({"VIGIDOM_MODE": "demonstration"}, "VIGIDOM_MODE=production"),
        ({"VIGIDOM_KEY_FILE": ""}, "VIGIDOM_KEY_FILE"),
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"MIGRATION_DATABASE_URL": ""}, "MIGRATION_DATABASE_URL"),
        ({"MIGRATION_DATABASE_URL": "postgresql://app:other@db/vigidom"}, "MIGRATION_DATABASE_URL"),
        ({"VIGIDOM_PUBLIC_URL": "http://vigidom.example"}, "VIGIDOM_PUBLIC_URL"),
        ({"VIGIDOM_PUBLIC_URL": "vigidom.example"}, "VIGIDOM_PUBLIC_URL"),
        ({"VIGIDOM_SMS_PROVIDER": "console"}, "VIGIDOM_SMS_PROVIDER"),
        ({"VIGIDOM_SMS_PROVIDER": "pigeon"}, "VIGIDOM_SMS_PROVIDER"),
        ({"TWILIO_AUTH_TOKEN": " "}, "TWILIO_AUTH_TOKEN"),
        ({"TWILIO_FROM": ""}, "TWILIO_FROM"),
        ({"VIGIDOM_PORT": "0"}, "VIGIDOM_PORT"),
        ({"VIGIDOM_PORT": "٨٠"}, "VIGIDOM_PORT"),
        ({"VIGIDOM_PORT": "80000"}, "VIGIDOM_PORT"),
        ({"VIGIDOM_WEB_PROCESSES": "many"}, "VIGIDOM_WEB_PROCESSES"),
        ({"DATABASE_URL": "sqlite:///data.db"}, "DATABASE_URL"),
        ({"DATABASE_URL": "vigidom"}, "DATABASE_URL"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_by_name(change: dict[str, str], named: str) -> None:
    with pytest.raises(config.BadSetting, match=named):
        config.read({**PRODUCTION, **change})


def test_production_refuses_the_key_of_a_demonstration(tmp_path: Path) -> None:
    crypto.generate_key_file(tmp_path / "keys.json")
    settings = config.read({**PRODUCTION, "VIGIDOM_KEY_FILE": str(tmp_path / "keys.json")})

    with pytest.raises(config.BadSetting, match="generated key"):
        create_app(settings)
