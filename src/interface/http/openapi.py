"""The OpenAPI document: Litestar's own, with what `described` says of each route filled in."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, NamedTuple

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.routes import HTTPRoute
from pydantic import BaseModel, TypeAdapter
from pydantic_core import to_json
from typing_extensions import TypedDict

from interface.http.addresses import (
    BLOCK_ID,
    BOOKING_ID,
    CALENDAR_ID,
    CUSTOMER_ID,
    FEED_NAME,
    SERIES_ID,
    WEBHOOK_ID,
    WISH_ID,
)
from interface.http.demand_examples import DEMAND_ANSWERS
from interface.http.described import KEY, Described
from interface.http.examples import ANSWERS, ETAG, POSITION, TEXTS, WEAK_ETAG
from interface.http.fields import DATE_PATTERN, ID_PATTERN, POSITION_PATTERN
from interface.http.parked import PARKED_HEADER
from interface.http.problem_examples import PROBLEMS_TOLD, Told
from interface.http.problems import PROBLEM_JSON, PROBLEMS

_REFERENCE: Final = "#/components/schemas/{model}"
_ANSWERS: Final = {**ANSWERS, **DEMAND_ANSWERS}
_PATH_PATTERNS: Final = {
    "resource": ID_PATTERN,
    "booking": BOOKING_ID,
    "series": SERIES_ID,
    "customer": CUSTOMER_ID,
    "block": BLOCK_ID,
    "calendar": CALENDAR_ID,
    "feed": FEED_NAME,
    "wish": WISH_ID,
    "webhook": WEBHOOK_ID,
    "date": DATE_PATTERN,
    "code": r"^[a-z-]{1,40}$",
}
_ETAG: Final = {"type": "string", "pattern": r'^"(0|[1-9][0-9]{0,17})"$', "examples": [ETAG]}
_WEAK_ETAG: Final = {"type": "string", "pattern": '^W/"[0-9a-f]{32}"$', "examples": [WEAK_ETAG]}
_POSITION: Final = {
    "type": "string",
    "pattern": POSITION_PATTERN,
    "examples": [POSITION],
}
_KEY: Final = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[\x21-\x7e]+$"}
_PROJECTIONS: Final = {"type": "string", "pattern": "^[a-z]+(, [a-z]+)*$", "examples": ["bookings"]}
_PARKED: Final = (
    "The read models named here stand still for what you asked about, since an event could not be applied: the answer "
    "is what was known before it."
)
_META: Final = {
    200: "Done",
    201: "Made",
    204: "Done; nothing to say",
    304: "You have this version already",
}


class ErrorPlace(TypedDict):
    """One mistake of a request: a JSON pointer into the body, or a parameter's name, and what is wrong."""

    pointer: str
    detail: str


