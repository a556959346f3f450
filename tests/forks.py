"""Where tests fork their processes from: one that has everything imported, since there are hundreds of them."""

import multiprocessing
from importlib.util import find_spec
from typing import Final

FORKS: Final = multiprocessing.get_context("forkserver")
_IMPORTED: Final = ("tests.faults.appending", "tests.faults.commanding", "tests.faults.starting", "tests.races.forked")
"""All that the processes do, with what that needs: `serve` alone imports it late."""

assert all(find_spec(name) is not None for name in _IMPORTED), "it would pass over what it does not find"
FORKS.set_forkserver_preload(["__main__", *_IMPORTED])
