"""Answers of the page, with the headers that tell browsers how little a document of it may do."""

import gzip
from collections.abc import Mapping, Sequence
from typing import Final

from litestar.response import Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from interface.http.parsing import WebRequest

HAS_OWN_HEADERS: Final = "daybook_own_headers"
"""Where an answer notes that it says itself how browsers must treat it."""

_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
_NOTHING: Final = b"default-src 'none'; frame-ancestors 'none'"
_UNUSED_POWERS: Final = ", ".join(
    f"{power}=()"
    for power in (
        "accelerometer",
        "browsing-topics",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "publickey-credentials-get",
        "screen-wake-lock",
        "serial",
        "usb",
        "xr-spatial-tracking",
    )
)
_OF_DOCUMENTS: Final = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", _POLICY.encode()),
    (b"permissions-policy", _UNUSED_POWERS.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
]
_SAYS_WHERE_FROM: Final = (b"referrer-policy", b"same-origin")
"""Not `no-referrer`: browsers would then send `Origin: null` with the page's own forms (Fetch, 3.2)."""
_SAYS_NOTHING: Final = (b"referrer-policy", b"no-referrer")


class DocumentAnswer(ASGIResponse):
    """A document in HTML, never kept by anybody."""

    def __init__(
        self,
        document: str,
        status: int = 200,
        *,
        cookies: Sequence[str] = (),
        headers: Sequence[tuple[bytes, bytes]] = (),
        silent: bool = False,
        packed: bool = False,
    ) -> None:
        """`silent`: its address is not even told to our own pages."""
        # As in `JsonAnswer`: ready to be sent, without the framework's ways round.
        body = gzip.compress(document.encode(), mtime=0) if packed else document.encode()
        self.body, self.status_code, self.background = body, status, None
        self._fields = [
            *_OF_DOCUMENTS,
            _SAYS_NOTHING if silent else _SAYS_WHERE_FROM,
            *headers,
            *((b"set-cookie", cookie.encode("latin-1")) for cookie in cookies),
            (b"content-length", b"%d" % len(self.body)),
            *([(b"content-encoding", b"gzip")] if packed else []),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        scope["state"][HAS_OWN_HEADERS] = True
        await send({"type": "http.response.start", "status": self.status_code, "headers": self._fields})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


def document_response(request: WebRequest, document: str, status: int, headers: Mapping[str, str]) -> Response[str]:
    """The same for where only a response of the framework's will do: a failure's answer, silent as above."""
    request.scope["state"][HAS_OWN_HEADERS] = True
    fields = {name.decode(): value.decode("latin-1") for name, value in (*_OF_DOCUMENTS, _SAYS_NOTHING)}
    return Response(document, status_code=status, headers={**fields, **headers})


def redirect(address: str, cookies: Sequence[str] = ()) -> DocumentAnswer:
    """See Other: the browser asks for that address next, whatever it sent before."""
    return DocumentAnswer("", 303, cookies=cookies, headers=[(b"location", address.encode("latin-1"))], silent=True)


class AssetAnswer(ASGIResponse):
    """A file of the page; `kept` for ever, or not at all. Its headers are few: there are many files."""

    def __init__(self, body: bytes, kind: bytes, *, packed: bool, kept: bool) -> None:
        self.body, self.status_code, self.background = body, 200, None
        self._fields = [
            (b"content-type", kind),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"public, max-age=31536000, immutable" if kept else b"no-store"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"x-content-type-options", b"nosniff"),
            (b"vary", b"Accept-Encoding"),
            *([(b"content-encoding", b"gzip")] if packed else []),
            # A picture may be opened by itself, and is then a document.
            *([] if kind.startswith(b"text/") else [(b"content-security-policy", _NOTHING)]),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        scope["state"][HAS_OWN_HEADERS] = True
        await send({"type": "http.response.start", "status": 200, "headers": self._fields})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})
