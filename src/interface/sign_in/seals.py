"""What the page leaves in people's browsers is sealed: nobody reads it, nobody makes it, nobody changes it.

The keys follow from secrets that every process of every service on one store has: each opens what another sealed.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from app.identity import keyed_hash
from app.master_keys import MasterKeys
from app.sealing import SealingKey, Unreadable
from app.settings import Settings

_PURPOSE: Final = "daybook page 1"
Secrets = Callable[[], Sequence[bytes]]


class Seals:
    """Several keys of which the first seals and all open. Bound to the store and to how people sign in, so that
    nothing of the demo opens anything else, and no venue opens what another sealed under the same secret.
    """

    def __init__(self, secrets: Secrets, store: bytes, way: str) -> None:
        """`secrets` are asked for again when something is sealed, or does not open: they may change while a service
        runs. `store`: a secret of the store's own. `way`: a text that says how people sign in.
        """
        self._secrets = secrets
        self._bound_to = (store, way)
        self._keys = self._made()

    def seal(self, kind: str, content: dict[str, Any]) -> str:
        """A text of letters, digits, `-`, `_` and `.` that opens as this kind alone."""
        self._keys = self._made()
        return self._keys[0].seal((kind,), json.dumps(content, separators=(",", ":")).encode())

    def open(self, kind: str, text: str) -> dict[str, Any]:
        """What was sealed. Raises `Unreadable`."""
        key = self._of(text)
        if key is None:
            self._keys = self._made()
            key = self._of(text)
        if key is None:
            raise Unreadable("It was not sealed under a key that is at hand.")
        content: dict[str, Any] = json.loads(key.open((kind,), text))
        return content

    def _of(self, text: str) -> SealingKey | None:
        return next((key for key in self._keys if text.startswith(key.prefix)), None)

    def _made(self) -> list[SealingKey]:
        return [SealingKey.named_by_itself(keyed_hash(each, _PURPOSE, *self._bound_to)) for each in self._secrets()]


def secrets_for(settings: Settings, master: MasterKeys) -> list[bytes]:
    """The secrets that seal: those of the settings, else the master keys, as they are now."""
    if settings.session_secret:
        return [secret.get_secret_value().encode() for secret in settings.session_secret]
    return master.look()
