"""A refusal: a command that the rules turned down, said for people and for programs."""

from typing import Final, Literal, Self

RuleCode = Literal[
    "not-available",
    "hold-expired",
    "invalid-transition",
    "too-late-to-change",
    "stale-version",
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
    "too-many-holds",
    "too-many-wishes",
    "line-full",
    "still-available",
    "unknown-resource",
    "unknown-booking",
    "unknown-wish",
    "unknown-series",
    "unknown-customer",
    "active-bookings",
    "legal-hold",
    "unknown-block",
    "idempotency-key-reused",
    "malformed",
    "if-match-required",
    "forbidden",
]

Fact = str | int | float | bool | None | list["Fact"] | dict[str, "Fact"]


class Refused(Exception):  # noqa: N818 - a refusal is a result that the rules intend, not an error
    """A command that the rules turned down. Nothing of it is stored.

    `code` is stable and part of the API; `detail` is one or two sentences for people: what happened, by
    which rule, and what to do next; `facts` are the same for programs.
    """

    def __init__(self, code: RuleCode, detail: str, **facts: Fact) -> None:
        super().__init__(detail)
        self.code: Final = code
        self.detail: Final = detail
        self.facts: Final = facts

    def without_frames(self) -> Self:
        """Itself, for whoever keeps it: the frames that it came through know who keeps it, so that all of them would
        stay in memory until the collector finds them.
        """
        return self.with_traceback(None)

    def __repr__(self) -> str:
        return f"Refused({self.code!r}, {self.detail!r}, {self.facts!r})"
