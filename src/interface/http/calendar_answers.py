"""Calendars as answers: what they are called, what they say of resources, and when they are the same as before."""

from collections.abc import Collection, Iterable, Mapping
from hashlib import sha256
from typing import Final

from litestar import HttpMethod
from litestar.response.base import ASGIResponse

from app.calendars.entries import Told
from app.read_models import resources
from app.read_models.booking_rows import BookingRow
from app.read_models.reader import Reader
from domain.definition import Visibility
from interface.http.service import JsonAnswer, Visit, bare_answer
from interface.http.versions import is_known_tag, weak_etag

CALENDAR: Final = "text/calendar"
CALENDAR_TAGS: Final = ["calendars"]
READING: Final = [HttpMethod.GET, HttpMethod.HEAD]
_MEDIA_TYPE: Final = b"text/calendar; charset=utf-8"


def calendar_answer(
    visit: Visit, text: bytes, name: str, headers: Mapping[str, str], *, kept: bool = False
) -> ASGIResponse:
    """A calendar under a file's name, or 304 to whoever has just this one. `kept`: browsers are to save it, and not to
    show it.
    """
    tag = weak_etag(sha256(text).hexdigest()[:32])
    if is_known_tag(visit.headers, tag):
        return bare_answer(304, {**headers, "ETag": tag})
    how = "attachment" if kept else "inline"
    said = {**headers, "ETag": tag, "Content-Disposition": f'{how}; filename="{name}"'}
    return JsonAnswer(text, 200, said, _MEDIA_TYPE)


def names_in(reader: Reader, rows: Iterable[BookingRow], visible: Collection[Visibility] | None) -> dict[str, str]:
    """Resources of these bookings that may be seen, by their names."""
    wanted = {leg.resource for row in rows for leg in row.legs}
    found = resources.get_all(reader, wanted)
    return {key: row.name for key, row in found.items() if visible is None or row.visibility in visible}


def told_to(public_url: str | None, names: Mapping[str, str], at_desk: bool, only: str | None = None) -> Told:
    """What entries say to their reader; those whose name is not to be seen are called by their id, as on the page."""
    view = "desk" if at_desk else "mine"

    def url_of(booking: str) -> str | None:
        return None if public_url is None else f"{public_url}/{view}/{booking}"

    return Told(lambda resource: names.get(resource, resource), url_of, only)
