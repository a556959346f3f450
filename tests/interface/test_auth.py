"""Only a token that is rightly signed, in time and meant for us says who is calling."""

import asyncio
import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from app.settings import load_settings
from interface.http.auth import Authenticator, Caller, Unauthenticated, issue_token
from interface.http.provider_keys import ProviderKeys, ProviderUnreachable

SECRET = b"the secret of the moon hospital!"
OLD_SECRET = b"the secret of last year's moon.."
ISSUER = "https://id.moon.example"
NOW = 1_764_583_200
"""The first of December 2025, 10:00 UTC: whatever the machine's clock says."""
CLAIMS: dict[str, Any] = {"sub": "alice", "roles": ["customer"], "exp": NOW + 3600}


def who(authenticator: Authenticator, token: str | None) -> Caller | None:
    return asyncio.run(authenticator.authenticate(None if token is None else f"Bearer {token}"))


def refusal(authenticator: Authenticator, token: str) -> str:
    with pytest.raises(Unauthenticated) as error:
        who(authenticator, token)
    return str(error.value)


def signed(claims: dict[str, Any], secret: bytes = SECRET) -> str:
    return jwt.encode(claims, secret, algorithm="HS256")


def forged(header: bytes, payload: bytes, secret: bytes = SECRET) -> str:
    """Any bytes as header and payload, with a right signature."""
    parts = [base64.urlsafe_b64encode(part).rstrip(b"=") for part in (header, payload)]
    signature = hmac.new(secret, b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = float(NOW)

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def authenticator(clock: Clock) -> Authenticator:
    return Authenticator(load_settings(), (SECRET, OLD_SECRET), clock=clock)


def test_nobody_calls_without_a_header(authenticator: Authenticator) -> None:
    assert who(authenticator, None) is None


def test_a_token_says_who_calls(authenticator: Authenticator) -> None:
    token = issue_token(SECRET, "bob", ["staff", "customer"], 1, resources=["kind:room", "moon"], now=NOW)

    assert who(authenticator, token) == Caller(
        "bob", "", frozenset({"staff", "customer"}), frozenset({"kind:room", "moon"}), NOW + 86_400
    )


def test_a_token_without_resources_is_limited_to_none(authenticator: Authenticator) -> None:
    unlimited, nothing = who(authenticator, signed(CLAIMS)), who(authenticator, signed({**CLAIMS, "resources": []}))

    assert unlimited is not None
    assert nothing is not None
    assert (unlimited.scope, nothing.scope) == (None, frozenset())


def test_roles_of_other_applications_are_ignored(authenticator: Authenticator) -> None:
    caller = who(authenticator, signed({**CLAIMS, "roles": ["auditor", "superuser", "Admin", "system"]}))

    assert caller is not None
    assert caller.roles == {"auditor"}


def test_a_token_without_roles_is_known_and_may_nothing(authenticator: Authenticator) -> None:
    caller = who(authenticator, signed({"sub": "alice", "exp": NOW + 60}))

    assert caller is not None
    assert caller.roles == frozenset()


def test_while_secrets_change_tokens_of_both_work(authenticator: Authenticator) -> None:
    assert who(authenticator, signed(CLAIMS, OLD_SECRET)) == who(authenticator, signed(CLAIMS, SECRET))
    only_new = Authenticator(load_settings(), (SECRET,), clock=Clock())
    assert "signature" in refusal(only_new, signed(CLAIMS, OLD_SECRET))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS384", "RS256", ""])
def test_no_other_algorithm_is_accepted(algorithm: str, authenticator: Authenticator) -> None:
    header = json.dumps({"alg": algorithm, "typ": "JWT"}).encode()
    unsigned = forged(header, json.dumps(CLAIMS).encode()).rpartition(".")[0]

    refusal(authenticator, f"{unsigned}.")
    refusal(authenticator, forged(header, json.dumps(CLAIMS).encode()))


def test_a_forged_signature_is_refused(authenticator: Authenticator) -> None:
    assert "signature" in refusal(authenticator, signed(CLAIMS, b"a secret that somebody else made"))


def test_claims_changed_after_signing_are_refused(authenticator: Authenticator) -> None:
    header, _, signature = signed(CLAIMS).split(".")
    payload = base64.urlsafe_b64encode(json.dumps({**CLAIMS, "roles": ["admin"]}).encode()).rstrip(b"=").decode()

    assert "signature" in refusal(authenticator, f"{header}.{payload}.{signature}")


def test_an_expired_token_is_refused(authenticator: Authenticator) -> None:
    assert "expired" in refusal(authenticator, signed({**CLAIMS, "exp": NOW - 1}))
    assert "expired" in refusal(authenticator, signed({**CLAIMS, "exp": NOW - 3600}))


def test_a_token_seen_before_is_refused_from_its_end_on(authenticator: Authenticator, clock: Clock) -> None:
    token = signed({**CLAIMS, "exp": NOW + 60})
    clock.time = NOW + 59.9
    assert who(authenticator, token) is not None

    clock.time = NOW + 60.0
    assert "expired" in refusal(authenticator, token)


def test_a_token_is_not_valid_before_its_time(authenticator: Authenticator) -> None:
    assert "not valid yet" in refusal(authenticator, signed({**CLAIMS, "nbf": NOW + 600}))
    assert "not valid yet" in refusal(authenticator, signed({**CLAIMS, "iat": NOW + 600}))
    assert who(authenticator, signed({**CLAIMS, "iat": NOW + 2})) is not None  # clocks differ a little


@pytest.mark.parametrize("claim", ["sub", "exp"])
def test_what_every_token_must_say_is_named_when_it_lacks(claim: str, authenticator: Authenticator) -> None:
    claims = {name: value for name, value in CLAIMS.items() if name != claim}

    assert refusal(authenticator, signed(claims)) == f"The token lacks the claim '{claim}'."


def test_issuer_and_audience_must_be_the_configured_ones() -> None:
    strict = Authenticator(load_settings(issuer=ISSUER, audience="daybook"), (SECRET,), clock=Clock())
    right = {**CLAIMS, "iss": ISSUER, "aud": ["daybook", "other"]}

    caller = who(strict, signed(right))
    assert caller is not None
    assert caller.issuer == ISSUER
    assert "another audience" in refusal(strict, signed({**right, "aud": "other"}))
    assert "another issuer" in refusal(strict, signed({**right, "iss": "https://id.mars.example"}))
    assert "lacks the claim 'aud'" in refusal(strict, signed({**CLAIMS, "iss": ISSUER}))
    assert "lacks the claim 'iss'" in refusal(strict, signed({**CLAIMS, "aud": "daybook"}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"sub": ""},
        {"sub": 5},
        {"sub": "a" * 256},
        {"sub": "a\x00"},
        {"sub": "a\nb"},
        {"sub": None},
        {"roles": "admin"},
        {"roles": [["admin"]]},
        {"roles": {"admin": True}},
        {"resources": "moon"},
        {"resources": [1]},
        {"exp": "soon"},
        {"exp": None},
        {"exp": [1]},
        {"iss": 5},
        {"nbf": "soon"},
        {"nbf": None},
        {"iat": "soon"},
    ],
)
def test_claims_of_the_wrong_kind_are_refused(wrong: dict[str, Any], authenticator: Authenticator) -> None:
    payload = json.dumps({**CLAIMS, **wrong}).encode()

    refusal(authenticator, forged(b'{"alg": "HS256"}', payload))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"5",
        b"null",
        b"\xff\xfe",
        b'{"sub": "alice", "exp": 1e999}',
        b'{"sub": "alice", "exp": NaN}',
        b'{"sub": "alice", "exp": 99999999999, "nbf": NaN}',
        b'{"sub": "alice", "exp": ' + b"9" * 5000 + b"}",
        b'{"sub": "\\ud800", "exp": 99999999999}',
        b"[" * 5000,
        b'{"a":' * 1000,
    ],
)
def test_hostile_json_is_refused_though_it_is_signed(payload: bytes, authenticator: Authenticator) -> None:
    refusal(authenticator, forged(b'{"alg": "HS256"}', payload))


