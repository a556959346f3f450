"""People: who has which made-up id, and what is known of them.

The log knows people by the id alone. The table beside it finds the id of an account by a keyed hash of issuer
and subject; the two themselves, and the profile, are there only sealed under the person's own key. A person
is stored before the first command that names them is decided (see `details`).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.bounded_cache import BoundedCache
from app.details import DESK, UnknownCustomer, Unreadable, Vault
from app.identity import customer_id, keyed_hash, random_customer_id
from app.log.customers import CustomerRow
from app.log.event_log import EventLog
from app.messages.addressing import EMAIL, MOST_EMAIL, PHONE, usable
from domain.definition import ONE_LINE
from domain.refusal import Refused

_CHANGE_ATTEMPTS = 20
MOST_LOOKED_AT: Final = 20_000
"""So many people are looked at for a name: about a second."""
_CHUNK: Final = 500
_HIDDEN: Final = Field(repr=False)


def one_line(said: str) -> str:
    """A name as it was said. Raises PydanticCustomError where it is not one line of signs that stand for themselves."""
    if not ONE_LINE.fullmatch(said):
        raise PydanticCustomError("daybook", "write one line, without control characters")
    return said


def _an_email(said: str) -> str:
    if usable("email", said) is None:
        raise PydanticCustomError(
            "daybook",
            "write one address such as ada@example.org: ASCII letters without quotes, and a domain with its ending, "
            "one with other letters as xn--",
        )
    return said


def _a_phone(said: str) -> str:
    if usable("phone", said) is None:
        raise PydanticCustomError("daybook", "write a number with its country, such as +43 660 1234567")
    return said


def _text(most: int, pattern: str) -> Any:
    """What everyone reads in the schema; the sentence of what it must be comes from who checks it."""
    return Field(max_length=most, json_schema_extra={"pattern": f"^{pattern}$"})


class Profile(BaseModel):
    """What is known of a person, all of it optional. As a change: fields that are set replace, null clears.

    `messages`: false where they want none about their bookings.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[Annotated[str, _text(200, ONE_LINE.pattern), AfterValidator(one_line)] | None, _HIDDEN] = None
    email: Annotated[Annotated[str, _text(MOST_EMAIL, EMAIL), AfterValidator(_an_email)] | None, _HIDDEN] = None
    phone: Annotated[Annotated[str, _text(50, PHONE), AfterValidator(_a_phone)] | None, _HIDDEN] = None
    language: Annotated[
        str | None, Field(max_length=35, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", repr=False)
    ] = None
    messages: Annotated[bool | None, Field(strict=True, repr=False)] = None


class Account(NamedTuple):
    """Where a person signs in, in plain: only for those who may read it."""

    issuer: str
    subject: str


@dataclass(frozen=True, slots=True)
class Person:
    """A person as now known. `version` counts changes of the profile (ETag), from 0. `made_by` is the actor who
    made them (`agent:c-...`), None of a person with an account. `profile` is None when it cannot be read, and
    `missing` then says why.
    """

    customer: str
    profile: Profile | None
    version: int
    made_by: str | None = None
    missing: Literal["erased", "unreadable"] | None = None

    def shown(self) -> dict[str, Any]:
        """The profile ready for an answer: its five fields, or `{"erased": true}`, `{"unreadable": true}`."""
        return self.profile.model_dump() if self.profile is not None else {str(self.missing): True}


class People:
    """Finds, makes and changes people. Thread-safe; whoever was seen lately is found in a microsecond.

    Every method raises StoreUnavailable when it has to ask the store and that is not there.
    """

    def __init__(self, log: EventLog, vault: Vault, *, ids_in_memory: int = 50_000) -> None:
        self._log = log
        self._vault = vault
        self._ids: BoundedCache[tuple[str, str], str] = BoundedCache(ids_in_memory)

    def person_of(self, issuer: str, subject: str) -> str:
        """The id of whoever signs in so, `c-` and 32 hex digits; made and stored at first use. However many
        threads and processes ask at once, they all get the same. Raises OutcomeUnknown; asking again is safe.
        """
        found = self.find(issuer, subject)
        if found is None:
            row, _ = self._vault.admit(
                random_customer_id(),
                account=self._account(issuer, subject),
                account_text=json.dumps([issuer, subject]),
            )
            found = self._remember(issuer, subject, row)
        return found

    def find(self, issuer: str, subject: str) -> str | None:
        """The same, but nobody is made: None for a person who was never here. Works on a read-only store."""
        known = self._ids.get((issuer, subject))
        if known is None:
            row = self._log.customers.by_account(self._account(issuer, subject))
            known = self._remember(issuer, subject, row) if row is not None else None
        return known

    def create(
        self, profile: Profile, *, made_by: str, command_id: str | None = None, body: bytes = b""
    ) -> tuple[Person, bool]:
        """Make a person without an account; answers them, and whether this made them.

        With the `command_id` of a keyed request, a repeat answers the person whom the first one made, as they
        are now; with another `body` (SHA-256) it raises Refused (`idempotency-key-reused`). A repeat after the
        person was erased raises UnknownCustomer: nobody comes back that way.
        """
        customer = random_customer_id() if command_id is None else customer_id(command_id)
        if command_id is not None and self._vault.is_erased(customer):
            raise UnknownCustomer(customer)
        record = _record(profile, {"made_by": made_by, "made_from": body.hex()})
        row, created = self._vault.admit(customer, profile=record)
        if not created and self._opened(row).get("made_from") != body.hex():
            raise Refused(
                "idempotency-key-reused",
                "This idempotency key was used with another body. Use a new key for a new request.",
            )
        return self._person(row), created

    def person(self, customer: str) -> Person:
        """Who that is. Raises UnknownCustomer; of a person who was erased, a Person without profile."""
        row = self._log.customers.get(customer) if customer != DESK else None
        if row is not None:
            return self._person(row)
        if self._vault.is_erased(customer):
            return Person(customer, None, 0, missing="erased")
        raise UnknownCustomer(customer)

    def many(self, customers: Iterable[str]) -> dict[str, Person]:
        """The same of many people, who must be known to the log, with one question to the store."""
        wanted = set(customers)
        rows = self._log.customers.many(wanted) if wanted else {}
        return {
            customer: self._person(rows[customer]) if customer in rows else self._missing(customer, 0)
            for customer in wanted
        }

    def named(
        self, part: str, most: int, beyond: str = "", looking_at: int = MOST_LOOKED_AT
    ) -> tuple[list[Person], str | None]:
        """Up to `most` people whose names have that in them, whatever its case, in the order of their ids from beyond
        one on; and the id from beyond which there may be more, None where these are all.

        Names are sealed, each under its own key, so people are opened one by one, at most `looking_at` of them.
        """
        wanted, found = part.casefold(), list[Person]()
        for _ in range(0, looking_at, _CHUNK):
            rows = self._log.customers.with_profiles(beyond, _CHUNK)
            for row in rows:
                if (person := self._readable(row)) and wanted in (person.shown().get("name") or "").casefold():
                    found.append(person)
                beyond = row.customer
                if len(found) == most:
                    return found, beyond
            if len(rows) < _CHUNK:
                return found, None
        return found, beyond

    def change(self, customer: str, patch: Profile, expected: int | None = None) -> Person:
        """Change the fields that are set in `patch`; answers the person afterwards. Raises UnknownCustomer, Refused
        (`stale-version`) when they are no longer at `expected`, Unreadable when their profile is.
        """
        for _ in range(_CHANGE_ATTEMPTS):
            row = self._log.customers.get(customer) if customer != DESK else None
            if row is None or row.wrapped_key is None:
                raise UnknownCustomer(customer)
            if expected is not None and expected != row.profile_version:
                break
            record = self._opened(row)
            profile = _profile(record).model_copy(update=patch.model_dump(exclude_unset=True))
            if profile == _profile(record):
                return self._person(row)
            sealed = self._vault.seal(customer, "profile", _record(profile, record))
            if self._log.customers.set_profile(customer, sealed, row.profile_version):
                return Person(customer, profile, row.profile_version + 1, record.get("made_by"))
        raise Refused(
            "stale-version",
            "Somebody else has changed this person since you looked. Look again, then repeat your change.",
            current_version=self.person(customer).version,
        )

    def exists(self, customer: str) -> bool:
        """Whether bookings can be made for that person."""
        return customer != DESK and self._vault.knows(customer)

    def account(self, customer: str) -> Account | None:
        """Where the person signs in; None of those without an account. Raises UnknownCustomer, Unreadable."""
        row = self._log.customers.get(customer)
        if row is None:
            raise UnknownCustomer(customer)
        if row.sealed_account is None:
            return None
        return Account(*json.loads(self._vault.open(customer, "account", row.sealed_account)))

    def forget(self, customer: str) -> None:
        """Keep nothing of the person in this process; for the moment when the log says that they were erased."""
        self._ids.forget_where(lambda known: known == customer)
        self._vault.forget(customer)

    def _account(self, issuer: str, subject: str) -> str:
        return keyed_hash(self._log.secret, "daybook account 1", issuer, subject).hex()

    def _remember(self, issuer: str, subject: str, row: CustomerRow) -> str:
        self._ids.put((issuer, subject), row.customer)
        self._vault.remember(row)
        return row.customer

    def _person(self, row: CustomerRow) -> Person:
        try:
            record = self._opened(row)
        except Unreadable:
            return self._missing(row.customer, row.profile_version)
        return Person(row.customer, _profile(record), row.profile_version, record.get("made_by"))

    def _readable(self, row: CustomerRow) -> Person | None:
        """Somebody who is only looked at: what cannot be read is told to whoever asks for that very person."""
        self._vault.remember(row)
        try:
            record = self._opened(row)
        except Unreadable:
            return None
        return Person(row.customer, _profile(record), row.profile_version, record.get("made_by"))

    def _missing(self, customer: str, version: int) -> Person:
        why: Literal["erased", "unreadable"] = "erased" if "erased" in self._vault.missing(customer) else "unreadable"
        return Person(customer, None, version, missing=why)

    def _opened(self, row: CustomerRow) -> dict[str, Any]:
        if row.wrapped_key is None:
            raise Unreadable("Its key is gone.")
        if row.profile is None:
            return {}
        record: dict[str, Any] = json.loads(self._vault.open(row.customer, "profile", row.profile))
        return record


def _record(profile: Profile, around: dict[str, Any]) -> str:
    """What is sealed: the profile, and how the person came about."""
    return json.dumps({**around, "profile": profile.model_dump(exclude_none=True)})


def _profile(record: dict[str, Any]) -> Profile:
    return Profile.model_construct(**record.get("profile", {}))
