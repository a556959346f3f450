"""The live stream: what changes on some resources, told as it happens, as server-sent events (WHATWG HTML, 9.2)."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from random import randint
from time import monotonic, time
from typing import Annotated, Final, Literal

from litestar import get
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send
from pydantic import Field

from app.commands import Actor
from app.live.listener import LetGo, Listener
from app.read_models.reader import Reader
from domain.refusal import Refused
from interface.http.callers import BOOKERS, Visitor
from interface.http.described import described
from interface.http.fields import POSITION_PATTERN, ResourceId
from interface.http.models import Asked
from interface.http.parsing import WebRequest, query_of
from interface.http.problems import Declined
from interface.http.resources import visible_resource
from interface.http.service import NO_STORE, Service, Visit, admitted
from interface.http.versions import parse_position
from interface.http.viewers import Viewers

TAGS: Final = ["availability"]
LONGEST_SECONDS: Final = 600.0
"""How long a stream lasts. The client comes back by itself."""
HEARTBEAT_SECONDS: Final = 15.0
SEND_SECONDS: Final = 10.0
"""How long a client may take none of what it is sent."""
_BACK_MILLISECONDS: Final = (1_000, 3_000)
"""When a client comes back: not all of them at once."""
_AFRESH: Final = "afresh"

_HEADERS: Final = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", NO_STORE.encode()),
    (b"x-accel-buffering", b"no"),  # a proxy that gathers what it passes on would hold events back
]

Since = int | Literal["afresh"] | None
"""The position up to which a client knows everything; `afresh`: it is of another log; none: it asks for no past."""


class LiveAsked(Asked):
    """To which resources; `after`: a position that you know everything up to; `bookings`: with those you may see."""

    resource: Annotated[list[ResourceId], Field(min_length=1, max_length=50)]
    after: Annotated[str | None, Field(pattern=POSITION_PATTERN, description="A Daybook-Position.")] = None
    bookings: Literal["true", "false"] = "false"


@get(
    "/v1/live",
    tags=TAGS,
    opt=described(
        answers={200: "text/event-stream"},
        query=LiveAsked,
        sign_in="optional",
        reads=True,
        resumes=True,
        problems=("unknown-resource", "forbidden", "busy"),
    ),
)
async def listen(request: WebRequest) -> ASGIResponse:
    """What changes on these resources from now on, or from `Last-Event-ID` or `after` on, as server-sent events.

    `day` has the slots that changed, as availability shows them. `resource`: it was revised or retired, so load its
    availability anew. `booking`, when asked for, has a booking that changed; staff who ask for it are told
    `refused`, too: time that somebody wanted and others had. `reset`: load everything anew. The stream
    ends after ten minutes, or when the token does: come back with the last `id`.
    """
    visit = await admitted(request)
    asked, _ = query_of(request, LiveAsked, repeated="resource")
    visitor, service = visit.visitor, visit.service
    actor = _without_a_name(visitor.acting(*BOOKERS)) if asked.bookings == "true" else None
    covered = await service.ask(visit, _covered_of_visible, visitor, actor, asked.resource)
    viewers = Viewers(
        service.daybook.log.log_id,
        frozenset(asked.resource),
        visitor.visible,
        visitor.by_staff,
        actor,
        service.daybook.vault,
    )
    client = request.scope.get("client")
    name = service.gate.name_of(visitor.caller, visit.headers, client[0] if client else "")
    return LiveAnswer(service, viewers, name, await _since(visit, asked), _seconds_of(visitor), covered)


class LiveAnswer(ASGIResponse):
    """A stream to one client. Whatever ends it, nothing of it stays: its place, its listener and its task go with it.

    It does without the framework's streams: those wait for the next event before they notice that the client has gone.
    """

    def __init__(
        self,
        service: Service,
        viewers: Viewers,
        caller: str,
        since: Since,
        seconds: tuple[float, str],
        covered: frozenset[str],
    ) -> None:
        """`covered`: the resources whose lost races the client is told of."""
        # Deliberately not the parent's: see `JsonAnswer`.
        self.status_code, self.background = 200, None
        self._service = service
        self._viewers = viewers
        self._caller = caller
        self._since = since
        self._seconds, self._why = seconds
        self._covered = covered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream. Raises, before anything is sent, Declined (`rate-limited`, `busy`), Refused (`unknown-resource`),
        Behind, StoreUnavailable.
        """
        with self._service.open_streams.one_more(self._caller):
            try:
                async with self._service.live.listen(self._viewers) as listener:
                    first = await self._first(listener)
                    told_of_races = self._service.lost_races.told_to(listener, self._covered)
                    with told_of_races, self._service.metrics.live_clients.track_inprogress():
                        why = await self._stream(listener, first, receive, send)
            except LetGo as gone:
                raise _declined(gone) from None
        self._service.metrics.live_ended(why)

    async def _first(self, listener: Listener) -> bytes:
        """What the client missed, and where it stands then."""
        viewers, since = self._viewers, self._since
        told = b"retry: %d\n\n" % randint(*_BACK_MILLISECONDS)  # noqa: S311 - chance, not secrecy
        if since == _AFRESH:
            return told + viewers.to_start_over(listener.since)
        if since is not None and since < listener.since:
            told += await self._service.live.missed(viewers, since, listener.since)
        # Without data this is no event, but it moves what the client will send as Last-Event-ID.
        return told + b"id: %b\n\n" % viewers.mark(max(since or 0, listener.since))

    async def _stream(self, listener: Listener, first: bytes, receive: Receive, send: Send) -> str:
        """Send until something ends it; what that was."""
        watching = asyncio.ensure_future(_until_gone(receive))
        watching.add_done_callback(lambda _: listener.let_go("left"))
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await send({"type": "http.response.start", "status": self.status_code, "headers": list(_HEADERS)})
            await _send(send, first)
            why = await self._pass_on(listener, send)
            if why not in {"left", "slow"}:
                await _send(send, b"", more=False)
        except TimeoutError:
            return "slow"
        except OSError:  # what servers say of a client that has gone
            return "left"
        finally:
            watching.cancel()
            await asyncio.wait({watching})
        return why

    async def _pass_on(self, listener: Listener, send: Send) -> str:
        """Send what the listener hears, and now and then that there is nothing, until one of them ends it."""
        until = monotonic() + self._seconds
        try:
            while (left := until - monotonic()) > 0:
                told = await listener.next(min(HEARTBEAT_SECONDS, left))
                await _send(send, told or b":\nid: %b\n\n" % self._viewers.mark(self._service.live.position))
        except LetGo as gone:
            return gone.why
        return self._why


