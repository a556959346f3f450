"""A backup is whole or refused, and what is restored is the log that was backed up, under a new id."""

import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.app.backup.conftest import TOOLS, Kept

from app.backup import postgres_backup, sqlite_backup
from app.backup.backing_up import back_up
from app.backup.restoring import renew_in_place, restore
from app.backup.trouble import CannotBackUp, CannotRestore
from app.details import Vault
from app.log.event_log import EventLog
from app.log.folder import READ_MODELS_NAME
from app.log.migrate import migrate
from app.log.records import LoggedEvent
from app.log.renewing import first_log_id
from app.log.sqlite import FILE_NAME
from app.log.trouble import StoreInUse, StoreUnavailable
from app.read_models.database import open_sqlite as open_read_models
from app.rebuilding import rebuild
from app.setting_values import decoded_key
from app.settings import SettingsError
from app.stores import open_log

OTHER_KEY = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="
Progress = Callable[[str, int, int], None]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where backups go."""
    return tmp_path / "backup"


@pytest.fixture
def made(kept: Kept, out: Path, quiet: Progress) -> Path:
    """A backup of a log that was lost afterwards."""
    back_up(kept.settings(), out, quiet)
    kept.lose()
    return out


def copied_file(folder: Path) -> Path:
    (found,) = (path for path in folder.iterdir() if path.name != "manifest.json")
    return found


def events_of(log: EventLog) -> list[Any]:
    return log.rows('SELECT position, stream, version, topic, command_id, "by", timestamp, state FROM events')


def reopened(kept: Kept) -> EventLog:
    settings = kept.settings()
    log = open_log(settings.database_url, settings.schema_name, settings.data, serving=False)
    kept.store._opened.append(log)
    return log


def test_a_backup_says_what_it_is_of_and_its_owner_alone_can_read_it(kept: Kept, out: Path, quiet: Progress) -> None:
    head = kept.log.head()

    back_up(kept.settings(), out, quiet)

    manifest = json.loads((out / "manifest.json").read_text())
    copy = copied_file(out)
    assert manifest["format"] == 1
    assert manifest["store"] == ("postgresql" if kept.store.name == "postgres" else "sqlite")
    assert (manifest["log_id"], manifest["position"], manifest["timestamp"]) == head[:3]
    assert manifest["digest"] == head.digest.hex()
    assert manifest["files"] == [
        {"name": copy.name, "bytes": copy.stat().st_size, "sha256": sha256(copy.read_bytes()).hexdigest()}
    ]
    assert {stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()} == {0o600}
    assert stat.S_IMODE(out.stat().st_mode) == 0o700


def test_the_master_key_is_not_in_it(kept: Kept, out: Path, quiet: Progress) -> None:
    if kept.store.folder is not None:
        (kept.store.folder / "master.key").write_text("the key itself")
        (kept.store.folder / "token.secret").write_text("the secret itself")

    back_up(kept.settings(), out, quiet)

    assert len(list(out.iterdir())) == 2
    assert b"the key itself" not in copied_file(out).read_bytes()
    assert b"0123456789abcdef0123456789abcdef" not in copied_file(out).read_bytes()


def test_a_restored_log_is_the_one_that_was_backed_up_under_a_new_id(kept: Kept, out: Path, quiet: Progress) -> None:
    before, events, secret = kept.log.head(), events_of(kept.log), kept.log.secret
    alice = kept.log.customers.get("c-alice")
    back_up(kept.settings(), out, quiet)
    kept.lose()

    restored = restore(kept.settings(), out, quiet)

    log = reopened(kept)
    assert restored.manifest.position == before.position
    assert not restored.lacks_key
    assert log.log_id != before.log_id
    assert log.head() == before._replace(log_id=log.log_id)
    assert first_log_id(log) == before.log_id
    assert events_of(log) == events
    assert log.secret == secret, "repeats of commands of before are known"
    assert log.customers.get("c-alice") == alice
    assert Vault(log, decoded_key(kept.settings().master_key.get_secret_value())).knows("c-alice")  # type: ignore[union-attr] # it is set


def test_a_restored_log_goes_on(kept: Kept, made: Path, quiet: Progress, out: Path) -> None:
    """Events are appended to it, it stays append only, and it can be backed up again."""
    restore(kept.settings(), made, quiet)
    settings = kept.settings()
    with pytest.raises(Exception, match="append only"):
        kept.store.ask("DELETE FROM events")
    log = open_log(settings.database_url, settings.schema_name, settings.data, serving=True)
    try:
        log.insert_events([_next_version(log.after(8)[0])])
        assert log.head().position == 10
        second = back_up(settings, out.with_name("second"), quiet)
    finally:
        log.close()
    assert second.position == 10
    kept.lose()
    assert restore(settings, out.with_name("second"), quiet).manifest.position == 10


def _next_version(event: Any) -> Any:
    return LoggedEvent(
        event.originator_id,
        event.originator_version + 1,
        event.topic,
        event.state,
        timestamp=event.timestamp,
        by=event.by,
        command_id="command-9",
    )


def test_a_backup_never_replaces_anything(kept: Kept, out: Path, quiet: Progress) -> None:
    back_up(kept.settings(), out, quiet)
    first = (out / "manifest.json").read_bytes()

    with pytest.raises(CannotBackUp, match="is not empty"):
        back_up(kept.settings(), out, quiet)

    assert (out / "manifest.json").read_bytes() == first


def test_a_log_that_is_not_whole_is_not_backed_up(kept: Kept, out: Path, quiet: Progress) -> None:
    kept.alter("DELETE FROM events WHERE position = 4")

    with pytest.raises(CannotBackUp, match="Nothing stands at 4: what was there is missing"):
        back_up(kept.settings(), out, quiet)

    assert list(out.iterdir()) == []


def test_an_event_removed_in_the_middle_is_missed(
    kept: Kept, out: Path, quiet: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even in a backup whose files are as its manifest says."""
    kept.alter("DELETE FROM events WHERE position = 4")
    monkeypatch.setattr(postgres_backup, "faults_of", lambda *_: "")
    with monkeypatch.context() as unseen:
        unseen.setattr(sqlite_backup, "faults_of", lambda *_: "")
        back_up(kept.settings(), out, quiet)
    kept.lose()

    with pytest.raises(CannotRestore, match=r"is not whole\. Nothing stands at 4: what was there is missing"):
        restore(kept.settings(), out, quiet)

    assert kept.is_gone()


