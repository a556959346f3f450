"""Answers that come late: after those to what was asked later, or when somebody has gone elsewhere."""

import re

from playwright.sync_api import APIResponse, Page, Route

_FRAMES = "async () => { for (let at = 0; at < 10; at += 1) await new Promise(requestAnimationFrame); }"
_PATIENCE = 600


class Held:
    """Requests for what fits a pattern are kept back, each until it is let go."""

    def __init__(self, page: Page, pattern: str | re.Pattern[str]) -> None:
        self._page = page
        self._waiting: list[Route] = []
        page.route(pattern, lambda route: self._waiting.append(route))

    def goes(self) -> None:
        """Let the last one go, once there is one: that it is sent is seen on the page before it is heard of here."""
        for _ in range(_PATIENCE):
            if self._waiting:
                return self._waiting.pop().continue_()
            self._page.evaluate(_FRAMES)
        raise AssertionError("nothing was asked")


class Late:
    """Of the requests of a method for what fits a pattern, the answer to the first is kept back; all others pass."""

    def __init__(self, page: Page, pattern: str, method: str = "GET") -> None:
        self._page = page
        self._method = method
        self._route: Route | None = None
        self._answer: APIResponse | None = None
        page.route(pattern, self._keep)

    def _keep(self, route: Route) -> None:
        if self._route or route.request.method != self._method:
            return route.fallback()
        self._route = route
        self._answer = route.fetch()
        return None

    def answered(self) -> None:
        """Wait until the service has answered; the page does not hear of it."""
        for _ in range(_PATIENCE):
            if self._answer:
                return
            self._page.evaluate(_FRAMES)
        raise AssertionError("nothing was asked")

    def comes(self) -> None:
        """Now the page gets it, and has taken it in."""
        self.answered()
        assert self._route
        assert self._answer
        with self._page.expect_event("requestfinished", lambda request: request == self._request()):
            self._route.fulfill(response=self._answer)
        self._page.evaluate(_FRAMES)

    def _request(self) -> object:
        return self._route and self._route.request
