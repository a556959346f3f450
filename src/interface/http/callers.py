"""Who is at the door, in which role they act, and what they may see."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Final

from anyio import CapacityLimiter, to_thread

from app.bounded_cache import BoundedCache
from app.commands import Actor, Role
from app.log.trouble import OutcomeUnknown, StoreUnavailable
from app.people import People
from domain.definition import Visibility
from domain.resource import Resource
from interface.http.auth import Authenticator, Caller, TokenRole, Unauthenticated
from interface.http.limits import Addresses, RateLimit
from interface.http.problems import Declined
from interface.sign_in.cookies import SESSION, take_away
from interface.sign_in.sessions import Session, SessionOver, Sessions, SomebodyElse

SEES_ALL_RESOURCES: Final[frozenset[TokenRole]] = frozenset({"staff", "admin", "auditor"})
BOOKERS: Final[tuple[TokenRole, ...]] = ("staff", "agent", "customer")
"""Roles that deal with bookings, the one that may most first: a token with several acts in the first."""

HISTORIANS: Final[tuple[TokenRole, ...]] = ("staff", "auditor", "admin")
"""Roles that may see resources and availability as they were."""

SECONDS_WITHOUT_NEW_PEOPLE: Final = 5.0
"""How long nobody is made after the store could not be written: requests of strangers must not queue for it."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks. `caller` and `person` are none of somebody without a token; `person` alone of somebody who was
    never here before while the store cannot be written.
    """

    caller: Caller | None
    person: str | None

    @property
    def roles(self) -> frozenset[TokenRole]:
        """What the token grants."""
        return self.caller.roles if self.caller is not None else frozenset()

    def acting(self, *roles: TokenRole) -> Actor:
        """The actor in the first of these roles that the token grants.

        Raises Declined (`unauthenticated` without a token, `forbidden` when it grants none of them).
        """
        if self.caller is None:
            raise unauthenticated("This needs a bearer token, or somebody who is signed in on the page.")
        if self.person is None:
            raise StoreUnavailable("The event store cannot be written, and you have never been here before.")
        for role in roles:
            if role in self.caller.roles:
                return Actor(role, self.person, self.caller.scope if role == "staff" else None)
        raise Declined("forbidden", f"This is for {_listed(roles)}; your token says otherwise.")

    def booking_actor(self, customer: str | None) -> tuple[Actor, str]:
        """Who books, and for whom: staff and agents name a customer, customers are it themselves.

        Raises Declined (`forbidden`, `malformed`).
        """
        if customer is None and "customer" in self.roles:
            actor = self.acting("customer")
            return actor, actor.person
        actor = self.acting(*BOOKERS)
        if actor.role == "customer":
            raise Declined("forbidden", "A customer books for nobody else. Please leave 'customer' out.")
        if customer is None:
            detail = "staff and agents say whom the booking is for"
            raise Declined("malformed", f"/customer: {detail}.", errors=[{"pointer": "/customer", "detail": detail}])
        return actor, customer

    @property
    def visible(self) -> frozenset[Visibility] | None:
        """The visibilities of resources that the visitor sees; none means all."""
        if self.caller is None:
            return frozenset({"public"})
        return None if self.roles & SEES_ALL_RESOURCES else frozenset({"public", "signed-in"})

    def sees(self, resource: Resource) -> bool:
        """Whether the resource is there for the visitor."""
        return self.visible is None or resource.definition.visibility in self.visible

    @property
    def by_staff(self) -> bool:
        """Whether availability is worked out by the desk's rules."""
        return "staff" in self.roles


def unauthenticated(detail: str, headers: Mapping[str, str] | None = None, **facts: str) -> Declined:
    """The problem of a missing or worthless token, or of a session that has ended."""
    told = {"WWW-Authenticate": 'Bearer realm="daybook"', **(headers or {})}
    return Declined("unauthenticated", detail, headers=told, **facts)


