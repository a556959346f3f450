"""People: those whom the desk and agents make, and what the token's own person is known by."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from anyio import to_thread
from litestar import get, patch, post
from litestar.response.base import ASGIResponse

from app.commands import Actor
from app.people import Person, Profile
from domain.refusal import Refused
from interface.http.addresses import customer_in
from interface.http.answers import CustomerAnswer, MeAnswer
from interface.http.callers import BOOKERS
from interface.http.described import described
from interface.http.examples import PROFILE
from interface.http.models import Asked
from interface.http.parsing import WebRequest, body_of, query_of, read_body
from interface.http.service import NO_STORE, Visit, admitted, bare_answer, json_answer
from interface.http.versions import etag, expected_version, is_known

TAGS: Final = ["people"]
_LAST: Final = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


@post(
    "/v1/customers",
    tags=TAGS,
    opt=described(
        answers={201: CustomerAnswer},
        body=Profile,
        body_example=PROFILE,
        command=True,
        keyed=True,
        problems=("unknown-customer",),
    ),
)
async def create_customer(request: WebRequest) -> ASGIResponse:
    """A person without an account, for whom staff and agents book. Everything said of them is sealed.

    A repeat with the same key after the person was erased is `unknown-customer`: nobody comes back that way.
    """
    visit = await admitted(request)
    actor = visit.visitor.acting("staff", "agent")
    said = await body_of(request, Profile)
    fields = await visit.command(actor)
    key = fields["command_id"] if fields["keyed"] else None
    people, body = visit.service.daybook.people, sha256(await read_body(request)).digest()

    def create() -> tuple[Person, bool]:
        return people.create(said, made_by=actor.by, command_id=key, body=body)

    person, created = await to_thread.run_sync(create)
    headers = {"Location": f"/v1/customers/{person.customer}"}
    if not created:
        headers["Idempotency-Replayed"] = "true"
    return _answer(person, headers, 201)


@get(
    "/v1/customers/{customer:str}",
    tags=TAGS,
    opt=described(
        answers={200: CustomerAnswer, 304: None}, query=Asked, if_none_match=True, problems=("unknown-customer",)
    ),
)
async def show_customer(request: WebRequest) -> ASGIResponse:
    """A person: staff see all, agents those whom they made, customers themselves."""
    visit = await admitted(request)
    query_of(request, Asked)
    actor = visit.visitor.acting(*BOOKERS)
    person = await _person(visit, actor)
    if is_known(visit.headers, person.version):
        return bare_answer(304, {"ETag": etag(person.version), "Cache-Control": NO_STORE})
    note_shown(visit, actor, person)
    return _answer(person, {})


@patch(
    "/v1/customers/{customer:str}",
    tags=TAGS,
    opt=described(
        answers={200: CustomerAnswer},
        query=Asked,
        body=Profile,
        body_example=PROFILE,
        command=True,
        if_match=True,
        problems=("unknown-customer",),
    ),
)
async def change_customer(request: WebRequest) -> ASGIResponse:
    """Change the fields that are sent; null takes one away."""
    visit = await admitted(request)
    actor = visit.visitor.acting(*BOOKERS)
    query_of(request, Asked)
    said = await body_of(request, Profile)
    expected = expected_version(visit.headers)
    person = await _person(visit, actor)
    people = visit.service.daybook.people
    changed = await to_thread.run_sync(people.change, person.customer, said, expected)
    note_shown(visit, actor, changed)
    return _answer(changed, {})


@get("/v1/me", tags=TAGS, opt=described(answers={200: MeAnswer}, query=Asked))
async def show_me(request: WebRequest) -> ASGIResponse:
    """Who your token, or the page's session, says that you are."""
    visit = await admitted(request)
    query_of(request, Asked)
    actor = visit.visitor.acting("customer", "agent", "staff", "admin", "auditor")
    person = await to_thread.run_sync(visit.service.daybook.people.person, actor.person)
    caller = visit.visitor.caller
    assert caller is not None  # noqa: S101 - nobody acts without a token
    answer = {
        "subject": caller.subject,
        "roles": sorted(caller.roles),
        "resources": None if caller.scope is None else sorted(caller.scope),
        "expires_at": _instant(caller.expires_at),
        "customer": person.customer,
        "profile": person.shown(),
    }
    return json_answer(answer, {"Cache-Control": NO_STORE})


def _instant(seconds: float) -> datetime:
    """Seconds since 1970; of a token that never expires, the calendar's last moment."""
    return datetime.fromtimestamp(min(seconds, _LAST), UTC)


async def _person(visit: Visit, actor: Actor) -> Person:
    return await person_there_for(visit, actor, customer_in(visit.request))


async def person_there_for(visit: Visit, actor: Actor, customer: str) -> Person:
    """A person, if they are there for the actor: everybody is for themselves. Raises Refused (`unknown-customer`)."""
    is_own = customer == actor.person
    if actor.role != "customer" or is_own:
        person = await to_thread.run_sync(visit.service.daybook.people.person, customer)
        if actor.role != "agent" or is_own or actor.by == person.made_by:
            return person
    raise Refused("unknown-customer", f"There is no customer {customer}.", customer=customer)


def note_shown(visit: Visit, actor: Actor, person: Person) -> None:
    """Somebody was shown what is known of a person."""
    if person.profile is not None:
        visit.service.daybook.vault.disclosed(actor.by, person.customer, "profile")


def customer_answer(person: Person) -> dict[str, Any]:
    """A person as they are answered."""
    return {"customer": person.customer, "profile": person.shown(), "version": person.version}


def _answer(person: Person, headers: dict[str, str], status: int = 200) -> ASGIResponse:
    return json_answer(
        customer_answer(person), {**headers, "ETag": etag(person.version), "Cache-Control": NO_STORE}, status
    )


ROUTES: Final = [create_customer, show_customer, change_customer, show_me]
