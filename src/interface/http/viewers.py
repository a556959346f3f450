"""Those who are told the same by the live stream, and what they are told: server-sent events (WHATWG HTML, 9.2)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from pydantic_core import to_json

from app.commands import Actor
from app.decisions.access import may_touch
from app.details import Vault
from app.live.rounds import Round
from app.log.lost_races import LostRace
from app.read_models import bookings
from app.read_models.resources import ResourceRow
from domain.definition import Visibility
from interface.http.booking_queries import cached_resources, shown_booking
from interface.http.versions import position_text


class Frame(NamedTuple):
    """An event of the stream; `data` is JSON on one line."""

    event: bytes
    data: bytes


class _OfBooking(NamedTuple):
    frame: Frame
    resources: frozenset[str]


@dataclass(frozen=True, slots=True)
class Viewers:
    """Everybody who listens to the same resources with the same eyes: see `app.live.rounds.Audience`.

    `visible`: the visibilities that they see, none for all. `actor`: whose bookings they are told of; none: nobody's.
    """

    log_id: str
    resources: frozenset[str]
    visible: frozenset[Visibility] | None
    by_staff: bool
    actor: Actor | None
    vault: Vault = field(compare=False, repr=False)

    def told(self, happened: Round) -> bytes | None:
        """Frames of a round; none when one of the resources is no longer there for them."""
        news, frames = happened.news, list[Frame]()
        for resource in sorted(self.resources & (news.touched.keys() | news.revised)):
            row = happened.resources.get(resource)
            if row is None or (self.visible is not None and row.visibility not in self.visible):
                return None
            if resource in news.revised:
                frames.append(happened.once((_of_resource, resource), partial(_of_resource, row)))
            make = partial(_of_days, happened, resource, self.by_staff)
            frames += happened.once((_of_days, resource, self.by_staff), make)
        frames += self._of_bookings(happened)
        return _written(frames, self.mark(news.before), self.mark(news.position))

    def to_start_over(self, position: int) -> bytes:
        """The frame that says so."""
        mark = self.mark(position)
        return _written([Frame(b"reset", b"{}")], mark, mark)

    def mark(self, position: int) -> bytes:
        """A position as the stream names it."""
        return position_text(self.log_id, position).encode()

    def _of_bookings(self, happened: Round) -> Iterator[Frame]:
        """Bookings of the actor's that have, or had until now, a leg on one of the resources."""
        if self.actor is None:
            return
        for booking, touched in happened.news.bookings.items():
            look = partial(_of_booking, happened, booking, self.actor, self.vault)
            found = happened.once((_of_booking, booking, self.actor), look)
            if found is not None and not self.resources.isdisjoint({*touched, *found.resources}):
                yield found.frame


def written_races(races: Sequence[LostRace]) -> bytes:
    """The frames of lost races. Without an `id`: they are not of the log, and who comes back is not told them again."""
    return b"".join(b"event: refused\ndata: %b\n\n" % to_json(_of_race(race)) for race in races)


def _of_race(race: LostRace) -> dict[str, str | int]:
    return {"resource": race.resource, "start": race.start, "end": race.end, "last_minute": race.times}


def _of_resource(row: ResourceRow) -> Frame:
    return Frame(b"resource", to_json({"resource": row.id, "version": row.version, "retired": row.retired}))


def _of_days(happened: Round, resource: str, by_staff: bool) -> list[Frame]:
    return [Frame(b"day", to_json(day._asdict())) for day in happened.days(resource, by_staff=by_staff)]


def _of_booking(happened: Round, booking: str, actor: Actor, vault: Vault) -> _OfBooking | None:
    """A booking as the API would show it to the actor; none when it is not there for them."""
    row = happened.once((bookings, booking), partial(bookings.get, happened.reader, booking))
    resource_of = happened.once(cached_resources, partial(cached_resources, happened.reader))
    if row is None or not may_touch(actor, row.booking(), resource_of):
        return None
    shown = shown_booking(row, vault, actor, happened.now, resource_of)
    return _OfBooking(Frame(b"booking", to_json(shown)), frozenset(leg["resource"] for leg in shown["legs"]))


def _written(frames: Sequence[Frame], before: bytes, after: bytes) -> bytes:
    """Frames as bytes. Only the last has the new position: whoever is cut off in between is told all of it again."""
    last = len(frames) - 1
    return b"".join(
        b"event: %b\nid: %b\ndata: %b\n\n" % (frame.event, after if number == last else before, frame.data)
        for number, frame in enumerate(frames)
    )
