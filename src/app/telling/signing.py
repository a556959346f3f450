"""Signing of webhooks, by the Standard Webhooks specification 1.0 (symmetric, `v1`), and the secrets for it."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_bytes
from typing import Final, NamedTuple

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what a secret begins with
_SECRET_BYTES: Final = 32
OVERLAP: Final = timedelta(days=1)
"""How long a secret still signs after it was replaced, beside the new one."""
MOST_SECRETS: Final = 4
"""How many sign at a time at most: whoever rotates more often than that ends the oldest."""


class WebhookSecret(NamedTuple):
    """`text` as the receiver has it. `until`: when it signs no more; none for the one in force."""

    text: str
    until: datetime | None = None


def new_secret() -> str:
    """`whsec_` and 32 random bytes in base64."""
    return SECRET_PREFIX + b64encode(token_bytes(_SECRET_BYTES)).decode()


def rotated(secrets: Sequence[WebhookSecret], new: str, now: datetime) -> list[WebhookSecret]:
    """The new secret first, then those that still sign: the one that was in force does so for another day."""
    still = [old._replace(until=old.until or now + OVERLAP) for old in secrets if old.until is None or old.until > now]
    return [WebhookSecret(new), *still][:MOST_SECRETS]


def signing(secrets: Sequence[WebhookSecret], now: datetime) -> list[str]:
    """The texts of those that sign at this moment."""
    return [secret.text for secret in secrets if secret.until is None or secret.until > now]


def signed_headers(message: str, now: datetime, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """The three headers of an attempt: `webhook-signature` has one signature for each secret, and any will do.
    `webhook-timestamp`, seconds since 1970, is that of the attempt: receivers refuse what is some minutes old.
    """
    timestamp = str(int(now.timestamp()))
    said = f"{message}.{timestamp}.".encode() + body
    signatures = [b64encode(hmac.new(_key(secret), said, sha256).digest()).decode() for secret in secrets]
    return {
        "webhook-id": message,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def _key(secret: str) -> bytes:
    return b64decode(secret.removeprefix(SECRET_PREFIX))
