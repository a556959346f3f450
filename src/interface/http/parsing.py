"""From bytes to a model: bodies and query strings, with every mistake named by a pointer."""

import json
from asyncio import timeout
from collections.abc import Iterable
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from litestar import Request
from pydantic import BaseModel, ValidationError

from interface.http.limits import MOST_BODY
from interface.http.problems import Declined, malformed

M = TypeVar("M", bound=BaseModel)
WebRequest = Request[Any, Any, Any]

_MOST_ERRORS = 20
SECONDS_FOR_A_BODY = 10
_BODY = "daybook_body"
_NO_PLACES = {"[key]", "[listed]", "[sought]"}
"""What pydantic puts between the parts of a place in a document."""


async def body_of(request: WebRequest, model: type[M], *, optional: bool = False) -> M:
    """The request's body as a model. `optional`: no body at all stands for an empty object.

    Raises Declined (`unsupported-media-type`, `malformed`, `unknown-field`), and as `read_body` does.
    """
    raw = await read_body(request)
    if not raw and optional:
        return model.model_validate({})
    _must_be_json(request)
    try:
        said = model.model_validate_json(raw)
    except ValidationError as error:
        raise of_validation(error) from None
    _must_be_clean(raw)
    return said


async def read_body(request: WebRequest) -> bytes:
    """The request's body, read once. Raises Declined: `too-large` before more than the most is in memory,
    `malformed` when the connection ends before the body does, so that nobody acts on half a wish.
    """
    state: dict[str, Any] = request.scope["state"]
    found: bytes | None = state.get(_BODY)
    if found is None:
        try:
            async with timeout(SECONDS_FOR_A_BODY):
                found = await _received(request)
        except TimeoutError:
            raise malformed("", f"the body did not arrive within {SECONDS_FOR_A_BODY} s; nothing was done") from None
        _must_be_whole(request, found)
        state[_BODY] = found
    return found


async def _received(request: WebRequest) -> bytes:
    found, more = b"", True
    while more:
        message: Any = await request.receive()
        if message["type"] != "http.request":
            raise _cut_off()
        found += message.get("body", b"")
        if len(found) > MOST_BODY:
            raise Declined("too-large", "A request's body may have at most 64 KiB.")
        more = message.get("more_body", False)
    return found


def _must_be_whole(request: WebRequest, body: bytes) -> None:
    announced = _header(request, b"content-length")
    if announced is not None and announced.lstrip(b"0") != (b"%d" % len(body)).lstrip(b"0"):
        raise _cut_off()


def _cut_off() -> Declined:
    return malformed("", "the request ended before its body was complete; nothing was done")


def query_of(
    request: WebRequest, model: type[M], *, prefix: str | None = None, repeated: str | None = None
) -> tuple[M, dict[str, str]]:
    """The query parameters as a model, and those that begin with `prefix` (without it), which may be any.
    `repeated`: the one that may be given more than once, and is a list.

    Raises Declined (`malformed`, `unknown-field`).
    """
    return parsed_query(request.scope["query_string"], model, prefix=prefix, repeated=repeated)


def parsed_query(
    raw: bytes, model: type[M], *, prefix: str | None = None, repeated: str | None = None
) -> tuple[M, dict[str, str]]:
    """The same from the bytes after the question mark."""
    if not raw:
        pairs: list[tuple[str, str]] = []
    else:
        try:
            pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
        except ValueError:
            raise malformed("query", "is not UTF-8 in percent-encoding, or has too many parameters") from None
    named: dict[str, Any] = {}
    free: dict[str, str] = {}
    for name, value in pairs:
        if "\0" in name or "\0" in value:
            raise malformed(name.replace("\0", ""), "has a NUL character")
        if name == repeated:
            named.setdefault(name, []).append(value)
            continue
        target, key = (free, name[len(prefix) :]) if prefix and name.startswith(prefix) else (named, name)
        if key in target:
            raise malformed(name, "is given twice")
        target[key] = value
    try:
        return model.model_validate(named), free
    except ValidationError as error:
        raise of_validation(error, in_query=True) from None


def of_validation(error: ValidationError, *, in_query: bool = False) -> Declined:
    """The problem that pydantic's errors make: `unknown-field` when that is all, else `malformed`."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    errors = [
        {"pointer": _pointer(each["loc"], in_query=in_query), "detail": _detail(each)} for each in found[:_MOST_ERRORS]
    ]
    unknown = all(each["type"] == "extra_forbidden" for each in found)
    first = f"{errors[0]['pointer'] or 'body'}: {errors[0]['detail']}."
    return Declined("unknown-field" if unknown else "malformed", first, errors=errors)


def _pointer(location: Iterable[int | str], *, in_query: bool) -> str:
    parts = [str(part).replace("~", "~0").replace("/", "~1")[:100] for part in location if part not in _NO_PLACES]
    return "/".join(parts) if in_query else "".join(f"/{part}" for part in parts)


def _detail(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "is not known here"
    message: str = error["msg"]
    return message


def _header(request: WebRequest, wanted: bytes) -> bytes | None:
    return next((value for name, value in request.scope["headers"] if name == wanted), None)


def _must_be_json(request: WebRequest) -> None:
    given = _header(request, b"content-type") or b""
    kind, _, parameters = given.lower().partition(b";")
    if kind.strip() != b"application/json" or parameters.strip() not in {b"", b"charset=utf-8", b'charset="utf-8"'}:
        raise Declined("unsupported-media-type", "Please send JSON in UTF-8 with Content-Type: application/json.")


def _must_be_clean(raw: bytes) -> None:
    """What the model's parser lets pass: a key given twice, NUL, and numbers that are none."""
    try:
        document = json.loads(raw, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite)
        if rb"\u0000" in raw:
            _must_lack_nul(document)
    except (ValueError, RecursionError) as error:
        raise malformed("", str(error)) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has the same key twice")
    return found


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise ValueError("a number is too large")
    return number


def _must_lack_nul(document: Any) -> None:
    if isinstance(document, str):
        if "\0" in document:
            raise ValueError("a text has a NUL character")
    elif isinstance(document, dict):
        for key, value in document.items():
            _must_lack_nul(key)
            _must_lack_nul(value)
    elif isinstance(document, list):
        for value in document:
            _must_lack_nul(value)
