"""What every handler works with: the running Daybook, and how a request becomes a command or a question."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b, sha256
from itertools import count
from secrets import token_bytes
from time import monotonic, time_ns
from typing import Any, Concatenate, Final, ParamSpec, TypedDict, TypeVar

from anyio import CapacityLimiter, to_thread
from litestar.datastructures.state import State
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send
from pydantic_core import to_json

from app.assembly import Daybook
from app.commands import Actor, Command
from app.identity import command_id
from app.kept_availability import KeptAvailability
from app.live.lost_races import LostRaces
from app.live.stream import LiveStream
from app.outcome import Outcome
from app.read_models.reader import Reader
from domain.refusal import Refused
from interface.http.callers import Gate, Visitor
from interface.http.limits import OpenStreams
from interface.http.metrics import Metrics
from interface.http.offers import Offers
from interface.http.parsing import WebRequest, read_body
from interface.http.problems import Declined, malformed
from interface.http.unserved import Unserved
from interface.http.versions import (
    POSITION_HEADER,
    etag,
    expected_version,
    parse_position,
    position_text,
    unknown_position,
)

P = ParamSpec("P")
T = TypeVar("T")

STATE_KEY: Final = "service"
SHOWN_POSITION: Final = "daybook_position"
"""Where a request notes the position that its answer shows at least."""
NO_STORE: Final = "no-store"
MOST_LOOKING_BACK: Final = 2
"""Replays of the past at once, in one process: they are long, and must not take the threads of everybody else."""


class CommandFields(TypedDict):
    """What every command carries (see `app.commands.Command`)."""

    actor: Actor
    command_id: str
    keyed: bool
    body: bytes
    expected: int | None
    arrived: float


class FreshIds:
    """Command ids that nobody can guess, 32 hex digits each: milliseconds since 1970, then 80 bits.

    In order of time, so that what is stored together lies together in the log's indexes. They do not ask the
    operating system each time: that lets the interpreter's lock go, which the writer's thread then keeps for
    milliseconds. The secret is made after a fork, so no two processes share it.
    """

    def __init__(self) -> None:
        self._secret = token_bytes(32)
        self._count = count()

    def next(self) -> str:
        """Another one."""
        unguessable = blake2b(b"%d" % next(self._count), key=self._secret, digest_size=10).hexdigest()
        return f"{time_ns() // 1_000_000:012x}{unguessable}"


@dataclass(frozen=True, slots=True)
class Service:
    """The running Daybook and what stands before it."""

    daybook: Daybook
    gate: Gate
    metrics: Metrics
    offers: Offers
    availability: KeptAvailability
    live: LiveStream
    lost_races: LostRaces
    open_streams: OpenStreams
    fresh_ids: FreshIds = field(default_factory=FreshIds)
    unserved: Unserved = field(default_factory=Unserved)
    looking_back: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(MOST_LOOKING_BACK))

    async def execute(self, command: Command) -> Outcome:
        """Run a command. Raises what `Daybook.execute` raises."""
        return await self.daybook.execute(command)

    async def ask(
        self,
        visit: "Visit",
        function: Callable[Concatenate[Reader, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Ask the read models, once they have reached the position that the request names.

        Raises Declined (`malformed`, `unknown-position`), Behind, StoreUnavailable.
        """
        await self.wait_for_position(visit)
        visit.shows(self.daybook.runner.position())
        return await self.daybook.query(function, *args, **kwargs)

    async def ask_before_acting(
        self,
        visit: "Visit",
        function: Callable[Concatenate[Reader, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """The same for a command, which must not be refused for what the read models do not know yet: where the log has
        gone on meanwhile, they are asked once more as soon as they have reached its head of now.

        Raises what `ask` and `function` raise.
        """
        await self.wait_for_position(visit)
        known = self.daybook.runner.position()
        try:
            return await self.ask(visit, function, *args, **kwargs)
        except Refused:
            head = await to_thread.run_sync(self.daybook.log.head)
            if head.position <= known:
                raise
        await self.daybook.reached(head.position)
        return await self.ask(visit, function, *args, **kwargs)

    async def wait_for_position(self, visit: "Visit") -> int:
        """Wait until the read models have reached the position that the request names, and say which; 0 without one.

        Raises Declined (`malformed`, `unknown-position`), Behind.
        """
        position = await self.position_named(visit)
        if position is None:
            return 0
        await self.daybook.reached(position)
        return position

    async def position_named(self, visit: "Visit") -> int | None:
        """The position that the request names by its header. Raises Declined (`malformed`, `unknown-position`)."""
        wanted = visit.headers.get(b"daybook-position")
        if wanted is None:
            return None
        position = parse_position(wanted.decode("latin-1"), self.daybook.log.log_id)
        await self.must_be_in_the_log(position)
        return position

    async def must_be_in_the_log(self, position: int, name: str = POSITION_HEADER) -> None:
        """Raises Declined (`unknown-position`) for a position that lies beyond the log's head."""
        if position > self.daybook.runner.position():
            head = await to_thread.run_sync(self.daybook.log.head)
            if position > head.position:
                raise unknown_position(name)

    def position(self, position: int) -> str:
        """A position as it is handed out."""
        return position_text(self.daybook.log.log_id, position)

    def after_command(self, outcome: Outcome, **headers: str) -> dict[str, str]:
        """The headers of a command's answer."""
        found = {
            POSITION_HEADER: self.position(outcome.position),
            "ETag": etag(outcome.subject.version),
            "Cache-Control": NO_STORE,
            **headers,
        }
        if outcome.replayed:
            found["Idempotency-Replayed"] = "true"
        return found


@dataclass(frozen=True, slots=True)
class Visit:
    """One request that was let in: its headers (names in small letters) and who sent it."""

    request: WebRequest
    service: Service
    headers: Mapping[bytes, bytes]
    visitor: Visitor
    arrived: float

    async def command(self, actor: Actor) -> CommandFields:
        """What every command carries, from the request, which must be there as a whole.

        Raises Declined (`malformed`, `unknown-field`, `too-large`).
        """
        request = self.request
        if request.scope["query_string"]:
            detail = "commands take no query parameters"
            raise Declined("unknown-field", f"{detail}.".capitalize(), errors=[{"pointer": "query", "detail": detail}])
        whole = await read_body(request)
        key = _idempotency_key(self.headers) if request.scope["method"] == "POST" else None
        body = sha256(whole).digest() if key is not None else b""
        secret = self.service.daybook.log.secret
        route = f"{request.scope['method']} {request.scope['path']}"
        return {
            "actor": actor,
            "command_id": self.service.fresh_ids.next() if key is None else command_id(secret, actor.by, route, key),
            "keyed": key is not None,
            "body": body,
            "expected": expected_version(self.headers),
            "arrived": self.arrived,
        }

    def shows(self, position: int) -> None:
        """Note for the answer's header that it shows at least this position."""
        self.request.scope["state"][SHOWN_POSITION] = self.service.position(position)

    @property
    def now(self) -> datetime:
        """The time at which questions are answered."""
        return self.service.daybook.clock.now()


def service_of(state: State) -> Service:
    """The service of an application."""
    service: Service = state[STATE_KEY]
    return service


async def admitted(request: WebRequest) -> Visit:
    """Let a request in. Raises Declined (`rate-limited`, `unauthenticated`)."""
    arrived = monotonic()
    scope = request.scope
    service: Service = scope["litestar_app"].state[STATE_KEY]
    headers = dict(scope["headers"])
    client = scope.get("client")
    visitor = await service.gate.admit(scope["method"], headers, client[0] if client else "")
    return Visit(request, service, headers, visitor, arrived)


class JsonAnswer(ASGIResponse):
    """An answer that is ready to be sent: most requests get one, so it does without the framework's ways round."""

    def __init__(
        self, body: bytes, status: int, headers: Mapping[str, str], media_type: bytes = b"application/json"
    ) -> None:
        # Deliberately not the parent's: that builds a mutable mapping of headers that nobody changes.
        self.body, self.status_code, self.background = body, status, None
        self._fields = [(name.lower().encode("latin-1"), text.encode("latin-1")) for name, text in headers.items()]
        self._fields += [(b"content-type", media_type), (b"content-length", b"%d" % len(body))]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; to a HEAD request without its body."""
        asked: Any = scope
        body = b"" if asked.get("method") == "HEAD" else self.body
        await send({"type": "http.response.start", "status": self.status_code, "headers": self._fields})
        await send({"type": "http.response.body", "body": body, "more_body": False})


def json_answer(content: Any, headers: Mapping[str, str], status: int = 200) -> ASGIResponse:
    """An answer in JSON."""
    return JsonAnswer(to_json(content), status, headers)


def bare_answer(status: int, headers: Mapping[str, str]) -> ASGIResponse:
    """An answer without a body."""
    return ASGIResponse(status_code=status, headers=dict(headers))


def _idempotency_key(headers: Mapping[bytes, bytes]) -> str | None:
    key = headers.get(b"idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= 255 or not all(0x21 <= character <= 0x7E for character in key):
        raise malformed("Idempotency-Key", "has 1 to 255 visible ASCII characters")
    return key.decode("ascii")
