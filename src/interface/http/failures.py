"""From whatever went wrong to a problem: the one place where exceptions become answers."""

from collections.abc import Mapping
from traceback import format_tb
from typing import Any, Final, NamedTuple

import structlog
from litestar import Response
from litestar.exceptions import HTTPException

from app.log.trouble import OutcomeUnknown, StoreUnavailable
from app.outcome import Busy
from app.read_models.page import BadCursor
from app.read_models.reader import Behind
from domain.refusal import Refused
from interface.http.parsing import WebRequest
from interface.http.problems import NOT_NOW, PROBLEMS, Declined, problem_response
from interface.http.provider_keys import ProviderUnreachable
from interface.http.service import service_of
from interface.page.front import problem_document

log = structlog.get_logger("daybook.http")

_SOON: Final = {"Retry-After": "1"}
_LATER: Final = {"Retry-After": "5"}
_OF_PROGRAMS: Final = ("/v1", "/health", "/metrics", "/schema", "/problems")
_BY_STATUS: Final = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}


def answer_failure(request: WebRequest, error: Exception) -> Response[bytes] | Response[str]:
    """The problem document of an exception, or a page about it for people. What nobody foresaw is logged, and tells the
    client nothing.
    """
    told = _told(request, error)
    if PROBLEMS[told.code].status == NOT_NOW:
        service_of(request.app.state).metrics.unserved(told.code)
    if _is_for_people(request):
        return problem_document(request, told.code, told.detail, told.headers)
    return problem_response(*told)


class _Told(NamedTuple):
    """What an answer says of a failure."""

    code: str
    detail: str
    facts: Mapping[str, Any] = {}
    headers: Mapping[str, str] = {}


def _told(request: WebRequest, error: Exception) -> _Told:
    match error:
        case Refused():
            return _Told(error.code, error.detail, error.facts)
        case Declined():
            return _Told(error.code, error.detail, error.facts, error.headers)
        case BadCursor():
            return _Told("bad-cursor", str(error), _pointing("cursor", str(error)))
        case Busy():
            return _Told("busy", str(error), {}, _SOON)
        case HTTPException():
            return _of_framework(error)
    infrastructure = _infrastructure(error)
    if infrastructure is None:
        # Where it happened, but neither its message nor values: those may be somebody's details.
        trace = "".join(format_tb(error.__traceback__))
        log.error("request failed", route=request.scope.get("path_template"), kind=type(error).__name__, trace=trace)
        return _Told("internal", PROBLEMS["internal"].explanation)
    code, headers = infrastructure
    service_of(request.app.state).unserved.happened(request.scope, code, str(error))
    return _Told(code, PROBLEMS[code].explanation, {}, headers)


def _is_for_people(request: WebRequest) -> bool:
    """Whether a browser wants to show the answer, of an address that is not the API's."""
    path = request.scope["path"]
    if any(path == part or path.startswith(f"{part}/") for part in _OF_PROGRAMS):
        return False
    return b"text/html" in dict(request.scope["headers"]).get(b"accept", b"")


def _infrastructure(error: Exception) -> tuple[str, dict[str, str]] | None:
    match error:
        case OutcomeUnknown():
            return "outcome-unknown", _SOON
        case StoreUnavailable():
            return "store-unavailable", _LATER
        case Behind():
            return "behind", _SOON
        case ProviderUnreachable():
            return "sign-in-unavailable", _LATER
    return None


def _of_framework(error: HTTPException) -> _Told:
    code = _BY_STATUS.get(error.status_code, "malformed" if error.status_code < 500 else "internal")
    facts = _pointing("", "the request is not well-formed HTTP for this address") if code == "malformed" else {}
    headers = {"Allow": error.headers["allow"].upper()} if error.headers and "allow" in error.headers else {}
    return _Told(code, PROBLEMS[code].explanation, facts, headers)


def _pointing(pointer: str, detail: str) -> dict[str, Any]:
    return {"errors": [{"pointer": pointer, "detail": detail}]}
