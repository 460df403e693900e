"""Which provider sends the texts, and makes the calls."""

from __future__ import annotations

from sqlalchemy.orm import Session, sessionmaker

from notifications.providers import Provider
from notifications.providers.console import ConsoleProvider
from notifications.providers.console_voice import ConsoleVoice
from notifications.providers.voice import VoiceProvider
from webapp.config import Settings


def chosen(settings: Settings, sessions: sessionmaker[Session]) -> Provider:
    """The provider that the settings name; config.read has already refused the console in production."""
    if settings.sms_provider == "twilio":
        from notifications.providers.twilio import TwilioProvider  # a second of every process's start

        assert settings.twilio_account_sid
        assert settings.twilio_auth_token
        assert settings.twilio_from
        return TwilioProvider(
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token,
            sender=settings.twilio_from,
            api_url=settings.twilio_api_url,
        )
    return ConsoleProvider(sessions, production=settings.production)


def chosen_voice(settings: Settings) -> VoiceProvider:
    """The one that bridges calls: of the same house as the texts."""
    if settings.sms_provider == "twilio":
        from notifications.providers.twilio_voice import TwilioVoice  # a second, of the first call only

        assert settings.twilio_account_sid
        assert settings.twilio_auth_token
        return TwilioVoice(
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token,
            api_url=settings.twilio_api_url,
        )
    return ConsoleVoice(production=settings.production)
