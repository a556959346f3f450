"""What a definition would make of a resource, before it is saved."""

from typing import Annotated, Any, Final

from litestar import post
from litestar.response.base import ASGIResponse
from pydantic import Field
from pydantic_core import to_json

from app.preview import Previewed, preview
from interface.http.addresses import resource_in
from interface.http.answers import PreviewAnswer
from interface.http.described import described
from interface.http.fields import Day
from interface.http.models import Asked, ResourceBody
from interface.http.packing import PackedAnswer
from interface.http.parsing import WebRequest, body_of, query_of
from interface.http.resources import displaced_answers
from interface.http.service import NO_STORE, admitted


class PreviewAsked(Asked):
    """Which dates, both inclusive, at most 92."""

    from_: Annotated[Day, Field(alias="from")]
    to: Day


@post(
    "/v1/resources/{resource:str}/preview",
    status_code=200,
    tags=["resources"],
    opt=described(
        answers={200: PreviewAnswer},
        query=PreviewAsked,
        body=ResourceBody,
        reads=True,
        problems=("unknown-resource", "too-large"),
    ),
)
async def preview_resource(request: WebRequest) -> ASGIResponse:
    """What customers would be offered, and which bookings would no longer fit, were the resource defined so.

    Nothing is stored: it may be asked as often as one likes. It refuses what saving would refuse.
    """
    visit = await admitted(request)
    visit.visitor.acting("admin")
    asked, _ = query_of(request, PreviewAsked)
    said = await body_of(request, ResourceBody)
    found = await visit.service.ask_before_acting(
        visit, preview, resource_in(request), said.timezone, said.definition(), asked.from_, asked.to, visit.now
    )
    return PackedAnswer(to_json(_answer(found)), 200, {"Cache-Control": NO_STORE})


def _answer(found: Previewed) -> PreviewAnswer:
    policy: Any = found.resource.policy.said()
    days: Any = found.days
    moved = found.displaced
    return {
        "resource": found.resource.key,
        "timezone": found.resource.timezone,
        "policy": policy,
        "days": days,
        "displaced": None if moved is None else displaced_answers(moved),
    }


ROUTES: Final = [preview_resource]