class Gate:
    """Lets requests in: verifies token or session, counts the request, and finds the person. For one event loop."""

    def __init__(
        self,
        tokens: Authenticator,
        people: People,
        addresses: Addresses,
        rate_limit: RateLimit | None,
        sessions: Sessions | None = None,
    ) -> None:
        """`sessions` of the page, unless nobody can sign in there."""
        self._tokens = tokens
        self._people = people
        self._addresses = addresses
        self._rate_limit = rate_limit
        self._sessions = sessions
        self._making = CapacityLimiter(4)
        self._not_made_before = float("-inf")
        self._seen: BoundedCache[tuple[str, str] | str, bool] = BoundedCache(50_000)

    async def admit(self, method: str, headers: Mapping[bytes, bytes], peer: str) -> Visitor:
        """Who asks: by the bearer token if there is one, else by the page's session.

        Raises Declined (`rate-limited`, `unauthenticated`, `forbidden`), ProviderUnreachable, StoreUnavailable.
        """
        try:
            caller = await self._caller(method, headers)
        except SessionOver as error:
            self._count(self._address(headers, peer))
            raise unauthenticated(str(error), {"Set-Cookie": take_away(SESSION)}) from None
        except SomebodyElse as error:
            self._count(self._address(headers, peer))
            raise unauthenticated(str(error), reason="somebody-else") from None
        except Unauthenticated as error:
            self._count(self._address(headers, peer))
            raise unauthenticated(str(error)) from None
        except Declined:
            self._count(self._address(headers, peer))
            raise
        self._count(self.name_of(caller, headers, peer))
        if caller is None:
            return Visitor(None, None)
        return Visitor(caller, await self._person(caller.issuer, caller.subject))

    def name_of(self, caller: Caller | None, headers: Mapping[bytes, bytes], peer: str) -> str:
        """What limits know somebody by: the verified subject, else the address."""
        return self._address(headers, peer) if caller is None else f"{caller.issuer}\n{caller.subject}"

    def look(self, headers: Mapping[bytes, bytes], peer: str) -> Session | None:
        """Who opens a document of the page; nobody with a session that is worth nothing.

        Raises Declined (`rate-limited`).
        """
        try:
            session = self._sessions.session_in(headers) if self._sessions is not None else None
        except SessionOver:
            session = None
        self._count(self.name_of(None if session is None else session.caller, headers, peer))
        return session

    async def knows(self, customer: str) -> bool:
        """Whether bookings can be made for the person; their key is in memory afterwards."""
        if self._seen.get(customer):
            return True
        found = await to_thread.run_sync(self._people.exists, customer)
        if found:
            self._seen.put(customer, True)
        return found

    def forget(self, customer: str) -> None:
        """Ask again whether the person exists."""
        self._seen.forget(customer)

    async def _caller(self, method: str, headers: Mapping[bytes, bytes]) -> Caller | None:
        authorization = headers.get(b"authorization")
        if authorization is not None:
            return await self._tokens.authenticate(authorization.decode("latin-1"))
        return self._sessions.caller_of(method, headers) if self._sessions is not None else None

    async def _person(self, issuer: str, subject: str) -> str | None:
        # Whoever was seen lately is in the memory of `people`: no thread is needed to ask it.
        account = (issuer, subject)
        if self._seen.get(account):
            return self._people.person_of(issuer, subject)
        person = await self._made(issuer, subject)
        if person is None:
            return await to_thread.run_sync(self._people.find, issuer, subject)
        self._seen.put(account, True)
        return person

    async def _made(self, issuer: str, subject: str) -> str | None:
        """The person, made where they are new; none while the store cannot be written, which only few wait to learn."""
        async with self._making:
            if monotonic() < self._not_made_before:
                return None
            try:
                return await to_thread.run_sync(self._people.person_of, issuer, subject)
            except (StoreUnavailable, OutcomeUnknown):
                self._not_made_before = monotonic() + SECONDS_WITHOUT_NEW_PEOPLE
                return None

    def _address(self, headers: Mapping[bytes, bytes], peer: str) -> str:
        return self._addresses.of(peer, headers.get(b"x-forwarded-for", b"").decode("latin-1"))

    def _count(self, caller: str) -> None:
        if self._rate_limit is not None:
            self._rate_limit.spend(caller)


def _listed(roles: tuple[Role, ...]) -> str:
    return " and ".join(roles) if len(roles) < 3 else f"{', '.join(roles[:-1])} and {roles[-1]}"
