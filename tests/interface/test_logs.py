"""Log lines: for machines unless somebody watches, and never about persons."""

import asyncio
import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from app.log.trouble import StoreUnavailable
from interface import logs


class Terminal(io.StringIO):
    """A stream that somebody watches."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Where log lines go during the test."""
    root = logging.getLogger()
    handlers, level, show = root.handlers[:], root.level, warnings.showwarning
    stream = io.StringIO()
    logs.set_up(stream=stream)
    yield stream
    root.handlers[:], warnings.showwarning = handlers, show
    root.setLevel(level)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object(written: io.StringIO) -> None:
    structlog.get_logger("app.writer").info("batch stored", events=3)
    (line,) = lines(written)
    assert (line["event"], line["events"], line["level"], line["logger"]) == ("batch stored", 3, "info", "app.writer")
    assert line["timestamp"].endswith("Z")


def test_on_a_terminal_it_is_for_people(written: io.StringIO) -> None:
    terminal = Terminal()
    logs.set_up(stream=terminal)
    structlog.get_logger("app.writer").info("batch stored", events=3)
    assert "batch stored" in terminal.getvalue()
    assert "{" not in terminal.getvalue()
    assert written.getvalue() == ""


def test_lines_below_the_level_are_not_written(written: io.StringIO) -> None:
    logs.set_up("warning", written)
    structlog.get_logger("app.writer").info("batch stored")
    assert written.getvalue() == ""


@pytest.mark.parametrize("name", sorted(logs.PERSONAL))
def test_fields_about_persons_are_dropped_at_any_depth(written: io.StringIO, name: str) -> None:
    structlog.get_logger("app").warning(
        "odd", **{name: "Planted"}, inner={name: "Planted", "rows": [{name: "Planted"}]}, code=7
    )
    assert "Planted" not in written.getvalue()
    assert lines(written)[0]["code"] == 7


def test_an_exception_is_told_by_kind_and_place(written: io.StringIO) -> None:
    """Its message may quote a row, a body or a token."""
    try:
        raise ValueError("Planted")
    except ValueError:
        structlog.get_logger("app").exception("failed")
    (line,) = lines(written)
    assert line["exception"] == "builtins.ValueError"
    assert "test_logs.py" in line["trace"][-1]
    assert "Planted" not in written.getvalue()


def test_a_sentence_of_our_own_is_kept(written: io.StringIO) -> None:
    try:
        raise StoreUnavailable("The disk is full.")
    except StoreUnavailable:
        structlog.get_logger("app").exception("failed")
    assert lines(written)[0]["exception_message"] == "The disk is full."


def test_arguments_of_plain_log_lines_are_not_put_in(written: io.StringIO) -> None:
    logging.getLogger("app.somewhere").warning("cannot read %s", "Planted")
    logging.getLogger("a.library").warning("cannot read Planted")
    assert lines(written)[0]["event"] == "cannot read %s"
    assert "Planted" not in written.getvalue()


def test_an_exception_that_nobody_fetched_is_told_without_its_message(written: io.StringIO) -> None:
    async def fail() -> None:
        async def failing() -> None:
            raise ValueError("Planted")

        task = asyncio.ensure_future(failing())
        await asyncio.wait({task})
        del task

    asyncio.run(fail())
    assert lines(written)[0]["event"] == "Task exception was never retrieved"
    assert "Planted" not in written.getvalue()


def test_a_warning_is_told_by_kind_and_place(written: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logs.set_up(stream=written)
        warnings.warn("Planted", UserWarning, stacklevel=1)
    (line,) = lines(written)
    assert line["event"] == "UserWarning"
    assert "test_logs.py" in line["place"]
    assert "Planted" not in written.getvalue()