class _Problem(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    code: str


class Problem(_Problem, total=False):
    """A problem document (RFC 9457). Facts stand beside these members, such as `capacity` and `alternatives`."""

    errors: list[ErrorPlace]


class _Documented(NamedTuple):
    """An operation of Litestar's document, and what we say of it."""

    operation: dict[str, Any]
    path: str
    said: Described


@cache
def document_of(handlers: tuple[HTTPRouteHandler, ...]) -> bytes:
    """The document of these routes, as JSON text."""
    # An application that only describes: Litestar would otherwise serve pages and errors of its own at /schema.
    config = OpenAPIConfig(
        "Daybook",
        _version(),
        description="Bookings that cannot collide. Every problem has a page at /problems.",
        render_plugins=[JsonRenderPlugin()],
        use_handler_docstrings=True,
        operation_id_creator=lambda handler, method, _: handler.handler_name + ("_head" if method == "HEAD" else ""),
    )
    app = Litestar(list(handlers), openapi_config=config, logging_config=None)
    document = app.openapi_schema.to_schema()
    operations = list(_operations(app, document))
    schemas = _Schemas(operations)
    for each in operations:
        _fill(each, schemas)
    document["components"] = {
        "schemas": schemas.definitions,
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
    }
    return to_json(document)


class _Schemas:
    """JSON Schema of every body and answer, made by pydantic, each once."""

    def __init__(self, operations: Sequence[_Documented]) -> None:
        answers = [each for op in operations for some in op.said.answers.values() for each in _shapes(some)]
        bodies = [op.said.body for op in operations if op.said.body is not None]
        wanted: dict[tuple[Any, str], TypeAdapter[Any]] = {
            (shape, mode): TypeAdapter(shape)
            for mode, shapes in (("serialization", [*answers, Problem]), ("validation", bodies))
            for shape in shapes
        }
        inputs: Any = [(shape.__name__, mode, adapter) for (shape, mode), adapter in wanted.items()]
        found, definitions = TypeAdapter.json_schemas(inputs, ref_template=_REFERENCE)
        self._found: dict[Any, dict[str, Any]] = dict(found)
        self.definitions: dict[str, Any] = definitions.get("$defs", {})

    def answer(self, shape: Any) -> dict[str, Any]:
        """The schema of an answer, or of one of several."""
        found = [self._found[each.__name__, "serialization"] for each in _shapes(shape)]
        return found[0] if len(found) == 1 else {"anyOf": found}

    def body(self, model: type[BaseModel]) -> dict[str, Any]:
        """The schema of a request's body."""
        return self._found[model.__name__, "validation"]

    def examples(self, model: type[BaseModel]) -> list[Any]:
        """Examples that a model gives."""
        schema = self.body(model)
        name = schema.get("$ref", "").rpartition("/")[2]
        found: list[Any] = self.definitions.get(name, schema).get("examples", [])
        return found


def _operations(app: Litestar, document: dict[str, Any]) -> Iterable[_Documented]:
    for route in app.routes:
        described = route.route_handlers if isinstance(route, HTTPRoute) else []
        for handler in (each for each in described if KEY in each.opt):
            said: Described = handler.opt[KEY]
            path = _as_written(route.path_format)
            operations = document["paths"][path] = document["paths"].pop(route.path_format)
            operations.pop("head", None)  # the same as GET, without the body
            for method in handler.http_methods:
                if str(method) != "HEAD":
                    yield _Documented(operations[str(method).lower()], path, said)


def _as_written(path: str) -> str:
    """An address with the names alone of what stands in it; the framework leaves `{booking:str}.ics` as it is."""
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path)


def _fill(each: _Documented, schemas: _Schemas) -> None:
    operation, path, said = each
    operation["summary"] = operation["operationId"].replace("_", " ").capitalize()
    operation["parameters"] = [*_path_parameters(path), *_query_parameters(said), *_header_parameters(said)]
    operation["responses"] = {**_answers(said, schemas), **_problems(said, schemas)}
    operation["security"] = {"needed": [{"bearer": []}], "optional": [{}, {"bearer": []}], "unused": []}[said.sign_in]
    operation.pop("requestBody", None)
    if said.body is not None:
        content: dict[str, Any] = {"schema": schemas.body(said.body)}
        examples = schemas.examples(said.body) or [said.body_example]
        content["examples"] = {f"example{n}": {"value": value} for n, value in enumerate(examples, 1)}
        operation["requestBody"] = {"required": not said.body_optional, "content": {"application/json": content}}


