"""`daybook`, which dies by `kill -9` at a chosen place: `python -m tests.races.killed_at <module>:<name>[:2] -- ...`.

It dies when the function is about to be called (for the second time, with `:2`), or, with `after:` in front, when it
has returned.
"""

import importlib
import os
import signal
import sys
from functools import wraps
from typing import Any

import pytest

from interface.cli import main


def die_at(place: str) -> None:
    """Replace a function by one that ends this process."""
    is_after = place.startswith("after:")
    module, name, *times = place.removeprefix("after:").split(":")
    left = int(times[0]) if times else 1
    *path, last = name.split(".")
    owner: Any = importlib.import_module(module)
    for part in path:
        owner = getattr(owner, part)
    original = getattr(owner, last)

    @wraps(original)
    def deadly(*args: Any, **kwargs: Any) -> Any:
        nonlocal left
        left -= 1
        if not is_after and left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        if is_after and left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    pytest.MonkeyPatch().setattr(owner, last, deadly)


if __name__ == "__main__":
    at = sys.argv.index("--")
    for each in sys.argv[1:at]:
        die_at(each)
    sys.argv = ["daybook", *sys.argv[at + 1 :]]
    main()
