"""What the OpenAPI document says of a route, written beside its handler."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pydantic import BaseModel

KEY: Final = "described"

BOOKING_RULES: Final = (
    "not-available",
    "closed",
    "outside-hours",
    "off-grid",
    "bad-duration",
    "too-soon",
    "too-far-ahead",
    "in-the-past",
    "party-too-large",
    "too-many-units",
    "no-such-local-time",
    "ambiguous-local-time",
    "legs-overlap",
    "daily-limit",
    "unknown-resource",
)
"""Every refusal that asking for time can meet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One route. `answers`: status -> a TypedDict, a media type of text, several of them, or none without a body.

    `examples`: status -> an answer more telling than that of its shape. `problems`: what it can refuse with,
    besides what follows from the other fields. `body_example`: where the body's model has none of its own.
    `command`: it changes something. `keyed`: it takes an Idempotency-Key. `reads`: it waits for Daybook-Position.
    `weak_etag`: its ETag stands for what is shown, not for a version.
    `resumes`: it is a stream that goes on where Last-Event-ID says.
    `may_be_parked`: it answers also while what it reads stands still, with Daybook-Parked.
    """

    answers: Mapping[int, Any]
    examples: Mapping[int, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    sign_in: Literal["needed", "optional", "unused"] = "needed"
    body: type[BaseModel] | None = None
    body_optional: bool = False
    body_example: Any = None
    query: type[BaseModel] | None = None
    command: bool = False
    keyed: bool = False
    if_match: bool = False
    if_none_match: bool = False
    weak_etag: bool = False
    reads: bool = False
    may_be_parked: bool = False
    resumes: bool = False

    def all_problems(self) -> list[str]:
        """Every code that the route can answer with."""
        found = ["malformed", "internal"]
        if self.sign_in != "unused":
            found += ["unknown-field", "unauthenticated", "rate-limited", "store-unavailable", "sign-in-unavailable"]
        if self.sign_in == "needed":
            found += ["forbidden"]
        if self.body is not None:
            found += ["unsupported-media-type"]
        if self.command:
            found += ["too-large", "busy", "outcome-unknown"]
        if self.keyed:
            found += ["idempotency-key-reused"]
        if self.if_match:
            found += ["stale-version"]
        if self.reads:
            found += ["behind", "unknown-position"]
        return [*dict.fromkeys([*found, *self.problems])]


def described(**said: Any) -> dict[str, Any]:
    """The `opt` of a handler; takes the fields of Described."""
    return {KEY: Described(**said)}
