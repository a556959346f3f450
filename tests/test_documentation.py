"""What the documentation says is true: commands are run, answers compared, links and lists followed."""

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.core import TyperGroup
from typer.main import get_group

from app.settings import listed_settings
from interface.cli import app
from interface.http.app import ROUTES
from interface.http.problems import PROBLEMS

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
SHOWN_ON = date(2026, 11, 21)
SHOWN_DAY = date(2026, 11, 24)
"""When the README's answers were given, and the Tuesday of next week that they show."""


class Block(NamedTuple):
    """A fenced block of a page."""

    language: str
    text: str


def blocks_of(page: Path) -> list[Block]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    return [Block(language, text) for language, text in found]


class Terminal:
    """A shell that keeps its variables from block to block, in a folder that looks like the repository's."""

    def __init__(self, folder: Path, port: int) -> None:
        self._port = port
        clean = {name: value for name, value in os.environ.items() if not name.startswith("DAYBOOK_")}
        self._environment = clean | {"PORT": str(port)}
        self._folder = folder
        (folder / ".venv").symlink_to(Path(sys.executable).parent.parent)
        self.service: subprocess.Popen[str] | None = None
        self._shell = subprocess.Popen(
            ["bash"],  # noqa: S607 - the one that people have
            cwd=folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, commands: str) -> str:
        """What a block prints. `make run` starts the service, as the Makefile does; `make test` is what runs now."""
        if re.search(r"^make (run|test)\b", commands, re.MULTILINE):
            if "make run" in commands:
                self._make_run()
            return ""
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.write(f"{commands}\necho; echo END-OF-BLOCK $?\n")
        self._shell.stdin.flush()
        printed = ""
        while not (ended := re.search(r"\nEND-OF-BLOCK (\d+)\n", printed)):
            assert select.select([self._shell.stdout], [], [], 60)[0], f"no end in sight:\n{commands}\n{printed}"
            read = os.read(self._shell.stdout.fileno(), 1 << 16)
            assert read, f"the shell ended:\n{commands}\n{printed}"
            printed += read.decode()
        assert ended[1] == "0", printed
        return printed[: ended.start()].strip()

    def close(self) -> None:
        for process in (self._shell, self.service):
            if process is not None:
                process.kill()
                process.communicate()

    def _make_run(self) -> None:
        if self.service is not None:
            assert self.service.wait(30) == -signal.SIGKILL
            self.service.communicate()
        self.service = subprocess.Popen(
            [".venv/bin/daybook", "serve", "--demo", "--port", str(self._port)],
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.service.stdout is not None
        assert any(line.startswith("Listening") for line in self.service.stdout)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    opened = Terminal(tmp_path, port)
    yield opened
    opened.close()


def moved(printed: str, day: date) -> str:
    """An answer of today with its dates moved, so that `day` becomes the day that the README shows."""
    by = SHOWN_DAY - day
    spoken = {f"{each.day} {each:%B}": each for each in (day + timedelta(later) for later in range(60))}

    def say(found: re.Match[str]) -> str:
        there = spoken.get(found[0])
        return found[0] if there is None else f"{(there + by).day} {there + by:%B}"

    printed = re.sub(
        r"\d{4}-\d\d-\d\d(?!T[\d:.]+Z)", lambda found: (date.fromisoformat(found[0]) + by).isoformat(), printed
    )
    return re.sub(r"\b\d{1,2} [A-Z][a-z]+\b", say, printed)


def as_shown(printed: str, day: date) -> Any:
    """An answer with what differs from run to run replaced by what stands for it."""
    printed = moved(printed, day)
    printed = re.sub(r"\+0[12]:00", "+01:00", printed)  # Vienna in winter and summer
    printed = re.sub(r"\b([bck])-[0-9a-f]{32}\b", r"\1-...", printed)
    printed = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "...Z", printed)
    printed = re.sub(r'"position": ?\d+', '"position":0', printed)
    try:
        return json.loads(printed)
    except json.JSONDecodeError:
        return printed.split()


def tuesday_after(today: date) -> date:
    """Tuesday of the week after a day's; weeks begin on Mondays."""
    return date.fromisocalendar(*(today + timedelta(7)).isocalendar()[:2], 2)


def test_the_readme_does_what_it_says(terminal: Terminal) -> None:
    """Every shell block runs, in order, and answers what the block after it shows."""
    blocks = blocks_of(ROOT / "README.md")
    compared = 0
    today = date.today()  # noqa: DTZ011 - the reader's own calendar
    assert tuesday_after(SHOWN_ON) == SHOWN_DAY
    shown = "\n".join(block.text for block in blocks if block.language == "json")
    assert set(re.findall(r'_at": "([\d-]+)T', shown)) == {SHOWN_ON.isoformat()}
    for number, block in enumerate(blocks):
        if block.language != "shell":
            continue
        printed = terminal.run(block.text)
        follows = blocks[number + 1] if number + 1 < len(blocks) else None
        if follows is not None and follows.language == "json":
            day = date.fromisoformat(terminal.run("echo $DAY"))
            assert day in {tuesday_after(today), tuesday_after(date.today())}  # noqa: DTZ011 - the reader's own calendar
            assert as_shown(printed, day) == as_shown(follows.text, SHOWN_DAY), block.text
            compared += 1
        else:
            assert printed == "", block.text
    assert compared >= 8


