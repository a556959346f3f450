"""A minute of torture, half of it on each store. `make torture MINUTES=10` is more of the same."""

import ast
import json
from collections import Counter
from pathlib import Path

import pytest
from tests.torture import checker
from tests.torture.__main__ import main

LEAST_OK = 50
"""Operations that must have been answered ok, or the run shows nothing."""


@pytest.mark.slow
@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_nothing_is_lost_doubled_or_out_of_order_under_torture(store: str, tmp_path: Path) -> None:
    assert main(["--minutes", "0.5", "--seed", "20", "--store", store, "--folder", str(tmp_path)]) == 0
    operations = [json.loads(line) for line in (tmp_path / store / "operations.jsonl").read_text().splitlines()]
    assert Counter(operation["result"] for operation in operations)["ok"] >= LEAST_OK
    assert Counter((operation["kind"], operation["result"]) for operation in operations)["availability", "ok"]
    assert "internal" not in {code for operation in operations for code in operation["tries"]}
    assert (tmp_path / store / "acts.jsonl").read_text()


def test_the_checker_shares_no_code_with_what_it_checks() -> None:
    for path in Path(checker.__path__[0]).glob("*.py"):
        tree = ast.parse(path.read_text())
        named = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        named |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
        own = {name for name in named if name.startswith(("domain", "app", "interface", "tests"))}
        assert all(name.startswith("tests.torture.checker") for name in own), path
