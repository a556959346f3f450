"""A minute of torture, half of it on each store. `make torture MINUTES=10` is more of the same."""

import ast
import asyncio
from pathlib import Path

import pytest
from tests.torture import checker
from tests.torture.checker.verdict import judge, told
from tests.torture.house import StoreKind
from tests.torture.run import Plan, torture

LEAST_OK = 100
"""Operations that must have been answered ok, or the run shows nothing."""


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_nothing_is_lost_doubled_or_out_of_order_under_torture(store: StoreKind, tmp_path: Path) -> None:
    history = asyncio.run(torture(Plan(store, seconds=30, seed=20), tmp_path))
    verdict = judge(tmp_path)
    print(history.results, history.codes, history.acts, *told(verdict), sep="\n")  # noqa: T201 - shown beside a failure
    assert {rule: findings for rule, findings in verdict.items() if findings} == {}
    assert history.of_result("ok") >= LEAST_OK
    assert history.acts["kill"] >= 1
    assert not history.codes["internal"]


def test_the_checker_shares_no_code_with_what_it_checks() -> None:
    for path in Path(checker.__path__[0]).glob("*.py"):
        tree = ast.parse(path.read_text())
        named = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        named |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
        own = {name for name in named if name.startswith(("domain", "app", "interface", "tests"))}
        assert all(name.startswith("tests.torture.checker") for name in own), path
