"""Which requests come from the page itself: cookies come along with those that other sites cause, too."""

import re
from collections.abc import Mapping
from typing import Final

from app.web_addresses import is_this_machine

_AUTHORITY: Final = re.compile(r"(\[[0-9a-f:.]+\]|[0-9a-z.-]+)(?::[0-9]{1,5})?")
_OURS: Final = frozenset({b"same-origin", b"none"})


class Origins:
    """Knows the page's own origin: the one of the settings, else that of this machine which was asked."""

    def __init__(self, public_url: str | None) -> None:
        """`public_url` as browsers write origins; without it the page is there for this machine alone."""
        self._public = public_url

    def own(self, headers: Mapping[bytes, bytes]) -> str | None:
        """The page's origin; None of a request to a host that is not this machine's, while no other is set.

        So a name that somebody points at this machine (DNS rebinding) opens nothing.
        """
        if self._public is not None:
            return self._public
        authority = headers.get(b"host", b"").decode("latin-1").lower()
        parts = _AUTHORITY.fullmatch(authority)
        return f"http://{authority}" if parts is not None and is_this_machine(parts[1].strip("[]")) else None

    def is_own_change(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether the page sent a request that changes something: browsers put an Origin on each, and no script can
        write it. One without it did not come from a browser that we can rely on.
        """
        origin = headers.get(b"origin")
        if origin is None or headers.get(b"sec-fetch-site", b"same-origin") != b"same-origin":
            return False
        return origin.decode("latin-1") == self.own(headers)

    def is_own_question(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether the page, or the person at the address bar, sent a request that changes nothing; browsers that do
        not say where a request comes from are believed, since what they cause cannot be read elsewhere.
        """
        return self.own(headers) is not None and headers.get(b"sec-fetch-site", b"none") in _OURS