@pytest.mark.parametrize("header", [b"[" * 5000, b"5", b'{"alg": 5}', b'{"alg": null}', b'{"alg": "HS256", "kid": 5}'])
def test_hostile_headers_are_refused(header: bytes, authenticator: Authenticator) -> None:
    refusal(authenticator, forged(header, json.dumps(CLAIMS).encode()))


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Basic YTpi", "token", "Bearer a b", "Bearer ü", "Bearer a.b.c", "Bearer ..."],
)
def test_any_other_header_is_refused(authorization: str, authenticator: Authenticator) -> None:
    with pytest.raises(Unauthenticated):
        asyncio.run(authenticator.authenticate(authorization))


def test_the_scheme_is_written_in_any_case(authenticator: Authenticator) -> None:
    assert asyncio.run(authenticator.authenticate(f"bEARER {signed(CLAIMS)}")) is not None


def test_a_token_beyond_8_kib_is_refused_unread(authenticator: Authenticator) -> None:
    token = signed({**CLAIMS, "resources": ["a" * 9000]})

    assert "longer than 8192 bytes" in refusal(authenticator, token)


def test_a_refusal_repeats_nothing_of_the_token(authenticator: Authenticator) -> None:
    for claims in ({**CLAIMS, "exp": 1}, {**CLAIMS, "roles": "alice"}, {**CLAIMS, "sub": "alice" * 100}):
        assert "alice" not in refusal(authenticator, signed(claims))


