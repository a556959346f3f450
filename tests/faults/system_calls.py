"""The system calls by which another process changes files, each shown before it is made: seccomp's user notification.

`wait_for_verdicts` makes the calling process, and all that it starts, wait at every such call; `watch`, in another
process, lets it through, answers it with an error, or leaves it waiting for ever while somebody kills the process.
"""

import ctypes
import errno
import fcntl
import os
import platform
import select
import socket
import struct
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[2]
_NUMBERS: Final = {
    "x86_64": {
        "seccomp": 317,
        "write": 1,
        "pwrite64": 18,
        "fsync": 74,
        "fdatasync": 75,
        "ftruncate": 77,
        "openat": 257,
        "mkdir": 83,
        "unlink": 87,
        "link": 86,
    },
    "aarch64": {
        "seccomp": 277,
        "write": 64,
        "pwrite64": 68,
        "fsync": 82,
        "fdatasync": 83,
        "ftruncate": 46,
        "openat": 56,
        "mkdirat": 34,
        "unlinkat": 35,
        "linkat": 37,
    },
}
SYNCS: Final = frozenset({"fsync", "fdatasync"})
_BY_PATH: Final = {"mkdir": 0, "unlink": 0, "link": 1, "openat": 1, "mkdirat": 1, "unlinkat": 1, "linkat": 3}
"""Which argument is the path, where it is not the first one that is a descriptor."""
_TO_WRITE: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_LONGEST_PATH: Final = 4096

_SECCOMP_RECEIVE: Final = 0xC0502100
_SECCOMP_SEND: Final = 0xC0182101
_LET_THROUGH: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_SET_MODE_FILTER, _NEW_LISTENER = 1, 8
_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_ANY, _RETURN = 0x20, 0x15, 0x45, 0x06
_AT_NUMBER, _AT_THIRD_ARGUMENT = 0, 32


class Call(NamedTuple):
    """A call that is about to be made. `path`: the file that it is about."""

    name: str
    path: Path


Decide = Callable[[Call], int | None]
"""0 lets a call through, an error's number fails it, None leaves it: the process is being killed."""


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte), ("value", ctypes.c_uint))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction)))


def wait_for_verdicts(judge: socket.socket) -> None:
    """From now on this process waits at every call that changes a file; the other end of `judge` gets the means to
    judge them. Raises OSError where the system does not have it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    instructions = _instructions()
    program = _Program(len(instructions), (_Instruction * len(instructions))(*instructions))
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    listener = libc.syscall(_numbers()["seccomp"], _SET_MODE_FILTER, _NEW_LISTENER, ctypes.byref(program))
    if listener < 0:
        raise OSError(ctypes.get_errno(), "no seccomp notification here")
    socket.send_fds(judge, [b"!"], [listener])
    os.close(listener)


def receive(judge: socket.socket) -> int:
    """The descriptor that `watch` needs, from the process that calls `wait_for_verdicts`."""
    _, descriptors, _, _ = socket.recv_fds(judge, 1, 1)
    if not descriptors:
        raise OSError("the process ended before it could be watched")
    return descriptors[0]


def watch(listener: int, folder: Path, decide: Decide) -> None:
    """Ask `decide` about every call on files in `folder` until the process ends; all others are let through."""
    folder, wake = folder.absolute(), select.poll()
    wake.register(listener, select.POLLIN)
    try:
        while not wake.poll()[0][1] & select.POLLHUP:
            asked = bytearray(80)
            try:
                fcntl.ioctl(listener, _SECCOMP_RECEIVE, asked)
                number, pid, _, which, _, _, *arguments = struct.unpack("=QIIiIQ6Q", asked)
                call = _call(pid, which, arguments)
                verdict = decide(call) if call.path.is_relative_to(folder) else 0
                if verdict is None:
                    continue
                answer = struct.pack("=QqiI", number, 0, -verdict, 0 if verdict else _LET_THROUGH)
                fcntl.ioctl(listener, _SECCOMP_SEND, answer)
            except OSError as error:
                if error.errno not in {errno.ENOENT, errno.ESRCH}:  # killed meanwhile, or woken by a signal
                    raise
    finally:
        os.close(listener)


@cache
def is_possible() -> bool:
    """Whether this system lets a process watch another one so."""
    if sys.platform != "linux" or platform.machine() not in _NUMBERS:
        return False
    ours, theirs = socket.socketpair()
    with ours, theirs:
        child = watched([sys.executable, "-c", ""], theirs)
        theirs.close()
        try:
            watch(receive(ours), Path("/nowhere"), lambda _: 0)
        except OSError:
            return False
        finally:
            child.wait()
    return True


def watched(command: list[str], judge: socket.socket, environment: dict[str, str] | None = None) -> "Popen[bytes]":
    """A program that waits for verdicts; its output is kept for whoever reads it."""
    return Popen(
        [sys.executable, "-m", "tests.faults.under_watch", str(judge.fileno()), *command],
        env=(os.environ if environment is None else environment) | {"PYTHONPATH": str(ROOT)},
        pass_fds=[judge.fileno()],
        stdout=PIPE,
        stderr=PIPE,
    )


def _call(pid: int, which: int, arguments: list[int]) -> Call:
    name = next(name for name, number in _numbers().items() if number == which)
    if name in _BY_PATH:
        with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
            memory.seek(arguments[_BY_PATH[name]])
            text = memory.read(_LONGEST_PATH).partition(b"\0")[0]
        return Call(name, Path(f"/proc/{pid}/cwd").readlink() / os.fsdecode(text))
    return Call(name, Path(f"/proc/{pid}/fd/{arguments[0]}").readlink())


def _numbers() -> dict[str, int]:
    return _NUMBERS[platform.machine()]


def _instructions() -> list[_Instruction]:
    numbers = dict(_numbers())
    numbers.pop("seccomp")
    opening = numbers.pop("openat")
    many = len(numbers)
    return [
        _Instruction(_LOAD, 0, 0, _AT_NUMBER),
        *(_Instruction(_JUMP_IF_EQUAL, many + 3 - place, 0, number) for place, number in enumerate(numbers.values())),
        _Instruction(_JUMP_IF_EQUAL, 0, 2, opening),
        _Instruction(_LOAD, 0, 0, _AT_THIRD_ARGUMENT),
        _Instruction(_JUMP_IF_ANY, 1, 0, _TO_WRITE),
        _Instruction(_RETURN, 0, 0, _ALLOW),
        _Instruction(_RETURN, 0, 0, _NOTIFY),
    ]
