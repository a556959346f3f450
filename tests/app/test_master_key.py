"""The embedded store's master key and token secret: files that only their owner can read."""

import stat
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.details import Vault
from app.log.event_log import EventLog
from app.master_key import MASTER_KEY_FILE, TOKEN_SECRET_FILE, master_keys_for, token_secrets_for
from app.settings import SettingsError, load_settings

KEY = b64encode(b"k" * 32).decode()


def test_the_first_start_makes_a_key_that_only_its_owner_reads(log: EventLog, tmp_path: Path) -> None:
    settings = load_settings(data=tmp_path / "moon")

    made = master_keys_for(settings, log)

    assert [len(key) for key in made.secrets] == [32]
    assert master_keys_for(settings, log).secrets == made.secrets
    assert stat.S_IMODE((tmp_path / "moon" / MASTER_KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "moon").iterdir()] == [MASTER_KEY_FILE]


def test_starts_at_the_same_moment_get_the_same_key(log: EventLog, tmp_path: Path) -> None:
    settings = load_settings(data=tmp_path / "moon")

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: master_keys_for(settings, log).secrets[0], range(8)))

    assert len(set(made)) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_can_read_is_refused(mode: int, log: EventLog, tmp_path: Path) -> None:
    settings = load_settings(data=tmp_path)
    master_keys_for(settings, log)
    (tmp_path / MASTER_KEY_FILE).chmod(mode)

    with pytest.raises(SettingsError, match=r"is open to other users .* `chmod 600 "):
        master_keys_for(settings, log)


def test_a_file_that_is_no_key_is_refused(log: EventLog, tmp_path: Path) -> None:
    (tmp_path / MASTER_KEY_FILE).write_bytes(b"")
    (tmp_path / MASTER_KEY_FILE).chmod(0o600)

    with pytest.raises(SettingsError, match="0 bytes instead of 32"):
        master_keys_for(load_settings(data=tmp_path), log)


def test_a_key_lost_from_a_store_with_people_is_not_made_anew(log: EventLog, tmp_path: Path) -> None:
    settings = load_settings(data=tmp_path)
    Vault(log, master_keys_for(settings, log)).admit("c-alice")
    (tmp_path / MASTER_KEY_FILE).unlink()

    with pytest.raises(SettingsError, match="is missing, and this store has people"):
        master_keys_for(settings, log)
    assert not (tmp_path / MASTER_KEY_FILE).exists()


def test_the_setting_takes_precedence_and_no_file_is_made(log: EventLog, tmp_path: Path) -> None:
    settings = load_settings(data=tmp_path / "moon", master_key=KEY)

    assert master_keys_for(settings, log).secrets == [b"k" * 32]
    assert not (tmp_path / "moon").exists()


def test_on_postgresql_master_key_and_secret_must_be_set(log: EventLog, tmp_path: Path) -> None:
    settings = load_settings(data=tmp_path, database_url="postgresql://moon")

    with pytest.raises(SettingsError, match="Set DAYBOOK_MASTER_KEY"):
        master_keys_for(settings, log)
    with pytest.raises(SettingsError, match=r"DAYBOOK_JWKS_URL .* or DAYBOOK_SECRET"):
        token_secrets_for(settings)


def test_the_token_secret_is_a_file_of_its_own(log: EventLog, tmp_path: Path) -> None:
    settings = load_settings(data=tmp_path)

    secrets = token_secrets_for(settings)

    assert token_secrets_for(settings) == secrets
    assert secrets[0] not in master_keys_for(settings, log).secrets
    assert stat.S_IMODE((tmp_path / TOKEN_SECRET_FILE).stat().st_mode) == 0o600


def test_with_an_identity_provider_there_is_no_secret(tmp_path: Path) -> None:
    settings = load_settings(data=tmp_path, jwks_url="https://id.example/keys", issuer="https://id.example")

    assert token_secrets_for(settings) == ()
    assert list(tmp_path.iterdir()) == []
