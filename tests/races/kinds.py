"""On what the shared service of a module runs."""

import pytest

on_every_store = pytest.mark.parametrize(
    ("store_of_module", "processes"),
    [("sqlite", 1), ("postgres", 1), ("postgres", 3)],
    ids=["sqlite", "postgres", "three-processes"],
    indirect=["store_of_module"],
    scope="module",
)
