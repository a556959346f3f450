"""What torture runs found, each as a test that failed before it was mended."""

from collections.abc import Iterator

import pytest
from tests.torture.private_postgres import PrivatePostgres

from app.log.migrate import migrate
from app.log.postgres import open_postgres
from app.read_models import database
from app.read_models.housekeeping import Housekeeping


@pytest.fixture
def lazy_postgres() -> Iterator[PrivatePostgres]:
    """A PostgreSQL that takes its time with what nobody waits for."""
    made = PrivatePostgres("wal_writer_delay = 10s")
    yield made
    made.close()


def test_the_tables_of_read_models_outlive_a_crash_of_postgresql_right_after_they_were_made(
    lazy_postgres: PrivatePostgres,
) -> None:
    """They were made without waiting for the disk: gone after the crash, and missed by running processes for good."""
    migrate(lazy_postgres.url, "venue")
    log, models = open_postgres(lazy_postgres.url, "venue"), database.open_postgres(lazy_postgres.url, "venue")
    models.create_tables()
    Housekeeping(models, log).prepare()
    lazy_postgres.restart()
    with models.reading() as reader:
        assert reader.connection.execute(reader.table("bookings", "bookings").select()).all() == []
    models.close()
    log.close()
