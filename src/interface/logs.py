"""Log lines on stderr: readable on a terminal, else one JSON object a line. Nothing about persons in either."""

import logging
import sys
import warnings
from collections.abc import Mapping, MutableMapping
from functools import partial
from traceback import extract_tb
from types import TracebackType
from typing import Any, TextIO

import structlog

from app.log.trouble import StoreUnavailable
from app.process import process_name

PERSONAL = frozenset(
    {
        *("account", "audience", "authorization", "body", "cookie", "customer", "details", "email", "headers"),
        *("idempotency_key", "issuer", "name", "params", "path_params", "phone", "profile", "query", "request"),
        *("secret", "sub", "subject", "text", "token", "url", "value"),
    }
)
"""Names of fields that are never written, whatever is in them."""

LOOKED_THROUGH = frozenset({"domain", "app", "interface", "daybook", "asyncio", "_granian"})
"""Packages whose messages hold no data before their arguments are put in."""

CHATTY = ("httpx", "httpx2", "httpcore", "httpcore2")
"""Libraries that tell of each request that they make, which says nothing once its address is left out."""

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def set_up(level: str = "info", stream: TextIO | None = None) -> None:
    """Send the log lines of this process, those of the libraries too, to `stream` (stderr).

    `level` is the least important one written: debug, info, warning, error.
    """
    stream = stream or sys.stderr
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        partial(_with_process, process_name()),
        without_persons,
        with_bare_trace,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    on_terminal = stream.isatty()
    written: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer(default=str)
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[template_alone, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, written],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    warnings.showwarning = _log_warning


def _with_process(process: str, _: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Say which process wrote the line: several may write into one file."""
    event["process"] = process
    return event


def template_alone(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Of a plain `logging` line, keep the first line of its template: its arguments may be anything. A library
    may also have put them in already; of those that nobody looked through, only the place is kept.
    """
    record: logging.LogRecord | None = event.get("_record")
    if record is not None:
        package = record.name.partition(".")[0]
        template = str(record.msg).partition("\n")[0][:300]
        event["event"] = template if package in LOOKED_THROUGH else f"{record.pathname}:{record.lineno}"
        event.pop("positional_args", None)
    return event


def without_persons(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop the fields that may say something about a person, at any depth."""
    return {name: _cleaned(value) for name, value in event.items() if name not in PERSONAL}


def _cleaned(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _cleaned(inner) for name, inner in value.items() if name not in PERSONAL}
    if isinstance(value, list | tuple):
        return [_cleaned(inner) for inner in value]
    return value


def with_bare_trace(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Say of an exception its kind and where it happened. Its message may quote a row, a body or a token."""
    given = event.pop("exc_info", None)
    found = _exc_info(given)
    if found is not None:
        kind, error, trace = found
        event["exception"] = f"{kind.__module__}.{kind.__qualname__}"
        if isinstance(error, StoreUnavailable):  # a sentence of our own
            event["exception_message"] = str(error)
        event["trace"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in extract_tb(trace)]
    return event


def _log_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """A warning's kind and place: its message may quote what somebody sent."""
    structlog.get_logger("warnings").warning(category.__name__, place=f"{filename}:{lineno}")


def _exc_info(given: Any) -> _ExcInfo | None:
    if isinstance(given, BaseException):
        return type(given), given, given.__traceback__
    if isinstance(given, tuple):
        return given if given[0] is not None else None
    if given:
        kind, error, trace = sys.exc_info()
        return (kind, error, trace) if kind is not None and error is not None else None
    return None
