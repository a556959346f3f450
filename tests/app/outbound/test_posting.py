"""Posts reach the address that was checked, by its own name, and nothing else."""

import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.app.outbound.receiver import Receiver

from app.outbound import posting
from app.outbound.addresses import AddressRefused
from app.outbound.connecting import LookUp
from app.outbound.posting import NotPosted, post

HERE = [ip_network("127.0.0.0/8")]
JSON = {"Content-Type": "application/json"}


def found_at(*addresses: str) -> LookUp:
    """A resolver that has one answer for every name."""

    async def find(host: str, port: int) -> Sequence[str]:
        return addresses

    return find


@pytest.fixture
def hooks_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Somebody with a certificate for hooks.example, which is believed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks.example")]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    file = tmp_path / "hooks.pem"
    file.write_bytes(secret + public)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(file)
    monkeypatch.setattr(posting, "trusted", lambda: ssl.create_default_context(cadata=public.decode()))
    made = Receiver(tls)
    yield made
    made.close()


def test_what_is_posted_arrives(receiver: Receiver) -> None:
    assert post(f"{receiver.url}?key=1", b'{"a": 1}', JSON, HERE).status == 204

    came = receiver.next()
    assert (came.path, came.body) == ("/hook?key=1", b'{"a": 1}')
    assert came.headers["host"] == f"127.0.0.1:{receiver.port}"


def test_the_connection_goes_to_the_checked_address_under_the_name_of_the_host(hooks_example: Receiver) -> None:
    url = f"https://hooks.example:{hooks_example.port}/hook"

    assert post(url, b"{}", JSON, HERE, find=found_at("127.0.0.1")).status == 204

    assert hooks_example.next().headers["host"] == f"hooks.example:{hooks_example.port}"


def test_a_certificate_for_another_name_is_not_believed(hooks_example: Receiver) -> None:
    with pytest.raises(NotPosted, match="could not be reached"):
        post(f"https://other.example:{hooks_example.port}/", b"{}", JSON, HERE, find=found_at("127.0.0.1"))

    assert hooks_example.taken.empty()


def test_an_address_that_does_not_answer_is_followed_by_the_next(receiver: Receiver) -> None:
    url = f"http://hooks.example:{receiver.port}/hook"

    assert post(url, b"{}", JSON, HERE, find=found_at("127.0.0.2", "127.0.0.1")).status == 204


def test_what_is_not_public_gets_nothing(receiver: Receiver) -> None:
    for url in (receiver.url, f"http://localhost:{receiver.port}/", f"http://2130706433:{receiver.port}/"):
        with pytest.raises(AddressRefused, match="not public"):
            post(url, b"{}", JSON, ())

    assert receiver.taken.empty()


def test_a_name_that_turns_to_the_inside_after_the_check_gains_nothing(receiver: Receiver) -> None:
    answers = [["93.184.215.14", "127.0.0.1"], ["127.0.0.1"]]

    async def find(host: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    for _ in range(2):
        with pytest.raises(AddressRefused, match="not public"):
            post(f"https://hooks.example:{receiver.port}/", b"{}", JSON, (), find=find)

    assert answers == []
    assert receiver.taken.empty()


def test_no_redirect_is_followed(receiver: Receiver) -> None:
    receiver.answers = [302]

    assert post(receiver.url, b"{}", JSON, HERE).status == 302

    assert receiver.next().status == 302
    assert receiver.taken.empty()


def test_a_proxy_of_the_environment_is_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")

    assert post(receiver.url, b"{}", JSON, HERE).status == 204


def test_an_answer_that_never_ends_is_given_up(receiver: Receiver) -> None:
    receiver.silent.set()

    with pytest.raises(NotPosted, match=r"within 0\.5 seconds"):
        post(receiver.url, b"{}", JSON, HERE, seconds=0.5)


def test_trouble_names_no_address() -> None:
    with pytest.raises(NotPosted) as trouble:
        post("http://127.0.0.1:1/hook?key=secret", b"{}", JSON, HERE)

    assert "127.0.0.1" not in str(trouble.value)
    assert "secret" not in str(trouble.value)
