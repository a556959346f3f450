"""Log lines about requests that could not be served since something was away: a few for each route, however many."""

from typing import Any, Final

import structlog
from litestar.types import Scope

from app.lasting_trouble import LastingTrouble

FIRST_FAILURE: Final = 400

log = structlog.get_logger("daybook.http")


class Unserved:
    """What each route, by method, could not serve. On the event loop's thread alone."""

    def __init__(self) -> None:
        self._troubles: dict[tuple[str, str], LastingTrouble] = {}

    def happened(self, scope: Scope, code: str, reason: str) -> None:
        """A request was answered with this problem, for this reason."""
        method, route = _asked(scope)
        trouble = self._troubles.get((method, route))
        if trouble is None:
            trouble = self._troubles[method, route] = LastingTrouble(_tell, _tell_end)
        trouble.happened(method=method, route=route, code=code, reason=reason)

    def answered(self, scope: Scope, status: int) -> None:
        """A request was answered with this status."""
        if self._troubles and status < FIRST_FAILURE:
            method, route = _asked(scope)
            if (method, route) in self._troubles:
                self._troubles[method, route].is_over(method=method, route=route)


def _asked(scope: Scope) -> tuple[str, str]:
    found: Any = scope
    return found["method"], found.get("path_template", "none")


def _tell(**facts: Any) -> None:
    log.warning("request not served", **facts)


def _tell_end(**facts: Any) -> None:
    log.info("requests are served again", **facts)
