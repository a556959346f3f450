"""Somebody at 127.0.0.1 to whom things are posted, and who keeps what came."""

import ssl
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any, NamedTuple


class Posted(NamedTuple):
    """A request that came. `headers` by name in small letters."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int


class Receiver:
    """Answers with what is in `answers`, one after the other, then with 204. While `silent`, byte by byte for ever."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.taken: SimpleQueue[Posted] = SimpleQueue()
        self.answers: list[int] = []
        self.retry_after: str | None = None
        self.silent = Event()
        self.free = Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.silent.is_set():
                    with suppress(OSError):
                        while not receiver.free.wait(0.02):
                            self.wfile.write(b"H")
                            self.wfile.flush()
                    return
                status = receiver.answers.pop(0) if receiver.answers else 204
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.taken.put(Posted(self.path, headers, body, status))  # whoever is answered finds it there
                self.send_response(status)
                self.send_header("Location", "/elsewhere")
                if receiver.retry_after is not None:
                    self.send_header("Retry-After", receiver.retry_after)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}/hook"

    def next(self) -> Posted:
        """What came next."""
        return self.taken.get(timeout=30)

    def close(self) -> None:
        """Let it end."""
        self.free.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
