"""What a request says that asks for any of several places."""

from typing import Annotated, Any, Final

from pydantic import ConfigDict, Discriminator, Field, JsonValue, StringConstraints, Tag
from pydantic_core import PydanticCustomError

from app.commands import Choice
from app.decisions.candidates import MOST_CANDIDATES
from domain.definition import MOST_ATTRIBUTES
from domain.leg import LONGEST_DATES
from domain.plan import MINUTES_A_DAY
from domain.sought import Sought, text_of
from interface.http.fields import ID_PATTERN, Instant, ResourceId, Units
from interface.http.models import AttributeName, AttributeValue, BookingBody, Said

LISTED: Final = "[listed]"
SOUGHT: Final = "[sought]"
"""How pydantic calls the two forms of `any_of` in the places of mistakes, where nobody else needs to know."""


class SoughtBody(Said):
    """What a place must have: its kind, seats for so many, attributes. As in the search of resources."""

    kind: Annotated[str, StringConstraints(pattern=ID_PATTERN), Field(examples=["psychologist"])]
    seats: Units | None = None
    attributes: Annotated[dict[AttributeName, AttributeValue], Field(max_length=MOST_ATTRIBUTES)] = Field(
        default_factory=dict
    )

    def sought(self) -> Sought:
        """The same in the domain's words."""
        return Sought(self.kind, self.seats, tuple((name, text_of(value)) for name, value in self.attributes.items()))


def _form(said: Any) -> str:
    return SOUGHT if isinstance(said, dict | SoughtBody) else LISTED


AnyOf = Annotated[
    Annotated[list[ResourceId], Field(min_length=1, max_length=MOST_CANDIDATES), Tag(LISTED)]
    | Annotated[SoughtBody, Tag(SOUGHT)],
    Discriminator(_form),
]
Between = Annotated[list[Instant], Field(min_length=2, max_length=2)]

_NOT_OF_ANY: Final[JsonValue] = {"anyOf": [{"required": ["legs"]}, {"required": ["any_of"]}]}


class AnyBookingBody(BookingBody):
    """A booking or a hold: `resource` and `start` (and `end`, `units`); or `legs`; or `any_of` several places, with
    `start` (and `end` or `duration`) or `between`, and which of those that have room to `choose`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["resource", "start"], "not": _NOT_OF_ANY},
                {"required": ["legs"], "not": {"required": ["any_of"]}},
                {
                    "required": ["any_of"],
                    "anyOf": [{"required": ["start"]}, {"required": ["between"]}],
                    "not": {"required": ["legs"]},
                },
            ],
            "examples": [
                {"resource": "moon-hospital", "start": "2026-12-01T10:00", "details": {"patient": "A. Nother"}},
                {
                    "legs": [{"resource": "room-101", "start": "2026-12-01T10:00", "end": "2026-12-01T11:00"}],
                    "party": 4,
                },
                {
                    "any_of": ["dr-lee", "dr-kim"],
                    "between": ["2026-12-01T09:00", "2026-12-04T17:00"],
                    "duration": 50,
                },
                {
                    "any_of": {"kind": "room", "seats": 4, "attributes": {"projector": True}},
                    "start": "2026-12-01T10:00",
                    "duration": 60,
                    "choose": "fit",
                },
            ],
        }
    )

    any_of: AnyOf | None = Field(default=None, description="Ids, the ones you like best first, or what it must have.")
    between: Between | None = Field(default=None, description="Not before the first, and over by the second.")
    duration: Annotated[int, Field(ge=1, le=LONGEST_DATES * MINUTES_A_DAY)] | None = Field(
        default=None, description="Minutes, with any_of; left out: each place's shortest length."
    )
    choose: Choice = Field(
        default="first",
        description="With any_of, of those with room: the one that is free first; the one with the fewest booked "
        "minutes that week (fair); the smallest that seats the party (fit).",
    )

    def _must_be_one_way(self) -> None:
        if self.any_of is not None:
            self._must_be_one_of_any()
        elif not self.model_fields_set.isdisjoint({"between", "duration", "choose"}):
            raise _wrong("between, duration and choose go with any_of")
        else:
            super()._must_be_one_way()

    def _must_be_one_of_any(self) -> None:
        if self.resource is not None or self.legs is not None:
            raise _wrong("say either resource, or legs, or any_of")
        if (self.start is None) == (self.between is None):
            raise _wrong("with any_of say either start or between")
        if self.end is not None and (self.start is None or self.duration is not None):
            raise _wrong("say end only with start, and not with duration")

    def wish(self) -> dict[str, Any]:
        """What is said with `any_of`, as the fields of `app.commands.BookAny`."""
        assert self.any_of is not None  # noqa: S101 - asked for only then
        return {
            "candidates": self.any_of.sought() if isinstance(self.any_of, SoughtBody) else tuple(self.any_of),
            "start": self.start,
            "end": self.end,
            "between": None if self.between is None else (self.between[0], self.between[1]),
            "minutes": self.duration,
            "choose": self.choose,
            "units": self.units,
        }


def _wrong(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("daybook", sentence)
