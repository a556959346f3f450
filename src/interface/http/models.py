"""What requests may say. Unknown fields are refused, types are strict, everything has its bounds."""

from datetime import date
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from app.people import one_line
from domain.definition import ONE_LINE, POLICY_BOUNDS, Definition, Visibility
from domain.leg import WantedLeg
from domain.plan import DateException, Policy, Weekday
from interface.http.fields import (
    WALL_PATTERN,
    CustomerId,
    Day,
    Details,
    Instant,
    ReasonText,
    ResourceId,
    Units,
)

WallTime = Annotated[str, StringConstraints(pattern=WALL_PATTERN)]
WindowList = Annotated[list[Annotated[list[WallTime], Field(min_length=2, max_length=2)]], Field(max_length=288)]
AttributeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
AttributeValue = Annotated[str, StringConstraints(max_length=200)] | bool | int | float
Name = Annotated[
    str,
    Field(min_length=1, max_length=200, json_schema_extra={"pattern": f"^{ONE_LINE.pattern}$"}),
    AfterValidator(one_line),
]


class Said(BaseModel):
    """A request's body, or a part of one."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


def _wrong(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("daybook", sentence)


class LegBody(Said):
    """One leg of a booking. `end` left out: the resource's shortest length."""

    resource: ResourceId
    start: Instant
    end: Instant | None = None
    units: Units = 1

    def wanted(self) -> WantedLeg:
        """The same in the domain's words."""
        return WantedLeg(self.resource, self.start, self.end, self.units)


Legs = Annotated[list[LegBody], Field(min_length=1, max_length=10)]


class BookingBody(Said):
    """A booking or a hold: `resource` and `start` (and `end`, `units`), or `legs` instead of them."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["resource", "start"], "not": {"required": ["legs"]}}, {"required": ["legs"]}],
            "examples": [
                {"resource": "moon-hospital", "start": "2026-12-01T10:00", "details": {"patient": "A. Nother"}},
                {
                    "legs": [{"resource": "room-101", "start": "2026-12-01T10:00", "end": "2026-12-01T11:00"}],
                    "party": 4,
                },
            ],
        }
    )
    _of_one_leg: ClassVar[tuple[str, ...]] = ("resource", "start", "end", "units")

    resource: ResourceId | None = None
    start: Instant | None = None
    end: Instant | None = None
    units: Units = 1
    legs: Legs | None = None
    party: Units = 1
    customer: CustomerId | None = Field(default=None, description="For staff and agents: whom it is for.")
    details: Details | None = None

    @model_validator(mode="after")
    def _one_way_or_the_other(self) -> Self:
        self._must_be_one_way()
        return self

    def _must_be_one_way(self) -> None:
        if self.legs is None:
            if self.resource is None or self.start is None:
                raise _wrong("say resource and start, or legs")
        elif not self.model_fields_set.isdisjoint(self._of_one_leg):
            raise _wrong("say either resource, start, end and units, or legs; not both")

    def wanted(self) -> tuple[WantedLeg, ...]:
        """The legs in the domain's words."""
        if self.legs is not None:
            return tuple(leg.wanted() for leg in self.legs)
        assert self.resource is not None  # noqa: S101 - checked by the validator above
        assert self.start is not None  # noqa: S101 - the same
        return (WantedLeg(self.resource, self.start, self.end, self.units),)


class MoveBody(Said):
    """Where a booking moves to: what changes of its only leg, or all `legs`."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["start"], "not": {"required": ["legs"]}}, {"required": ["legs"]}],
            "examples": [{"start": "2026-12-01T11:00"}],
        }
    )

    start: Instant | None = None
    end: Instant | None = None
    resource: ResourceId | None = None
    units: Units | None = None
    legs: Legs | None = None

    @model_validator(mode="after")
    def _one_way_or_the_other(self) -> Self:
        if self.legs is None and self.start is None:
            raise _wrong("say start, or legs")
        if self.legs is not None and self.model_fields_set - {"legs"}:
            raise _wrong("say either start, end, resource and units, or legs; not both")
        return self


class ConfirmBody(Said):
    """What turns a hold into a booking."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"details": {"patient": "A. Nother"}}]})
    details: Details | None = None


