"""Ids and dates in paths. One that cannot be is answered like one that is not there."""

import re
from datetime import date
from typing import Final

from pydantic_core import PydanticCustomError

from app.calendars.feeds import SECRET_PATTERN
from domain.definition import IDENTIFIER
from domain.refusal import Refused
from interface.http.fields import SERIES_PATTERN, parse_date
from interface.http.parsing import WebRequest
from interface.http.problems import Declined, malformed

BOOKING_ID: Final = r"^b-[0-9a-f]{32}$"
SERIES_ID: Final = SERIES_PATTERN
CUSTOMER_ID: Final = r"^c-[0-9a-f]{32}$"
COMMAND_ID: Final = r"^[0-9a-f]{32}$"
BLOCK_ID: Final = r"^k-[0-9a-f]{32}$"
CALENDAR_ENDING: Final = ".ics"
FEED_NAME: Final = rf"^{SECRET_PATTERN}\.ics$"
_FEED = re.compile(FEED_NAME)
CALENDAR_ID: Final = r"^x-[0-9a-f]{32}$"
WISH_ID: Final = r"^w-[0-9a-f]{32}$"
WEBHOOK_ID: Final = r"^h-[0-9a-f]{32}$"
_BOOKING, _CUSTOMER, _BLOCK = re.compile(BOOKING_ID), re.compile(CUSTOMER_ID), re.compile(BLOCK_ID)
_CALENDAR = re.compile(CALENDAR_ID)
_WISH, _WEBHOOK = re.compile(WISH_ID), re.compile(WEBHOOK_ID)
_SERIES = re.compile(SERIES_ID)


def resource_in(request: WebRequest) -> str:
    """The path's resource. Raises Refused (`unknown-resource`)."""
    given: str = request.scope["path_params"]["resource"]
    if IDENTIFIER.fullmatch(given) is None:
        raise Refused("unknown-resource", "There is no such resource.")
    return given


def booking_in(request: WebRequest) -> str:
    """The path's booking, also where its calendar is asked for. Raises Refused (`unknown-booking`)."""
    given: str = request.scope["path_params"].get("booking", "").removesuffix(CALENDAR_ENDING)
    if _BOOKING.fullmatch(given) is None:
        raise Refused("unknown-booking", "There is no such booking, or it is not yours.")
    return given


def series_in(request: WebRequest) -> str:
    """The path's series. Raises Refused (`unknown-series`)."""
    given: str = request.scope["path_params"]["series"]
    if _SERIES.fullmatch(given) is None:
        raise Refused("unknown-series", "There is no such series, or it is not yours.")
    return given


def webhook_in(request: WebRequest) -> str:
    """The path's webhook. Raises Declined (`unknown-webhook`)."""
    given: str = request.scope["path_params"]["webhook"]
    if _WEBHOOK.fullmatch(given) is None:
        raise Declined("unknown-webhook", "There is no such webhook.")
    return given


def customer_in(request: WebRequest) -> str:
    """The path's customer. Raises Refused (`unknown-customer`)."""
    given: str = request.scope["path_params"]["customer"]
    if _CUSTOMER.fullmatch(given) is None:
        raise Refused("unknown-customer", "There is no such customer.")
    return given


def asks_for_calendar(request: WebRequest) -> bool:
    """Whether the path's booking is asked for as a calendar: the framework takes a path's part as a whole."""
    given: str = request.scope["path_params"]["booking"]
    return given.endswith(CALENDAR_ENDING)


def secret_in(request: WebRequest) -> str:
    """The secret of the path's calendar feed. Raises Declined (`unknown-feed`)."""
    given: str = request.scope["path_params"]["feed"]
    if _FEED.fullmatch(given) is None:
        raise unknown_feed()
    return given.removesuffix(CALENDAR_ENDING)


def unknown_feed() -> Declined:
    """The problem of an address that leads nowhere, which says nothing of why."""
    return Declined("unknown-feed", "There is no such calendar feed, or not any more. Make a new address for it.")


def block_in(request: WebRequest) -> str:
    """The path's block. Raises Refused (`unknown-block`)."""
    given: str = request.scope["path_params"]["block"]
    if _BLOCK.fullmatch(given) is None:
        raise Refused("unknown-block", "There is no such block.")
    return given


def calendar_in(request: WebRequest) -> str:
    """The path's external calendar. Raises Declined (`unknown-calendar`)."""
    given: str = request.scope["path_params"]["calendar"]
    if _CALENDAR.fullmatch(given) is None:
        raise unknown_calendar()
    return given


def unknown_calendar() -> Declined:
    """The problem of an external calendar that is not there."""
    return Declined("unknown-calendar", "There is no such external calendar on this resource, or not any more.")


def wish_in(request: WebRequest) -> str:
    """The path's wish. Raises Refused (`unknown-wish`)."""
    given: str = request.scope["path_params"]["wish"]
    if _WISH.fullmatch(given) is None:
        raise Refused("unknown-wish", "There is no such wish in line.")
    return given


def date_in(request: WebRequest) -> date:
    """The path's date. Raises Declined (`malformed`)."""
    try:
        return parse_date(request.scope["path_params"]["date"])
    except PydanticCustomError as error:
        raise malformed("date", error.message()) from None
