"""Webhooks: administrators say who is told by HTTP of what happens to bookings, and see whether it arrives."""

from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

from anyio import to_thread
from litestar import delete, get, patch, post
from litestar.response.base import ASGIResponse
from pydantic import ConfigDict, Field

from app.details import Unreadable, Vault
from app.log.instants import timestamp_of
from app.log.webhooks import MOST_ATTEMPTS, AttemptRow, WebhookRow
from app.outbound.addresses import LONGEST_URL, AddressRefused
from app.telling.happenings import HAPPENING_TYPES, HappeningType
from app.telling.webhooks import (
    MOST_WEBHOOKS,
    TooManyWebhooks,
    change_webhook,
    make_webhook,
    rotate_secret,
    types_of,
    unseal,
)
from domain.refusal import Refused
from interface.http.addresses import webhook_in
from interface.http.booking_queries import position_of
from interface.http.described import described
from interface.http.models import Asked, Said
from interface.http.parsing import WebRequest, body_of, query_of
from interface.http.problems import Declined, malformed
from interface.http.service import NO_STORE, Visit, admitted, bare_answer, json_answer
from interface.http.versions import etag, expected_version
from interface.http.webhook_answers import AttemptList, NewWebhookAnswer, WebhookAnswer, WebhookList

TAGS: Final = ["webhooks"]
_PATH: Final = "/v1/webhooks/{webhook:str}"

T = TypeVar("T")

Url = Annotated[str, Field(min_length=1, max_length=LONGEST_URL)]
Types = Annotated[list[HappeningType], Field(min_length=1, max_length=len(HAPPENING_TYPES))]
Position = Annotated[str, Field(min_length=1, max_length=100)]


class WebhookBody(Said):
    """A webhook. `types` left out: all of them. `after`: the position after which it begins; left out, now."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"url": "https://hooks.example.org/daybook", "types": ["booking.confirmed", "booking.moved"]}]
        }
    )

    url: Url
    types: Types = Field(default_factory=lambda: [*HAPPENING_TYPES])
    after: Position | None = None


class WebhookChange(Said):
    """What changes; null, or left out: nothing. `enabled` true tells it again, from where it was left."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"enabled": True}]})

    url: Url | None = None
    types: Types | None = None
    enabled: bool | None = None