@pytest.mark.parametrize(
    ("subject", "roles", "days"), [("", ["customer"], 1), ("a", [], 1), ("a", ["boss"], 1), ("a", ["customer"], 0)]
)
def test_no_token_is_issued_that_would_not_work(subject: str, roles: list[Any], days: float) -> None:
    with pytest.raises(ValueError, match=r"token|claim"):
        issue_token(SECRET, subject, roles, days)


def test_a_token_seen_lately_costs_a_look_up(authenticator: Authenticator) -> None:
    async def thousands() -> float:
        header = f"Bearer {signed(CLAIMS)}"
        await authenticator.authenticate(header)
        began = time.process_time()
        for _ in range(10_000):
            await authenticator.authenticate(header)
        return time.process_time() - began  # what else runs meanwhile does not count

    assert asyncio.run(thousands()) < 2  # two hundred microseconds each would be a verification


# An identity provider's keys


class Provider:
    """A small identity provider on this machine: serves `keys`, or fails while `broken`."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = []
        self.broken = False
        self.fetches = 0
        self.asked = threading.Event()
        self.answer = threading.Event()
        self.answer.set()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.fetches += 1
                provider.asked.set()
                provider.answer.wait(10)
                body = json.dumps({"keys": provider.keys}).encode()
                self.send_response(500 if provider.broken else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/keys"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        self.answer.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()
PUBLISHED: dict[str, dict[str, Any]] = {
    "RS256": {**RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True), "kid": "rsa", "use": "sig"},
    "ES256": {**ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True), "kid": "ec"},
    "EdDSA": {**OKPAlgorithm.to_jwk(ED_KEY.public_key(), as_dict=True), "kid": "ed", "alg": "EdDSA"},
}
PRIVATE: dict[str, Any] = {"RS256": RSA_KEY, "ES256": EC_KEY, "EdDSA": ED_KEY}


def by_provider(algorithm: str, key_id: str | None = None, **claims: Any) -> str:
    key_id = key_id or PUBLISHED[algorithm]["kid"]
    return jwt.encode(
        {**CLAIMS, "iss": ISSUER, **claims}, PRIVATE[algorithm], algorithm=algorithm, headers={"kid": key_id}
    )


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    provider.keys = list(PUBLISHED.values())
    yield provider
    provider.close()


@pytest.fixture
def with_provider(provider: Provider) -> Iterator[Authenticator]:
    authenticator = Authenticator(load_settings(jwks_url=provider.url, issuer=ISSUER), (), clock=Clock())
    yield authenticator
    authenticator.close()


def run(authenticator: Authenticator, tokens: list[str]) -> list[Caller | Exception | None]:
    """What becomes of tokens that come one after the other, on one event loop."""

    async def each() -> list[Any]:
        return [
            (await asyncio.gather(authenticator.authenticate(f"Bearer {token}"), return_exceptions=True))[0]
            for token in tokens
        ]

    return asyncio.run(each())


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_the_providers_tokens_are_accepted(algorithm: str, with_provider: Authenticator) -> None:
    caller = who(with_provider, by_provider(algorithm))

    assert caller is not None
    assert (caller.subject, caller.issuer) == ("alice", ISSUER)


def test_with_a_provider_hs256_is_off(provider: Provider) -> None:
    """Neither Daybook's own secret nor a public key used as one opens the door."""
    authenticator = Authenticator(load_settings(jwks_url=provider.url, issuer=ISSUER), (SECRET,), clock=Clock())
    pem = RSA_KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    claims = json.dumps({**CLAIMS, "iss": ISSUER}).encode()

    for secret in (SECRET, pem, json.dumps(PUBLISHED["RS256"]).encode()):
        assert "not accepted" in refusal(authenticator, forged(b'{"alg": "HS256", "kid": "rsa"}', claims, secret))
        refusal(authenticator, forged(b'{"alg": "HS256"}', claims, secret))
    authenticator.close()


