"""Details, reasons and profiles: sealed under the key of the person they are about.

A person's key is stored, durably, before the first command that needs it, so no event exists without its
key. (A key whose command then fails is a row that nobody misses.) Keys go in with ON CONFLICT DO NOTHING and
what is stored is read back, so processes that race for one person all end with the same key.
"""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import structlog

from app.bounded_cache import BoundedCache
from app.identity import keyed_hash
from app.log.customers import CustomerRow
from app.log.event_log import EventLog
from app.log.trouble import OutcomeUnknown
from app.master_keys import MasterKeys
from app.sealing import SealingKey, Unreadable
from app.settings import SettingsError
from domain.customer import Customer, CustomerErased
from domain.refusal import Refused

__all__ = ["DESK", "UnknownCustomer", "Unreadable", "Vault", "wrapping"]

DESK = "desk"
"""The house itself, whose key seals what is about no customer, such as a block's reason."""


class UnknownCustomer(Refused):
    """Nobody has that id, or the person was erased; so nothing can be sealed for them."""

    def __init__(self, customer: str) -> None:
        super().__init__("unknown-customer", f"There is no customer {customer}.", customer=customer)


def _log_unreadable(customer: str) -> None:
    structlog.get_logger("daybook.details").error("sealed text cannot be read", customer=customer)