class ReplayBody(Said):
    """The position after which it is told once more, or 0 for everything."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"after": "0"}]})

    after: Position


class AttemptsAsked(Asked):
    """`before`: attempts with a smaller number, as `next` said."""

    limit: Annotated[int, Field(ge=1, le=MOST_ATTEMPTS)] = 50
    before: Annotated[int | None, Field(ge=1, le=10**15)] = None


@post(
    "/v1/webhooks",
    tags=TAGS,
    opt=described(
        answers={201: NewWebhookAnswer},
        query=Asked,
        body=WebhookBody,
        problems=("too-many-webhooks", "unknown-position", "too-large", "outcome-unknown"),
    ),
)
async def make_webhook_route(request: WebRequest) -> ASGIResponse:
    """Tell an address of what happens. The secret that signs is in this answer alone."""
    visit = await _admitted(request)
    query_of(request, Asked)
    said = await body_of(request, WebhookBody)
    daybook = visit.service.daybook
    after = await position_of(visit, "after", said.after)
    begin = (await to_thread.run_sync(daybook.log.head)).position if after is None else after
    row, secret = await _threaded(
        lambda: make_webhook(daybook.log, daybook.vault, said.url, said.types, begin, visit.now)
    )
    return await _answer(visit, row, 201, {"Location": f"/v1/webhooks/{row.webhook}"}, secret=secret)


@get("/v1/webhooks", tags=TAGS, opt=described(answers={200: WebhookList}, query=Asked))
async def list_webhooks(request: WebRequest) -> ASGIResponse:
    """All webhooks."""
    visit = await _admitted(request)
    query_of(request, Asked)
    daybook = visit.service.daybook
    found = await to_thread.run_sync(lambda: [_shown(visit, daybook.vault, row) for row in daybook.log.webhooks.all()])
    return json_answer({"items": found}, {"Cache-Control": NO_STORE})


@get(_PATH, tags=TAGS, opt=described(answers={200: WebhookAnswer}, query=Asked, problems=("unknown-webhook",)))
async def show_webhook(request: WebRequest) -> ASGIResponse:
    """One of them."""
    visit = await _admitted(request)
    query_of(request, Asked)
    return await _answer(visit, await _row(visit))


@patch(
    _PATH,
    tags=TAGS,
    opt=described(
        answers={200: WebhookAnswer},
        query=Asked,
        body=WebhookChange,
        if_match=True,
        problems=("unknown-webhook", "unreadable-webhook", "too-large", "outcome-unknown"),
    ),
)
async def change_webhook_route(request: WebRequest) -> ASGIResponse:
    """Another address, other types, or whether anything is sent."""
    visit = await _admitted(request)
    query_of(request, Asked)
    said = await body_of(request, WebhookChange)
    row, daybook = await _row(visit, expected_version(visit.headers)), visit.service.daybook
    if said.url is not None or said.types is not None:
        changed = await _threaded(lambda: change_webhook(daybook.log, daybook.vault, row, said.url, said.types))
        if not changed:
            raise await _stale(visit)
    if said.enabled is not None:
        table = daybook.log.webhooks
        await _threaded(lambda: table.enable(row.webhook) if said.enabled else table.disable(row.webhook, "by-hand"))
    return await _answer(visit, await _row(visit))


@delete(
    _PATH,
    status_code=200,  # the framework refuses 204 here, though the answer brings its own
    tags=TAGS,
    opt=described(answers={204: None}, query=Asked, problems=("unknown-webhook", "outcome-unknown")),
)
async def end_webhook(request: WebRequest) -> ASGIResponse:
    """Tell it nothing more, and forget it with its attempts."""
    visit = await _admitted(request)
    query_of(request, Asked)
    if not await to_thread.run_sync(visit.service.daybook.log.webhooks.delete, webhook_in(request)):
        raise _unknown()
    return bare_answer(204, {"Cache-Control": NO_STORE})


@post(
    f"{_PATH}/rotate",
    status_code=200,
    tags=TAGS,
    opt=described(
        answers={200: NewWebhookAnswer},
        query=Asked,
        problems=("unknown-webhook", "unreadable-webhook", "outcome-unknown"),
    ),
)
async def rotate_webhook(request: WebRequest) -> ASGIResponse:
    """Give it another secret, which is in this answer alone. The one before signs beside it for another day."""
    visit = await _admitted(request)
    query_of(request, Asked)
    row, daybook = await _row(visit), visit.service.daybook
    secret = await _threaded(lambda: rotate_secret(daybook.log, daybook.vault, row, visit.now))
    if secret is None:
        raise await _stale(visit)
    return await _answer(visit, await _row(visit), secret=secret)


@post(
    f"{_PATH}/replay",
    status_code=200,
    tags=TAGS,
    opt=described(
        answers={200: WebhookAnswer},
        query=Asked,
        body=ReplayBody,
        problems=("unknown-webhook", "unknown-position", "too-large", "outcome-unknown"),
    ),
)
async def replay_webhook(request: WebRequest) -> ASGIResponse:
    """Tell it once more of what happened after a position, or leave out what lies before it."""
    visit = await _admitted(request)
    query_of(request, Asked)
    said = await body_of(request, ReplayBody)
    after = await position_of(visit, "after", said.after) or 0
    if not await to_thread.run_sync(visit.service.daybook.log.webhooks.replay, webhook_in(request), after):
        raise _unknown()
    return await _answer(visit, await _row(visit))


@get(
    f"{_PATH}/attempts",
    tags=TAGS,
    opt=described(answers={200: AttemptList}, query=AttemptsAsked, problems=("unknown-webhook",)),
)
async def list_attempts(request: WebRequest) -> ASGIResponse:
    """What became of the last attempts, the newest first; the last 200 are kept."""
    visit = await _admitted(request)
    asked, _ = query_of(request, AttemptsAsked)
    row, table = await _row(visit), visit.service.daybook.log.webhooks
    found = await to_thread.run_sync(table.attempts, row.webhook, asked.limit, asked.before)
    goes_on = found[-1].number if len(found) == asked.limit and found[-1].number > 1 else None
    answer = {"items": [_attempt(visit, each) for each in found], "next": goes_on}
    return json_answer(answer, {"Cache-Control": NO_STORE})


async def _admitted(request: WebRequest) -> Visit:
    """An administrator. Raises Declined."""
    visit = await admitted(request)
    visit.visitor.acting("admin")
    return visit


async def _threaded(function: Callable[[], T]) -> T:
    """On a thread. Raises Declined (`malformed`, `too-many-webhooks`, `unreadable-webhook`), and as the store does."""
    try:
        return await to_thread.run_sync(function)
    except AddressRefused as refused:
        raise malformed("/url", str(refused).rstrip(".")) from None
    except TooManyWebhooks:
        detail = f"There are {MOST_WEBHOOKS} webhooks, and no more than that. Please delete one first."
        raise Declined("too-many-webhooks", detail, limit=MOST_WEBHOOKS) from None
    except Unreadable:
        detail = "This webhook's address and secrets do not open. Please delete it, and make a new one."
        raise Declined("unreadable-webhook", detail) from None


async def _row(visit: Visit, expected: int | None = None) -> WebhookRow:
    """The path's webhook. Raises Declined (`unknown-webhook`), Refused (`stale-version`)."""
    row = await to_thread.run_sync(visit.service.daybook.log.webhooks.get, webhook_in(visit.request))
    if row is None:
        raise _unknown()
    if expected is not None and expected != row.version:
        raise _stale_at(row.version)
    return row


