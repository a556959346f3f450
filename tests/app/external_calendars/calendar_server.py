"""A server of calendars for tests, by http or https, that does as it is told."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "calendar.example.org"


class Answer(NamedTuple):
    """What is answered at a path. `slowly`: byte by byte, without an end."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = {}
    slowly: bool = False


class CalendarServer:
    """`answers` by path. `asked`: the headers of each request, with its path as `:path`."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self.answers = answers
        self.asked: list[dict[str, str]] = []
        self.free = Event()
        serving = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                serving.asked.append({**dict(self.headers), ":path": self.path})
                answer = serving.answers.get(self.path, Answer(status=404))
                etag = answer.headers.get("ETag")
                if etag is not None and self.headers["If-None-Match"] == etag:
                    answer = Answer(status=304)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(OSError):
                    while answer.slowly and not serving.free.wait(0.02):
                        self.wfile.write(b"B")
                    self.wfile.write(answer.body)

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server.server_port

    def url(self, path: str) -> str:
        """An address without encryption."""
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def serving(answers: dict[str, Answer], certificate: Path | None = None) -> Iterator[CalendarServer]:
    """A server while the context lasts; by https with a certificate, as `certified` makes one."""
    calendars = CalendarServer(answers)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        calendars.server.socket = context.wrap_socket(calendars.server.socket, server_side=True)
    thread = Thread(target=calendars.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield calendars
    finally:
        calendars.free.set()
        calendars.server.shutdown()
        calendars.server.server_close()
        thread.join()


def certified(folder: Path, name: str = NAME) -> Path:
    """A file with a key and a certificate for a name, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path
