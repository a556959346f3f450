"""The page's scripts, style and pictures: read once, and named by what is in them, so that browsers may keep them."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "files"
PREFIX: Final = "/page"
_KINDS: Final[Mapping[str, bytes]] = {
    ".js": b"text/javascript; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".svg": b"image/svg+xml",
}
_VERSION_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: as it is, and packed where that is shorter."""

    kind: bytes
    plain: bytes
    packed: bytes


@dataclass(frozen=True, slots=True)
class Assets:
    """All files by their names below the folder. `version` stands in their addresses: 16 hex digits that follow from
    all of them, since modules name each other by relative addresses.
    """

    files: Mapping[str, Asset]
    version: str

    def address(self, name: str) -> str:
        """Where the file is served. Raises KeyError for one that is not there."""
        _ = self.files[name]
        return f"{PREFIX}/{self.version}/{name}"

    @property
    def modules(self) -> list[str]:
        """Addresses of all scripts: browsers fetch them together instead of one import after the other."""
        return [self.address(name) for name in sorted(self.files) if name.endswith(".js")]


@cache
def assets() -> Assets:
    """The files of this installation."""
    found = {
        path.relative_to(FOLDER).as_posix(): path
        for path in sorted(FOLDER.rglob("*"))
        if path.is_file() and path.suffix in _KINDS
    }
    digest = sha256()
    files = {}
    for name, path in found.items():
        plain = path.read_bytes()
        files[name] = Asset(_KINDS[path.suffix], plain, gzip.compress(plain, mtime=0))
        digest.update(b"%d %s %d " % (len(name), name.encode(), len(plain)) + plain)
    return Assets(files, digest.hexdigest()[:_VERSION_DIGITS])
