"""Read models that stand still for a stream: the queries concerned answer with what is known, and say so."""

from collections.abc import Iterable, Sequence
from typing import Final

from app.read_models.reader import Reader

PARKED_HEADER: Final = "Daybook-Parked"


def parked_among(reader: Reader, streams: Iterable[str]) -> dict[str, str]:
    """The header that names the projections for which one of the streams is parked; none when none is."""
    return parked_header(reader.parked_projections(streams))


def parked_header(projections: Sequence[str]) -> dict[str, str]:
    """The header that names these projections; none when there are none."""
    return {PARKED_HEADER: ", ".join(projections)} if projections else {}