async def _stale(visit: Visit) -> Refused:
    return _stale_at((await _row(visit)).version)


def _stale_at(version: int) -> Refused:
    detail = "Somebody else has changed this webhook since you looked. Look again, then repeat your change."
    return Refused("stale-version", detail, current_version=version)


def _unknown() -> Declined:
    return Declined("unknown-webhook", "There is no such webhook.")


async def _answer(
    visit: Visit, row: WebhookRow, status: int = 200, headers: dict[str, str] | None = None, **more: str
) -> ASGIResponse:
    shown = await to_thread.run_sync(_shown, visit, visit.service.daybook.vault, row)
    known = {"ETag": etag(row.version), "Cache-Control": NO_STORE}
    return json_answer({**shown, **more}, {**known, **(headers or {})}, status)


def _shown(visit: Visit, vault: Vault, row: WebhookRow) -> dict[str, Any]:
    return {
        "id": row.webhook,
        "url": _url(vault, row),
        "types": types_of(row),
        "enabled": row.enabled,
        "disabled_reason": row.disabled_reason,
        "position": visit.service.position(row.position),
        "failures": row.failures,
        "failing_since": None if row.failing_since is None else timestamp_of(row.failing_since),
        "next_attempt_at": timestamp_of(row.due_at) if row.due_at and row.enabled else None,
        "made_at": timestamp_of(row.made_at),
        "version": row.version,
    }


def _url(vault: Vault, row: WebhookRow) -> str | None:
    """Its address; none where the house's key does not open it. The others are shown all the same."""
    try:
        return unseal(vault, row).url
    except Unreadable:
        return None


def _attempt(visit: Visit, row: AttemptRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "message": row.message or None,
        "type": row.type or None,
        "position": visit.service.position(row.position),
        "at": timestamp_of(row.at),
        "milliseconds": row.milliseconds,
        "status": row.status,
        "trouble": row.trouble,
    }


ROUTES: Final = [
    make_webhook_route,
    list_webhooks,
    show_webhook,
    change_webhook_route,
    end_webhook,
    rotate_webhook,
    replay_webhook,
    list_attempts,
]
