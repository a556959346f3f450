"""Closing the log in a file while others read it: in a process of its own, since what goes wrong there ends one."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread

import pytest

from app.log.sqlite import open_sqlite

# Each time three threads read as fast as they can; what they are told in the end is a refusal, and nothing else.
_READ_AND_CLOSE = """
import sys
from pathlib import Path
from threading import Barrier, Thread
from app.log.sqlite import open_sqlite
from app.log.trouble import StoreUnavailable

def read(log, ready, told):
    ready.wait()
    try:
        for _ in range(10_000_000):
            log.head()
    except StoreUnavailable as refusal:
        told.append(str(refusal))

for number in range(20):
    log, ready, told = open_sqlite(Path(sys.argv[1]) / str(number), serving=True), Barrier(4), []
    threads = [Thread(target=read, args=(log, ready, told)) for _ in range(3)]
    for thread in threads:
        thread.start()
    ready.wait()
    log.head()
    log.close()
    for thread in threads:
        thread.join(30)
    assert len(told) == 3, told
print("all were let go")
"""


def test_who_reads_while_the_log_is_closed_is_refused_and_the_process_lives(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _READ_AND_CLOSE, str(tmp_path)], capture_output=True, text=True, timeout=100
    )
    assert (ended.returncode, ended.stdout) == (0, "all were let go\n"), ended.stderr


@pytest.mark.parametrize("reads", [0, 1, 3])
def test_a_closed_log_is_one_file_whoever_has_read_it(tmp_path: Path, reads: int) -> None:
    """Of a process that ended well nothing is left in the write-ahead log."""
    log = open_sqlite(tmp_path, serving=True)
    with ThreadPoolExecutor(1) as lasting:
        lasting.submit(log.head).result()
        for _ in range(reads):
            thread = Thread(target=log.head)
            thread.start()
            thread.join()
        log.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.sqlite3", "serving.lock"]