def test_a_changed_byte_is_noticed(kept: Kept, made: Path, quiet: Progress) -> None:
    copy = copied_file(made)
    content = bytearray(copy.read_bytes())
    content[len(content) // 2] ^= 1
    copy.write_bytes(content)

    with pytest.raises(CannotRestore, match="is not the file that the manifest was written for: it was altered"):
        restore(kept.settings(), made, quiet)

    assert kept.is_gone()


def test_a_truncated_file_is_noticed(kept: Kept, made: Path, quiet: Progress) -> None:
    copy = copied_file(made)
    copy.write_bytes(copy.read_bytes()[:-4096])

    with pytest.raises(CannotRestore, match=r"bytes and the manifest says [\d,]+: it is cut off"):
        restore(kept.settings(), made, quiet)

    assert kept.is_gone()


def test_a_missing_file_is_noticed(kept: Kept, made: Path, quiet: Progress) -> None:
    copied_file(made).unlink()

    with pytest.raises(CannotRestore, match="is missing"):
        restore(kept.settings(), made, quiet)

    assert kept.is_gone()


def test_a_manifest_of_another_backup_is_noticed(kept: Kept, out: Path, quiet: Progress) -> None:
    back_up(kept.settings(), out, quiet)
    kept.log.insert_events([_next_version(kept.log.after(8)[0])])
    back_up(kept.settings(), out.with_name("later"), quiet)
    kept.lose()
    (out.with_name("later") / "manifest.json").replace(out / "manifest.json")

    with pytest.raises(CannotRestore, match="belongs to another backup"):
        restore(kept.settings(), out, quiet)

    assert kept.is_gone()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("position", 8, "Its head is not the one that the manifest names"),
        ("digest", "0" * 64, "Its head is not the one that the manifest names"),
        ("log_id", "f" * 32, "Its head is not the one that the manifest names"),
        ("digest", "no digest", "is damaged, in digest"),
        ("files", [], "is damaged, in files"),
        ("format", 2, "was written by a newer Daybook"),
        ("files", [{"name": "../log", "bytes": 0, "sha256": "0" * 64}], r"is damaged, in files, files\.0\.name"),
    ],
)
def test_a_manifest_that_says_something_else_is_noticed(
    kept: Kept, made: Path, quiet: Progress, name: str, value: Any, told: str
) -> None:
    path = made / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {name: value}))

    with pytest.raises(CannotRestore, match=told):
        restore(kept.settings(), made, quiet)

    assert kept.is_gone()


def test_a_folder_without_a_manifest_is_no_backup(kept: Kept, made: Path, quiet: Progress) -> None:
    (made / "manifest.json").rename(made / "manifest.json.draft")

    with pytest.raises(CannotRestore, match="no backup, or one that did not end"):
        restore(kept.settings(), made, quiet)


