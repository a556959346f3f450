"""A checkpoint says where a log ended, and whoever knows the key can tell that nobody wrote it since."""

import json
import os
import subprocess
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest

from app.audit.checkpoint import Checkpoint, Signer, key_name, read_checkpoint, write_checkpoint
from app.audit.signing_keys import PUBLIC_KEYS_FILE, known_keys, public_text, signer_for
from app.audit.trouble import CheckpointUnusable
from app.log.records import Head
from app.master_key import CHECKPOINT_KEY_FILE
from app.settings import Settings, SettingsError, load_settings

HEAD = Head("c3f04555f98f6cd559540308d9428116", 812, "2026-12-01T04:00:00.123456Z", bytes(range(32)))
SECRET = b"0123456789abcdef0123456789abcdef"
OTHER = b64encode(b"fedcba9876543210fedcba9876543210").decode()


def test_its_format_and_its_signature_never_change(tmp_path: Path) -> None:
    """One that was kept since this format was made: Ed25519 makes no other signature of the same text."""
    kept = {
        "format": "daybook-checkpoint",
        "version": 1,
        "log_id": "c3f04555f98f6cd559540308d9428116",
        "position": 812,
        "digest": "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "timestamp": "2026-12-01T04:00:00.123456Z",
        "made_at": "2026-12-02T00:00:00.000000Z",
        "key": "fb7970219e26d1f4",
        "signature": "wa73eNUfvCTPH37semQtlG/cNEqJHbn39ViiwZ2Z0eQhC4sDCQCa5ll0kGNcQakwYtxLywOfH4c6P3r/za/KBg==",
    }
    path = tmp_path / "kept"
    path.write_text(json.dumps(kept))

    checkpoint = read_checkpoint(path)

    assert checkpoint.is_signed_by(Signer(SECRET).public_key)
    assert json.loads(checkpoint.written()) == kept


def test_it_is_what_openssl_calls_signed(tmp_path: Path) -> None:
    """Nobody needs Daybook to believe it."""
    signer = Signer(SECRET)
    made = signer.checkpoint(HEAD)
    lines = ["daybook checkpoint 1", made.log_id, made.position, made.digest, made.timestamp, made.made_at, made.key]
    (tmp_path / "text").write_text("".join(f"{line}\n" for line in lines))
    (tmp_path / "signature").write_bytes(b64decode(made.signature))
    prefix = bytes.fromhex("302a300506032b6570032100")  # what makes an Ed25519 key a public key of X.509 (RFC 8410)
    (tmp_path / "key").write_bytes(prefix + signer.public_key)
    checked = subprocess.run(
        [
            *("openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key"),
            *("-rawin", "-in", "text", "-sigfile", "signature"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stdout.strip()) == (0, "Signature Verified Successfully")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("log_id", "d" * 32),
        ("position", 811),
        ("digest", "0" * 64),
        ("timestamp", ""),
        ("made_at", "2026-12-01T04:00:00.000000Z"),
        ("key", "0" * 16),
    ],
)
def test_whatever_is_changed_in_it_unsigns_it(field: str, value: Any) -> None:
    signer = Signer(SECRET)
    made = signer.checkpoint(HEAD)
    assert made.is_signed_by(signer.public_key)
    assert not Checkpoint.model_validate({**made.model_dump(), field: value}).is_signed_by(signer.public_key)
    assert not made.is_signed_by(b"k" * 32)


def test_an_empty_log_has_one_too() -> None:
    signer = Signer(SECRET)
    assert signer.checkpoint(HEAD._replace(position=0, timestamp="")).is_signed_by(signer.public_key)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no JSON", "is no JSON"),
        ("[]", "is no checkpoint"),
        ("[" * 100_000, "is no JSON"),
        ('{"format": "daybook-backup"}', "is no checkpoint"),
        ('{"format": "daybook-checkpoint", "version": 2}', "newer Daybook"),
        ('{"format": "daybook-checkpoint", "version": 1, "position": "812"}', "damaged, in"),
    ],
    ids=["text", "a list", "nested", "another file", "newer", "damaged"],
)
def test_what_is_no_checkpoint_is_told(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "file").write_text(text)
    with pytest.raises(CheckpointUnusable, match=said):
        read_checkpoint(tmp_path / "file")


def test_one_never_replaces_another(tmp_path: Path) -> None:
    made = Signer(SECRET).checkpoint(HEAD)
    write_checkpoint(made, tmp_path / "tonight")
    with pytest.raises(CheckpointUnusable, match="never replaces one"):
        write_checkpoint(made, tmp_path / "tonight")
    with pytest.raises(CheckpointUnusable, match="No such file"):
        read_checkpoint(tmp_path / "other")
    assert read_checkpoint(tmp_path / "tonight") == made


def test_a_data_folder_makes_its_key_once_and_knows_every_key_it_had(tmp_path: Path) -> None:
    settings = load_settings(data=tmp_path)
    assert known_keys(settings) == {}

    first = signer_for(settings)
    assert signer_for(settings).public_key == first.public_key
    assert os.stat(tmp_path / CHECKPOINT_KEY_FILE).st_mode & 0o777 == 0o600  # noqa: PTH116 - the mode alone
    (tmp_path / CHECKPOINT_KEY_FILE).unlink()
    second = signer_for(settings)
    third = signer_for(load_settings(data=tmp_path, checkpoint_key=OTHER))

    publics = [each.public_key for each in (first, second, third)]
    assert len(set(publics)) == 3
    assert known_keys(settings) == {key_name(each): each for each in publics}
    assert len((tmp_path / PUBLIC_KEYS_FILE).read_text().splitlines()) == 3


def test_keys_of_before_can_be_set(tmp_path: Path) -> None:
    old = Signer(SECRET).public_key
    settings = load_settings(data=tmp_path, checkpoint_key=OTHER, checkpoint_public_keys=public_text(old))
    assert known_keys(settings).keys() == {key_name(old), key_name(signer_for(settings).public_key)}
    with pytest.raises(SettingsError, match="DAYBOOK_CHECKPOINT_PUBLIC_KEYS cannot be used: it holds 3 bytes"):
        load_settings(checkpoint_public_keys="YWJj")


def test_a_damaged_list_of_keys_is_told(tmp_path: Path) -> None:
    settings = load_settings(data=tmp_path)
    signer_for(settings)
    with (tmp_path / PUBLIC_KEYS_FILE).open("a") as file:
        file.write(f"0123456789abcdef {public_text(Signer(SECRET).public_key)}\n")
    with pytest.raises(SettingsError, match="damaged in line 2"):
        known_keys(settings)


def test_postgresql_keeps_no_key_beside_the_data() -> None:
    settings = Settings(database_url="postgresql://daybook@db.example.org/bookings")
    with pytest.raises(SettingsError, match="Set DAYBOOK_CHECKPOINT_KEY"):
        signer_for(settings)
    with pytest.raises(SettingsError, match="need DAYBOOK_CHECKPOINT_KEY"):
        load_settings(database_url=settings.database_url, checkpoint_command="keep")


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("checkpoint_url", "http://logs.example.org", "https:// address alone"),
        ("checkpoint_command", "   ", "names no program"),
        ("checkpoint_command", "keep 'half", "no closing quotation"),
        ("checkpoint_minutes", 0, "greater than 0"),
    ],
)
def test_settings_that_cannot_be_are_told(setting: str, value: Any, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load_settings(**{setting: value})
