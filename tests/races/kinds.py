"""On what the shared service runs."""

import pytest

on_every_store = pytest.mark.parametrize(
    ("shared_store", "processes"),
    [("sqlite", 1), ("postgres", 1), ("postgres", 3)],
    ids=["sqlite", "postgres", "three-processes"],
    indirect=["shared_store"],
    scope="session",
)
