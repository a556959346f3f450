"""Instants as the log's columns hold them: UTC text of fixed width, so that text order is time order."""

from datetime import UTC, datetime

BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)


def timestamp_text(moment: datetime) -> str:
    """Such as `2026-12-01T04:00:00.123456Z`."""
    text = moment.astimezone(UTC).isoformat(timespec="microseconds")
    return f"{text[:26]}Z"


def timestamp_of(text: str) -> datetime:
    """The instant of such a text; of the empty text (an empty log's head) one before all others."""
    return datetime.fromisoformat(text) if text else BEFORE_ALL
