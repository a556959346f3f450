"""Which keys checkpoints are signed with: the one that signs now, and all that ever did, by their public halves."""

import os
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Final

from app.audit.checkpoint import Signer, key_name
from app.durable import sync
from app.log.folder import unusable
from app.master_key import checkpoint_secret_for
from app.setting_values import decoded_key
from app.settings import Settings, SettingsError

PUBLIC_KEYS_FILE: Final = "checkpoint.keys"
"""In the data folder: a line for each key that ever signed there, its name and its public half in base64."""
_LINE: Final = re.compile(r"([0-9a-f]{16}) ([A-Za-z0-9+/]{43}=)")


def signer_for(settings: Settings) -> Signer:
    """The key that signs; on the embedded store it is made at its first use, and its public half is noted beside it.

    Raises SettingsError, StoreUnavailable.
    """
    signer = Signer(checkpoint_secret_for(settings))
    if settings.is_embedded and key_name(signer.public_key) not in _noted(settings):
        _note(settings, signer.public_key)
    return signer


def known_keys(settings: Settings) -> Mapping[str, bytes]:
    """The public halves of all keys that are known here, by name. Changes nothing. Raises SettingsError."""
    known = {key_name(key): key for key in map(decoded_key, settings.checkpoint_public_keys)}
    if settings.checkpoint_key is not None:
        own = Signer(decoded_key(settings.checkpoint_key.get_secret_value())).public_key
        known[key_name(own)] = own
    return {**(_noted(settings) if settings.is_embedded else {}), **known}


def public_text(public_key: bytes) -> str:
    """A public key as settings and options take it."""
    return b64encode(public_key).decode()


def _noted(settings: Settings) -> dict[str, bytes]:
    path = settings.data / PUBLIC_KEYS_FILE
    try:
        lines = path.read_text("ascii", "replace").splitlines()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}).") from error
    found = {}
    for number, line in enumerate(lines, 1):
        key = _LINE.fullmatch(line)
        public = b64decode(key[2]) if key is not None else b""
        if key is None or key_name(public) != key[1]:
            raise SettingsError(
                f"{path} is damaged in line {number}. Put it back from your copy; it lists the keys that signed "
                "checkpoints, so that old ones can still be verified."
            )
        found[key[1]] = public
    return found


def _note(settings: Settings, public_key: bytes) -> None:
    path = settings.data / PUBLIC_KEYS_FILE
    line = f"{key_name(public_key)} {public_text(public_key)}\n".encode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            os.write(descriptor, line)  # one write: two processes at once leave two lines
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        sync(path.parent)
    except OSError as error:
        raise unusable(path.parent, error) from error
