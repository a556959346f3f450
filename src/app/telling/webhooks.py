"""Webhooks as administrators have them: an address, its secrets, and what it is told of. Both are sealed under the
house's key, since addresses often have a secret in them.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from secrets import token_hex
from typing import Final, NamedTuple

from app.details import DESK, Vault
from app.log.event_log import EventLog
from app.log.instants import timestamp_of, timestamp_text
from app.log.webhooks import WebhookRow
from app.outbound.addresses import target_of
from app.telling.happenings import HAPPENING_TYPES, HappeningType
from app.telling.signing import WebhookSecret, new_secret, rotated

MOST_WEBHOOKS: Final = 20
"""Each may need a thread of its own at a time."""


class TooManyWebhooks(Exception):  # noqa: N818 - what there are
    """There are as many as there may be."""


class Sealed(NamedTuple):
    """What is kept of a webhook in an envelope."""

    url: str
    secrets: list[WebhookSecret]


def make_webhook(
    log: EventLog, vault: Vault, url: str, types: Sequence[HappeningType], after: int, now: datetime
) -> tuple[WebhookRow, str]:
    """A new webhook that is told of what happens after a position, and its secret, which is shown this once.

    Raises AddressRefused, TooManyWebhooks, StoreUnavailable, OutcomeUnknown.
    """
    target_of(url)
    webhook, secret = f"h-{token_hex(16)}", new_secret()
    sealed = seal(vault, webhook, Sealed(url, [WebhookSecret(secret)]))
    row = WebhookRow(webhook, sealed, _written(types), timestamp_text(now), 1, True, None, after, 0, None, "")
    if not log.webhooks.add(row, MOST_WEBHOOKS):
        raise TooManyWebhooks
    return row, secret


def change_webhook(
    log: EventLog, vault: Vault, row: WebhookRow, url: str | None, types: Sequence[HappeningType] | None
) -> bool:
    """Another address, other types, or both; none stands for what it is. False where somebody else changed it since it
    was read. Raises AddressRefused, Unreadable, StoreUnavailable, OutcomeUnknown.
    """
    sealed, moved = row.sealed, False
    if url is not None:
        target_of(url)
        opened = unseal(vault, row)
        sealed, moved = seal(vault, row.webhook, opened._replace(url=url)), url != opened.url
    written = row.types if types is None else _written(types)
    return log.webhooks.change(row.webhook, row.version, sealed=sealed, types=written, moved=moved)


def rotate_secret(log: EventLog, vault: Vault, row: WebhookRow, now: datetime) -> str | None:
    """A new secret, shown this once; the one before signs beside it for another day. None where somebody else changed
    the webhook since it was read. Raises Unreadable, StoreUnavailable, OutcomeUnknown.
    """
    opened, secret = unseal(vault, row), new_secret()
    sealed = seal(vault, row.webhook, opened._replace(secrets=rotated(opened.secrets, secret, now)))
    return secret if log.webhooks.change(row.webhook, row.version, sealed=sealed, types=row.types) else None


def seal(vault: Vault, webhook: str, said: Sealed) -> str:
    """An envelope that opens for this webhook alone."""
    secrets = [[text, None if until is None else timestamp_text(until)] for text, until in said.secrets]
    return vault.seal(DESK, webhook, json.dumps({"url": said.url, "secrets": secrets}))


def unseal(vault: Vault, row: WebhookRow) -> Sealed:
    """What is in a webhook's envelope. Raises Unreadable, StoreUnavailable."""
    said = json.loads(vault.open(DESK, row.webhook, row.sealed))
    secrets = [WebhookSecret(text, None if until is None else timestamp_of(until)) for text, until in said["secrets"]]
    return Sealed(said["url"], secrets)


def types_of(row: WebhookRow) -> list[str]:
    """What it is told of, in the order in which the types are documented."""
    return row.types.split()


def _written(types: Sequence[HappeningType]) -> str:
    return " ".join(each for each in HAPPENING_TYPES if each in types)
