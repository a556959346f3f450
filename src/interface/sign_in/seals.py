"""What the page leaves in people's browsers is sealed: nobody reads it, nobody makes it, nobody changes it.

The keys follow from secrets that every process of every service on one store has: each opens what another sealed.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from app.identity import keyed_hash
from app.sealing import SealingKey, Unreadable
from app.settings import Settings

_PURPOSE: Final = "daybook page 1"


class Seals:
    """Several keys of which the first seals and all open. Bound to the store and to how people sign in, so that
    nothing of the demo opens anything else, and no venue opens what another sealed under the same secret.
    """

    def __init__(self, secrets: Sequence[bytes], store: bytes, way: str) -> None:
        """`store`: a secret of the store's own. `way`: a text that says how people sign in."""
        self._keys = [SealingKey.named_by_itself(keyed_hash(secret, _PURPOSE, store, way)) for secret in secrets]

    def seal(self, kind: str, content: dict[str, Any]) -> str:
        """A text of letters, digits, `-`, `_` and `.` that opens as this kind alone."""
        return self._keys[0].seal((kind,), json.dumps(content, separators=(",", ":")).encode())

    def open(self, kind: str, text: str) -> dict[str, Any]:
        """What was sealed. Raises `Unreadable`."""
        for key in self._keys:
            if text.startswith(key.prefix):
                content: dict[str, Any] = json.loads(key.open((kind,), text))
                return content
        raise Unreadable("It was not sealed under a key that is at hand.")


def secrets_for(settings: Settings, master_key: bytes) -> list[bytes]:
    """The secrets that seal: those of the settings, else the master key."""
    return [secret.get_secret_value().encode() for secret in settings.session_secret] or [master_key]
