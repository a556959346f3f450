"""On what services run."""

import pytest

# For promises that do not depend on the store: the other one's turn is among the slow tests.
mostly_on_sqlite = pytest.mark.parametrize(
    "store", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)], indirect=True
)
mostly_on_postgres = pytest.mark.parametrize(
    "store", [pytest.param("sqlite", marks=pytest.mark.slow), "postgres"], indirect=True
)
on_postgres = pytest.mark.parametrize("store", ["postgres"], indirect=True)
"""For what needs several services."""
on_every_store = pytest.mark.parametrize(
    ("shared_store", "processes"),
    [("sqlite", 1), pytest.param("postgres", 1, marks=pytest.mark.slow), ("postgres", 3)],
    ids=["sqlite", "postgres", "three-processes"],
    indirect=["shared_store"],
    scope="session",
)
