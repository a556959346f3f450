"""Signing in and out: documents, forms, and what comes back from the identity provider."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final
from urllib.parse import parse_qsl, urlencode

import structlog
from litestar import get, post
from litestar.response.base import ASGIResponse

from interface.http.auth import Unauthenticated
from interface.http.parsing import WebRequest, read_body
from interface.http.problems import Declined, malformed
from interface.http.provider_keys import ProviderUnreachable
from interface.page.answers import DocumentAnswer, redirect
from interface.page.front import Opening, opened
from interface.sign_in.attempts import Attempt, NotBegunHere
from interface.sign_in.cookies import ATTEMPT, SESSION, take_away
from interface.sign_in.id_tokens import Identified, identified
from interface.sign_in.return_path import safe_return, sign_in_address
from interface.sign_in.sessions import TooMuchForACookie
from interface.sign_in.ways import SignIn

_FORM: Final = b"application/x-www-form-urlencoded"
_OVER: Final = take_away(ATTEMPT)

log = structlog.get_logger("daybook.sign_in")


@get("/sign-in", include_in_schema=False)
async def begin_sign_in(request: WebRequest) -> ASGIResponse:
    """The demo's choice, or off to the identity provider; whom another site sent here is asked first."""
    opening = opened(request)
    sign_in = opening.sign_in
    return_to = safe_return(_once(_pairs(request.scope["query_string"])).get("return_to"))
    if sign_in.provider is None:
        return DocumentAnswer(opening.front.documents.choice(opening.reader, return_to))
    if not sign_in.origins.is_own_question(opening.headers):
        return DocumentAnswer(opening.front.documents.ask(opening.reader, return_to))
    attempt, cookie = sign_in.attempts.begin(return_to)
    try:
        return redirect(await sign_in.provider.address_for(attempt), [cookie])
    except ProviderUnreachable:
        return _failed(opening, 503, "Sign-in unavailable", _UNREACHABLE, return_to)


@post("/sign-in", include_in_schema=False, status_code=303)
async def choose_person(request: WebRequest) -> ASGIResponse:
    """Sign in as somebody of the demo."""
    opening = opened(request)
    opening.must_be_own()
    if not opening.headers.get(b"content-type", b"").lower().startswith(_FORM):
        raise Declined("unsupported-media-type", "The choice of a person comes from the page's form.")
    said = _once(_pairs(await read_body(request)))
    chosen = opening.sign_in.as_guest(said.get("person", ""))
    if chosen is None:
        raise malformed("person", "is nobody whom one can choose here")
    caller, guest = chosen
    session = opening.sign_in.sessions.begin(caller, guest.subject.title())
    return redirect(safe_return(said.get("return_to")), [session])


@get("/sign-in/callback", include_in_schema=False)
async def finish_sign_in(request: WebRequest) -> ASGIResponse:
    """What the identity provider answered, by way of the browser. The attempt it answers is over, however it went."""
    opening = opened(request)
    sign_in = opening.sign_in
    try:
        answer = _once(_pairs(request.scope["query_string"]))
        attempt = sign_in.attempts.answered(opening.headers, answer.get("state"))
    except NotBegunHere:
        # What is under way stays: anybody can send a browser here with an answer that is not its own.
        return _failed(opening, 400, "This sign-in is over", _NOT_BEGUN_HERE, cookies=())
    try:
        found = await _answered(sign_in, attempt, answer)
        session = sign_in.sessions.begin(found.caller, found.name)
    except ProviderUnreachable:
        return _failed(opening, 503, "Sign-in unavailable", _UNREACHABLE, attempt.return_to)
    except TooMuchForACookie:
        return _failed(opening, 403, "You were not signed in", _TOO_MUCH, attempt.return_to)
    except _NotSignedIn as error:
        log.warning("sign-in refused", reason=error.reason)
        return _failed(opening, 403, "You were not signed in", error.sentence, attempt.return_to)
    return redirect(attempt.return_to, [session, _OVER])


@post("/sign-out", include_in_schema=False, status_code=303)
async def sign_out(request: WebRequest) -> ASGIResponse:
    """End the session in this browser."""
    opening = opened(request)
    opening.must_be_own()
    return redirect("/signed-out", [take_away(SESSION), _OVER])