@pytest.mark.slow
def test_the_api_notes_do_what_they_say(terminal: Terminal) -> None:
    """Their requests run after the README's set-up."""
    terminal.run("make run")
    terminal.run(next(block.text for block in blocks_of(ROOT / "README.md") if "API=" in block.text))
    for block in blocks_of(ROOT / "docs" / "api.md"):
        if block.language == "shell":
            printed = terminal.run(block.text)
            assert "/problems/" not in printed, f"{block.text}\n{printed}"
            assert printed == "304" or "%{http_code}" not in block.text
    assert re.fullmatch(r"\w+\.\d+", terminal.run("echo $POSITION"))


@pytest.mark.slow
def test_backups_are_made_and_restored_as_operations_say(terminal: Terminal) -> None:
    """On a data folder; its log is moved away, as a restore asks for."""
    page = (ROOT / "docs" / "operations.md").read_text()
    back_up, restore, renew = re.findall(
        r"^```shell\n(.*?)^```$", page.partition("## Backups")[2].partition("## Tokens")[0], re.MULTILINE | re.DOTALL
    )
    terminal.run("make run")
    assert "has a backup of 14 events" in terminal.run(back_up)
    assert terminal.service is not None
    terminal.service.terminate()
    terminal.service.communicate(timeout=30)
    terminal.run("mkdir kept; mv daybook-data/log.sqlite3* kept")
    assert "has a log again: 14 events" in terminal.run(restore)
    assert "The log has a new id: 14 events" in terminal.run(renew)
    asked = re.findall(r"^\.venv/bin/daybook check.*$", page, re.MULTILINE)
    assert asked == [".venv/bin/daybook check --port 8080"]
    assert terminal.run(asked[0].replace("8080", "0")).endswith("Nothing is wrong.")


@pytest.mark.slow
def test_a_log_is_proved_and_moved_as_the_audit_page_says(terminal: Terminal) -> None:
    checkpoint, verify, export, replay = (
        block.text for block in blocks_of(ROOT / "docs" / "audit.md") if block.language == "shell"
    )
    terminal.run("make run")
    assert "has a checkpoint of 14 events" in terminal.run(checkpoint)
    assert "Nothing is wrong: 14 events" in terminal.run(verify)
    assert "14 events exported." in terminal.run(export)
    assert terminal.service is not None
    terminal.service.terminate()
    terminal.service.communicate(timeout=30)
    terminal.run("export DAYBOOK_DATA=moved; mkdir -m 700 moved; cp daybook-data/master.key moved")
    assert "The folder moved has the log: 14 events" in terminal.run(replay)
    terminal.run("cp daybook-data/checkpoint.keys moved")
    assert "Nothing is wrong: 14 events" in terminal.run(verify)


def test_every_command_line_in_the_documentation_exists() -> None:
    command = get_group(app)
    named = re.compile(rf"daybook ({'|'.join(command.commands)})((?: [^\n`|)]*)?)")
    found = 0
    for page in PAGES:
        for name, rest in named.findall(page.read_text()):
            said = rest.split()
            meant = command.commands[name]
            if isinstance(meant, TyperGroup):
                assert said[:1], f"{page.name}: daybook {name} says nothing more"
                meant = meant.commands[said[0]]
            known = {option for each in meant.params for option in each.opts}
            for option in re.findall(r"(?<![\w-])--[a-z-]+", rest):
                assert option in known, f"{page.name}: daybook {name} has no {option}"
            found += 1
    assert found > 10


def test_make_run_serves_the_demo() -> None:
    """`PORT` and `DAYBOOK_DATA` can be set for it."""
    planned = subprocess.run(
        ["make", "--no-print-directory", "-n", "run", "PORT=8765", "DAYBOOK_DATA=/tmp/elsewhere"],  # noqa: S607 - nothing is run, no file is made
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    (served,) = [line for line in planned.stdout.splitlines() if "daybook serve" in line]
    assert "serve --demo --port 8765" in served
    assert "DAYBOOK_DATA='/tmp/elsewhere'" in served


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path) if path else page
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}, target


def test_the_settings_page_lists_exactly_the_settings() -> None:
    rows = re.findall(
        r"^\| `(DAYBOOK_\w+)` \| (?:`(.*?)`)? ?\| (.*) \|$", (ROOT / "docs/settings.md").read_text(), re.MULTILINE
    )
    assert rows == [tuple(setting) for setting in listed_settings()]


def test_the_api_notes_list_exactly_the_problems() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", (ROOT / "docs/api.md").read_text(), re.MULTILINE)
    assert {code: int(status) for code, status in rows} == {code: each.status for code, each in PROBLEMS.items()}


def test_the_api_notes_list_exactly_the_routes() -> None:
    served = {
        (method, re.sub(r"\{(\w+):\w+\}", r"{\1}", path))
        for route in ROUTES
        for method in route.http_methods
        for path in route.paths
    } | {("GET", "/schema")}
    rows = re.findall(r"^\| `([A-Z, ]+) (/[^`]*)` \|", (ROOT / "docs/api.md").read_text(), re.MULTILINE)
    assert {(method, path) for methods, path in rows for method in methods.split(", ")} == served


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(page.name[:4]) for page in (ROOT / "docs/adr").glob("[0-9]*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
    for page in (ROOT / "docs/adr").glob("[0-9]*.md"):
        assert page.read_text().startswith(f"# {int(page.name[:4])}. ")
