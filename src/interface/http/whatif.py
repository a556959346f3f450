"""What would have been, had a resource been otherwise."""

from asyncio import Semaphore
from typing import Annotated, Final

from litestar import post
from litestar.response.base import ASGIResponse
from pydantic import ConfigDict, Field, StringConstraints

from app.whatif.apart import imagine_apart
from app.whatif.changes import MOST_CHANGES, CannotImagine, texts_of
from app.whatif.question import Question, must_be_a_range
from interface.http.described import described
from interface.http.desk import at_desk
from interface.http.fields import Day
from interface.http.models import Asked, Said
from interface.http.parsing import WebRequest, body_of, query_of
from interface.http.problems import Declined, malformed
from interface.http.service import NO_STORE, admitted, json_answer
from interface.http.whatif_answers import WhatIfAnswer

_ONE_AT_A_TIME: Final = Semaphore(1)
"""In each process: it takes a processor."""


class WhatIfAsked(Asked):
    """Which dates, both inclusive, at most 366."""

    from_: Annotated[Day, Field(alias="from")]
    to: Day


class WhatIfBody(Said):
    """What is otherwise, by names such as `capacity`, `hours.fri`, `exceptions.2026-12-24` and `policy.step`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"set": {"capacity": 25, "hours.fri": "09:00-13:00"}}]})
    set: dict[
        Annotated[str, StringConstraints(max_length=40)],
        Annotated[str, StringConstraints(max_length=4_000)] | int | bool | None,
    ] = Field(max_length=MOST_CHANGES)


@post(
    "/v1/resources/{resource:str}/what-if",
    status_code=200,
    tags=["demand"],
    opt=described(
        answers={200: WhatIfAnswer},
        query=WhatIfAsked,
        body=WhatIfBody,
        reads=True,
        problems=("unknown-resource", "too-large", "busy"),
    ),
)
async def imagine_resource(request: WebRequest) -> ASGIResponse:
    """Decide what was asked of a resource once more, by the same rules, as if it had been defined otherwise: what was
    granted, from the log, and what was refused, as far as refusals are kept. Nothing is stored.
    """
    visit = await admitted(request)
    _, resource = await at_desk(visit, "staff", "admin")
    asked, _ = query_of(request, WhatIfAsked)
    said = await body_of(request, WhatIfBody)
    try:
        must_be_a_range(asked.from_, asked.to)
    except CannotImagine as cannot:
        raise malformed("to", str(cannot).rstrip(".")) from None
    if _ONE_AT_A_TIME.locked():
        raise Declined("busy", "Another what-if is being worked out. Please come back.", headers={"Retry-After": "5"})
    question = Question(resource, asked.from_, asked.to, tuple(texts_of(said.set)))
    async with _ONE_AT_A_TIME:
        try:
            found = await imagine_apart(visit.service.daybook.settings, question)
        except CannotImagine as cannot:
            raise malformed("/set", str(cannot).rstrip(".")) from None
        except TimeoutError:
            sentence = "This takes longer than a minute. Ask about fewer dates, or use `daybook whatif`."
            raise Declined("busy", sentence, headers={"Retry-After": "60"}) from None
    return json_answer(found, {"Cache-Control": NO_STORE})


ROUTES: Final = [imagine_resource]
