"""Sealing text with AES-256-GCM (NIST SP 800-38D), so that it opens only where it was meant to be.

An envelope is the text `1.<key id>.<nonce>.<ciphertext and tag>`, the last two in base64url without padding.
The nonce is 96 random bits: one key may seal some billions of texts before two nonces are likely to meet.
"""

import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.identity import keyed_hash

_VERSION = "1"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class Unreadable(Exception):  # noqa: N818 - what the text is, said to people by this word
    """It does not open: altered, moved to another place, or sealed under a key that is not at hand."""


class SealingKey:
    """A secret and its public name. What it seals is bound to the name and to a context; both must fit again.

    Thread-safe. The secret itself seals nothing: each purpose has a key of its own that follows from it.
    """

    def __init__(self, key_id: str, secret: bytes) -> None:
        self.key_id = key_id
        self.secret = secret
        self._cipher = AESGCM(keyed_hash(secret, "daybook seal 1"))

    def __repr__(self) -> str:
        return f"SealingKey({self.key_id!r})"

    @classmethod
    def random(cls) -> Self:
        """A new key with a random name of 16 hex digits."""
        return cls(secrets.token_hex(8), secrets.token_bytes(_KEY_BYTES))

    @classmethod
    def named_by_itself(cls, secret: bytes) -> Self:
        """A key whose name follows from the secret, so that a wrong one is told from an altered text."""
        return cls(keyed_hash(secret, "daybook key name 1").hex()[:16], secret)

    @property
    def prefix(self) -> str:
        """What every envelope of this key begins with, and of no other."""
        return f"{_VERSION}.{self.key_id}."

    def seal(self, context: tuple[str, ...], data: bytes) -> str:
        """An envelope that opens in this context alone."""
        nonce = _NONCES.take()
        ciphertext = self._cipher.encrypt(nonce, data, self._bound_to(context))
        return ".".join((_VERSION, self.key_id, _to_text(nonce), _to_text(ciphertext)))

    def open(self, context: tuple[str, ...], envelope: str) -> bytes:
        """What was sealed. Raises Unreadable."""
        parts = envelope.split(".")
        if len(parts) != 4 or parts[0] != _VERSION:
            raise Unreadable("It is no sealed text of a kind that this Daybook knows.")
        if parts[1] != self.key_id:
            raise Unreadable(f"It was sealed under the key {parts[1][:32]}, not under {self.key_id}.")
        try:
            return self._cipher.decrypt(_to_bytes(parts[2]), _to_bytes(parts[3]), self._bound_to(context))
        except (InvalidTag, ValueError) as error:
            raise Unreadable("It was altered, or belongs somewhere else.") from error

    def fingerprint(self, data: bytes) -> str:
        """32 hex digits by which only the holder of this key can recognise the data."""
        return keyed_hash(self.secret, "daybook fingerprint 1", data).hex()[:32]

    def _bound_to(self, context: tuple[str, ...]) -> bytes:
        parts = (_VERSION, self.key_id, *context)
        return b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)


class _Nonces:
    """Fresh random nonces, drawn from the operating system many at a time: each draw lets other threads run."""

    def __init__(self) -> None:
        self._drawn: list[bytes] = []
        self._process = 0

    def take(self) -> bytes:
        """One that nobody else gets: popping from a list is atomic, and a forked process draws anew."""
        if self._process != os.getpid():
            self._drawn, self._process = [], os.getpid()
        try:
            return self._drawn.pop()
        except IndexError:
            data = secrets.token_bytes(_NONCE_BYTES * 256)
            self._drawn.extend(data[at : at + _NONCE_BYTES] for at in range(_NONCE_BYTES, len(data), _NONCE_BYTES))
            return data[:_NONCE_BYTES]


_NONCES = _Nonces()


def _to_text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _to_bytes(text: str) -> bytes:
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _to_text(data) != text:  # Python skips over characters that are not base64
        raise ValueError("not base64url")
    return data
