"""The settings about messages to people."""

from typing import Annotated, Any

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

from app.messages.addressing import check
from app.messages.known_languages import FALLBACK, LANGUAGES


class MessageSettings(BaseSettings):
    """A part of `Settings`."""

    message_urls: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (),
        description="Addresses, separated by spaces, by which people are written to about their bookings, as Apprise "
        "writes them, with `{email}` or `{phone}` behind the host where the customer's goes: "
        "`mailtos://user:password@smtp.example.org?from=desk@example.org&to={email}`. Unset: nobody is written to.",
    )
    message_language: str = Field(
        FALLBACK, description="Language of messages to people who have said none, or one that there are no words for."
    )
    reminder_minutes: int = Field(
        1440,
        ge=0,
        le=40_320,
        description="Minutes before its start at which people are reminded of a booking; 0: never.",
    )

    @field_validator("message_urls", mode="before")
    @classmethod
    def _message_urls_are_words(cls, value: Any) -> Any:
        return tuple(value.split()) if isinstance(value, str) else value

    @field_validator("message_urls")
    @classmethod
    def _message_urls_can_be_filled(cls, urls: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for url in urls:
            check(url.get_secret_value())
        return urls

    @field_validator("message_language")
    @classmethod
    def _there_are_words_for_the_language(cls, value: str) -> str:
        if value.lower() not in LANGUAGES:
            raise ValueError(f"there are words for {', '.join(LANGUAGES)}")
        return value.lower()
