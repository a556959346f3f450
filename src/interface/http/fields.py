"""The kinds of value that requests are made of, each with the bounds that everyone reads in the schema."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    JsonValue,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError, to_json

from domain.definition import FIRST_DATE, IDENTIFIER, LAST_DATE, MOST, WALL_CLOCK

FIRST_YEAR: Final = FIRST_DATE.year
LAST_YEAR: Final = LAST_DATE.year
MOST_DETAILS: Final = 8 * 1024

ID_PATTERN: Final = f"^{IDENTIFIER.pattern}$"
SERIES_PATTERN: Final = r"^s-[0-9a-f]{32}$"
CUSTOMER_PATTERN: Final = r"^c-[0-9a-f]{32}$"
INSTANT_PATTERN: Final = (
    r"^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]"
    r"(:[0-5][0-9](\.[0-9]{1,6})?)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?$"
)
DATE_PATTERN: Final = r"^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
POSITION_PATTERN: Final = r"^[0-9a-zA-Z-]{1,64}\.(0|[1-9][0-9]{0,17})$"
WALL_PATTERN: Final = f"^({WALL_CLOCK.pattern})$"

_INSTANT, _DATE = (re.compile(each.replace("[12][0-9]{3}", "[0-9]{4}", 1)) for each in (INSTANT_PATTERN, DATE_PATTERN))
"""Whatever the year: of one that is too early or too late it is said which ones there are."""


def _wrong(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("daybook", sentence)


def parse_instant(value: Any) -> datetime:
    """RFC 3339, or the same without offset, which is wall-clock time of the resource."""
    if not isinstance(value, str) or len(value) > 40 or not _INSTANT.fullmatch(value):
        raise _wrong("write a time like 2026-12-01T10:00 or 2026-12-01T10:00:00+06:00")
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise _wrong("there is no such date") from None
    if not FIRST_YEAR <= parsed.year <= LAST_YEAR:
        raise _wrong(f"a year lies between {FIRST_YEAR} and {LAST_YEAR}")
    return parsed


def parse_date(value: Any) -> date:
    """An ISO date such as 2026-12-01."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise _wrong("write a date like 2026-12-01")
    try:
        parsed = date.fromisoformat(value)
    except ValueError:
        raise _wrong("there is no such date") from None
    if not FIRST_YEAR <= parsed.year <= LAST_YEAR:
        raise _wrong(f"a year lies between {FIRST_YEAR} and {LAST_YEAR}")
    return parsed


def _must_be_small(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if len(to_json(value)) > MOST_DETAILS:
        raise _wrong("details have at most 8 KiB as JSON")
    return value


def _digits(value: Any) -> Any:
    """Query parameters are text; only plain digits are a number."""
    if isinstance(value, str):
        if not re.fullmatch(r"[0-9]{1,15}", value):
            raise _wrong("write a whole number in digits")
        return int(value)
    return value


Instant = Annotated[
    datetime,
    PlainValidator(parse_instant),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": INSTANT_PATTERN,
            "description": "RFC 3339; without offset it is wall-clock time of the resource. "
            f"Years {FIRST_YEAR} to {LAST_YEAR}.",
            "examples": ["2026-12-01T10:00", "2026-12-01T10:00:00+06:00"],
        }
    ),
]
Day = Annotated[
    date,
    PlainValidator(parse_date),
    WithJsonSchema({"type": "string", "format": "date", "pattern": DATE_PATTERN, "examples": ["2026-12-01"]}),
]
ResourceId = Annotated[str, StringConstraints(pattern=ID_PATTERN), Field(examples=["moon-hospital"])]
CustomerId = Annotated[
    str, StringConstraints(pattern=CUSTOMER_PATTERN), Field(examples=["c-5f0e2d7c9b1a4e6f8a3b5c7d9e1f2a4b"])
]
SeriesId = Annotated[
    str, StringConstraints(pattern=SERIES_PATTERN), Field(examples=["s-2b4d6f8a0c1e3f5a7b9c1d3e5f7a9b1c"])
]
Units = Annotated[int, Field(ge=1, le=MOST)]
Count = Annotated[int, BeforeValidator(_digits), Field(ge=1, le=MOST)]
PageSize = Annotated[int, BeforeValidator(_digits), Field(ge=1, le=500)]
Position = Annotated[int, BeforeValidator(_digits), Field(ge=0)]
Minutes = Annotated[int, BeforeValidator(_digits), Field(ge=1, le=44_640)]
ReasonText = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Details = Annotated[
    dict[str, JsonValue],
    AfterValidator(_must_be_small),
    WithJsonSchema({"type": "object", "description": "Anything of yours, at most 8 KiB as JSON. It is sealed."}),
]
Cursor = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
