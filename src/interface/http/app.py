"""The HTTP application: routes, what is said on every answer, and how failures are told."""

from time import monotonic
from typing import Any, Final

from litestar import Litestar, get
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.response.base import ASGIResponse
from litestar.routes.base import BaseRoute
from litestar.types import Message, Scope

from app.assembly import Daybook
from app.kept_availability import KeptAvailability
from app.live.lost_races import LostRaces
from app.live.stream import LiveStream
from app.master_key import master_keys_for, token_secrets_for
from app.settings import Settings
from interface.http import (
    availability,
    blocks,
    booking_queries,
    bookings,
    calendar_feeds,
    calendars,
    customers,
    days,
    demand,
    erasing,
    external_calendars,
    health,
    held_data,
    live,
    log,
    messages,
    people_search,
    previews,
    refusals,
    resources,
    series,
    waitlist,
    webhooks,
    whatif,
)
from interface.http.auth import Authenticator
from interface.http.callers import Gate
from interface.http.failures import answer_failure
from interface.http.limits import MOST_BODY, Addresses, OpenStreams, RateLimit
from interface.http.metrics import Metrics
from interface.http.offers import Offers
from interface.http.openapi import document_of
from interface.http.parsing import WebRequest
from interface.http.service import SHOWN_POSITION, STATE_KEY, Service, service_of
from interface.http.versions import POSITION_HEADER
from interface.http.viewers import written_races
from interface.page import signing, views
from interface.page.answers import HAS_OWN_HEADERS
from interface.page.front import FRONT_KEY, Front
from interface.sign_in.ways import sign_in_for

ROUTES: Final = (
    *resources.ROUTES,
    *availability.ROUTES,
    *previews.ROUTES,
    *whatif.ROUTES,
    *customers.ROUTES,
    *people_search.ROUTES,
    *held_data.ROUTES,
    *erasing.ROUTES,
    *bookings.ROUTES,
    *booking_queries.ROUTES,
    *calendars.ROUTES,
    *calendar_feeds.ROUTES,
    *series.ROUTES,
    *days.ROUTES,
    *blocks.ROUTES,
    *external_calendars.ROUTES,
    *waitlist.ROUTES,
    *webhooks.ROUTES,
    *messages.ROUTES,
    *log.ROUTES,
    *refusals.ROUTES,
    *demand.ROUTES,
    *live.ROUTES,
    *health.ROUTES,
)

PAGE_ROUTES: Final = (*views.ROUTES, *signing.ROUTES)
"""What is for people. It may change with any version, and the API's document says nothing of it."""

_ON_EVERY_ANSWER: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
]
ALLOWED: Final = "allowed"
_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


@get(["/schema", "/schema/openapi.json"], include_in_schema=False)
async def show_schema(request: WebRequest) -> ASGIResponse:
    """The OpenAPI document."""
    del request  # it is the same for everyone
    return ASGIResponse(body=document_of(ROUTES), headers={"Cache-Control": "no-cache"})


def create_app(daybook: Daybook, metrics: Metrics | None = None, *, with_demo: bool = False) -> Litestar:
    """The application over a running Daybook; whoever opened it stops it. `metrics` is the one that observes it.
    `with_demo`: people choose on the page who they are.
    """
    settings = daybook.settings
    tokens = Authenticator(settings, token_secrets_for(settings))
    rate_limit = None if settings.rate_limit is None else RateLimit(settings.rate_limit, monotonic)
    master = master_keys_for(settings, daybook.log)
    sign_in = sign_in_for(settings, tokens, daybook.log.secret, master, with_demo=with_demo)
    sessions = None if sign_in is None else sign_in.sessions
    gate = Gate(tokens, daybook.people, Addresses(settings.trusted_proxies), rate_limit, sessions)
    kept = KeptAvailability(daybook.read_models, daybook.log, daybook.readers, daybook.clock.now)
    stream = LiveStream(daybook.log, daybook.read_models, daybook.runner, daybook.readers, daybook.clock.now)
    races = LostRaces(daybook.log, daybook.readers, daybook.clock.now, written_races)
    open_streams = OpenStreams(settings.live_streams, settings.live_streams_each)
    service = Service(daybook, gate, metrics or Metrics(), Offers(daybook), kept, stream, races, open_streams)
    app = Litestar(
        route_handlers=[*ROUTES, show_schema, *PAGE_ROUTES],
        state=State({STATE_KEY: service, FRONT_KEY: Front.of(settings.place_name, sign_in)}),
        exception_handlers={Exception: answer_failure},
        before_send=[_finish],
        cors_config=_cors(settings),
        request_max_body_size=MOST_BODY,
        on_shutdown=[tokens.close],
        openapi_config=None,
        logging_config=None,
    )
    app.state[ALLOWED] = {route.path_format: b", ".join(_methods_of(route)) for route in app.routes}
    return app


def _methods_of(route: BaseRoute) -> list[bytes]:
    return sorted(method.encode() for method in route.methods)


async def _finish(message: Message, scope: Scope) -> None:
    """Put on every answer what belongs there, and count it."""
    if message["type"] != "http.response.start":
        return
    method: Any = scope.get("method", "")
    route: Any = scope.get("path_template", "none")
    state = scope.get("state", {})
    headers: list[tuple[bytes, bytes]] = list(message["headers"])
    if HAS_OWN_HEADERS not in state:
        headers += _ON_EVERY_ANSWER
    shown = state.get(SHOWN_POSITION)
    if shown is not None:
        headers.append((POSITION_HEADER.lower().encode(), shown.encode()))
    if method == "OPTIONS" and message["status"] == 204:
        # The framework names only the methods of the handler that was registered first.
        allowed = scope["litestar_app"].state[ALLOWED].get(route, b"OPTIONS")
        headers = [(b"allow", allowed) if name == b"allow" else (name, value) for name, value in headers]
    message["headers"] = headers
    service = service_of(scope["litestar_app"].state)
    service.metrics.answered(method if method in _METHODS else "other", route, message["status"])
    service.unserved.answered(scope, message["status"])


def _cors(settings: Settings) -> CORSConfig | None:
    if not settings.cors_origins:
        return None
    return CORSConfig(
        allow_origins=list(settings.cors_origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "Daybook-Position",
            "Idempotency-Key",
            "If-Match",
            "If-None-Match",
            "Last-Event-ID",
        ],
        expose_headers=[
            "Daybook-Parked",
            "Daybook-Position",
            "ETag",
            "Idempotency-Replayed",
            "Location",
            "Retry-After",
        ],
        max_age=600,
    )
