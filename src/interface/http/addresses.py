"""Ids and dates in paths. One that cannot be is answered like one that is not there."""

import re
from datetime import date
from typing import Final

from pydantic_core import PydanticCustomError

from domain.definition import IDENTIFIER
from domain.refusal import Refused
from interface.http.fields import parse_date
from interface.http.parsing import WebRequest
from interface.http.problems import malformed

BOOKING_ID: Final = r"^b-[0-9a-f]{32}$"
CUSTOMER_ID: Final = r"^c-[0-9a-f]{32}$"
BLOCK_ID: Final = r"^k-[0-9a-f]{32}$"
_BOOKING, _CUSTOMER, _BLOCK = re.compile(BOOKING_ID), re.compile(CUSTOMER_ID), re.compile(BLOCK_ID)


def resource_in(request: WebRequest) -> str:
    """The path's resource. Raises Refused (`unknown-resource`)."""
    given: str = request.scope["path_params"]["resource"]
    if IDENTIFIER.fullmatch(given) is None:
        raise Refused("unknown-resource", "There is no such resource.")
    return given


def booking_in(request: WebRequest) -> str:
    """The path's booking. Raises Refused (`unknown-booking`)."""
    given: str = request.scope["path_params"]["booking"]
    if _BOOKING.fullmatch(given) is None:
        raise Refused("unknown-booking", "There is no such booking, or it is not yours.")
    return given


def customer_in(request: WebRequest) -> str:
    """The path's customer. Raises Refused (`unknown-customer`)."""
    given: str = request.scope["path_params"]["customer"]
    if _CUSTOMER.fullmatch(given) is None:
        raise Refused("unknown-customer", "There is no such customer.")
    return given


def block_in(request: WebRequest) -> str:
    """The path's block. Raises Refused (`unknown-block`)."""
    given: str = request.scope["path_params"]["block"]
    if _BLOCK.fullmatch(given) is None:
        raise Refused("unknown-block", "There is no such block.")
    return given


def date_in(request: WebRequest) -> date:
    """The path's date. Raises Declined (`malformed`)."""
    try:
        return parse_date(request.scope["path_params"]["date"])
    except PydanticCustomError as error:
        raise malformed("date", error.message()) from None
