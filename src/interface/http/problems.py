"""Every problem that the API can answer with: one table of code, status and words (RFC 9457)."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from litestar.enums import MediaType
from litestar.response import Response
from pydantic_core import to_json

PROBLEM_JSON: Final = "application/problem+json"
NOT_NOW: Final = 503
"""The status of what may be asked again as it is: it could not be served just then."""


class Problem(NamedTuple):
    """What a code means: its HTTP status, a title, and what the page about it tells people."""

    status: int
    title: str
    explanation: str


PROBLEMS: Final[Mapping[str, Problem]] = {
    "not-available": Problem(
        409,
        "Not available",
        "Somebody else has the place, or the desk has blocked it. `capacity`, `booked`, `blocked` and `available` say "
        "how much is taken; `alternatives` lists the next free times of the same resource. Where any of several would "
        "have done, `tried` says how many, and `looked_at` names some of those that are taken.",
    ),
    "hold-expired": Problem(
        409,
        "Hold expired",
        "A hold keeps a place for some seconds only. Its time ran out before it was confirmed, and the place was "
        "given back. Please book again.",
    ),
    "invalid-transition": Problem(
        409,
        "Not possible in this status",
        "A booking moves through its statuses in one direction: what was cancelled cannot be approved. "
        "`booking_status` says where it stands; `actions` of a booking lists what is possible.",
    ),
    "too-late-to-change": Problem(
        409,
        "Too late to change",
        "The resource asks for some notice before the start, and it has passed. Only the desk can change it now.",
    ),
    "stale-version": Problem(
        412,
        "Changed meanwhile",
        "If-Match named a version that is no longer the current one. Load it again, look at what changed, and repeat.",
    ),
    "closed": Problem(400, "Closed", "The resource has no opening hours on that date."),
    "outside-hours": Problem(
        400, "Outside opening hours", "The wanted time does not lie within the resource's opening hours."
    ),
    "off-grid": Problem(
        400,
        "Not a start",
        "Bookings start on a grid of minutes from the opening. The availability lists every possible start.",
    ),
    "bad-duration": Problem(
        400, "Length not possible", "The resource is booked in certain lengths only; the answer names them."
    ),
    "too-soon": Problem(400, "Too soon", "The resource is to be booked some minutes ahead."),
    "too-far-ahead": Problem(400, "Too far ahead", "The resource can be booked only some days ahead."),
    "in-the-past": Problem(400, "In the past", "The start has passed."),
    "party-too-large": Problem(400, "Party too large", "The resource has fewer seats than the party has people."),
    "too-many-units": Problem(400, "Too many units", "One booking may take fewer units of this resource."),
    "no-such-local-time": Problem(
        400,
        "No such local time",
        "Clocks are put forward over this wall-clock time. Choose another, or send the time with its UTC offset.",
    ),
    "ambiguous-local-time": Problem(
        400,
        "Ambiguous local time",
        "Clocks are put back, so that this wall-clock time comes twice. Send the time with its UTC offset.",
    ),
    "legs-overlap": Problem(
        409,
        "Legs overlap",
        "The legs of one booking, or the dates of one series, want more of a resource at the same time than it has.",
    ),
    "daily-limit": Problem(
        409, "Daily limit reached", "One customer may have only so many active bookings of this resource on a day."
    ),
    "too-many-holds": Problem(
        409, "Too many holds", "One customer may hold only so many times at once. Confirm or cancel one first."
    ),
    "too-many-wishes": Problem(
        409, "Too many wishes", "One customer may wait for only so many things at once. Leave one line first."
    ),
    "line-full": Problem(409, "Line full", "As many wait for that day as it keeps. Choose another day."),
    "still-available": Problem(
        409, "Still available", "There is room for this now: nothing is to be waited for. Please book it."
    ),
    "unknown-resource": Problem(
        404, "Unknown resource", "There is no such resource, or it is retired, or not for you to see."
    ),
    "unknown-booking": Problem(404, "Unknown booking", "There is no such booking, or it is not yours."),
    "unknown-wish": Problem(404, "Unknown wish", "There is no such wish in line, or it is not yours."),
    "unknown-series": Problem(404, "Unknown series", "There is no such series, or it is not yours."),
    "unknown-customer": Problem(404, "Unknown customer", "There is no such customer, or it is not yours to see."),
    "active-bookings": Problem(
        409,
        "Bookings to come",
        "Whoever has bookings that are not over cannot be erased. `bookings` lists them: let them end, or cancel or "
        "revoke them first.",
    ),
    "legal-hold": Problem(
        409, "Kept by law", "A legal hold keeps this person from being erased. An administrator can lift it."
    ),
    "unknown-feed": Problem(
        404,
        "Unknown calendar feed",
        "Nobody follows a calendar at this address any more, or ever did: it was ended, or replaced by a new one. Make "
        "a new address where you made this one.",
    ),
    "unknown-calendar": Problem(
        404, "Unknown calendar", "There is no such external calendar on this resource, or not any more."
    ),
    "unknown-webhook": Problem(404, "Unknown webhook", "There is no such webhook."),
    "too-many-webhooks": Problem(
        409, "Too many webhooks", "There are as many webhooks as there may be. Delete one first."
    ),
    "unreadable-webhook": Problem(
        409,
        "Unreadable webhook",
        "The webhook's address and secrets do not open: they were altered, or sealed under another key. Delete it, and "
        "make a new one.",
    ),
    "unknown-block": Problem(404, "Unknown block", "There is no such block on this resource."),
    "idempotency-key-reused": Problem(
        422,
        "Idempotency key reused",
        "This Idempotency-Key came with another request before. Make a new key for each new wish, and keep it only "
        "for repeats of the same request.",
    ),
    "if-match-required": Problem(
        428,
        "If-Match required",
        "To change a resource that exists, send If-Match with the version that you saw: so no change is lost.",
    ),
    "malformed": Problem(
        400, "Malformed request", "The request is not as the API describes it; `errors` points to each place."
    ),
    "unknown-field": Problem(
        400, "Unknown field", "The request has a field or parameter that the API does not know; `errors` names it."
    ),
    "bad-cursor": Problem(
        400,
        "Bad cursor",
        "A cursor is what `next` of a list gave, for that very list. Begin the list anew without one.",
    ),
    "unknown-position": Problem(
        400,
        "Unknown position",
        "The position belongs to another log, or lies beyond its end: the service was restored or replaced. "
        "Forget what you have and start over.",
    ),
    "unknown-version": Problem(
        400,
        "Unknown version",
        "`as_of` names a version that this has not had. `current_version` is the newest.",
    ),
    "unauthenticated": Problem(
        401,
        "Not signed in",
        "This needs a valid bearer token (signed, not expired, meant for this service), or a session of the page.",
    ),
    "forbidden": Problem(
        403,
        "Not allowed",
        "You are known, but your roles or their scope do not allow this; or a change by the page's session came from "
        "elsewhere than the page.",
    ),
    "not-found": Problem(404, "Not found", "There is nothing at this address. /schema lists what there is."),
    "method-not-allowed": Problem(405, "Method not allowed", "The address exists, but not for this HTTP method."),
    "too-large": Problem(413, "Too large", "A request's body may have at most 64 KiB."),
    "unsupported-media-type": Problem(
        415, "Unsupported media type", "Bodies are JSON in UTF-8: send Content-Type: application/json."
    ),
    "rate-limited": Problem(
        429,
        "Too many requests",
        "You ask faster than one caller may, or have too many live streams open. Wait as long as Retry-After says.",
    ),
    "internal": Problem(
        500,
        "Internal error",
        "Something is wrong with the service, not with the request. The operators' log has the cause.",
    ),
    "busy": Problem(
        NOT_NOW,
        "Busy",
        "Too many commands are waiting, or too many live streams open. Nothing was stored: repeat the request after "
        "Retry-After seconds.",
    ),
    "store-unavailable": Problem(
        NOT_NOW,
        "Store unavailable",
        "The event store cannot be reached or written. Nothing was stored: repeat it after Retry-After seconds.",
    ),
    "outcome-unknown": Problem(
        NOT_NOW,
        "Outcome unknown",
        "The connection to the event store broke while it stored the command, so it may have happened or not. Repeat "
        "the request with the same Idempotency-Key: it will not happen twice.",
    ),
    "not-ready": Problem(
        NOT_NOW, "Not ready", "This process should not be sent requests at the moment; `troubles` says why."
    ),
    "sign-in-unavailable": Problem(
        NOT_NOW,
        "Sign-in unavailable",
        "The identity provider, whose keys verify tokens, cannot be reached. Repeat it after Retry-After seconds.",
    ),
    "behind": Problem(
        NOT_NOW,
        "Not there yet",
        "The read model has not reached the position that the request names. Repeat it after Retry-After seconds.",
    ),
}
"""The first ones are the refusals of the rules, the others the interface's own."""


