"""What a backup is of and what belongs to it, in a file that is written last: without it there is no backup."""

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.backup.trouble import CannotBackUp, CannotRestore
from app.durable import make_folder, sync
from app.log.records import Head

MANIFEST_FILE = "manifest.json"
FORMAT = 1

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is; 0 when nobody knows."""

_HEX = r"^[0-9a-f]+$"


class KeptFile(BaseModel):
    """One file of a backup."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    bytes: int = Field(ge=0)
    sha256: str = Field(pattern=_HEX, min_length=64, max_length=64)


class Manifest(BaseModel):
    """What a backup is of. `log_id`, `position`, `timestamp` and `digest` are those of the log's head in it; `tables`
    is the version of the tables, `schema_name` the PostgreSQL schema, `made_at` the time that it was made.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1]
    daybook: str
    store: Literal["sqlite", "postgresql"]
    schema_name: str | None
    tables: int
    log_id: str
    position: int = Field(ge=0)
    timestamp: str
    digest: str = Field(pattern=_HEX, min_length=64, max_length=64)
    made_at: datetime
    files: tuple[KeptFile, ...] = Field(min_length=1)

    @property
    def head(self) -> Head:
        """Where the log ends in it."""
        return Head(self.log_id, self.position, self.timestamp, bytes.fromhex(self.digest))


def begin(out: Path) -> None:
    """Make the folder of a backup, readable by its owner alone. Raises CannotBackUp unless it is new or empty."""
    try:
        make_folder(out)
        is_empty = not any(out.iterdir())
    except OSError as error:
        raise CannotBackUp(f"{out} cannot be used for a backup ({error.strerror}).") from error
    if not is_empty:
        raise CannotBackUp(
            f"{out} is not empty, and a backup never replaces another one. Name a new folder; without a "
            f"{MANIFEST_FILE} what is in it is the rest of a backup that did not end, and can be deleted."
        )


def new_file(path: Path) -> None:
    """Make an empty file that its owner alone can read."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def finish(out: Path, manifest: Manifest) -> None:
    """Make the backup one: its files, then the manifest, are on the disk when this returns."""
    for kept in manifest.files:
        sync(out / kept.name)
    draft = out / f"{MANIFEST_FILE}.draft"
    new_file(draft)
    draft.write_text(json.dumps(manifest.model_dump(mode="json"), indent=2) + "\n")
    sync(draft)
    sync(out)
    draft.rename(out / MANIFEST_FILE)
    sync(out)
    sync(out.parent)


def clear(out: Path) -> None:
    """Delete what there is of a backup that failed, the manifest first."""
    with suppress(OSError):
        for path in (out / MANIFEST_FILE, *out.iterdir()):
            path.unlink(missing_ok=True)


def kept(path: Path) -> KeptFile:
    """A file as the manifest lists it."""
    with path.open("rb") as file:
        return KeptFile(name=path.name, bytes=path.stat().st_size, sha256=file_digest(file, "sha256").hexdigest())


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup. Raises CannotRestore."""
    path = folder / MANIFEST_FILE
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise CannotRestore(
            f"{folder} has no {MANIFEST_FILE}, so it is no backup, or one that did not end. Name another one."
        ) from None
    except OSError as error:
        raise CannotRestore(f"{path} cannot be read ({error.strerror}).") from error
    try:
        made = json.loads(text)
    except ValueError:
        raise CannotRestore(f"{path} is damaged: it is no JSON. Name another backup.") from None
    if isinstance(made, dict) and isinstance(made.get("format"), int) and made["format"] > FORMAT:
        raise CannotRestore(f"{path} was written by a newer Daybook: restore it with that one.")
    try:
        return Manifest.model_validate(made)
    except ValidationError as error:
        wrong = ", ".join(sorted({".".join(map(str, each["loc"])) for each in error.errors()}))
        raise CannotRestore(f"{path} is damaged, in {wrong}. Name another backup.") from None


def refuse_altered(folder: Path, listed: KeptFile, found: KeptFile) -> None:
    """Raises CannotRestore unless a file is the one that the manifest lists."""
    if found.bytes != listed.bytes:
        raise CannotRestore(
            f"{folder / listed.name} has {found.bytes:,} bytes and the manifest says {listed.bytes:,}: it is cut off, "
            "or belongs to another backup. Nothing was restored; name another backup."
        )
    if found.sha256 != listed.sha256:
        raise CannotRestore(
            f"{folder / listed.name} is not the file that the manifest was written for: it was altered, or belongs to "
            "another backup. Nothing was restored; name another backup."
        )


def only_file(manifest: Manifest, folder: Path, name: str) -> KeptFile:
    """The one file that a backup of its store has. Raises CannotRestore."""
    names: Sequence[str] = [each.name for each in manifest.files]
    if names != [name]:
        raise CannotRestore(f"{folder / MANIFEST_FILE} lists {', '.join(names)} where {name} belongs.")
    if not (folder / name).is_file():
        raise CannotRestore(f"{folder / name} is missing. Nothing was restored; name another backup.")
    return manifest.files[0]
