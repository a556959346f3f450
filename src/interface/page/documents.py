"""The page's documents: one frame around everything, and what stands in it before any script runs.

Whatever comes from outside goes through `escape`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Final, Literal, NamedTuple

from interface.guests import GUESTS
from interface.http.auth import TokenRole
from interface.page.assets import Assets
from interface.sign_in.return_path import safe_return, sign_in_address
from interface.sign_in.sessions import Session, mark_of

Theme = Literal["light", "dark"]


class View(NamedTuple):
    """Something that the page shows. `role`: who it is for; none means everybody. `script`: what fills it. `is_large`:
    whoever may see it loads the view that is shown by itself, to stay within the budget of a first load; `router.js`
    says the same. `styles`: sheets that only some views need; who comes from another view, its script gets them.
    `is_listed`: a link leads there from every view.
    """

    path: str
    title: str
    role: TokenRole | None
    script: str
    is_large: bool = False
    styles: frozenset[str] = frozenset()
    is_listed: bool = True


NAVIGATION: Final = (
    View("/", "Find", None, "views/find.js"),
    View("/mine", "Mine", "customer", "views/mine.js"),
    View("/desk", "Desk", "staff", "views/desk.js", is_large=True, styles=frozenset({"desk.css"})),
    View(
        "/demand",
        "Demand",
        "staff",
        "views/demand.js",
        is_large=True,
        styles=frozenset({"demand.css"}),
        is_listed=False,
    ),
    View("/places", "Places", "admin", "views/places.js", is_large=True, styles=frozenset({"places.css"})),
    View(
        "/audit",
        "Audit",
        "auditor",
        "views/audit.js",
        is_large=True,
        styles=frozenset({"audit.css", "desk.css"}),
    ),
)

_UNFINISHED: Final = (
    '<noscript><p class="notice">This page needs JavaScript to show what is free.</p></noscript>'
    '<div class="unfinished"><h1>Not loaded yet</h1><p>The page has not come whole. The service may be busy, or is '
    'being renewed just now.</p><p class="actions"><a class="button main" href="">Try again</a></p></div>'
)
"""What stands there until scripts put a view in its place; the style sheet shows it only to those who wait for long."""


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a document is made. `can_sign_in`: whether this service has a way to."""

    session: Session | None
    theme: Theme | None
    can_sign_in: bool


