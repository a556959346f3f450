"""The house rules that a machine can check."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "src").rglob("*.py"))
LONGEST_FILE = 400
UNWANTED_NAMES = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}

# Put together here, so that this file does not name them itself.
REGISTRY_HOSTS = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"))]
OPTION_WORDS = (("index", "url"), ("extra", "index", "url"), ("find", "links"), ("trusted", "host"))
INDEX_OPTIONS = [f"--{'-'.join(words)}" for words in OPTION_WORDS]


def committed_texts() -> Iterator[tuple[Path, str]]:
    """Every text file that git knows or would take in."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 - git is where it is
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("git says which files are the project's, and these did not come with a git checkout")
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = ROOT / name
        if path.is_file():
            try:
                yield path, path.read_text()
            except UnicodeDecodeError:
                continue


def test_imports_point_one_way() -> None:
    """interface -> app -> domain, and the domain knows no web and no database: the contracts in pyproject.toml."""
    linter = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_domain_asks_neither_clock_nor_chance() -> None:
    """Time, ids and randomness come in from outside, or replay breaks."""
    asked = re.compile(r"\b(?:\w+\.now|today|utcnow|time\.time|monotonic|uuid\d?|random|secrets)\b\(?")
    forbidden = {"random", "secrets", "uuid", "time", "os", "threading", "asyncio", "socket"}
    for path in (ROOT / "src" / "domain").glob("*.py"):
        tree = ast.parse(path.read_text())
        imported = {
            name.partition(".")[0]
            for node in ast.walk(tree)
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        assert not imported & forbidden, path
        assert not [call for call in calls if asked.fullmatch(call)], path


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_a_file_holds_one_idea(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_FILE
    assert path.stem not in UNWANTED_NAMES


def test_no_file_names_a_package_registry() -> None:
    """Where packages come from is the business of whoever installs them."""
    for path, text in committed_texts():
        for unwanted in (*REGISTRY_HOSTS, *INDEX_OPTIONS):
            assert unwanted not in text, f"{path} names {unwanted}"


def test_every_requirement_is_pinned_with_a_hash() -> None:
    for name in ("runtime", "dev"):
        lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
        requirements = [line for line in lines if line and not line.startswith((" ", "#"))]
        assert requirements
        for line in requirements:
            assert re.match(r"[a-z0-9.-]+(\[[a-z,]+\])?==[^ ;]+", line), line
            assert "--hash=sha256:" in lines[lines.index(line) + 1]


def test_requirements_cover_what_the_project_declares() -> None:
    """Whoever adds a dependency also runs `make lock`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for name, declared in (
        ("runtime", [*project["project"]["dependencies"], *project["build-system"]["requires"]]),
        ("dev", [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]),
    ):
        pinned = set(re.findall(r"^([a-z0-9.-]+)==", (ROOT / "requirements" / f"{name}.txt").read_text(), re.MULTILINE))
        wanted = {re.split(r"[^A-Za-z0-9.-]", line)[0].lower() for line in declared}
        assert wanted <= pinned, f"{name}.txt lacks {wanted - pinned}"


def test_the_same_versions_are_run_and_tested() -> None:
    pins = [
        set(re.findall(r"^([a-z0-9.-]+==[^ ;]+)", (ROOT / "requirements" / f"{name}.txt").read_text(), re.MULTILINE))
        for name in ("runtime", "dev")
    ]
    assert pins[0] <= pins[1]


def test_exceptions_to_the_checks_give_a_reason() -> None:
    """Beside every `type: ignore` and `noqa` stands why."""
    exception = re.compile(r"# (?:type: ignore\[[^\]]+\]|noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)*)(?P<reason>.*)")
    for path in (*SOURCES, *(ROOT / "tests").rglob("*.py")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if found := exception.search(line):
                assert re.search(r"\w{2}", found["reason"]), f"{path}:{number} gives no reason"
            assert not re.search(r"# (type: ignore|noqa)(?![\[:])", line), f"{path}:{number} excepts everything"
