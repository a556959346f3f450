"""Settings: what the people who run Daybook can choose, all of it as `DAYBOOK_*` environment variables."""

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from app.caller_settings import CallerSettings
from app.checkpoint_settings import CheckpointSettings
from app.log.schema import schema_name as checked_schema_name
from app.message_settings import MessageSettings
from app.outbound_settings import OutboundSettings
from app.setting_values import SECRET_BYTES, decoded_keys, split_at_commas
from app.web_addresses import is_safe_address, origin_of

PREFIX = "DAYBOOK_"
_OPTIONS = {
    "PORT": "`daybook serve --port`, or with `make run PORT=8080`",
    "HOST": "`daybook serve --host`",
    "WORKERS": "`daybook serve --workers`",
    "DEMO": "`daybook serve --demo`",
}


class SettingsError(Exception):
    """A setting that cannot be. The message is one sentence a line, and repeats no value that may be secret."""


class Settings(CallerSettings, OutboundSettings, MessageSettings, CheckpointSettings):
    """Read from the environment; arguments take precedence. `load_settings` says errors in sentences."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_by_name=True,
        validate_by_alias=True,
    )

    data: Path = Field(
        Path("daybook-data"),
        description="Folder of the embedded store: the log, the read models, the master key and the token "
        "secret. One service has it for itself. With `DAYBOOK_DATABASE_URL` nothing is kept there.",
    )
    database_url: str | None = Field(
        None,
        repr=False,
        description="`postgresql://user:password@host/database`, what is special in the password percent-encoded: "
        "keep everything in PostgreSQL, for as many services as you like. Needs `DAYBOOK_MASTER_KEY`, and `daybook "
        "migrate` once.",
    )
    schema_name: str = Field(
        "daybook",
        validation_alias=f"{PREFIX}SCHEMA",
        description="PostgreSQL schema of this venue: small letters, digits and `_`.",
    )
    postgres_tools: Path | None = Field(
        None,
        description="Folder with PostgreSQL's `pg_dump` and `pg_restore`, no older than the server, for "
        "`daybook backup` and `daybook restore`. Unset: those on `PATH`.",
    )
    secret: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (),
        description="Secret that signs tokens (HS256), at least 32 bytes without a comma. While you change it: "
        "`new,old`; the first one signs, all of them verify. Unset on the embedded store: a file "
        "`token.secret` in the data folder, made by the first start. Not together with `DAYBOOK_JWKS_URL`.",
    )
    jwks_url: str | None = Field(
        None,
        description="Address of your identity provider's signing keys (JWKS), `https` unless on this machine. "
        "Tokens are then verified with RS256, ES256 or EdDSA, and HS256 is off. Needs `DAYBOOK_ISSUER`.",
    )
    issuer: str | None = Field(
        None,
        description="The `iss` that every token must carry. Part of who a person is: changing it makes "
        "everybody somebody new.",
    )
    audience: str | None = Field(
        None,
        description="The `aud` that every token must carry. Set it with an identity provider that serves other "
        "applications, too, or their tokens work here.",
    )
    client_id: str | None = Field(
        None,
        min_length=1,
        description="Daybook's client id at your identity provider (OpenID Connect): with it people sign in on the "
        "page. Register `<DAYBOOK_PUBLIC_URL>/sign-in/callback` there. Needs `DAYBOOK_JWKS_URL`, `DAYBOOK_ISSUER` and "
        "`DAYBOOK_PUBLIC_URL`.",
    )
    client_secret: SecretStr | None = Field(
        None, description="The secret that belongs to `DAYBOOK_CLIENT_ID`. Unset: a public client, PKCE alone."
    )
    sign_in_scope: str = Field(
        "openid profile",
        description="Scopes that the page asks the identity provider for, separated by spaces; `openid` among them. "
        "Some providers put `roles` into the ID token only when a scope of their own is asked for.",
    )
    public_url: str | None = Field(
        None,
        description="Where people reach the page, such as `https://book.example.org`, without a path: `https` unless "
        "on this machine. Changes by the page's session are accepted from there alone.",
    )
    session_secret: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (),
        description="Secret that seals the page's sessions, at least 32 bytes without a comma. While you change it: "
        "`new,old`; `new` alone ends every session at once. Unset: it follows from the master key.",
    )
    place_name: str = Field(
        "Daybook", min_length=1, max_length=100, description="Name of your place, as the page shows it."
    )
    master_key: SecretStr | None = Field(
        None,
        description="32 bytes in base64 (`openssl rand -base64 32`) under which people's own keys are kept. "
        "Required on PostgreSQL. Unset on the embedded store: a file `master.key` in the data folder, made by "
        "the first start. While you change it (`daybook keys rotate`): `new,old`; the first wraps, all of them open. "
        "Whoever loses it can read no details any more.",
    )
    erasures: Path | None = Field(
        None,
        description="File that lists who was erased, outside the store: after a restore of an older backup they are "
        "erased again. Unset on the embedded store: `erasures.jsonl` in the data folder. Unset on PostgreSQL there is "
        "none: name a file that all services share. Keep a copy of it that is newer than your backups.",
    )
    retention_days: int | None = Field(
        None,
        ge=1,
        le=36_500,
        description="Days after their last booking's end at which people are erased. Unset: nobody is by time alone.",
    )
    max_holds: int = Field(3, ge=1, le=1000, description="Live holds that one customer may have in all.")
    max_wishes: int = Field(3, ge=1, le=1000, description="Wishes that one customer may have in lines in all.")
    keep_refusals_days: int = Field(90, ge=1, le=36_500, description="Days that refusals are kept: who, what and why.")
    keep_disclosures_days: int = Field(
        730, ge=1, le=36_500, description="Days that it is kept who was shown whose details, reasons and profile."
    )
    metrics: bool = Field(True, description="Whether there are metrics, at `/metrics`.")
    metrics_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Port on which `/metrics` answers instead of on the service's own, for all processes together; "
        "0 takes a free one.",
    )
    metrics_host: str = Field(
        "127.0.0.1",
        description="Address that `DAYBOOK_METRICS_PORT` belongs to. Any other than this machine's own needs a "
        "firewall before it.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least important log lines that are written."
    )
    clock_tolerance: float = Field(
        1.0,
        gt=0,
        le=60,
        description="Seconds that this machine's clock may be off the database's; beyond, the process is not "
        "ready and writes nothing.",
    )
    queue_size: int = Field(
        10_000,
        ge=20,
        description="Commands that may wait; beyond, the answer is `busy`. One caller may fill a twentieth.",
    )
    batch_size: int = Field(512, ge=1, le=10_000, description="Commands decided and stored in one append.")
    cache_size: int = Field(
        50_000, ge=100, description="Streams (resource-days, bookings, ...) that the writer keeps in memory."
    )

    @field_validator("secret", "session_secret", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return split_at_commas(value)

    @field_validator("secret", "session_secret")
    @classmethod
    def _secrets_are_long(cls, secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(secret.get_secret_value().encode()) < SECRET_BYTES for secret in secrets):
            raise ValueError(f"each secret needs at least {SECRET_BYTES} bytes; `openssl rand -hex 32` makes one")
        return secrets

    @field_validator("master_key")
    @classmethod
    def _master_key_is_whole(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            try:
                decoded_keys(key.get_secret_value())
            except ValueError as error:
                raise ValueError(f"{error}; `openssl rand -base64 32` makes one") from None
        return key

    @field_validator("log_level", mode="before")
    @classmethod
    def _small_letters(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("schema_name")
    @classmethod
    def _schema_needs_no_quotes(cls, name: str) -> str:
        return checked_schema_name(name)

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("postgresql://", "postgres://")):
            raise ValueError("only PostgreSQL can be named here, as postgresql://user@host/database")
        if url is not None:
            from app.log.postgres_url import parts_of  # its library takes a while, and the embedded store needs none

            parts_of(url)
        return url

    @field_validator("jwks_url")
    @classmethod
    def _keys_come_safely(cls, url: str | None) -> str | None:
        if url is not None and not is_safe_address(url):
            raise ValueError("keys that tokens are verified with must come from an https:// address")
        return url

    @field_validator("public_url")
    @classmethod
    def _page_is_reached_safely(cls, url: str | None) -> str | None:
        return None if url is None else origin_of(url)

    @field_validator("sign_in_scope")
    @classmethod
    def _scope_is_of_openid(cls, scope: str) -> str:
        if "openid" not in scope.split():
            raise ValueError("without `openid` among the scopes there is no ID token")
        return scope

    @model_validator(mode="after")
    def _tokens_come_from_one_place(self) -> "Settings":
        if self.jwks_url and self.secret:
            raise ValueError("Set either DAYBOOK_JWKS_URL or DAYBOOK_SECRET: with an identity provider HS256 is off.")
        if self.jwks_url and not self.issuer:
            raise ValueError("DAYBOOK_JWKS_URL needs DAYBOOK_ISSUER, the `iss` in your provider's tokens.")
        return self

    @model_validator(mode="after")
    def _people_can_sign_in(self) -> "Settings":
        if self.client_secret and not self.client_id:
            raise ValueError("DAYBOOK_CLIENT_SECRET needs DAYBOOK_CLIENT_ID, whose secret it is.")
        if self.client_id is None:
            return self
        if not (self.jwks_url and self.public_url):
            raise ValueError("DAYBOOK_CLIENT_ID needs DAYBOOK_JWKS_URL, DAYBOOK_ISSUER and DAYBOOK_PUBLIC_URL.")
        if not is_safe_address(str(self.issuer)):
            raise ValueError("DAYBOOK_CLIENT_ID needs a DAYBOOK_ISSUER that is an https:// address.")
        return self

    @model_validator(mode="after")
    def _metrics_are_on_or_off(self) -> "Settings":
        if self.metrics_port is not None and not self.metrics:
            raise ValueError(
                "DAYBOOK_METRICS=false leaves nothing for DAYBOOK_METRICS_PORT: unset one of them. "
                "The port alone takes /metrics off the service's own address."
            )
        return self

    @model_validator(mode="after")
    def _checkpoints_are_signed(self) -> "Settings":
        if self.sends_checkpoints and not self.is_embedded and self.checkpoint_key is None:
            raise ValueError("DAYBOOK_CHECKPOINT_URL and DAYBOOK_CHECKPOINT_COMMAND need DAYBOOK_CHECKPOINT_KEY.")
        return self

    @property
    def is_embedded(self) -> bool:
        """Whether the store is files in the data folder."""
        return self.database_url is None


class ListedSetting(NamedTuple):
    """A setting as the documentation lists it; `default` as one would write it in the environment."""

    name: str
    default: str
    description: str


def load_settings(**overrides: Any) -> Settings:
    """The settings of this process; arguments take precedence. Raises SettingsError with all that is wrong."""
    known = [entry.name for entry in listed_settings()]
    unknown = [name for name in sorted(os.environ) if name.upper().startswith(PREFIX) and name.upper() not in known]
    faults = [f"{name} is not a setting of Daybook.{_instead(name.upper(), known)}" for name in unknown]
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        # `DAYBOOK_SCHEMA_NAME` is no setting, but pydantic reads it as one; it has been told of already.
        told = {name.upper().removeprefix(PREFIX).lower() for name in unknown}
        faults += [_sentence(dict(part)) for part in error.errors() if told.isdisjoint(part["loc"])]
    if faults:
        raise SettingsError("\n".join(faults))
    return settings


def environment_of_others() -> dict[str, str]:
    """This process's environment for a program that it starts: without settings, some of which are keys."""
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(PREFIX)}


