"""Read models that stand still for a stream: the queries concerned answer with what is known, and say so."""

from collections.abc import Iterable
from typing import Final

from app.read_models.reader import Reader

PARKED_HEADER: Final = "Daybook-Parked"


def parked_among(reader: Reader, streams: Iterable[str]) -> dict[str, str]:
    """The header that names the projections for which one of the streams is parked; none when none is."""
    standing_still = reader.parked()
    if not standing_still:
        return {}
    concerned = set(streams)
    found = sorted({each.projection for each in standing_still if each.stream in concerned})
    return {PARKED_HEADER: ", ".join(found)} if found else {}