class ReasonBody(Said):
    """Why; sealed, so that only those concerned can read it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "moved to another town"}]})
    reason: ReasonText | None = None


class ExternalCalendarBody(Said):
    """A calendar elsewhere: where its feed (iCalendar) is, by `https`; `webcal` stands for it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"url": "https://calendar.example.org/private-0c9d4be7/basic.ics"}]}
    )
    url: Annotated[str, StringConstraints(min_length=1, max_length=2_000)]

    def address(self) -> str:
        """What is to be fetched."""
        return f"https://{self.url[9:]}" if self.url.lower().startswith("webcal://") else self.url


class BlockBody(Said):
    """Time to take away. `units` left out: all capacity."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"start": "2026-12-01T12:00", "end": "2026-12-01T14:00", "reason": "repairs"}]}
    )
    start: Instant
    end: Instant
    units: Units | None = None
    reason: ReasonText | None = None


_LEFT_OUT = ("min_duration", "max_duration", "daily_limit")


def _bounded(name: str) -> Any:
    least, most = POLICY_BOUNDS[name]
    return Field(default=Policy.model_fields[name].default if name not in _LEFT_OUT else None, ge=least, le=most)


class PolicyBody(Said):
    """How a resource may be booked; minutes unless the name says otherwise."""

    step: int = _bounded("step")
    min_duration: int | None = _bounded("min_duration")
    max_duration: int | None = _bounded("max_duration")
    max_units: int = _bounded("max_units")
    approval: bool = False
    hold_seconds: int = _bounded("hold_seconds")
    min_notice: int = _bounded("min_notice")
    max_advance_days: int = _bounded("max_advance_days")
    cancel_notice: int = _bounded("cancel_notice")
    buffer_before: int = _bounded("buffer_before")
    buffer_after: int = _bounded("buffer_after")
    daily_limit: int | None = _bounded("daily_limit")
    offer_minutes: int = _bounded("offer_minutes")
    overtaking: bool = True

    def policy(self) -> Policy:
        """The same in the domain's words; 0 stands for a duration left out."""
        said = self.model_dump()
        return Policy(**{**said, "min_duration": said["min_duration"] or 0, "max_duration": said["max_duration"] or 0})


class ExceptionBody(Said):
    """What replaces a date's hours; no windows means closed. The reason is public."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"windows": [], "reason": "Christmas"}]})
    windows: WindowList = Field(default_factory=list)
    reason: ReasonText | None = None

    def exception(self) -> DateException:
        """The same in the domain's words."""
        return DateException(windows=_windows(self.windows), reason=self.reason)


class ResourceBody(Said):
    """A resource as a whole. `timezone` is needed at registration and fixed from then on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Moon Hospital",
                    "kind": "hospital",
                    "timezone": "Asia/Dhaka",
                    "capacity": 20,
                    "hours": {"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]]},
                    "policy": {"step": 30},
                }
            ]
        }
    )
    name: Name
    kind: ResourceId
    timezone: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$")] | None = (
        None
    )
    capacity: Units = 1
    seats: Units | None = None
    attributes: dict[AttributeName, AttributeValue] = Field(default_factory=dict, max_length=50)
    visibility: Visibility = "public"
    hours: dict[Weekday, WindowList] = Field(default_factory=dict)
    exceptions: dict[Day, ExceptionBody] = Field(default_factory=dict, max_length=1000)
    policy: PolicyBody = PolicyBody()

    @field_validator("attributes", mode="after")
    @classmethod
    def _finite(cls, attributes: dict[str, Any]) -> dict[str, Any]:
        if any(isinstance(value, int | float) and not -1e15 < value < 1e15 for value in attributes.values()):
            raise _wrong("an attribute's number lies between -1e15 and 1e15")
        return attributes

    def definition(self) -> Definition:
        """The same in the domain's words."""
        exceptions: dict[date, DateException] = {day: said.exception() for day, said in self.exceptions.items()}
        return Definition(
            name=self.name,
            kind=self.kind,
            capacity=self.capacity,
            seats=self.seats,
            attributes=self.attributes,
            visibility=self.visibility,
            hours={day: _windows(windows) for day, windows in self.hours.items()},
            exceptions=exceptions,
            policy=self.policy.policy(),
        )


class Asked(BaseModel):
    """A query string: text that is read as numbers and dates where it has to be. Unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _windows(said: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((opens, closes) for opens, closes in said)
