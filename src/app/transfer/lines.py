"""The lines of an export: a storage format, one JSON object a line, UTF-8, each ended by one newline.

1. `{"format": "daybook-export", "version": 1, ...}`: of which log, from where to where, and what was left out.
2. An event a line, as the API shows it: `position`, `stream`, `version`, `topic`, `timestamp`, `recorded_at`, `by`,
   `command_id`, `facts`. `facts` is the stored text itself, byte for byte, since digests are made of it.
3. After the last event of an append, unless events were left out: `{"append": <position>, "digest": "<hex>"}`.
4. `{"end": <position>, "events": <count>, "sha256": "<hex>"}`: of all bytes before this line. A file without it was
   cut off. `end` may lie before the header's `to`: whoever exported was stopped, and another file goes on from there.
"""

import json
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, MsgspecError, Raw, Struct, ValidationError, field
from msgspec.json import Decoder

from app.log.records import RecordedEvent

FORMAT: Final = "daybook-export"
VERSION: Final = 1
LONGEST_LINE: Final = 4 << 20
"""Bytes. Far more than any event has; a file of something else must not fill the memory."""

Position = Annotated[int, Meta(ge=1, lt=1 << 62)]
LogId = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class FormerId(Struct, forbid_unknown_fields=True):
    """An id that the log had, and the position up to which it had it."""

    log_id: LogId
    last_position: Annotated[int, Meta(ge=0, lt=1 << 62)]


class Header(Struct, forbid_unknown_fields=True, kw_only=True):
    """The first line. `log_id`: of the log; `former`: those that it had before, the first one first. `begin` (`from`
    in the file) and `to`: the first and the last position that were asked for.
    """

    format: Literal["daybook-export"]
    version: Literal[1]
    log_id: LogId
    former: tuple[FormerId, ...]
    begin: Position = field(name="from")
    to: Annotated[int, Meta(ge=0, lt=1 << 62)]
    resource: str | None
    customer: str | None

    @property
    def is_whole(self) -> bool:
        """Whether no event between `begin` and `to` was left out."""
        return self.resource is None and self.customer is None


class EventLine(Struct, forbid_unknown_fields=True):
    """An event."""

    position: Position
    stream: str
    version: Position
    topic: str
    timestamp: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]
    recorded_at: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]
    by: str
    command_id: str
    facts: Raw


class AppendLine(Struct, forbid_unknown_fields=True):
    """The end of an append, and the digest of the log up to there."""

    append: Position
    digest: Digest


class EndLine(Struct, forbid_unknown_fields=True):
    """The last line."""

    end: Annotated[int, Meta(ge=0)]
    events: Annotated[int, Meta(ge=0)]
    sha256: Digest


Line = Header | EventLine | AppendLine | EndLine
_KINDS: Final[tuple[tuple[bytes, Decoder[Any]], ...]] = (
    (b'{"position"', Decoder(EventLine)),
    (b'{"append"', Decoder(AppendLine)),
    (b'{"end"', Decoder(EndLine)),
    (b'{"format"', Decoder(Header)),
)


class NoLine(Exception):  # noqa: N818 - what it is
    """A line that no export has."""


def read_line(line: bytes) -> Line:
    """A line without its newline. Raises NoLine with a reason that repeats nothing of an event."""
    for beginning, decoder in _KINDS:
        if line.startswith(beginning):
            try:
                found: Line = decoder.decode(line)
            except ValidationError as error:
                raise NoLine(str(error)) from error
            except (MsgspecError, UnicodeError):
                raise NoLine("it is no JSON") from None
            return found
    raise NoLine("it begins like nothing that Daybook exports")


def header_line(header: Header) -> bytes:
    """The first line."""
    names = zip(header.__struct_encode_fields__, header.__struct_fields__, strict=True)
    values = {written: getattr(header, name) for written, name in names}
    values["former"] = [{"log_id": each.log_id, "last_position": each.last_position} for each in header.former]
    return _line(values)


def event_line(event: RecordedEvent) -> bytes:
    """An event. Raises NoLine when what is stored of it is no JSON."""
    try:
        is_plain = bytes(_ANYTHING.decode(event.state)) == event.state and not {10, 13} & set(event.state)
    except (MsgspecError, UnicodeError):
        is_plain = False
    if not is_plain:
        raise NoLine(f"the event at {event.id} holds what is no JSON of one line")
    columns = {
        "position": event.id,
        "stream": event.originator_id,
        "version": event.originator_version,
        "topic": event.topic,
        "timestamp": event.timestamp,
        "recorded_at": event.recorded_at,
        "by": event.by,
        "command_id": event.command_id,
    }
    return json.dumps(columns, ensure_ascii=False).encode()[:-1] + b', "facts": ' + event.state + b"}\n"


def append_line(position: int, digest: bytes) -> bytes:
    """The end of an append."""
    return _line({"append": position, "digest": digest.hex()})


def end_line(position: int, events: int, sha256: str) -> bytes:
    """The last line."""
    return _line({"end": position, "events": events, "sha256": sha256})


_ANYTHING: Final = Decoder(Raw)


def _line(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False).encode() + b"\n"