class Documents:
    """Makes documents for one place."""

    def __init__(self, place: str, assets: Assets) -> None:
        self._place = escape(place)
        self._icon = assets.address("icon.svg")
        self._script = assets.address("page.js")
        self._assets = assets
        self._preloaded: dict[tuple[str, ...], str] = {}

    def view(self, reader: Reader, path: str, query: str = "") -> str:
        """A view's document: its content is what scripts make of the API's answers. Whoever signs in comes back to it
        with its query.
        """
        return self._framed(reader, _title_of(path), _UNFINISHED, path=path, query=query)

    def choice(self, reader: Reader, return_to: str) -> str:
        """The demo's choice of persons."""
        hidden = f'<input type="hidden" name="return_to" value="{escape(return_to)}">'
        people = "".join(
            f'<li><form method="post" action="/sign-in">{hidden}'
            f'<button class="person" name="person" value="{guest.subject}">'
            f"<strong>{guest.subject.title()}</strong> <span>{guest.title}</span></button></form></li>"
            for guest in GUESTS
        )
        return self._framed(
            reader,
            "Who are you?",
            "<h1>Who are you?</h1><p>This is a demo on this machine. Choose a person: no password is asked for.</p>"
            f'<ul class="people">{people}</ul>',
        )

    def ask(self, reader: Reader, return_to: str) -> str:
        """What those see whom another site sent to sign in: nobody is signed in behind their back."""
        address = escape(sign_in_address(return_to))
        return self.told(reader, "Sign in", "You are about to sign in here.", [(address, "Sign in")])

    def told(self, reader: Reader, title: str, sentence: str, links: Iterable[tuple[str, str]] = ()) -> str:
        """A document that says one thing, with links (address, text), both escaped already or ours."""
        ways = "".join(f'<a class="button" href="{address}">{text}</a>' for address, text in links)
        content = f'<h1>{escape(title)}</h1><p>{escape(sentence)}</p><p class="actions">{ways}</p>'
        return self._framed(reader, title, content)

    def _framed(self, reader: Reader, title: str, content: str, path: str | None = None, query: str = "") -> str:
        theme = f' data-theme="{reader.theme}"' if reader.theme is not None else ""
        # Documents that only say something need no views: the script finds them by the path that is named here.
        view = f' data-view="{escape(path)}"' if path is not None else ""
        modules = self._modules(reader, path)
        return f"""<!doctype html>
<html lang="en"{theme}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)} · {self._place}</title>
<link rel="icon" href="{self._icon}" type="image/svg+xml">
{self._styles(reader, path)}
{modules}
<script type="module" src="{self._script}"></script>
</head>
<body{_facts(reader)}>
<a class="skip" href="#main">Skip to content</a>
<header class="top">
<a class="place" href="/">{self._place}</a>
<nav aria-label="Views"><ul>{_navigation(reader, path)}</ul></nav>
<div class="account">{_account(reader, path, query)}</div>
</header>
<div id="notices" role="status" aria-live="polite"></div>
<main id="main" tabindex="-1"{view}>{content}</main>
<footer class="bottom"><button type="button" id="theme" hidden></button></footer>
</body>
</html>
"""

    def _styles(self, reader: Reader, path: str | None) -> str:
        """Style sheets, in their order, without those that only views need which are not shown."""
        here = [] if path is None else [view for view in _open_to(reader) if view.title == _title_of(path)]
        needed = {name for view in here for name in view.styles}
        left_out = {name for view in NAVIGATION for name in view.styles} - needed
        names = [name for name in self._assets.styles if name not in left_out]
        return "\n".join(f'<link rel="stylesheet" href="{self._assets.address(name)}">' for name in names)

    def _modules(self, reader: Reader, path: str | None) -> str:
        """What the document's scripts load: with a view, all views that the reader may see; of many, the one that is
        shown, since the others come after it.
        """
        seen = [] if path is None else _open_to(reader)
        if path is not None and any(view.is_large for view in seen):
            seen = [view for view in seen if view.title == _title_of(path)]
        views = tuple(view.script for view in seen)
        found = self._preloaded.get(views)
        if found is None:
            addresses = self._assets.modules("page.js", "start.js", *views)
            found = "".join(f'<link rel="modulepreload" href="{address}">' for address in addresses)
            self._preloaded[views] = found
        return found


def _open_to(reader: Reader) -> list[View]:
    roles = reader.session.caller.roles if reader.session is not None else frozenset[TokenRole]()
    return [view for view in NAVIGATION if view.role is None or view.role in roles]


def _title_of(path: str) -> str:
    return next((view.title for view in NAVIGATION[1:] if path.startswith(view.path)), NAVIGATION[0].title)


def _facts(reader: Reader) -> str:
    """What scripts must know of the session: nothing that opens anything."""
    if reader.session is None:
        return ""
    caller = reader.session.caller
    roles = " ".join(sorted(caller.roles))
    return f' data-roles="{roles}" data-ends="{caller.expires_at:.0f}" data-person="{mark_of(caller)}"'


def _navigation(reader: Reader, path: str | None) -> str:
    here = _title_of(path) if path is not None else None
    return "".join(
        f'<li><a href="{view.path}"{_current(view.title == here)}>{view.title}</a></li>'
        for view in _open_to(reader)
        if view.is_listed
    )


def _current(is_here: bool) -> str:
    return ' aria-current="page"' if is_here else ""


def _account(reader: Reader, path: str | None, query: str) -> str:
    if reader.session is not None:
        roles = escape(", ".join(sorted(reader.session.caller.roles)))
        return (
            f'<span class="who"><span class="name">{escape(reader.session.name)}</span> '
            f'<span class="roles">{roles}</span></span>'
            '<form method="post" action="/sign-out"><button>Sign out</button></form>'
        )
    if not reader.can_sign_in:
        return ""
    address = path if path is None or not query else f"{path}?{query}"
    return f'<a class="button" id="sign-in" href="{escape(sign_in_address(safe_return(address)))}">Sign in</a>'
