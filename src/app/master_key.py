"""Where the master key and the token secret come from: settings, or files in the data folder.

A file is 32 random bytes in base64, made complete or not at all, and readable by its owner alone.
"""

import os
import secrets
import stat
from base64 import b64encode
from pathlib import Path

from app.durable import sync
from app.log.event_log import EventLog
from app.log.folder import prepare, unusable
from app.settings import SECRET_BYTES, Settings, SettingsError, decoded_key

MASTER_KEY_FILE = "master.key"
TOKEN_SECRET_FILE = "token.secret"  # noqa: S105 - a file's name
_DRAFT_BYTES = 8
_LONGEST_FILE = 4096
_IF_KEY_IS_BAD = "Put it back from your copy; another key opens nothing of what this store keeps of people."
_IF_SIGNER_IS_BAD = "Put it back from your copy, or delete it: the next start makes one, and tokens are made anew."


def master_key_for(settings: Settings, log: EventLog) -> bytes:
    """The 32 bytes under which people's keys are kept. On the embedded store it is made for a log without
    people; one that has some must have had it. Raises SettingsError, StoreUnavailable.
    """
    if settings.master_key is not None:
        return decoded_key(settings.master_key.get_secret_value())
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
    return _read_or_make(path, _IF_KEY_IS_BAD)


def master_key_if_there(settings: Settings) -> bytes | None:
    """The same without making one: None where none is set and no file is there. Raises SettingsError."""
    if settings.master_key is not None:
        return decoded_key(settings.master_key.get_secret_value())
    path = settings.data / MASTER_KEY_FILE
    return _read(path, _IF_KEY_IS_BAD) if settings.is_embedded and path.exists() else None


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


def _read_or_make(path: Path, instead: str) -> bytes:
    """`instead`: what people can do when the file is there and no good."""
    if not path.exists():
        _make(path)
    _remove_drafts(path)
    return _read(path, instead)


def _read(path: Path, instead: str) -> bytes:
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
        return decoded_key(os.read(descriptor, _LONGEST_FILE).decode("ascii", "replace"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise SettingsError(f"{path} is damaged: {error}. {instead}") from error
    finally:
        os.close(descriptor)


def _make(path: Path) -> None:
    """Write beside it and give it its name once it is whole and on disk; whoever is first wins."""
    prepare(path.parent)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(_DRAFT_BYTES)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(b64encode(secrets.token_bytes(SECRET_BYTES)) + b"\n")
                file.flush()
                os.fsync(descriptor)
            try:
                os.link(draft, path)
            except (FileExistsError, FileNotFoundError):
                return  # another process was first, and may have taken this draft for a dead one's
        finally:
            draft.unlink(missing_ok=True)
        sync(path.parent)
    except OSError as error:
        raise unusable(path.parent, error) from error


def _remove_drafts(path: Path) -> None:
    """What a process that was killed while it made the file left beside it; it may be the very same secret."""
    for draft in path.parent.glob(f"{path.name}.{'[0-9a-f]' * 2 * _DRAFT_BYTES}"):
        try:
            draft.unlink(missing_ok=True)
        except OSError as error:
            raise unusable(path.parent, error) from error
