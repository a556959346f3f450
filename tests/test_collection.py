"""Tests run in several processes at once, which must agree on what every test is called."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def collected(hash_seed: str) -> list[str]:
    """The names of all tests, as a process of its own finds them."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "-p", "no:cacheprovider", str(HERE)]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    environment.pop("PYTEST_XDIST_WORKER", None)
    ended = subprocess.run(command, cwd=HERE.parent, env=environment, capture_output=True, text=True, check=True)
    return [line for line in ended.stdout.splitlines() if "::" in line]


@pytest.mark.slow
def test_tests_are_called_the_same_at_another_moment_and_in_another_process() -> None:
    names = collected("1")
    assert len(names) > 1000
    assert names == collected("2")
