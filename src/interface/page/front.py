"""What every handler of the page works with: who reads, and what documents there are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from litestar.datastructures.state import State
from litestar.response import Response

from interface.http.parsing import WebRequest
from interface.http.problems import PROBLEMS, Declined
from interface.http.service import Service, service_of
from interface.page.answers import document_response
from interface.page.assets import assets
from interface.page.documents import Documents, Reader, Theme
from interface.sign_in.cookies import THEME, cookie_in
from interface.sign_in.ways import SignIn

FRONT_KEY: Final = "front"
_THEMES: Final[Mapping[str | None, Theme]] = {"light": "light", "dark": "dark"}


@dataclass(frozen=True, slots=True)
class Front:
    """The page of one service. `sign_in`: none where nobody can."""

    documents: Documents
    sign_in: SignIn | None

    @classmethod
    def of(cls, place: str, sign_in: SignIn | None) -> "Front":
        """The page of a place."""
        return cls(Documents(place, assets()), sign_in)


@dataclass(frozen=True, slots=True)
class Opening:
    """One request for a document of the page."""

    request: WebRequest
    front: Front
    service: Service
    headers: Mapping[bytes, bytes]
    reader: Reader

    @property
    def sign_in(self) -> SignIn:
        """How people sign in. Raises Declined (`not-found`) where nobody can."""
        if self.front.sign_in is None:
            raise Declined("not-found", "Nobody can sign in on this page: no identity provider is set up for it.")
        return self.front.sign_in

    def must_be_own(self) -> None:
        """Raises Declined (`forbidden`) for a change that another site, or no browser, sent."""
        if not self.sign_in.origins.is_own_change(self.headers):
            raise Declined("forbidden", "This was not sent by the page itself. Please go to the page and try again.")


def front_of(state: State) -> Front:
    """The page of an application."""
    front: Front = state[FRONT_KEY]
    return front


def opened(request: WebRequest) -> Opening:
    """Let a request for a document in. Raises Declined (`rate-limited`)."""
    scope = request.scope
    service, front, headers = service_of(request.app.state), front_of(request.app.state), dict(scope["headers"])
    client = scope.get("client")
    session = service.gate.look(headers, client[0] if client else "")
    theme = _THEMES.get(cookie_in(headers, THEME))
    return Opening(request, front, service, headers, Reader(session, theme, front.sign_in is not None))


def problem_document(request: WebRequest, code: str, detail: str, headers: Mapping[str, str]) -> Response[str]:
    """A problem for people. Nobody is looked up for it: it may be the very look-up that failed."""
    front, problem = front_of(request.app.state), PROBLEMS[code]
    theme = _THEMES.get(cookie_in(dict(request.scope["headers"]), THEME))
    document = front.documents.told(
        Reader(None, theme, can_sign_in=False), problem.title, detail, [("/", "To the first page")]
    )
    return document_response(request, document, problem.status, headers)