def test_a_log_that_is_there_is_not_replaced(kept: Kept, out: Path, quiet: Progress) -> None:
    back_up(kept.settings(), out, quiet)
    head = kept.log.head()
    kept.log.close()

    with pytest.raises(CannotRestore, match="a restore replaces none"):
        restore(kept.settings(), out, quiet)

    assert reopened(kept).head() == head


def test_a_key_that_does_not_fit_is_told_before_anything_is_restored(kept: Kept, made: Path, quiet: Progress) -> None:
    with pytest.raises(CannotRestore, match="is not the one that this backup's people were sealed under"):
        restore(kept.settings(master_key=OTHER_KEY), made, quiet)

    assert kept.is_gone()


def test_a_key_that_is_lacking_is_told(kept: Kept, made: Path, quiet: Progress) -> None:
    assert restore(kept.settings(master_key=None), made, quiet).lacks_key
    assert reopened(kept).head().position == 9


def test_a_log_put_back_by_other_means_gets_a_new_id(kept: Kept, quiet: Progress) -> None:
    before = kept.log.head()
    kept.log.close()

    assert renew_in_place(kept.settings(), quiet).head.position == 9

    after = reopened(kept).head()
    assert after.log_id != before.log_id
    assert after == before._replace(log_id=after.log_id)


def test_a_log_that_is_not_whole_keeps_its_id(kept: Kept, quiet: Progress) -> None:
    kept.alter("DELETE FROM events WHERE position = 4")
    before = kept.log.head()
    kept.log.close()

    with pytest.raises(CannotRestore, match="Nothing stands at 4"):
        renew_in_place(kept.settings(), quiet)

    assert reopened(kept).head() == before


def test_each_store_restores_its_own(kept: Kept, made: Path, quiet: Progress, tmp_path: Path) -> None:
    other = kept.settings(database_url=None, data=tmp_path / "other")
    if kept.store.name == "sqlite":
        other = kept.settings(database_url="postgresql://nobody@localhost/nothing")

    with pytest.raises(CannotRestore, match="This is a backup of a"):
        restore(other, made, quiet)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
