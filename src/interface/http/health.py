"""Whether the process lives, whether it should be sent requests, and its metrics; and the pages about problems."""

from typing import Any, Final

from anyio import to_thread
from litestar import Response, get
from litestar.response.base import ASGIResponse

from app.process import process_name
from interface.http.answers import HealthAnswer, ReadyAnswer
from interface.http.described import described
from interface.http.metrics import CONTENT_TYPE
from interface.http.parsing import WebRequest
from interface.http.problems import Declined, problem_index, problem_page
from interface.http.service import NO_STORE, json_answer, service_of

TAGS: Final = ["operation"]


@get(
    "/health/live",
    tags=TAGS,
    opt=described(answers={200: HealthAnswer}, sign_in="unused"),
)
async def live(request: WebRequest) -> ASGIResponse:
    """The process answers."""
    del request  # nothing of it matters
    return json_answer({"status": "alive"}, {"Cache-Control": NO_STORE})


@get(
    "/health/ready",
    tags=TAGS,
    opt=described(answers={200: ReadyAnswer}, sign_in="unused", problems=("not-ready",)),
)
async def ready(request: WebRequest) -> ASGIResponse:
    """Whether the process should be sent requests; if not, `troubles` says why. `process` is which one it is in
    log lines and metrics; the one that `holds_lease` keeps the read models up and lets holds expire.
    """
    daybook = service_of(request.app.state).daybook
    troubles = await to_thread.run_sync(daybook.troubles)
    who = {"process": process_name(), "holds_lease": daybook.commands.holds_lease}
    if troubles:
        raise Declined("not-ready", troubles[0], troubles=troubles, **who, headers={"Retry-After": "1"})
    return json_answer({"status": "ready", **who}, {"Cache-Control": NO_STORE})


@get(
    "/metrics",
    tags=TAGS,
    opt=described(answers={200: "text/plain"}, sign_in="unused", problems=("not-found",)),
)
async def metrics(request: WebRequest) -> ASGIResponse:
    """Metrics in Prometheus' text format; those of the read models are NaN while they cannot be read."""
    service = service_of(request.app.state)
    settings = service.daybook.settings
    if not settings.metrics or settings.metrics_port is not None:
        raise Declined("not-found", "Metrics are not told here.")
    page = await to_thread.run_sync(service.metrics.page, service.daybook)
    return ASGIResponse(body=page, headers={"Content-Type": CONTENT_TYPE, "Cache-Control": NO_STORE})


@get("/problems", tags=TAGS, opt=described(answers={200: "text/html"}, sign_in="unused"))
async def list_problems() -> Response[Any]:
    """Every problem that the API can answer with."""
    return problem_index()


@get(
    "/problems/{code:str}",
    tags=TAGS,
    opt=described(answers={200: "text/html"}, sign_in="unused", problems=("not-found",)),
)
async def show_problem(request: WebRequest) -> Response[Any]:
    """What a problem means, and what to do about it."""
    return problem_page(request.scope["path_params"]["code"])


ROUTES: Final = [live, ready, metrics, list_problems, show_problem]