class Vault:
    """Seals and opens text for people. Thread-safe; keys that were used lately stay in memory, so that sealing
    takes microseconds. `forget` a person as soon as the log says that they were erased.

    `about` names what the text belongs to: a booking's or block's id, `profile` or `account`. A text opens for
    the same customer and subject alone. `alarm` is called with the customer's id when a text that should be
    readable is not; `disclosed` with an actor, a customer and `about` when that actor is shown one. Every method
    raises StoreUnavailable when a key has to be read and the store is not there.
    """

    def __init__(
        self,
        log: EventLog,
        master: MasterKeys | bytes,
        *,
        alarm: Callable[[str], None] = _log_unreadable,
        disclosed: Callable[[str, str, str], None] = lambda *_: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        keys_in_memory: int = 50_000,
    ) -> None:
        self._log = log
        self._master = MasterKeys([master]) if isinstance(master, bytes) else master
        self._alarm = alarm
        self.disclosed = disclosed
        self._clock = clock
        self._keys: BoundedCache[str, SealingKey] = BoundedCache(keys_in_memory)
        self._erased: BoundedCache[str, bool] = BoundedCache(keys_in_memory)

    def check(self) -> None:
        """Open the house's own key, making it if need be: do so at the start, before anything is sealed.

        Raises SettingsError when this master key is not the one that the store's people were sealed under.
        """
        try:
            self._key(DESK)
        except Unreadable as error:
            raise SettingsError(
                "The master key (DAYBOOK_MASTER_KEY, or master.key in the data folder) is not the one that this "
                "store was begun with. Put that one back: with another one nobody's details can be read."
            ) from error

    def seal(self, customer: str, about: str, text: str) -> str:
        """The text in an envelope. Raises UnknownCustomer; Unreadable when the person's key itself is damaged."""
        return self._key(customer).seal((customer, about), text.encode())

    def open(self, customer: str, about: str, sealed: str) -> str:
        """The text. Raises Unreadable, also when the key is gone."""
        try:
            return self._key(customer).open((customer, about), sealed).decode()
        except UnknownCustomer as error:
            raise Unreadable("Its key is gone.") from error

    def reveal(self, customer: str, about: str, sealed: str | None, *, to: str) -> Any:
        """What was sealed, ready for an answer to an actor (`to`): a JSON object as such, any other text as
        `{"text": ...}`, and instead of what cannot be read `{"erased": true}` or `{"unreadable": true}`. None stays
        None.
        """
        return self._revealed(customer, about, sealed, _object_or_text, to)

    def reveal_text(self, customer: str, about: str, sealed: str | None, *, to: str) -> dict[str, Any] | None:
        """The same of a reason: always `{"text": ...}`, even if it looks like JSON."""
        revealed: dict[str, Any] | None = self._revealed(customer, about, sealed, lambda text: {"text": text}, to)
        return revealed

    def fingerprint(self, customer: str | None, body: bytes) -> str:
        """32 hex digits by which a repeated body (its SHA-256) is recognised, keyed by the customer, or by the
        log where there is none. Raises UnknownCustomer.
        """
        if customer is None:
            return keyed_hash(self._log.secret, "daybook fingerprint 1", body).hex()[:32]
        return self._key(customer).fingerprint(body)

    def knows(self, customer: str) -> bool:
        """Whether the person has a key."""
        try:
            self._key(customer)
        except UnknownCustomer:
            return False
        except Unreadable:  # the key is there; what is wrong with it shows when it is used
            return True
        return True

    def warm(self, customers: Iterable[str]) -> None:
        """Have these people's keys in memory, with one question to the store; for lists, and ahead of a command."""
        missing = {customer for customer in customers if self._keys.get(customer) is None}
        rows = self._log.customers.many(missing) if missing else {}
        for row in rows.values():
            if row.wrapped_key is not None:
                self.remember(row)

    def missing(self, customer: str) -> dict[str, Any]:
        """What to answer instead of a text that cannot be read; raises the alarm unless the person was erased."""
        if self.is_erased(customer):
            return {"erased": True}
        self._alarm(customer)
        return {"unreadable": True}

    def unopened(self, customer: str) -> dict[str, Any]:
        """What to answer those who may know that there is something, and not what: `sealed`, or `erased`."""
        return {"erased": True} if self.is_erased(customer) else {"sealed": True}

    def is_erased(self, customer: str) -> bool:
        """Whether the person's key is gone and the log says that this was meant."""
        if self._erased.get(customer):
            return True
        told = any(e.topic == CustomerErased.TOPIC for e in self._log.stream(Customer.stream(customer)))
        row = self._log.customers.get(customer) if told else None
        erased = told and (row is None or row.wrapped_key is None)
        if erased:
            self._erased.put(customer, True)
        return erased

    def forget(self, customer: str) -> None:
        """The log says that the person was erased: keep their key in this process no longer, and not again."""
        self._erased.put(customer, True)
        self._keys.forget(customer)

    def forget_all(self) -> None:
        """Read every key anew: who was erased meanwhile is not known."""
        self._keys.forget_where(lambda _: True)

    def admit(
        self, customer: str, *, account: str | None = None, account_text: str | None = None, profile: str | None = None
    ) -> tuple[CustomerRow, bool]:
        """Make a person a key and store them both; the texts are sealed with it. Answers what is stored, and
        whether it is this: another process may have been first. Raises StoreUnavailable, OutcomeUnknown.
        """
        key = SealingKey.random()
        row = CustomerRow(
            customer=customer,
            account=account,
            wrapped_key=self._master.seal(wrapping(customer, key.key_id), key.secret),
            key_id=key.key_id,
            profile=_sealed(key, customer, "profile", profile),
            sealed_account=_sealed(key, customer, "account", account_text),
            created_at=self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        )
        try:
            stored = self._log.customers.add(row)
        except OutcomeUnknown:
            stored = self._log.customers.add(row)  # a repeat finds what the first one stored
        return stored, stored.wrapped_key == row.wrapped_key

    def remember(self, row: CustomerRow) -> None:
        """Keep in memory the key of a row just read, unless it cannot be used."""
        try:
            self._keep(row.customer, self._unwrapped(row))
        except Unreadable:
            return  # told to whoever uses it

    def _key(self, customer: str) -> SealingKey:
        key = self._keys.get(customer)
        if key is None:
            row = self._log.customers.get(customer)
            if row is None and customer == DESK:
                row, _ = self.admit(DESK)
            if row is None or row.wrapped_key is None or self._erased.get(customer):
                raise UnknownCustomer(customer)
            key = self._unwrapped(row)
            self._keep(customer, key)
        return key

    def _keep(self, customer: str, key: SealingKey) -> None:
        self._keys.put(customer, key)
        if self._erased.get(customer):  # while the row was being read
            self._keys.forget(customer)

    def _unwrapped(self, row: CustomerRow) -> SealingKey:
        wrapped = self._master.open(wrapping(row.customer, row.key_id), row.wrapped_key or "")
        return SealingKey(row.key_id, wrapped)

    def _revealed(self, customer: str, about: str, sealed: str | None, shape: Callable[[str], Any], to: str) -> Any:
        if sealed is None:
            return None
        try:
            text = self.open(customer, about, sealed)
        except Unreadable:
            return self.missing(customer)
        self.disclosed(to, customer, about)
        return shape(text)


def wrapping(customer: str, key_id: str) -> tuple[str, ...]:
    """The context in which the master key seals a person's own key."""
    return "key", customer, key_id


def _sealed(key: SealingKey, customer: str, about: str, text: str | None) -> str | None:
    return None if text is None else key.seal((customer, about), text.encode())


def _object_or_text(text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {"text": text}
