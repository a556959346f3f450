"""A disk that fails a serving process when it is told to: by errors of the system calls, or a real small one."""

import errno
import socket
import subprocess
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from threading import Thread
from typing import IO, Final

from tests.faults.forked import Judge
from tests.faults.system_calls import SYNCS, Call, Decide, receive, wait_for_verdicts, watch
from tests.races.serving import Server, Service

FAULTS: Final[dict[str, Callable[[Call], int]]] = {
    "full": lambda call: 0 if call.name in {*SYNCS, "unlink"} else errno.ENOSPC,
    "read-only": lambda call: 0 if call.name in SYNCS else errno.EROFS,
    "failing to write": lambda call: 0 if call.name in SYNCS else errno.EIO,
    "failing to sync": lambda call: errno.EIO if call.name in SYNCS else 0,
    "full for read models": lambda call: errno.ENOSPC if call.path.name.startswith("read-models") else 0,
}


def failing_from(number: int, fault: str) -> Judge:
    """A process whose calls fail from the one of that number on."""

    def judge(_: object) -> Decide:
        made = count(1)
        return lambda call: 0 if next(made) < number else FAULTS[fault](call)

    return judge


class FaultyDisk:
    """What fails, and the server whose calls fail."""

    def __init__(self, service: Service) -> None:
        self._fault: Callable[[Call], int] = lambda _: 0
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self.server = Server(
                service.environment,
                before=partial(wait_for_verdicts, theirs),
            )
            service.servers.append(self.server)
            theirs.close()
            listener = receive(ours)
        assert service.store.folder is not None
        Thread(target=watch, args=(listener, service.store.folder, lambda call: self._fault(call)), daemon=True).start()
        assert self.server.url

    def be(self, fault: str) -> None:
        """From now on calls fail so."""
        self._fault = FAULTS[fault]

    def heal(self) -> None:
        """From now on no call fails."""
        self._fault = lambda _: 0


class SmallDisk:
    """A file system of its own in memory, of few megabytes. Raises OSError where this user may not mount one."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder = folder
        folder.mkdir()
        self._do("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "none", str(folder))

    def remount(self, how: str) -> None:
        """`ro` or `rw`; nobody may have a file open to write."""
        self._do("mount", "-o", f"remount,{how}", str(self.folder))

    def close(self) -> None:
        self._do("umount", "-l", str(self.folder))

    def _do(self, *command: str) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError(done.stderr.strip())

    def fill(self, leave: int = 0) -> None:
        """Take all the room that is there, but for so many bytes."""
        with (self.folder / "ballast").open("ab", buffering=0) as ballast:
            while _fits(ballast, b"\0" * 4096):
                pass
            ballast.truncate(ballast.tell() - leave)

    def make_room(self) -> None:
        (self.folder / "ballast").unlink()


def _fits(file: IO[bytes], content: bytes) -> bool:
    try:
        return file.write(content) == len(content)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
