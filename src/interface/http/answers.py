"""The shapes of answers. Every answer is built as one of these, and the OpenAPI document is made from them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import WithJsonSchema
from typing_extensions import TypedDict  # pydantic reads the standard library's only from Python 3.12 on

from app.commands import Role
from domain.block import BlockSource
from domain.booking import BookingStatus
from domain.definition import Visibility
from domain.plan import Weekday

Action = Literal["confirm", "cancel", "reschedule", "approve", "reject", "revoke", "complete", "no-show"]


LocalInstant = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""An instant with its resource's offset, written the same everywhere: clients find their booking in a list of slots."""


class LegAnswer(TypedDict):
    """One leg: instants carry the resource's offset."""

    resource: str
    timezone: str
    start: LocalInstant
    end: LocalInstant
    units: int


class BookingAnswer(TypedDict):
    """A booking as this caller may see it. `actions`: what this caller could do with it now."""

    id: str
    status: BookingStatus
    customer: str
    party: int
    expires_at: datetime | None
    version: int
    position: int
    created_at: datetime
    updated_at: datetime
    actions: list[Action]
    details: dict[str, Any] | None
    reason: dict[str, Any] | None
    legs: list[LegAnswer]
    series: str | None


class BookingList(TypedDict):
    """Bookings, ordered by start."""

    items: list[BookingAnswer]
    next: str | None


class DisplacedAnswer(TypedDict):
    """A booking that stands although it no longer fits, the first rule that it breaks, and its time there."""

    booking: str
    code: str
    start: LocalInstant
    end: LocalInstant


class ExceptionAnswer(TypedDict):
    """What replaces the hours of a date."""

    windows: list[tuple[str, str]]
    reason: str | None


class PolicyAnswer(TypedDict):
    """How a resource may be booked; minutes unless the name says otherwise."""

    step: int
    min_duration: int
    max_duration: int
    max_units: int
    approval: bool
    hold_seconds: int
    min_notice: int
    max_advance_days: int
    cancel_notice: int
    buffer_before: int
    buffer_after: int
    daily_limit: int | None
    offer_minutes: int
    overtaking: bool


class ResourceAnswer(TypedDict):
    """A resource as it is defined now."""

    id: str
    name: str
    kind: str
    timezone: str
    capacity: int
    seats: int | None
    attributes: dict[str, str | int | float | bool]
    visibility: Visibility
    hours: dict[Weekday, list[tuple[str, str]]]
    exceptions: dict[date, ExceptionAnswer]
    policy: PolicyAnswer
    version: int
    retired: bool


class RevisedResource(ResourceAnswer):
    """A resource that was just defined. `displaced` is null when it could not be worked out in time."""

    displaced: list[DisplacedAnswer] | None


class ResourceList(TypedDict):
    """Resources, ordered by id."""

    items: list[ResourceAnswer]
    next: str | None


class SlotAnswer(TypedDict):
    """An interval that can be asked for. `available`: units that could be taken from start to end."""

    start: LocalInstant
    end: LocalInstant
    capacity: int
    booked: int
    available: int
    status: Literal["available", "full", "blocked", "past", "unbookable"]


class _DayOfSlots(TypedDict):
    date: date
    version: int
    status: Literal["open", "closed"]
    slots: list[SlotAnswer]


class DayOfSlots(_DayOfSlots, total=False):
    """The slots of a date; `reason` is there when it is closed by an exception."""

    reason: str | None


class AvailabilityAnswer(TypedDict):
    """What is free, date by date, as of a position of the log."""

    resource: str
    timezone: str
    position: int
    days: list[DayOfSlots]


class PreviewAnswer(TypedDict):
    """What a resource would offer customers, were it defined so, and the bookings that would no longer fit.

    `displaced` is null where there are more bookings ahead than a preview looks at; saving looks at all.
    """

    resource: str
    timezone: str
    policy: PolicyAnswer
    days: list[DayOfSlots]
    displaced: list[DisplacedAnswer] | None


class FreeResourceAnswer(TypedDict):
    """A resource that is free for the whole interval."""

    resource: str
    name: str
    kind: str
    timezone: str
    start: LocalInstant
    end: LocalInstant
    available: int


class FreeResourceList(TypedDict):
    """Resources that are free for the whole interval, ordered by id."""

    items: list[FreeResourceAnswer]
    next: str | None
    position: int


