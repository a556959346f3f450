"""What requests about series may say."""

import re
from datetime import datetime
from typing import Annotated, Any, Final, Self

from pydantic import ConfigDict, Field, PlainValidator, StringConstraints, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from app.recurrence import LONGEST_TEXT, wrong
from domain.series import OnConflict
from interface.http.addresses import BOOKING_ID
from interface.http.automatic import AnyBookingBody
from interface.http.fields import INSTANT_PATTERN, ReasonText, parse_instant
from interface.http.models import Said

_BOOKING: Final = re.compile(BOOKING_ID)
RuleText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_TEXT),
    Field(
        description="A rule of RFC 5545 (3.3.10): daily or slower, with COUNT or UNTIL, at most 100 dates, the first "
        "of which is that of the start. Each date is booked at the same time on the wall clock.",
        examples=["FREQ=WEEKLY;BYDAY=TU;COUNT=10"],
    ),
]


_SCHEMA: Final[Any] = AnyBookingBody.model_config["json_schema_extra"]


class RepeatableBody(AnyBookingBody):
    """A booking; or with `repeat`, unless it is of `any_of` several places, a series of them."""

    model_config = ConfigDict(
        json_schema_extra={
            **_SCHEMA,
            "dependentRequired": {"on_conflict": ["repeat"]},
            "not": {"required": ["any_of", "repeat"]},
            "examples": [
                *_SCHEMA["examples"],
                {
                    "resource": "moon-hospital",
                    "start": "2026-12-01T10:00",
                    "repeat": "FREQ=WEEKLY;BYDAY=TU;COUNT=10",
                    "on_conflict": "skip",
                },
            ],
        }
    )
    repeat: RuleText | None = None
    on_conflict: OnConflict = Field(
        default="refuse",
        description="When a date cannot be booked: refuse them all, or skip it.",
    )

    @model_validator(mode="after")
    def _conflicts_of_series_alone(self) -> Self:
        if self.repeat is None and "on_conflict" in self.model_fields_set:
            raise PydanticCustomError("daybook", "on_conflict goes with repeat")
        if self.repeat is not None and self.any_of is not None:
            raise PydanticCustomError("daybook", "repeat goes with resource or legs, not with any_of")
        return self

    def must_not_repeat(self) -> None:
        """Raises Refused (`malformed`) for a series, which cannot be held."""
        if self.repeat is not None:
            raise wrong("a series cannot be held, only a booking; book the series at /v1/bookings")


def _somewhere(value: Any) -> str | datetime:
    """A booking's id, or a time."""
    if isinstance(value, str) and _BOOKING.fullmatch(value):
        return value
    try:
        return parse_instant(value)
    except PydanticCustomError:
        sentence = "write a booking's id, or a time like 2026-12-01T10:00 or 2026-12-01T10:00:00+06:00"
        raise PydanticCustomError("daybook", sentence) from None


Somewhere = Annotated[
    str | datetime,
    PlainValidator(_somewhere),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "pattern": BOOKING_ID}, {"type": "string", "pattern": INSTANT_PATTERN}],
            "description": "One of its bookings, or a time (without offset: wall clock as the series has it).",
        }
    ),
]


class CancelSeriesBody(Said):
    """From where on to give a series up; without `from`: what begins from now on. The reason is sealed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"from": "2026-12-15T00:00", "reason": "moved away"}]})
    from_: Annotated[Somewhere | None, Field(alias="from")] = None
    reason: ReasonText | None = None
