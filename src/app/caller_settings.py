"""The settings about who may call, from where and how much."""

from ipaddress import ip_network
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode

from app.setting_values import Network, split_at_commas


class CallerSettings(BaseSettings):
    """A part of `Settings`."""

    rate_limit: float | None = Field(
        2000.0,
        description="Requests a second for one caller (the verified subject, else the address), or `off`. "
        "A person with the page open causes a few, an agent for a busy website some hundreds; a program that "
        "runs wild thousands. Each of several workers lets pass its share.",
    )
    live_streams: int = Field(
        2_000,
        ge=1,
        le=100_000,
        description="Live streams that may be open at each worker; beyond, the answer is `busy`. Each is a connection, "
        "and takes some 40 KB.",
    )
    live_streams_each: int = Field(
        100,
        ge=1,
        le=100_000,
        description="Live streams that one caller (the verified subject, else the address) may have open at each "
        "worker. A page has one; many pages may share an address.",
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        (),
        description="Addresses or networks of your reverse proxies, separated by commas: from them, and from "
        "nobody else, `X-Forwarded-For` is believed.",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Origins whose pages may call the API from a browser, such as `https://example.org`, "
        "separated by commas; `*` is all of them.",
    )

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: Any) -> Any:
        return split_at_commas(value)

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, value: Any) -> Any:
        return tuple(ip_network(part, strict=False) for part in split_at_commas(value))

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            parts = urlsplit(origin)
            is_origin = parts.scheme in {"http", "https"} and origin == f"{parts.scheme}://{parts.netloc}"
            if origin != "*" and not (is_origin and parts.hostname):
                raise ValueError(f"{origin!r} is no origin: write it as https://example.org, without a path")
        return origins

    @field_validator("rate_limit", mode="before")
    @classmethod
    def _off(cls, value: Any) -> Any:
        return None if isinstance(value, str) and value.strip().lower() == "off" else value

    @field_validator("rate_limit")
    @classmethod
    def _rate_is_positive(cls, rate: float | None) -> float | None:
        if rate is not None and not 0 < rate < float("inf"):
            raise ValueError("write requests a second, more than 0, or `off`")
        return rate