class ProfileAnswer(TypedDict, total=False):
    """What is known of a person; or `erased`, `unreadable` or `sealed`, in place of everything else."""

    name: str | None
    email: str | None
    phone: str | None
    language: str | None
    messages: bool | None
    erased: bool
    unreadable: bool
    sealed: bool


class CustomerAnswer(TypedDict):
    """A person for whom bookings can be made."""

    customer: str
    profile: ProfileAnswer
    version: int


class FoundCustomers(TypedDict):
    """People by part of their name. `next`: null where nobody else has it."""

    items: list[CustomerAnswer]
    next: str | None


class MeAnswer(TypedDict):
    """Who you are, and until when. `resources`: what your part of the desk is limited to, null when it is not."""

    subject: str
    roles: list[Role]
    resources: list[str] | None
    expires_at: datetime
    customer: str
    profile: ProfileAnswer


class BlockAnswer(TypedDict):
    """Time taken away. `units` null: all capacity. `overlaps`: bookings that stand in it."""

    block: str
    resource: str
    timezone: str
    start: LocalInstant
    end: LocalInstant
    units: int | None
    source: BlockSource
    reason: dict[str, Any] | None
    overlaps: list[str]


class DayPlanAnswer(TypedDict):
    """What a date offers: its windows on the wall clock, and the policy in force."""

    windows: list[tuple[str, str]]
    reason: str | None
    capacity: int
    policy: PolicyAnswer


class ClaimAnswer(TypedDict):
    """Units taken on the day, buffers included; `until` when a hold lapses."""

    booking: str
    start: LocalInstant
    end: LocalInstant
    units: int
    until: datetime | None


class DayBlockAnswer(TypedDict):
    """A block's part on the day."""

    block: str
    start: LocalInstant
    end: LocalInstant
    units: int | None
    source: BlockSource
    reason: dict[str, Any] | None


class DayAnswer(TypedDict):
    """A resource-day as it is. Version 0, without timestamp: nothing has happened on it yet."""

    resource: str
    date: date
    timezone: str
    version: int
    timestamp: datetime | None
    plan: DayPlanAnswer
    claims: list[ClaimAnswer]
    blocks: list[DayBlockAnswer]


class EventAnswer(TypedDict):
    """A fact of the log. What is sealed shows only to those who may read it, else as `{"sealed": true}`."""

    kind: Literal["event"]
    position: int
    stream: str
    version: int
    topic: str
    timestamp: datetime
    recorded_at: datetime
    by: str
    command_id: str
    facts: dict[str, Any]


class EventList(TypedDict):
    """Events in order. `next` is the cursor (`after`) of what follows, null at the end."""

    items: list[EventAnswer]
    next: str | None


class RefusalAnswer(TypedDict):
    """A command that the rules turned down, `times` within a minute. `position`: the log up to there decided it.
    `start` and `end` are as they were asked for, null where the command did not say. `customer`: who was to have it;
    `party`: how many people; `minutes`: how long, where any time from `start` to `end` would have done.
    """

    kind: Literal["refusal"]
    first_at: datetime
    last_at: datetime
    times: int
    by: str
    command_id: str
    command: str
    booking: str | None
    resource: str | None
    start: str | None
    end: str | None
    units: int | None
    customer: str | None
    party: int | None
    minutes: int | None
    code: str
    position: int


class RefusalList(TypedDict):
    """Refusals, oldest first."""

    items: list[RefusalAnswer]
    next: str | None


class LineList(TypedDict):
    """Events and, if they were asked for, refusals in line by time. `next`: what follows, null at the end: of events
    alone, oldest first, a position or version to send as `after`, else a `cursor`.
    """

    items: list[EventAnswer | RefusalAnswer]
    next: str | None


class DisclosureAnswer(TypedDict):
    """Somebody was shown a person's profile, or what is sealed of a booking, `times` within a minute."""

    first_at: datetime
    last_at: datetime
    times: int
    by: str
    what: Literal["profile", "booking"]
    booking: str | None


class DisclosureList(TypedDict):
    """Disclosures, oldest first."""

    items: list[DisclosureAnswer]
    next: str | None


class HealthAnswer(TypedDict):
    """Whether the service works."""

    status: Literal["alive"]


class ReadyAnswer(TypedDict):
    """A process that may be sent requests."""

    status: Literal["ready"]
    process: str
    holds_lease: bool
