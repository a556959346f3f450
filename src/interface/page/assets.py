"""The page's scripts, style and pictures: read once, and named by what is in them, so that browsers may keep them.

They are written for people and sent to browsers: comments and indentation stay here, each line keeps its number.
"""

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from posixpath import dirname, normpath
from typing import Final

FOLDER: Final = Path(__file__).parent / "files"
PREFIX: Final = "/page"
_KINDS: Final[Mapping[str, bytes]] = {
    ".js": b"text/javascript; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".svg": b"image/svg+xml",
}
_VERSION_DIGITS: Final = 16
_FOR_PEOPLE: Final = re.compile(rb"^[ ]*(?://.*|/\*(?s:.*?)\*/[ ]*)$|^[ ]+", re.MULTILINE)
"""Comments that have their lines to themselves, and indentation. No text of ours runs over several lines (a test says
so), so nothing of what is shown begins a line.
"""
_IMPORTS: Final = re.compile(rb'\b(?:from|import) "(\.{1,2}/[^"]+)"')


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: as it is sent, and packed where that is shorter."""

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
    def styles(self) -> list[str]:
        """Names of all style sheets: `page.css` first, which names the sizes and colours that the others use."""
        names = [name for name in sorted(self.files) if name.endswith(".css")]
        return sorted(names, key=lambda name: name != "page.css")

    def modules(self, *first: str) -> list[str]:
        """Addresses of these scripts and of all that they import, and those import: browsers fetch them together
        instead of one after the other. Raises KeyError for one that is not there.
        """
        found, left = set[str](), [*first]
        while left:
            name = left.pop()
            if name not in found:
                found.add(name)
                left += _imported(name, self.files[name].plain)
        return [self.address(name) for name in sorted(found)]


def _imported(name: str, text: bytes) -> list[str]:
    """What a script imports before it runs."""
    return [normpath(f"{dirname(name)}/{found.decode()}").lstrip("/") for found in _IMPORTS.findall(text)]


def sent(text: bytes) -> bytes:
    """A script or a style sheet without what only people read."""
    return _FOR_PEOPLE.sub(lambda found: b"\n" * found[0].count(b"\n"), text)


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
        plain = sent(path.read_bytes()) if path.suffix in {".js", ".css"} else path.read_bytes()
        files[name] = Asset(_KINDS[path.suffix], plain, gzip.compress(plain, mtime=0))
        digest.update(b"%d %s %d " % (len(name), name.encode(), len(plain)) + plain)
    return Assets(files, digest.hexdigest()[:_VERSION_DIGITS])
