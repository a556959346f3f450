"""Finding people by part of their name, for the desk."""

from typing import Annotated, Final

from anyio import to_thread
from litestar import post
from litestar.response.base import ASGIResponse
from pydantic import StringConstraints

from interface.http.answers import FoundCustomers
from interface.http.customers import customer_answer, note_shown
from interface.http.described import described
from interface.http.fields import CustomerId
from interface.http.models import Asked, Said
from interface.http.parsing import WebRequest, body_of, query_of
from interface.http.service import NO_STORE, admitted, json_answer

_MOST_FOUND: Final = 20


class SearchBody(Said):
    """Part of a name, whatever its case; `cursor`: where an earlier search ended."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]
    cursor: CustomerId | None = None


@post(
    "/v1/customers/search",
    status_code=200,
    tags=["people"],
    opt=described(answers={200: FoundCustomers}, query=Asked, body=SearchBody, body_example={"name": "noor"}),
)
async def find_customers(request: WebRequest) -> ASGIResponse:
    """People by part of their name, for staff: 20 at most. Each of them is noted as shown.

    `next` is null where nobody else has it; else there may be more: ask again with it as `cursor`, even if nobody was
    found, since names are sealed one by one and not all of them are looked at in one go. Nothing is stored, and a name
    that is sought stands in no address.
    """
    visit = await admitted(request)
    actor = visit.visitor.acting("staff")
    query_of(request, Asked)
    said = await body_of(request, SearchBody)
    service = visit.service
    people = service.daybook.people
    found, beyond = await to_thread.run_sync(
        people.named, said.name, _MOST_FOUND, said.cursor or "", limiter=service.looking_back
    )
    for person in found:
        note_shown(visit, actor, person)
    answer = {"items": [customer_answer(person) for person in found], "next": beyond}
    return json_answer(answer, {"Cache-Control": NO_STORE})


ROUTES: Final = [find_customers]
