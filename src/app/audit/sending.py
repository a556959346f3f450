"""Handing a checkpoint to somebody else: by POST to an address, or to a program of the operator's. Every wait ends."""

import asyncio
import os
import shlex
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Final

from app.audit.checkpoint import Checkpoint
from app.settings import environment_of_others

ADDRESS_SECONDS: Final = 20.0
"""What an address may take in all."""
COMMAND_SECONDS: Final = 60.0
"""What a program may take before it is killed, with all that it started."""
_LOOK_SECONDS: Final = 0.05

Send = Callable[[Checkpoint], None]


class NotSent(Exception):  # noqa: N818 - what happened, in a sentence
    """It was not taken, as far as anybody knows. The message names no address: there may be a secret in it."""


def to_address(url: str, seconds: float = ADDRESS_SECONDS) -> Send:
    """Sends by HTTP; a status of 200 to 299 says that it was taken, and no redirect is followed. Raises NotSent."""

    def send(checkpoint: Checkpoint) -> None:
        try:
            status = asyncio.run(_posted(url, checkpoint.written(), seconds))
        except Exception as trouble:  # whatever the network does
            raise NotSent(f"The address could not be reached ({type(trouble).__name__}).") from trouble
        if not 200 <= status < 300:
            raise NotSent(f"The address answered with HTTP status {status}.")

    return send


async def _posted(url: str, text: str, seconds: float) -> int:
    import httpx2  # whoever sends nothing need not wait for it

    headers = {"Content-Type": "application/json"}
    async with (
        asyncio.timeout(seconds),  # an answer that comes byte by byte never runs into the client's own limit
        httpx2.AsyncClient(timeout=seconds) as client,
        client.stream("POST", url, content=text, headers=headers) as answer,
    ):
        return int(answer.status_code)


def to_command(command: str, is_stopped: Callable[[], bool], seconds: float = COMMAND_SECONDS) -> Send:
    """Runs a program with the checkpoint on its standard input; status 0 says that it was taken. It gets none of
    Daybook's settings. Ended when `is_stopped`. Raises NotSent.
    """

    def send(checkpoint: Checkpoint) -> None:
        program = shlex.split(command)
        try:
            process = subprocess.Popen(  # noqa: S603 - the operator's own command
                program,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment_of_others(),
                start_new_session=True,
            )
        except OSError as error:
            raise NotSent(f"The program could not be started ({error.strerror}).") from error
        try:
            assert process.stdin is not None  # noqa: S101 - it is a pipe
            with suppress(BrokenPipeError), process.stdin:  # it fits into the pipe, whether it is read or not
                process.stdin.write(checkpoint.written().encode())
            status = _waited_for(process, is_stopped, monotonic() + seconds)
        finally:
            _end(process)
        if status is None:
            raise NotSent("The program did not end in time and was killed.")
        if status:
            raise NotSent(f"The program ended with status {status}.")

    return send


def _waited_for(process: "subprocess.Popen[bytes]", is_stopped: Callable[[], bool], until: float) -> int | None:
    while monotonic() < until and not is_stopped():
        with suppress(subprocess.TimeoutExpired):
            return process.wait(_LOOK_SECONDS)
    return None


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill it, with what it started, unless it has ended."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
