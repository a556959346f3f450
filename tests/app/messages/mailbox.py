"""A mail server of the tests' own: whatever is handed in is kept for them to read."""

import asyncio
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any, NamedTuple

from aiosmtpd.smtp import SMTP


class Mail(NamedTuple):
    """One that came. `text` without the line breaks at its end."""

    to: list[str]
    subject: str
    text: str


class Mailbox:
    """Answers with what is in `answers`, one after the other, then takes everything. `refused`: who is not here."""

    def __init__(self) -> None:
        self.taken: SimpleQueue[Mail] = SimpleQueue()
        self.answers: list[str] = []
        self.refused: set[str] = set()
        self._loop = asyncio.new_event_loop()
        self._is_open = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._is_open.wait(30)

    @property
    def url(self) -> str:
        """The operator's address of it."""
        return f"mailto://127.0.0.1:{self.port}?from=desk@example.org&to={{email}}"

    def next(self) -> Mail:
        """What came next."""
        return self.taken.get(timeout=60)

    def everything(self) -> list[Mail]:
        """All that came so far."""
        found = []
        while not self.taken.empty():
            found.append(self.next())
        return found

    def close(self) -> None:
        """Let it end."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks for this name
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Whether somebody lives here."""
        if address in self.refused:
            return f"550 <{address}>: nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        """Take a mail, or not."""
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            self.taken.put(_read(envelope.rcpt_tos, message_from_bytes(envelope.content)))
        return answer

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        opening = self._loop.create_server(lambda: SMTP(self, loop=self._loop), "127.0.0.1", 0)
        server = self._loop.run_until_complete(opening)
        self.port = server.sockets[0].getsockname()[1]
        self._is_open.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()


def _read(to: list[str], mail: Message) -> Mail:
    parts = [part for part in mail.walk() if part.get_content_type() == "text/plain"]
    body = (parts or [mail])[0].get_payload(decode=True)
    assert isinstance(body, bytes)
    text = body.decode().replace("\r\n", "\n").strip()
    return Mail(to, str(make_header(decode_header(mail["Subject"]))), text)
