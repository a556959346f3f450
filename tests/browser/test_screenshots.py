"""The pictures in the documentation: made by `make screenshots`, small, and each of them shown."""

import re
import shlex
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.browser.screenshots import NAMES, SIZES

ROOT = Path(__file__).parent.parent.parent
SHOWN = ROOT / "docs" / "screenshots"
MOST_BYTES = 120_000


def must_be_pictures(folder: Path) -> None:
    """All of them, small, and as large as a window."""
    assert {path.name for path in folder.iterdir()} == {f"{name}.png" for name in NAMES}
    for path in folder.iterdir():
        picture = path.read_bytes()
        assert picture.startswith(b"\x89PNG\r\n\x1a\n")
        assert struct.unpack(">II", picture[16:24]) in SIZES.values(), path.name
        assert len(picture) < MOST_BYTES, path.name


@pytest.mark.slow
def test_make_screenshots_takes_every_picture(chromium: Browser, tmp_path: Path) -> None:
    del chromium  # there is one, or this is skipped
    planned = subprocess.run(
        ["make", "--no-print-directory", "-n", "screenshots", f"SCREENSHOTS={tmp_path}/new pictures"],  # noqa: S607 - nothing is run, nothing is installed
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    (command,) = [line for line in planned.stdout.splitlines() if "tests.browser.screenshots" in line]
    _, *rest = shlex.split(command)
    subprocess.run([sys.executable, *rest], cwd=ROOT, check=True, timeout=300)
    must_be_pictures(tmp_path / "new pictures")


def test_the_documentation_shows_each_picture_and_none_that_is_not_there() -> None:
    must_be_pictures(SHOWN)
    shown = [
        (page.parent / target).resolve()
        for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))
        for target in re.findall(r"!\[[^\]]+\]\(([^)\s]+)\)", page.read_text())
    ]
    assert [path for path in shown if not path.is_file()] == []
    assert set(shown) == set(SHOWN.resolve().iterdir())