def listed_settings() -> list[ListedSetting]:
    """Every setting, in the order in which they are documented: those of this file, then part by part."""
    names = [
        name
        for part in (Settings, *Settings.__bases__)
        for name in part.__annotations__
        if name in Settings.model_fields
    ]
    return [
        ListedSetting(_variable(name), _written(name, field.default), field.description or "")
        for name, field in ((name, Settings.model_fields[name]) for name in names)
    ]


def _variable(field: str) -> str:
    alias = Settings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else f"{PREFIX}{field.upper()}"


def _written(field: str, default: Any) -> str:
    if field == "rate_limit":
        return f"{default:g}"
    if default is None or default == ():
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default)


def _instead(name: str, known: list[str]) -> str:
    """What else an unknown variable may have meant: an option of the command line, or a setting of nearly that name."""
    wanted = name.removeprefix(PREFIX)
    if wanted in _OPTIONS:
        return f" Say it with {_OPTIONS[wanted]}."
    near = get_close_matches(wanted, [each.removeprefix(PREFIX) for each in known], n=1)
    return f" Did you mean {PREFIX}{near[0]}?" if near else " docs/settings.md lists them all."


def _sentence(error: dict[str, Any]) -> str:
    reason = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    if not error["loc"]:
        return reason if reason.endswith("?") else f"{reason}."
    field = str(error["loc"][0])
    name = _variable(field) if field in Settings.model_fields else field.upper()
    return f"{name} cannot be used: {reason[:1].lower()}{reason[1:]}."