@get("/signed-out", include_in_schema=False)
async def show_signed_out(request: WebRequest) -> ASGIResponse:
    """That one is signed out, and where one may still be signed in."""
    opening = opened(request)
    if opening.reader.session is not None:
        return redirect("/")
    leave = await _leave_address(opening.sign_in)
    sentence, links = "You are signed out.", [("/", "To the first page")]
    if leave is not None:
        sentence += " Your identity provider may still know you: on a computer that others use, sign out there as well."
        links.append((leave, "Sign out at the identity provider"))
    return DocumentAnswer(opening.front.documents.told(opening.reader, "Signed out", sentence, links))


class _NotSignedIn(Exception):  # noqa: N818 - what is the case with the person
    """`reason` is for the operators' log, `sentence` for the person. Neither repeats what came from outside."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sentence = sentence


_NOT_BEGUN_HERE: Final = (
    "It was begun in another browser or at another address, took longer than ten minutes, or was used already. "
    "Please sign in again."
)
_UNREACHABLE: Final = "The identity provider cannot be reached at the moment. Please try again soon."
_TOO_MUCH: Final = "Your account names more resources than a browser keeps. Please tell whoever runs this service."
_NOT_ACCEPTED: Final = "The identity provider's answer cannot be accepted here. The operators' log says why."
_DENIED: Final = "The identity provider says that you did not agree, or may not use this page."
_NO_ROLE: Final = "Your account has no role here. Please ask whoever runs this service for one."


async def _answered(sign_in: SignIn, attempt: Attempt, answer: Mapping[str, str]) -> Identified:
    """Who signed in. Raises _NotSignedIn, ProviderUnreachable."""
    from interface.sign_in.discovery import ProviderRefused  # what these need takes a while
    from interface.sign_in.provider import known_error

    if sign_in.provider is None:
        raise Declined("not-found", "This service has no identity provider.")
    endpoints = await sign_in.provider.endpoints()
    if answer.get("iss", None if endpoints.names_itself else sign_in.issuer) != sign_in.issuer:
        raise _NotSignedIn("the answer came from another provider", _NOT_ACCEPTED)
    if "error" in answer:
        error = known_error(answer["error"])
        raise _NotSignedIn(f"the provider said {error}", _DENIED if error == "access_denied" else _NOT_ACCEPTED)
    try:
        token = await sign_in.provider.id_token(answer.get("code", ""), attempt.verifier)
        found = await identified(sign_in.tokens, token, sign_in.provider.client_id, attempt.nonce)
    except (ProviderRefused, Unauthenticated) as error:
        raise _NotSignedIn(str(error), _NOT_ACCEPTED) from None
    if not found.caller.roles:
        raise _NotSignedIn("the account has no role of Daybook's", _NO_ROLE)
    return found


async def _leave_address(sign_in: SignIn) -> str | None:
    """Where one signs out at the provider, escaped."""
    if sign_in.provider is None:
        return None
    try:
        address = (await sign_in.provider.endpoints()).end_session
    except ProviderUnreachable:
        return None
    if address is None:
        return None
    separator = "&amp;" if "?" in address else "?"
    return f"{escape(address)}{separator}{urlencode({'client_id': sign_in.provider.client_id})}"


def _failed(
    opening: Opening,
    status: int,
    title: str,
    sentence: str,
    return_to: str = "/",
    cookies: Sequence[str] = (_OVER,),
) -> DocumentAnswer:
    links = [(escape(sign_in_address(return_to)), "Sign in again"), ("/", "To the first page")]
    document = opening.front.documents.told(opening.reader, title, sentence, links)
    headers = [(b"retry-after", b"5")] if status == 503 else []
    return DocumentAnswer(document, status, cookies=cookies, headers=headers, silent=True)


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    """Names and values of a form or a query. Raises Declined (`malformed`)."""
    try:
        return parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError:
        raise malformed("query", "is not UTF-8 in percent-encoding, or has too many parameters") from None


def _once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """The pairs, of which none may come twice (RFC 6749, 3.1). Raises Declined (`malformed`)."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise malformed("query", "has a parameter twice")
    return found


ROUTES: Final = (begin_sign_in, choose_person, finish_sign_in, sign_out, show_signed_out)
