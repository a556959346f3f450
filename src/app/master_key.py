"""Where the master keys, the token secret and the checkpoint key come from: settings, or files in the data folder.

A file is 32 random bytes in base64, made complete or not at all, and readable by its owner alone. `master.key` may have
several lines: the first key wraps, all of them open.
"""

import os
import secrets
import stat
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

from app.durable import sync
from app.log.event_log import EventLog
from app.log.folder import prepare, unusable
from app.master_keys import MasterKeys
from app.setting_values import SECRET_BYTES, decoded_key, decoded_keys
from app.settings import Settings, SettingsError

MASTER_KEY_FILE = "master.key"
TOKEN_SECRET_FILE = "token.secret"  # noqa: S105 - a file's name
CHECKPOINT_KEY_FILE = "checkpoint.key"
_DRAFT_BYTES = 8
_LONGEST_FILE = 4096
_IF_KEY_IS_BAD = "Put it back from your copy; another key opens nothing of what this store keeps of people."
_IF_CHECKPOINT_KEY_IS_BAD = (
    "Put it back from your copy, or delete it: a new one is made, and checkpoints of before can still be verified."
)
_IF_SIGNER_IS_BAD = "Put it back from your copy, or delete it: the next start makes one, and tokens are made anew."


def master_keys_for(settings: Settings, log: EventLog) -> MasterKeys:
    """The keys under which people's keys are kept. On the embedded store one is made for a log without people; one
    that has some must have had it. Raises SettingsError, StoreUnavailable.
    """
    if settings.master_key is not None:
        return MasterKeys(decoded_keys(settings.master_key.get_secret_value()))
    if not settings.is_embedded:
        raise SettingsError(
            "Set DAYBOOK_MASTER_KEY: on PostgreSQL it must not lie beside the data. "
            "`openssl rand -base64 32` makes one; every process needs the same, and a safe copy."
        )
    path = settings.data / MASTER_KEY_FILE
    if not path.exists() and log.rows("SELECT 1 FROM customers LIMIT 1"):
        raise SettingsError(
            f"{path} is missing, and this store has people whose details only that key can open. Put it back "
            "from your copy, or set DAYBOOK_MASTER_KEY to what was in it."
        )
    if not path.exists():
        _make(path)
    _remove_drafts(path)
    return _in_file(path)


def master_keys_if_there(settings: Settings) -> MasterKeys | None:
    """The same without making one: None where none is set and no file is there. Raises SettingsError."""
    if settings.master_key is not None:
        return MasterKeys(decoded_keys(settings.master_key.get_secret_value()))
    path = settings.data / MASTER_KEY_FILE
    return _in_file(path) if settings.is_embedded and path.exists() else None


def _in_file(path: Path) -> MasterKeys:
    """The keys of a file, which are read again once it is another one."""
    seen = _mark(path)
    secrets = _read(path, _IF_KEY_IS_BAD)

    def again() -> list[bytes] | None:
        nonlocal seen
        now = _mark(path)
        if now == seen or now is None:
            return None
        found = _read(path, _IF_KEY_IS_BAD)
        seen = now
        return found

    return MasterKeys(secrets, again)


def _mark(path: Path) -> tuple[int, int, int] | None:
    """What tells a file from the one that was there before; none when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def write_master_keys(settings: Settings, keys: Sequence[bytes]) -> None:
    """Put these keys into the data folder's file, in place of those that are there: complete or not at all, and on
    the disk when this returns. Raises StoreUnavailable.
    """
    path = settings.data / MASTER_KEY_FILE
    try:
        draft = _draft_of(path, b"".join(b64encode(secret) + b"\n" for secret in keys))
        draft.replace(path)
        sync(path.parent)
    except OSError as error:
        raise unusable(path.parent, error) from error


def token_secrets_for(settings: Settings, *, make: bool = True) -> tuple[bytes, ...]:
    """The secrets that verify tokens (HS256); the first one signs. None of them with an identity provider.

    `make`: whether a data folder without one gets one; else that is an error. Raises SettingsError, StoreUnavailable.
    """
    if settings.jwks_url is not None:
        return ()
    if settings.secret:
        return tuple(secret.get_secret_value().encode() for secret in settings.secret)
    if not settings.is_embedded:
        raise SettingsError(
            "Set DAYBOOK_JWKS_URL for your identity provider's tokens, or DAYBOOK_SECRET for Daybook's own: on "
            "PostgreSQL every process needs the same. `openssl rand -hex 32` makes a secret."
        )
    path = settings.data / TOKEN_SECRET_FILE
    if not make and not path.exists():
        raise SettingsError(
            f"No Daybook was ever started on the data folder {settings.data.absolute()}, so nothing would accept the "
            "token. Set DAYBOOK_DATA to the service's folder, or start the service first."
        )
    return (_read_or_make(path, _IF_SIGNER_IS_BAD),)


def checkpoint_secret_for(settings: Settings) -> bytes:
    """The 32 secret bytes of the Ed25519 key that signs checkpoints. Raises SettingsError, StoreUnavailable."""
    if settings.checkpoint_key is not None:
        return decoded_key(settings.checkpoint_key.get_secret_value())
    if not settings.is_embedded:
        raise SettingsError(
            "Set DAYBOOK_CHECKPOINT_KEY: on PostgreSQL the key that signs checkpoints must not lie beside the data. "
            "`openssl rand -base64 32` makes one."
        )
    return _read_or_make(settings.data / CHECKPOINT_KEY_FILE, _IF_CHECKPOINT_KEY_IS_BAD)


def _read_or_make(path: Path, instead: str) -> bytes:
    """`instead`: what people can do when the file is there and no good."""
    if not path.exists():
        _make(path)
    _remove_drafts(path)
    return _read(path, instead)[0]


def _read(path: Path, instead: str) -> list[bytes]:
    """The secrets in a file, at least one. `instead`: what people can do when it is no good."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}).") from error
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise SettingsError(f"{path} is no file. {instead}")
        if found.st_mode & 0o077:
            raise SettingsError(
                f"{path} is open to other users of this machine. If none of them has used it, close it with "
                f"`chmod 600 {path}`; otherwise what it protects is no longer safe."
            )
        # What is no text stays no base64 and is never quoted.
        return decoded_keys(os.read(descriptor, _LONGEST_FILE).decode("ascii", "replace"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise SettingsError(f"{path} is damaged: {error}. {instead}") from error
    finally:
        os.close(descriptor)


def _make(path: Path) -> None:
    """Write beside it and give it its name once it is whole and on disk; whoever is first wins."""
    prepare(path.parent)
    try:
        draft = _draft_of(path, b64encode(secrets.token_bytes(SECRET_BYTES)) + b"\n")
        try:
            os.link(draft, path)
        except (FileExistsError, FileNotFoundError):
            return  # another process was first, and may have taken this draft for a dead one's
        finally:
            draft.unlink(missing_ok=True)
        sync(path.parent)
    except OSError as error:
        raise unusable(path.parent, error) from error


def _draft_of(path: Path, content: bytes) -> Path:
    """A new file beside it, on the disk and readable by its owner alone. Raises OSError."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(_DRAFT_BYTES)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft


def _remove_drafts(path: Path) -> None:
    """What a process that was killed while it made the file left beside it; it may be the very same secret."""
    for draft in path.parent.glob(f"{path.name}.{'[0-9a-f]' * 2 * _DRAFT_BYTES}"):
        try:
            draft.unlink(missing_ok=True)
        except OSError as error:
            raise unusable(path.parent, error) from error
