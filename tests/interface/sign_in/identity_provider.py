"""A small identity provider: OpenID Connect over HTTP, with a key of its own; strict, and hostile on demand."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

CLIENT = "daybook-of-the-moon"
CLIENT_SECRET = "what the moon told its provider"
CALLBACK = "/sign-in/callback"
KEY_ID = "of this month"
KEY = ec.generate_private_key(ec.SECP256R1())
PUBLISHED = {**ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": KEY_ID, "use": "sig", "alg": "ES256"}


class Asked(NamedTuple):
    """What an authorization request said."""

    nonce: str
    challenge: str
    redirect_uri: str


class IdentityProvider:
    """Whoever comes is signed in as `person` (claims) without being asked. `spoilt` changes what an ID token says,
    `signed` how it is signed, `told` what discovery says, `answers` what a path answers instead of what it should.
    `asked` counts requests by path.
    """

    def __init__(self) -> None:
        self.behave()
        self._codes: dict[str, Asked] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def behave(self) -> None:
        """Be as a provider should be, and forget what was asked."""
        self.person: dict[str, Any] = {"sub": "alice-4711", "name": "Alice Moon", "roles": ["customer"]}
        self.spoilt: Callable[[dict[str, Any]], dict[str, Any]] = dict
        self.signed: Callable[[dict[str, Any]], str] = signed
        self.told: dict[str, Any] = {}
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked: dict[str, int] = {}

    def close(self) -> None:
        """Be away."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def settings(self, public_url: str) -> dict[str, Any]:
        """What a Daybook is told of it."""
        return {
            "jwks_url": f"{self.issuer}/keys",
            "issuer": self.issuer,
            "client_id": CLIENT,
            "client_secret": CLIENT_SECRET,
            "public_url": public_url,
        }

    def answer(self, method: str, path: str, said: dict[str, str], headers: Any) -> tuple[int, dict[str, str], bytes]:
        """What a request is answered with: status, headers, body."""
        self.asked[path] = self.asked.get(path, 0) + 1
        if path in self.answers:
            status, body = self.answers[path]
            return status, {"Content-Type": "application/json"}, body
        match method, path:
            case "GET", "/.well-known/openid-configuration":
                return _json(200, self._discovery())
            case "GET", "/keys":
                return _json(200, {"keys": [PUBLISHED]})
            case "GET", "/authorize":
                return 302, {"Location": self._authorized(said)}, b""
            case "POST", "/token":
                return self._token(said, headers)
        return _json(404, {})

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/leave",
            "authorization_response_iss_parameter_supported": True,
            **self.told,
        }

    def _authorized(self, said: dict[str, str]) -> str:
        assert (said["response_type"], said["client_id"]) == ("code", CLIENT)
        assert said["code_challenge_method"] == "S256"
        assert "openid" in said["scope"].split()
        code = secrets.token_urlsafe(16)
        self._codes[code] = Asked(said["nonce"], said["code_challenge"], said["redirect_uri"])
        answer = {"code": code, "state": said["state"], "iss": self.issuer, "session_state": "of no interest"}
        return f"{said['redirect_uri']}?{urlencode(answer)}"

    def _token(self, said: dict[str, str], headers: Any) -> tuple[int, dict[str, str], bytes]:
        expected = base64.b64encode(f"{CLIENT}:{CLIENT_SECRET}".encode()).decode()
        if headers.get("Authorization") != f"Basic {expected}":
            return _json(401, {"error": "invalid_client"})
        asked = self._codes.pop(said.get("code", ""), None)
        digest = hashlib.sha256(said.get("code_verifier", "").encode()).digest()
        fits = asked is not None and base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked.challenge
        if asked is None or not fits or said.get("redirect_uri") != asked.redirect_uri:
            return _json(400, {"error": "invalid_grant", "error_description": "<script>alert(1)</script>"})
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 3600, "nonce": asked.nonce, **self.person}
        return _json(
            200, {"access_token": "opaque", "token_type": "Bearer", "id_token": self.signed(self.spoilt(claims))}
        )


def signed(claims: dict[str, Any]) -> str:
    """As the provider signs."""
    return jwt.encode(claims, KEY, algorithm="ES256", headers={"kid": KEY_ID})


@contextmanager
def at_work() -> Iterator[IdentityProvider]:
    """A provider that listens."""
    provider = IdentityProvider()
    try:
        yield provider
    finally:
        provider.close()


def _json(status: int, content: Any) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json"}, json.dumps(content).encode()


def _handler_of(provider: IdentityProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("GET", dict(parse_qsl(urlsplit(self.path).query)))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer("POST", dict(parse_qsl(body.decode())))

        def _answer(self, method: str, said: dict[str, str]) -> None:
            status, headers, body = provider.answer(method, urlsplit(self.path).path, said, self.headers)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    return Handler