def _path_parameters(path: str) -> Iterable[dict[str, Any]]:
    names = re.findall(r"\{(\w+)\}", path)
    for name in names:
        schema = {"type": "string", "pattern": _PATH_PATTERNS[name]}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(said: Described) -> Iterable[dict[str, Any]]:
    if said.query is None:
        return
    schema = said.query.model_json_schema()
    required = schema.get("required", [])
    for name, property_ in schema.get("properties", {}).items():
        yield {"name": name, "in": "query", "required": name in required, "schema": _without_null(property_)}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is left out, never null."""
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key not in {"anyOf", "title", "default"} or value}
    if len(options) != 1:
        return rest
    rest.pop("anyOf", None)
    return {**options[0], **rest}


def _header_parameters(said: Described) -> Iterable[dict[str, Any]]:
    etag = _WEAK_ETAG if said.weak_etag else _ETAG
    wanted = [
        ("Idempotency-Key", _KEY, said.keyed, "Repeats of the request with this key are done once."),
        ("If-Match", _ETAG, said.if_match, "The version that you saw (the ETag)."),
        ("If-None-Match", etag, said.if_none_match, "The ETag of what you have: 304 when it is still so."),
        ("Last-Event-ID", _POSITION, said.resumes, "The `id` of the last event that you have."),
        ("Daybook-Position", _POSITION, said.reads, "Answer as of this position or later, as an answer's header said."),
    ]
    for name, schema, is_taken, description in wanted:
        if is_taken:
            yield {
                "name": name,
                "in": "header",
                "required": False,
                "schema": schema,
                "description": description,
            }


def _answers(said: Described, schemas: _Schemas) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status, shape in said.answers.items():
        response: dict[str, Any] = {"description": _META[status]}
        content: dict[str, Any] = {}
        if _shapes(shape):
            example = said.examples.get(status) or _ANSWERS[_shapes(shape)[0]]
            content["application/json"] = {"schema": schemas.answer(shape), "example": example}
        for media_type in shape if isinstance(shape, tuple) else (shape,):
            if isinstance(media_type, str):
                content[media_type] = {"schema": {"type": "string"}, "example": TEXTS[media_type]}
        if content:
            response["content"] = content
        headers = _answer_headers(said, status)
        if headers:
            response["headers"] = headers
        found[str(status)] = response
    return found


def _answer_headers(said: Described, status: int) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if said.if_match or said.if_none_match:
        headers["ETag"] = {"schema": _WEAK_ETAG if said.weak_etag else _ETAG}
    if said.command:
        headers["Daybook-Position"] = {"schema": _POSITION}
    if said.keyed:
        headers["Idempotency-Replayed"] = {"schema": {"type": "string", "enum": ["true"]}}
    if said.may_be_parked:
        headers[PARKED_HEADER] = {"schema": _PROJECTIONS, "description": _PARKED}
    if status == 201:
        headers["Location"] = {"schema": {"type": "string"}}
    return headers


def _problems(said: Described, schemas: _Schemas) -> dict[str, Any]:
    by_status: defaultdict[int, list[str]] = defaultdict(list)
    for code in said.all_problems():
        by_status[PROBLEMS[code].status].append(code)
    found: dict[str, Any] = {}
    for status, codes in sorted(by_status.items()):
        examples = {code: {"value": _example(code)} for code in codes}
        content = {PROBLEM_JSON: {"schema": schemas.answer(Problem), "examples": examples}}
        found[str(status)] = {"description": ", ".join(f"`{code}`" for code in codes), "content": content}
        if status in {429, 503}:
            found[str(status)]["headers"] = {"Retry-After": {"schema": {"type": "string", "pattern": "^[0-9]+$"}}}
    return found


def _example(code: str) -> dict[str, Any]:
    problem = PROBLEMS[code]
    told = PROBLEMS_TOLD.get(code, Told(problem.explanation, {}))
    return {
        "type": f"/problems/{code}",
        "title": problem.title,
        "status": problem.status,
        "detail": told.detail,
        "code": code,
        **told.facts,
    }


def _shapes(answer: Any) -> tuple[Any, ...]:
    """The shapes of an answer in JSON, without what it may be in other media types."""
    answers = answer if isinstance(answer, tuple) else (answer,)
    return tuple(each for each in answers if each is not None and not isinstance(each, str))


def _version() -> str:
    try:
        return version("daybook-service")
    except PackageNotFoundError:
        return "0"