class TestOnSQLite:
    """What a folder can be like."""

    def test_a_folder_that_is_served_is_left_alone(self, kept: Kept, out: Path, quiet: Progress) -> None:
        back_up(kept.settings(), out, quiet)

        for asked in (lambda: restore(kept.settings(), out, quiet), lambda: renew_in_place(kept.settings(), quiet)):
            with pytest.raises(StoreInUse, match="Stop it first"):
                asked()

    @pytest.mark.slow
    @pytest.mark.parametrize("by", [restore, None])
    def test_read_models_that_have_seen_more_than_the_backup_are_built_anew(
        self, kept: Kept, out: Path, quiet: Progress, by: Any, tmp_path: Path
    ) -> None:
        """What an operator does who lost the log alone: the read models left there are ahead of the backup."""
        back_up(kept.settings(), out, quiet)
        later = LoggedEvent(
            "booking/b4", 1, "BookingConfirmed.1", b"{}", "2026-12-04T04:00:00.000000Z", "staff:bob", "c-4"
        )
        kept.log.append([later], kept.log.head())
        kept.log.close()
        rebuild(kept.settings(), lambda _what, _done, _total: None)
        for file in kept.store.folder.glob("log.sqlite3*"):
            file.rename(tmp_path / file.name)
        looks = count()

        def bounded(_what: str, _done: int, _total: int) -> None:
            assert next(looks) < 1_000, "it goes round and round"

        if by is None:  # the file is copied back by hand
            shutil.copy(copied_file(out), kept.store.folder / FILE_NAME)
            assert renew_in_place(kept.settings(), bounded).unbuilt is None
        else:
            assert restore(kept.settings(), out, bounded).unbuilt is None

        with closing(open_read_models(kept.store.folder)) as models, models.reading() as reader:
            assert (reader.log_id, reader.position) == (reopened(kept).log_id, 9)

    def test_read_models_that_cannot_be_built_do_not_undo_the_restore(
        self, kept: Kept, made: Path, quiet: Progress
    ) -> None:
        (kept.store.folder / READ_MODELS_NAME).mkdir(parents=True)

        restored = restore(kept.settings(), made, quiet)

        assert "cannot be used now" in (restored.unbuilt or "")
        assert reopened(kept).head().position == 9
        with pytest.raises(CannotRestore, match="the log is whole: start Daybook"):
            restore(kept.settings(), made, quiet)

    def test_a_backup_ends_however_often_the_log_grows_meanwhile(
        self, kept: Kept, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """After each page something is appended; what is copied is the log as it was at the beginning."""
        monkeypatch.setattr(sqlite_backup, "_PAGES", 1)
        last, steps = kept.log.after(8)[0], 0

        def append(what: str, _done: int, _total: int) -> None:
            nonlocal last, steps
            if what == "Copying pages":
                steps += 1
                assert steps < 1000, "it begins again and again"
                following = _next_version(last)
                last = last.__class__(**{**last.__dict__, "originator_version": last.originator_version + 1})
                kept.log.insert_events([following])

        assert back_up(kept.settings(), out, append).position == 9
        assert kept.log.head().position == 9 + steps

    def test_a_copy_that_reads_anew_for_each_page_does_not_end(self, kept: Kept, tmp_path: Path) -> None:
        """The control: without the one read transaction, every append makes the copy begin again."""
        source = sqlite3.connect(kept.store.folder / "log.sqlite3")
        target = sqlite3.connect(tmp_path / "copy.sqlite3")
        last, steps = kept.log.after(8)[0], 0

        class EnoughError(Exception):
            pass

        def append(_status: int, _remaining: int, total: int) -> None:
            nonlocal last, steps
            steps += 1
            if steps > 3 * total:
                raise EnoughError
            following = _next_version(last)
            last = last.__class__(**{**last.__dict__, "originator_version": last.originator_version + 1})
            kept.log.insert_events([following])

        with closing(source), closing(target), pytest.raises(EnoughError):
            source.backup(target, pages=1, progress=append)

    def test_what_a_log_left_behind_is_not_taken_for_the_restored_ones(
        self, kept: Kept, made: Path, quiet: Progress
    ) -> None:
        """SQLite would play another log's write-ahead log back into it."""
        kept.store.folder.mkdir()
        (kept.store.folder / "log.sqlite3-wal").write_bytes(b"of another log")

        with pytest.raises(CannotRestore, match=r"log\.sqlite3-wal"):
            restore(kept.settings(), made, quiet)

    def test_a_key_that_lies_there_is_held_against_the_backup(self, kept: Kept, made: Path, quiet: Progress) -> None:
        kept.store.folder.mkdir()
        key = kept.store.folder / "master.key"
        key.write_text(OTHER_KEY)
        key.chmod(0o600)
        with pytest.raises(CannotRestore, match="is not the one"):
            restore(kept.settings(master_key=None), made, quiet)
        key.chmod(0o644)
        with pytest.raises(SettingsError, match="open to other users"):
            restore(kept.settings(master_key=None), made, quiet)

    @pytest.mark.slow
    def test_the_rest_of_a_restore_that_died_is_in_nobodys_way(self, kept: Kept, made: Path, quiet: Progress) -> None:
        (kept.store.folder / "restoring").mkdir(parents=True)
        (kept.store.folder / "restoring" / "log.sqlite3").write_bytes(b"half")

        restore(kept.settings(), made, quiet)

        assert not (kept.store.folder / "restoring").exists()

    def test_a_log_that_a_restore_left_with_two_names_has_one_once_it_is_served(
        self, kept: Kept, made: Path, quiet: Progress
    ) -> None:
        """As after a kill between the log's getting its name and its losing the one that it was built under."""
        restore(kept.settings(), made, quiet)
        folder = kept.store.folder
        (folder / "restoring").mkdir()
        os.link(folder / "log.sqlite3", folder / "restoring" / "log.sqlite3")

        open_log(None, "", folder, serving=False).close()
        assert (folder / "restoring").exists(), "a restore may be at work"
        with closing(open_log(None, "", folder, serving=True)) as log:
            assert len(events_of(log)) == log.head().position > 0

        assert not (folder / "restoring").exists()
        assert (folder / "log.sqlite3").stat().st_nlink == 1

    def test_there_is_nothing_to_back_up_in_an_empty_folder(self, kept: Kept, out: Path, quiet: Progress) -> None:
        with pytest.raises(StoreUnavailable, match="There is no event log"):
            back_up(kept.settings(data=out.with_name("empty")), out, quiet)

    def test_damaged_pages_are_not_backed_up(self, kept: Kept, out: Path, quiet: Progress) -> None:
        kept.log.scrub()
        kept.log.close()
        log = kept.store.folder / "log.sqlite3"
        content = bytearray(log.read_bytes())
        content[4096 * 5 : 4096 * 6] = b"\x55" * 4096
        log.write_bytes(content)

        with pytest.raises((CannotBackUp, StoreUnavailable)):
            back_up(kept.settings(), out, quiet)

        assert list(out.iterdir()) == []


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
class TestOnPostgreSQL:
    """What tools and schemas can be like."""

    def test_a_tool_that_is_missing_is_told(self, kept: Kept, out: Path, tmp_path: Path, quiet: Progress) -> None:
        with pytest.raises(CannotBackUp, match=r"There is no pg_dump in .*set DAYBOOK_POSTGRES_TOOLS"):
            back_up(kept.settings(postgres_tools=tmp_path), out, quiet)

    def test_a_tool_that_is_older_than_the_server_is_told(self, kept: Kept, out: Path, quiet: Progress) -> None:
        assert len(TOOLS) > 1
        with pytest.raises(CannotBackUp, match=r"pg_dump is of version \d+ and the server of version \d+: install"):
            back_up(kept.settings(postgres_tools=TOOLS[0]), out, quiet)

    def test_a_dump_goes_into_its_own_schema_alone(self, kept: Kept, made: Path, quiet: Progress) -> None:
        with pytest.raises(CannotRestore, match=r"a backup of the schema venue_\w+, and DAYBOOK_SCHEMA is elsewhere"):
            restore(kept.settings(schema_name="elsewhere"), made, quiet)

    def test_the_password_is_on_no_command_line(
        self, kept: Kept, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quiet: Progress
    ) -> None:
        """It goes by the environment, in which Daybook's own secrets are not."""
        told = tmp_path / "told"
        spy = tmp_path / "tools" / "pg_dump"
        spy.parent.mkdir()
        spy.write_text(
            f'#!/bin/sh\necho "$@" >> {told}.arguments\nenv >> {told}.environment\nexec {TOOLS[-1]}/pg_dump "$@"\n'
        )
        spy.chmod(0o700)
        monkeypatch.setenv("DAYBOOK_MASTER_KEY", OTHER_KEY)
        url = kept.store.place.url
        with_password = f"{url}{'&' if '?' in url else '?'}password=opensesame"

        back_up(kept.settings(postgres_tools=spy.parent, database_url=with_password), out, quiet)

        arguments = told.with_suffix(".arguments").read_text()
        environment = told.with_suffix(".environment").read_text()
        assert "--snapshot" in arguments
        assert "opensesame" not in arguments
        assert "PGPASSWORD=opensesame" in environment
        assert OTHER_KEY not in environment
        assert "opensesame" not in "".join(path.read_text(errors="replace") for path in out.iterdir())

    def test_a_failed_dump_says_why_and_leaves_nothing(
        self, kept: Kept, out: Path, tmp_path: Path, quiet: Progress
    ) -> None:
        tool = tmp_path / "tools" / "pg_dump"
        tool.parent.mkdir()
        tool.write_text(
            '#!/bin/sh\n[ "$1" = --version ] && { echo "pg_dump (PostgreSQL) 99.1"; exit; }\n'
            'echo "pg_dump: error: the disk is full" >&2\nexit 1\n'
        )
        tool.chmod(0o700)

        with pytest.raises(CannotBackUp, match=r"^pg_dump failed: the disk is full\.$"):
            back_up(kept.settings(postgres_tools=tool.parent), out, quiet)

        assert list(out.iterdir()) == []

    def test_the_services_role_can_back_up(self, kept: Kept, out: Path, quiet: Progress) -> None:
        url, schema = kept.store.place
        role = f"service_{schema}"
        with psycopg.connect(url, autocommit=True) as owner:
            owner.execute(f"CREATE ROLE {role} LOGIN".encode())
            try:
                migrate(url, schema, role)
                as_service = url.replace("postgres:", f"{role}:", 1)
                assert back_up(kept.settings(database_url=as_service), out, quiet).position == 9
            finally:
                owner.execute(f"DROP OWNED BY {role}".encode())
                owner.execute(f"DROP ROLE {role}".encode())

    def test_read_models_are_not_in_it(self, kept: Kept, out: Path, quiet: Progress) -> None:
        kept.store.ask('CREATE TABLE "Odd ""name" (n int)')
        kept.store.ask("CREATE TABLE generations (n int)")

        back_up(kept.settings(), out, quiet)
        kept.lose()
        restore(kept.settings(), out, quiet)

        listed = kept.store.ask(
            f"SELECT tablename FROM pg_tables WHERE schemaname = '{kept.store.place.schema}' ORDER BY 1"
        )
        assert [name for (name,) in listed] == [
            "appends",
            "calendar_feeds",
            "customers",
            "disclosures",
            "events",
            "external_calendars",
            "followers",
            "former_log_ids",
            "leases",
            "log_head",
            "log_schema",
            "log_secret",
            "messages_due",
            "refusals",
            "snapshots",
            "webhook_attempts",
            "webhooks",
        ]