class Declined(Exception):  # noqa: N818 - an answer that the interface intends, not an error
    """A request that the interface itself turns down. `code` stands in `PROBLEMS`; `headers` go with the answer."""

    def __init__(self, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **facts: Any) -> None:
        super().__init__(detail)
        self.code: Final = code
        self.detail: Final = detail
        self.headers: Final = dict(headers or {})
        self.facts: Final = facts


def malformed(pointer: str, detail: str) -> Declined:
    """A request that is wrong in one place; `pointer` is a JSON pointer into the body, or a parameter's name."""
    return Declined("malformed", f"{pointer or 'body'}: {detail}.", errors=[{"pointer": pointer, "detail": detail}])


def problem_body(code: str, detail: str, facts: Mapping[str, Any]) -> bytes:
    """The problem document: members of the RFC, `code`, and the facts."""
    problem = PROBLEMS[code]
    members = {
        "type": f"/problems/{code}",
        "title": problem.title,
        "status": problem.status,
        "detail": detail,
        "code": code,
    }
    return to_json({**members, **facts, **members})


def problem_response(
    code: str, detail: str, facts: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    """The answer that carries a problem. Never stored by a cache: it may be about a person."""
    return Response(
        problem_body(code, detail, facts),
        status_code=PROBLEMS[code].status,
        media_type=PROBLEM_JSON,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title></head>
<body><main><h1>{title}</h1>{content}</main></body></html>
"""


def problem_page(code: str) -> Response[str]:
    """A page that explains a code. Raises Declined (`not-found`)."""
    problem = PROBLEMS.get(code)
    if problem is None:
        raise Declined("not-found", "There is no problem of this name.")
    content = (
        f"<p>Code <code>{code}</code>, HTTP status {problem.status}.</p><p>{problem.explanation}</p>"
        '<p><a href="/problems">All problems</a></p>'
    )
    return Response(_PAGE.format(title=problem.title, content=content), media_type=MediaType.HTML)


def problem_index() -> Response[str]:
    """The page that lists every code."""
    items = "".join(
        f'<li><a href="/problems/{code}"><code>{code}</code></a> ({problem.status}): {problem.title}</li>'
        for code, problem in PROBLEMS.items()
    )
    return Response(_PAGE.format(title="Problems", content=f"<ul>{items}</ul>"), media_type=MediaType.HTML)