async def _send(send: Send, body: bytes, *, more: bool = True) -> None:
    """Raises TimeoutError for a client that takes nothing."""
    async with asyncio.timeout(SEND_SECONDS):
        await send({"type": "http.response.body", "body": body, "more_body": more})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _without_a_name(actor: Actor) -> Actor:
    """What the desk sees does not depend on who of it looks, so all of it is told the same."""
    return replace(actor, person="") if actor.role == "staff" else actor


def _covered_of_visible(reader: Reader, visitor: Visitor, actor: Actor | None, wanted: Sequence[str]) -> frozenset[str]:
    """Those whose desk the actor is. Raises Refused (`unknown-resource`) for what is not there for them."""
    rows = [visible_resource(reader, visitor, resource) for resource in wanted]
    if actor is None or actor.role != "staff":
        return frozenset()
    return frozenset(row.id for row in rows if actor.covers(row.resource()))


async def _since(visit: Visit, asked: LiveAsked) -> Since:
    """Where the client stands. Raises Declined (`malformed`)."""
    given, name = visit.headers.get(b"last-event-id", b"").decode("latin-1"), "Last-Event-ID"
    if not given and asked.after is not None:
        given, name = asked.after, "after"
    if not given:
        return None
    try:
        position = parse_position(given, visit.service.daybook.log.log_id, name)
        await visit.service.must_be_in_the_log(position, name)
    except Declined as declined:
        if declined.code != "unknown-position":
            raise
        return _AFRESH
    return position


def _seconds_of(visitor: Visitor) -> tuple[float, str]:
    """How long the stream lasts, and what ends it then."""
    left = LONGEST_SECONDS if visitor.caller is None else visitor.caller.expires_at - time()
    return (left, "token") if left < LONGEST_SECONDS else (LONGEST_SECONDS, "time")


def _declined(gone: LetGo) -> Exception:
    if gone.why == "withdrawn":
        return Refused("unknown-resource", "One of these resources is no longer there for you.")
    return Declined("busy", "The service is being stopped. Please come back.", headers={"Retry-After": "1"})


ROUTES: Final = [listen]
