"""Keeping what is known of a person because the law wants it, and erasing it."""

from datetime import datetime
from typing import Final

from anyio import to_thread
from litestar import delete, put
from litestar.response.base import ASGIResponse

from app.commands import EraseCustomer, LiftLegalHold, PlaceLegalHold
from app.read_models import bookings
from app.read_models.reader import Reader
from interface.http.addresses import customer_in
from interface.http.described import described
from interface.http.models import ReasonBody
from interface.http.parsing import WebRequest, body_of
from interface.http.service import admitted, bare_answer

TAGS: Final = ["people"]
_MOST_LISTED: Final = 100


@delete(
    "/v1/customers/{customer:str}",
    status_code=200,  # the framework refuses 204 here, though the answer brings its own
    tags=TAGS,
    opt=described(
        answers={204: None}, command=True, problems=("unknown-customer", "active-bookings", "legal-hold", "behind")
    ),
)
async def erase_customer(request: WebRequest) -> ASGIResponse:
    """Destroy a person's key and record: what was sealed for them can be read by nobody any more, in no copy of the
    log. Once more changes nothing.
    """
    visit = await admitted(request)
    actor = visit.visitor.acting("admin")
    customer, service = customer_in(request), visit.service
    fields = await visit.command(actor)
    head = await to_thread.run_sync(service.daybook.log.head)
    await service.daybook.reached(head.position)
    looked_at, active = await service.daybook.query(_active_of, customer, visit.now)
    command = EraseCustomer(**fields, customer=customer, looked_at=looked_at, bookings=tuple(active))
    outcome = await service.execute(command)
    await to_thread.run_sync(service.daybook.people.forget, customer)
    service.gate.forget(customer)
    return bare_answer(204, service.after_command(outcome))


@put(
    "/v1/customers/{customer:str}/legal-hold",
    tags=TAGS,
    opt=described(
        answers={204: None}, body=ReasonBody, body_optional=True, command=True, problems=("unknown-customer",)
    ),
)
async def place_legal_hold(request: WebRequest) -> ASGIResponse:
    """Keep a person from being erased, because the law wants it."""
    visit = await admitted(request)
    actor = visit.visitor.acting("admin")
    said = await body_of(request, ReasonBody, optional=True)
    command = PlaceLegalHold(**await visit.command(actor), customer=customer_in(request), reason=said.reason)
    return bare_answer(204, visit.service.after_command(await visit.service.execute(command)))


@delete(
    "/v1/customers/{customer:str}/legal-hold",
    status_code=200,  # as above
    tags=TAGS,
    opt=described(answers={204: None}, command=True, problems=("unknown-customer",)),
)
async def lift_legal_hold(request: WebRequest) -> ASGIResponse:
    """Let a person be erased again."""
    visit = await admitted(request)
    actor = visit.visitor.acting("admin")
    command = LiftLegalHold(**await visit.command(actor), customer=customer_in(request))
    return bare_answer(204, visit.service.after_command(await visit.service.execute(command)))


def _active_of(reader: Reader, customer: str, now: datetime) -> tuple[int, list[str]]:
    return reader.position, bookings.active_of(reader, customer, now, _MOST_LISTED)


ROUTES: Final = [erase_customer, place_legal_hold, lift_legal_hold]
