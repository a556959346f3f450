"""Versions and positions as HTTP headers: ETag, If-Match, If-None-Match and Daybook-Position."""

import re
from collections.abc import Mapping
from typing import Final

from interface.http.problems import Declined, malformed

POSITION_HEADER: Final = "Daybook-Position"

_ETAG = re.compile(r'"(0|[1-9][0-9]{0,17})"')
_POSITION = re.compile(r"([0-9a-zA-Z-]{1,64})\.(0|[1-9][0-9]{0,17})")


def etag(version: int) -> str:
    """The ETag of a version."""
    return f'"{version}"'


def expected_version(headers: Mapping[bytes, bytes]) -> int | None:
    """The version that If-Match names; none without the header, or with `*`. Raises Declined (`malformed`)."""
    given = headers.get(b"if-match")
    if given is None or given.strip() == b"*":
        return None
    found = _ETAG.fullmatch(given.decode("latin-1").strip())
    if found is None:
        raise malformed("If-Match", 'takes the one version that you saw, as the ETag had it, such as "14"')
    return int(found[1])


def weak_etag(digest: str) -> str:
    """The ETag of answers that say the same, though not byte for byte (RFC 9110, 8.8.1)."""
    return f'W/"{digest}"'


def is_known(headers: Mapping[bytes, bytes], version: int) -> bool:
    """Whether the client says by If-None-Match that it has this version already."""
    return is_known_tag(headers, etag(version))


def is_known_tag(headers: Mapping[bytes, bytes], tag: str) -> bool:
    """Whether the client says by If-None-Match that it has what bears this ETag already; weak ones count as well."""
    given = headers.get(b"if-none-match")
    if given is None:
        return False
    tags = [part.strip().removeprefix("W/") for part in given.decode("latin-1").split(",")]
    return tag.removeprefix("W/") in tags or tags == ["*"]


def position_text(log_id: str, position: int) -> str:
    """How a position is handed out."""
    return f"{log_id}.{position}"


def parse_position(text: str, log_id: str, name: str = POSITION_HEADER) -> int:
    """A position handed out before. Raises Declined (`malformed`, or `unknown-position` for another log's)."""
    found = _POSITION.fullmatch(text)
    if found is None:
        raise malformed(name, "is what an answer's header said, such as 5f0e2d7c.42")
    if found[1] != log_id:
        raise unknown_position(name)
    return int(found[2])


def unknown_position(name: str = POSITION_HEADER) -> Declined:
    """The problem of a position that this log does not have."""
    return Declined(
        "unknown-position",
        "This position is not in this log, which was restored or replaced. Please forget it and load anew.",
        errors=[{"pointer": name, "detail": "is of another log, or beyond the end of this one"}],
    )
