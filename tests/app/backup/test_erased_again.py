"""Whoever was erased after a backup does not come back with it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.app.backup.conftest import Kept

from app.assembly import Daybook
from app.backup.backing_up import back_up
from app.backup.restoring import restore
from app.commands import Actor, EraseCustomer
from app.erasure_list import FILE_NAME
from app.identity import random_command_id
from app.log.verifying import findings

pytestmark = pytest.mark.anyio


async def test_the_list_is_applied_before_a_restored_log_serves(
    kept: Kept, tmp_path: Path, quiet: Callable[[str, int, int], None]
) -> None:
    settings = kept.settings(erasures=tmp_path / "elsewhere" / FILE_NAME)
    back_up(settings, tmp_path / "backup", quiet)
    kept.log.close()
    first = Daybook.open(settings)
    first.start()
    erase = EraseCustomer(
        actor=Actor("admin", "c-ada"), command_id=random_command_id(), customer="c-alice", looked_at=9, arrived=0
    )
    await first.execute(erase)
    first.forgetting.look()
    first.stop()
    kept.log = kept.store.open()
    kept.lose()
    restore(settings, tmp_path / "backup", quiet)
    again = Daybook.open(settings)
    row = again.log.customers.get("c-alice")
    assert row is not None
    assert row.wrapped_key is not None
    again.start()
    assert again.log.customers.get("c-alice") is None
    last = again.log.after(0)[-1]
    assert (last.originator_id, last.topic, last.by) == ("customer/c-alice", "CustomerErased.1", "system:restore")
    assert list(findings(again.log, again.log.head())) == []
    again.stop()
