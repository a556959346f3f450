"""A checkpoint: where a log ended at one moment, signed with Ed25519 (RFC 8032), so that it can be kept elsewhere.

What is signed is the text `daybook checkpoint 1` and then log id, position, digest, timestamp, the time that it was
made and the key's name, as they stand in the file: each on a line of its own, and each line ended by one newline.
"""

import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.audit.trouble import CheckpointUnusable
from app.log.instants import timestamp_text
from app.log.records import Head

FORMAT: Final = "daybook-checkpoint"
VERSION: Final = 1
_SIGNED: Final = "daybook checkpoint 1"
_MOST_BYTES: Final = 64 * 1024
_INSTANT: Final = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"


class Checkpoint(BaseModel):
    """`log_id`, `position`, `timestamp` and `digest` are those of the log's head then (`timestamp` is empty for an
    empty log); `made_at` is the time at which it was made, `key` the name of the key that signed it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: Literal["daybook-checkpoint"]
    version: Literal[1]
    log_id: str = Field(pattern=r"^[0-9a-f]{32}$")
    position: int = Field(ge=0)
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    timestamp: str = Field(pattern=rf"^$|{_INSTANT}")
    made_at: str = Field(pattern=_INSTANT)
    key: str = Field(pattern=r"^[0-9a-f]{16}$")
    signature: str = Field(pattern=r"^[A-Za-z0-9+/]{86}==$")

    def written(self) -> str:
        """The file's text."""
        return json.dumps(self.model_dump(), indent=1) + "\n"

    def is_signed_by(self, public_key: bytes) -> bool:
        """Whether the holder of this key made it as it stands here."""
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(b64decode(self.signature), _signed(self))
        except (InvalidSignature, ValueError):
            return False
        return key_name(public_key) == self.key


class Signer:
    """The key that signs checkpoints, from its 32 secret bytes."""

    def __init__(self, secret: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self.public_key = self._key.public_key().public_bytes_raw()

    def checkpoint(self, head: Head, made_at: datetime | None = None) -> Checkpoint:
        """A checkpoint of a log that ends so."""
        unsigned = Checkpoint.model_construct(
            format="daybook-checkpoint",
            version=1,
            log_id=head.log_id,
            position=head.position,
            digest=head.digest.hex(),
            timestamp=head.timestamp,
            made_at=timestamp_text(made_at or datetime.now(UTC)),
            key=key_name(self.public_key),
            signature="",
        )
        signature = b64encode(self._key.sign(_signed(unsigned))).decode()
        return Checkpoint.model_validate({**unsigned.model_dump(), "signature": signature})


def key_name(public_key: bytes) -> str:
    """What checkpoints call a key: the first 16 hex digits of the SHA-256 of its public half."""
    return sha256(public_key).hexdigest()[:16]


def read_checkpoint(path: Path) -> Checkpoint:
    """A checkpoint from its file; whether anybody signed it is another question. Raises CheckpointUnusable."""
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES)
    except OSError as error:
        raise CheckpointUnusable(f"{path} cannot be read ({error.strerror}).") from error
    try:
        made = json.loads(text)
    except (ValueError, RecursionError):
        raise CheckpointUnusable(f"{path} is no checkpoint: it is no JSON. Name the file as it was made.") from None
    if not isinstance(made, dict) or made.get("format") != FORMAT:
        raise CheckpointUnusable(f"{path} is no checkpoint. `daybook checkpoint --out FILE` makes one.")
    if isinstance(made.get("version"), int) and made["version"] > VERSION:
        raise CheckpointUnusable(f"{path} was made by a newer Daybook: verify with that one.")
    try:
        return Checkpoint.model_validate(made)
    except ValidationError as error:
        wrong = ", ".join(sorted({".".join(map(str, each["loc"])) for each in error.errors()}))
        raise CheckpointUnusable(f"{path} is damaged, in {wrong}. Name the file as it was made.") from None


def write_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Make a file of it, unless there is one. Raises CheckpointUnusable."""
    try:
        with path.open("x", encoding="ascii") as file:
            file.write(checkpoint.written())
    except FileExistsError:
        raise CheckpointUnusable(f"{path} is there already, and a checkpoint never replaces one.") from None
    except OSError as error:
        raise CheckpointUnusable(f"{path} cannot be written ({error.strerror}).") from error


def _signed(checkpoint: Checkpoint) -> bytes:
    lines = (
        _SIGNED,
        checkpoint.log_id,
        checkpoint.position,
        checkpoint.digest,
        checkpoint.timestamp,
        checkpoint.made_at,
        checkpoint.key,
    )
    return "".join(f"{line}\n" for line in lines).encode()
