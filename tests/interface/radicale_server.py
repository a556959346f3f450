"""A calendar server that people use, Radicale, as a process of its own with nothing in it yet."""

import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Final

import httpx

_SECONDS: Final = 30.0
"""For it to start on a busy machine."""
_TRIES: Final = 3
"""The port that was free a moment ago may be somebody else's by then."""


class Radicale:
    """Its calendars are written as a calendar program writes them, by CalDAV (RFC 4791)."""

    def __init__(self, url: str, client: httpx.Client) -> None:
        self.url = url
        self._client = client

    def make(self, calendar: str) -> str:
        """Make a calendar; its address, which is the one of its feed, too."""
        self._asked("MKCALENDAR", f"/{calendar}/")
        return f"{self.url}/{calendar}/"

    def put(self, path: str, *entries: str) -> None:
        """Put an object of entries (VEVENT) of one UID in, in place of the one that is there."""
        body = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Test//", *entries, "END:VCALENDAR", ""])
        self._asked("PUT", f"/{path}", body)

    def put_calendar(self, path: str, content: str) -> str:
        """Put a whole calendar in, in place of the one that is there; its address."""
        self._asked("PUT", f"/{path}/", content)
        return f"{self.url}/{path}/"

    def remove(self, path: str) -> None:
        """Take an object out."""
        self._asked("DELETE", f"/{path}")

    def _asked(self, method: str, path: str, content: str | None = None) -> None:
        headers = {} if content is None else {"Content-Type": "text/calendar; charset=utf-8"}
        answer = self._client.request(method, path, content=content, headers=headers)
        assert answer.is_success, answer.text


@contextmanager
def radicale(folder: Path, certificate: Path) -> Iterator[Radicale]:
    """A server on this machine, by https, while the context lasts. `certificate`: a file with its key, too."""
    believing = ssl.create_default_context(cafile=certificate)
    for _ in range(_TRIES):
        process, port = _started(folder, certificate)
        try:
            with httpx.Client(base_url=f"https://localhost:{port}", verify=believing, trust_env=False) as client:
                if _answers(client, process):
                    client.request("MKCOL", "/anna/").raise_for_status()  # who has the calendars
                    yield Radicale(f"https://localhost:{port}", client)
                    return
        finally:
            process.terminate()
            process.wait(_SECONDS)
    raise AssertionError((folder / "log").read_text())


def _started(folder: Path, certificate: Path) -> tuple["subprocess.Popen[bytes]", int]:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = int(found.getsockname()[1])
    options = {
        "hosts": f"127.0.0.1:{port}",
        "certificate": certificate,
        "key": certificate,
        "auth-type": "none",
        "rights-type": "authenticated",
        "storage-filesystem-folder": folder / "collections",
    }
    listed = [f"--{name}={value}" for name, value in options.items()]
    with (folder / "log").open("wb") as written:
        command = [sys.executable, "-m", "radicale", "--config", "", "--ssl", *listed]
        return subprocess.Popen(command, stdout=written, stderr=written), port


def _answers(client: httpx.Client, process: "subprocess.Popen[bytes]") -> bool:
    """Whether it came up, and not somebody else at its port."""
    begun = monotonic()
    while process.poll() is None and monotonic() - begun < _SECONDS:
        with suppress(httpx.TransportError):
            return client.get("/.web/").status_code < 500 and process.poll() is None
    return False
