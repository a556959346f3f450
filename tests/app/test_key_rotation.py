"""The master key is changed beside a working service: nobody's details are out of reach for a moment."""

from base64 import b64encode
from pathlib import Path

import pytest
from tests.conftest import Store

from app.details import Vault
from app.key_rotation import rotate
from app.log.event_log import EventLog
from app.master_key import MASTER_KEY_FILE, master_keys_for
from app.settings import Settings, SettingsError, load_settings

DETAILS = '{"symptom":"a cough"}'
OLD, NEW = (b64encode(letter * 32).decode() for letter in (b"o", b"n"))


def silent(done: int, total: int) -> None:
    """No progress."""


def settings_of(store: Store, tmp_path: Path, *keys: str) -> Settings:
    """Those that name the store; on PostgreSQL with these keys."""
    if store.place is not None:
        url, schema = store.place
        return load_settings(database_url=url, schema_name=schema, master_key=",".join(keys))
    return load_settings(data=store.folder)


def prefixes(log: EventLog) -> set[str]:
    """Under which master keys people's keys are wrapped."""
    return {wrapped.split(".")[1] for (wrapped,) in log.rows("SELECT wrapped_key FROM customers")}


def test_a_working_service_goes_on_reading_and_sealing(store: Store, tmp_path: Path) -> None:
    log = store.open()
    vault = Vault(log, master_keys_for(settings_of(store, tmp_path, OLD), log))
    people = [f"c-{number:032x}" for number in range(450)]
    for each in people[:-1]:
        vault.admit(each)
    sealed = vault.seal(people[0], "b-1", DETAILS)
    settings = settings_of(store, tmp_path, NEW, OLD)
    working = Vault(log, master_keys_for(settings, log))  # on PostgreSQL it was given both keys
    assert len(prefixes(log)) == 1
    before = prefixes(log)
    rotated = rotate(settings, silent, drop_old=False)
    assert (rotated.wrapped, rotated.made) == (449, store.place is None)
    assert len(prefixes(log)) == 1
    assert not prefixes(log) & before
    assert working.open(people[0], "b-1", sealed) == DETAILS
    working.admit(people[-1])
    assert len(prefixes(log)) == 1
    assert rotate(settings, silent, drop_old=True).wrapped == 0
    anew = Vault(log, master_keys_for(settings_of(store, tmp_path, NEW), log))
    assert anew.open(people[0], "b-1", sealed) == DETAILS
    assert anew.knows(people[-1])


def test_a_rotation_that_was_cut_short_goes_on(tmp_path: Path) -> None:
    store = Store(tmp_path / "data", None)
    log, settings = store.open(), load_settings(data=tmp_path / "data")
    vault = Vault(log, master_keys_for(settings, log))
    for number in range(450):
        vault.admit(f"c-{number:032x}")

    def cut_short(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate(settings, cut_short, drop_old=False)
    assert len(prefixes(log)) == 2
    assert Vault(log, master_keys_for(settings, log)).knows(f"c-{449:032x}")
    rotated = rotate(settings, silent, drop_old=False)
    assert (rotated.wrapped, rotated.made) == (250, False)
    assert rotate(settings, silent, drop_old=True).dropped == 1
    assert len((tmp_path / "data" / MASTER_KEY_FILE).read_text().split()) == 1
    store.close()


def test_one_key_in_the_settings_cannot_be_rotated(store: Store, tmp_path: Path) -> None:
    log = store.open()
    key = load_settings(data=tmp_path, master_key=OLD)
    Vault(log, master_keys_for(key, log)).admit("c-alice")
    if store.folder is not None:
        with pytest.raises(SettingsError, match="has one key"):
            rotate(load_settings(data=store.folder, master_key=OLD), silent, drop_old=False)
        with pytest.raises(SettingsError, match="not those that this store"):
            rotate(load_settings(data=store.folder, master_key=f"{NEW},{NEW}"), silent, drop_old=False)
