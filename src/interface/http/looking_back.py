"""The past, as requests name it by `as_of`: a version, a time, or a position of the log."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Concatenate, Final, ParamSpec, TypeVar

from anyio import to_thread
from pydantic import Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.as_of import AsOf, Moment, moment_at, moment_of_time, moment_of_version
from app.log.event_log import EventLog
from app.log.instants import timestamp_of
from app.log.mapper import EventMapper
from app.log.records import category
from interface.http.fields import POSITION_PATTERN, parse_instant
from interface.http.models import Asked
from interface.http.problems import Declined, malformed
from interface.http.service import Visit
from interface.http.versions import parse_position, unknown_position

P = ParamSpec("P")
T = TypeVar("T")

_VERSION: Final = re.compile(r"0|[1-9][0-9]{0,14}")
_POSITION: Final = re.compile(POSITION_PATTERN)

AsOfText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100),
    Field(
        description="Show it as it was then: a version of it, a time in RFC 3339 with its offset, which means the last "
        "position not later than it, or a position as `Daybook-Position` has it.",
        examples=["14", "2026-12-01T04:00:00Z"],
    ),
]


class AsOfAsked(Asked):
    """Now, or as it was."""

    as_of: AsOfText | None = None


class LookingBack:
    """The log as it is at `present`, and as it was. What may be seen of the past is decided at present."""

    def __init__(self, log: EventLog, now: datetime) -> None:
        self._log = log
        self._head = log.head()
        self._now = now
        self.present = self._at(Moment(self._head.position, now))
        self.position = self._head.position

    def then(self, as_of: str, stream: str | None = None) -> AsOf:
        """The log as `as_of` names it. `stream`: whose versions can be named.

        Raises Declined (`malformed`, `unknown-position`, `unknown-version`).
        """
        moment = self._moment(as_of, stream)
        self.position = moment.position
        return self._at(moment)

    def _at(self, moment: Moment) -> AsOf:
        return AsOf(self._log, EventMapper(), moment)

    def _moment(self, as_of: str, stream: str | None) -> Moment:
        if _VERSION.fullmatch(as_of):
            return self._of_version(int(as_of), stream)
        if _POSITION.fullmatch(as_of):
            position = parse_position(as_of, self._log.log_id, "as_of")
            if position > self._head.position:
                raise unknown_position("as_of")
            return moment_at(self._log, position)
        return self._of_time(as_of)

    def _of_version(self, version: int, stream: str | None) -> Moment:
        if stream is None:
            raise malformed("as_of", "is a time or a position here: availability has no versions of its own")
        of_day = category(stream) == "day"
        found = moment_of_version(self._log, stream, version) if version or of_day else None
        if found is not None:
            return found
        newest = self._log.select_events(stream, desc=True, limit=1)
        if of_day and not version and not newest:  # nothing has ever happened on it
            return self.present.moment
        current = newest[0].originator_version if newest else 0
        raise Declined(
            "unknown-version",
            f"There has not been a version {version}: the newest is {current}.",
            current_version=current,
        )

    def _of_time(self, as_of: str) -> Moment:
        try:
            moment = parse_instant(as_of)
        except PydanticCustomError:
            raise malformed(
                "as_of", "is a version such as 14, a time such as 2026-12-01T04:00:00Z, or a Daybook-Position"
            ) from None
        if moment.tzinfo is None:
            raise malformed("as_of", "a time needs its offset, Z or such as +06:00 (in an address, + is %2B)")
        if moment > max(self._now, timestamp_of(self._head.timestamp)):
            raise malformed("as_of", f"lies in the future; it is {self._now:%Y-%m-%dT%H:%M:%SZ} now")
        return moment_of_time(self._log, moment, self._head.position)


async def look_back(
    visit: Visit, function: Callable[Concatenate[LookingBack, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Ask the log itself, on a thread. The answer shows the position that was looked at last.

    Raises Declined, what the function raises, StoreUnavailable.
    """
    service = visit.service
    await service.position_named(visit)

    def look() -> tuple[T, int]:
        back = LookingBack(service.daybook.log, visit.now)
        return function(back, *args, **kwargs), back.position

    found, position = await to_thread.run_sync(look, limiter=service.looking_back)
    visit.shows(position)
    return found
