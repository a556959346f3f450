"""The settings about what goes out to addresses that are not the operator's own."""

from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode

from app.setting_values import Network, split_at_commas


class OutboundSettings(BaseSettings):
    """A part of `Settings`."""

    outbound_networks: Annotated[tuple[Network, ...], NoDecode] = Field(
        (),
        description="Addresses or networks, separated by commas, to which webhooks may go although they are not "
        "public, there also by `http`. Unset, they reach the internet alone: nothing of this machine or its network.",
    )
    calendar_minutes: int = Field(
        15,
        ge=1,
        le=1440,
        description="Minutes between two looks at an external calendar.",
    )
    calendar_days: int = Field(
        21,
        ge=1,
        le=90,
        description="Days, today being the first, for which the busy times of external calendars are blocks here.",
    )
    calendar_networks: Annotated[tuple[Network, ...], NoDecode] = Field(
        (),
        description="Addresses or networks, separated by commas, that external calendars may be fetched from besides "
        "the public internet, such as `10.20.0.0/16` for a calendar server of your own.",
    )

    @field_validator("outbound_networks", "calendar_networks", mode="before")
    @classmethod
    def _outbound_networks_are_networks(cls, value: Any) -> Any:
        return tuple(ip_network(part, strict=False) for part in split_at_commas(value))
