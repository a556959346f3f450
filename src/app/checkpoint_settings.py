"""The settings about checkpoints: what signs them, and where they go by themselves."""

import shlex
from typing import Annotated, Any

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

from app.setting_values import decoded_key, split_at_commas
from app.web_addresses import is_safe_address


class CheckpointSettings(BaseSettings):
    """A part of `Settings`."""

    checkpoint_key: SecretStr | None = Field(
        None,
        description="32 bytes in base64 (`openssl rand -base64 32`): the Ed25519 key that signs checkpoints. Unset on "
        "the embedded store: a file `checkpoint.key` in the data folder, made at its first use.",
    )
    checkpoint_public_keys: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Public keys, in base64 and separated by commas, that signed checkpoints of before: with them "
        "those can still be verified. In a data folder the file `checkpoint.keys` knows them by itself.",
    )
    checkpoint_url: str | None = Field(
        None,
        repr=False,
        description="Address to which a checkpoint is sent (POST, JSON) every `DAYBOOK_CHECKPOINT_MINUTES`, `https` "
        "unless on this machine; best one where nobody of this house can delete anything.",
    )
    checkpoint_command: str | None = Field(
        None,
        min_length=1,
        description="Program, with its options, that is run every `DAYBOOK_CHECKPOINT_MINUTES` with a checkpoint on "
        "its standard input; no shell reads it. Exit status 0 says that it was kept.",
    )
    checkpoint_minutes: float = Field(
        60, gt=0, le=10_080, description="Minutes between two checkpoints that are sent or handed to a command."
    )

    @field_validator("checkpoint_public_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: Any) -> Any:
        return split_at_commas(value)

    @field_validator("checkpoint_key")
    @classmethod
    def _signing_key_is_whole(cls, key: SecretStr | None) -> SecretStr | None:
        try:
            if key is not None:
                decoded_key(key.get_secret_value())
        except ValueError as error:
            raise ValueError(f"{error}; `openssl rand -base64 32` makes one") from None
        return key

    @field_validator("checkpoint_public_keys")
    @classmethod
    def _public_keys_are_whole(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        for key in keys:
            try:
                decoded_key(key)
            except ValueError as error:
                raise ValueError(f"{error}; `daybook checkpoint` tells the public key that it signs with") from None
        return keys

    @field_validator("checkpoint_url")
    @classmethod
    def _checkpoints_go_safely(cls, url: str | None) -> str | None:
        if url is not None and not is_safe_address(url):
            raise ValueError("checkpoints are sent to an https:// address alone; http is for this machine")
        return url

    @field_validator("checkpoint_command")
    @classmethod
    def _command_can_be_split(cls, command: str | None) -> str | None:
        try:
            if command is not None and not shlex.split(command):
                raise ValueError("it names no program")
        except ValueError as error:
            raise ValueError(f"it cannot be read as a command ({str(error).lower()})") from None
        return command

    @property
    def sends_checkpoints(self) -> bool:
        """Whether checkpoints go somewhere by themselves."""
        return self.checkpoint_url is not None or self.checkpoint_command is not None
