"""As much of a browser as signing in needs: it keeps cookies as it is told, and says where its requests come from."""

from collections.abc import Mapping
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from httpx import Client, Response


class Browser:
    """One person's browser at one page. `cookies`: what it keeps, by name. It follows no redirect by itself."""

    def __init__(self, client: Client, origin: str) -> None:
        self._client = client
        self.origin = origin
        self.cookies: dict[str, str] = {}

    def open(self, path: str, **headers: str) -> Response:
        """Ask for a document, as a click on a link of the page does."""
        sent = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
        return self.send("GET", path, {**sent, **_named(headers)})

    def submit(self, path: str, form: Mapping[str, str] | None = None, **headers: str) -> Response:
        """Send a form of the page."""
        sent = {"Accept": "text/html", "Origin": self.origin, "Sec-Fetch-Site": "same-origin", **_named(headers)}
        return self.send("POST", path, sent, data=dict(form or {}))

    def call(self, method: str, path: str, json: Any = None, **headers: str) -> Response:
        """Ask the API, as the page's scripts do; `Origin` goes with changes alone."""
        sent = {"Accept": "application/json", "Sec-Fetch-Site": "same-origin"}
        if method != "GET":
            sent["Origin"] = self.origin
        return self.send(method, path, {**sent, **_named(headers)}, json=json)

    def send(self, method: str, path: str, headers: dict[str, str], **how: Any) -> Response:
        """Send exactly these headers, and the cookies; a header that is empty is left out."""
        sent = {name: value for name, value in headers.items() if value}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self._client.request(method, path, headers=sent, follow_redirects=False, **how)
        for header in answer.headers.get_list("set-cookie"):
            self._keep(header)
        return answer

    def _keep(self, header: str) -> None:
        ((name, morsel),) = SimpleCookie(header).items()
        assert name.startswith("__Host-")
        assert (morsel["path"], morsel["domain"], morsel["secure"], morsel["httponly"]) == ("/", "", True, True)
        assert morsel["samesite"] == "Lax"
        if morsel["max-age"] == "0":
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = morsel.value


def path_of(location: str) -> str:
    """Path and query of an address that a browser is sent to."""
    parts = urlsplit(location)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _named(headers: dict[str, str]) -> dict[str, str]:
    """`Sec_Fetch_Site=...` as the header that it stands for."""
    return {name.replace("_", "-"): value for name, value in headers.items()}