def test_a_secret_among_the_providers_keys_signs_nothing(provider: Provider, with_provider: Authenticator) -> None:
    secret = base64.urlsafe_b64encode(SECRET).rstrip(b"=").decode()
    provider.keys.append({"kty": "oct", "k": secret, "kid": "shared", "alg": "HS256"})
    claims = json.dumps({**CLAIMS, "iss": ISSUER}).encode()

    assert "does not have" in refusal(with_provider, forged(b'{"alg": "HS256", "kid": "shared"}', claims))


def test_a_key_id_that_belongs_to_another_kind_of_key_is_refused(with_provider: Authenticator) -> None:
    refusal(with_provider, by_provider("ES256", key_id="rsa"))


def test_made_up_key_ids_cause_no_flood_of_fetches(provider: Provider, with_provider: Authenticator) -> None:
    answers = run(with_provider, [by_provider("RS256", key_id=f"made-up-{number}") for number in range(20)])

    assert {type(answer) for answer in answers} == {Unauthenticated}
    assert provider.fetches == 1


def test_a_key_that_the_provider_adds_is_found(provider: Provider) -> None:
    provider.keys = [PUBLISHED["RS256"]]
    clock = Clock()
    keys = ProviderKeys(provider.url, clock=clock)

    async def story() -> None:
        assert await keys.key("ec") is None
        provider.keys.append(PUBLISHED["ES256"])
        assert await keys.key("ec") is None  # asked just now
        clock.time += 6
        assert await keys.key("ec") is not None

    tell(keys, story)


def test_a_key_that_the_provider_takes_back_is_gone_after_the_next_fetch(provider: Provider) -> None:
    clock = Clock()
    keys = ProviderKeys(provider.url, clock=clock)

    async def story() -> None:
        assert await keys.key("rsa") is not None
        provider.keys = [PUBLISHED["ES256"]]
        clock.time += 301
        await keys.key("rsa")  # begins the fetch in the background
        await fetched(keys)
        assert await keys.key("rsa") is None

    tell(keys, story)


def test_the_only_key_serves_tokens_that_name_none(provider: Provider) -> None:
    provider.keys = [PUBLISHED["RS256"]]
    keys = ProviderKeys(provider.url)

    async def story() -> None:
        assert await keys.key(None) is not None

    tell(keys, story)


def test_keys_fetched_once_work_while_the_provider_is_away(provider: Provider) -> None:
    clock = Clock()
    keys = ProviderKeys(provider.url, clock=clock)

    async def story() -> None:
        assert await keys.key("rsa") is not None
        provider.broken = True
        for _ in range(3):
            clock.time += 3600
            assert await keys.key("rsa") is not None
            await fetched(keys)
        with pytest.raises(ProviderUnreachable):
            await keys.key("new")
        provider.broken = False
        clock.time += 6
        assert await keys.key("new") is None

    tell(keys, story)


def test_a_provider_that_cannot_be_reached_is_no_fault_of_the_token(provider: Provider) -> None:
    provider.close()
    authenticator = Authenticator(load_settings(jwks_url=provider.url, issuer=ISSUER), (), clock=Clock())

    with pytest.raises(ProviderUnreachable):
        who(authenticator, by_provider("RS256"))
    authenticator.close()


def test_fetching_keys_holds_nobody_up_and_happens_once_for_all(provider: Provider) -> None:
    """The event loop goes on while the provider takes its time, and all who need the key wait for one fetch."""
    provider.answer.clear()
    keys = ProviderKeys(provider.url)

    async def story() -> None:
        waiting = [asyncio.create_task(keys.key("rsa")) for _ in range(50)]
        assert await asyncio.to_thread(provider.asked.wait, 10)
        assert not any(task.done() for task in waiting)  # and yet this runs
        provider.answer.set()
        assert all(await asyncio.gather(*waiting))
        assert provider.fetches == 1

    tell(keys, story)


def tell(keys: ProviderKeys, story: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await asyncio.wait_for(story(), 30)

    try:
        asyncio.run(whole())
    finally:
        keys.close()


async def fetched(keys: ProviderKeys) -> None:
    """Wait for the fetch in the background."""
    assert keys._fetching is not None
    await keys._fetching
