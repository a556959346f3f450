"""Answers packed for those who can unpack them: long lists of slots say the same words again and again."""

import re
import zlib
from typing import Any, Final

from litestar.types import Receive, Scope, Send

from interface.http.service import JsonAnswer

LEAST: Final = 2_000
"""Bytes from which on packing is worth its time; some tenths of a millisecond."""
_GZIP: Final = zlib.MAX_WBITS | 16
_REFUSED: Final = re.compile(rb"(?:gzip|\*)\s*;\s*q=0(?:\.0*)?\s*(?:,|$)")


def unpacks_gzip(scope: Scope | Any) -> bool:
    """Whether whoever asks says so (RFC 9110, 12.5.3)."""
    accepted: bytes = dict(scope["headers"]).get(b"accept-encoding", b"").lower()
    return b"gzip" in accepted and _REFUSED.search(accepted) is None


class PackedAnswer(JsonAnswer):
    """JSON that says nothing about persons, so that its length tells nothing either, packed where it is long.

    Its ETag, if it has one, is a weak one: it stands for what is said, packed or not.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        if len(self.body) >= LEAST:
            self._vary()
            if unpacks_gzip(scope):
                self._pack()
        await super().__call__(scope, receive, send)

    def _pack(self) -> None:
        packer = zlib.compressobj(1, wbits=_GZIP)
        self.body = packer.compress(self.body) + packer.flush()
        kept = [field for field in self._fields if field[0] != b"content-length"]
        self._fields = [*kept, (b"content-encoding", b"gzip"), (b"content-length", b"%d" % len(self.body))]

    def _vary(self) -> None:
        said = b", ".join([value for name, value in self._fields if name == b"vary"] + [b"Accept-Encoding"])
        self._fields = [*(field for field in self._fields if field[0] != b"vary"), (b"vary", said)]
