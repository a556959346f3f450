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
from interface.sign_in.sessions import Session

Theme = Literal["light", "dark"]


class View(NamedTuple):
    """Something that the page shows. `role`: who it is for; none means everybody."""

    path: str
    title: str
    role: TokenRole | None


NAVIGATION: Final = (
    View("/", "Find", None),
    View("/mine", "Mine", "customer"),
    View("/desk", "Desk", "staff"),
    View("/places", "Places", "admin"),
)


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
        self._style = assets.address("page.css")
        self._icon = assets.address("icon.svg")
        self._script = assets.address("page.js")
        self._modules = assets.modules

    def view(self, reader: Reader, path: str) -> str:
        """A view's document: its content is what scripts make of the API's answers."""
        content = '<noscript><p class="notice">This page needs JavaScript to show what is free.</p></noscript>'
        return self._framed(reader, _title_of(path), content, path=path)

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

    def _framed(self, reader: Reader, title: str, content: str, path: str | None = None) -> str:
        theme = f' data-theme="{reader.theme}"' if reader.theme is not None else ""
        # Documents that only say something need no views: the script finds them by the path that is named here.
        view = f' data-view="{escape(path)}"' if path is not None else ""
        modules = "".join(f'<link rel="modulepreload" href="{address}">' for address in self._modules)
        return f"""<!doctype html>
<html lang="en"{theme}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)} · {self._place}</title>
<link rel="icon" href="{self._icon}" type="image/svg+xml">
<link rel="stylesheet" href="{self._style}">
{modules}
<script type="module" src="{self._script}"></script>
</head>
<body{_facts(reader)}>
<a class="skip" href="#main">Skip to content</a>
<header class="top">
<a class="place" href="/">{self._place}</a>
<nav aria-label="Views"><ul>{_navigation(reader, path)}</ul></nav>
<div class="account">{_account(reader, path)}</div>
</header>
<div id="notices" role="status" aria-live="polite"></div>
<main id="main" tabindex="-1"{view}>{content}</main>
<footer class="bottom"><button type="button" id="theme" hidden></button></footer>
</body>
</html>
"""


def _title_of(path: str) -> str:
    return next((view.title for view in NAVIGATION[1:] if path.startswith(view.path)), NAVIGATION[0].title)


def _facts(reader: Reader) -> str:
    """What scripts must know of the session: nothing that opens anything."""
    if reader.session is None:
        return ""
    caller = reader.session.caller
    return f' data-roles="{" ".join(sorted(caller.roles))}" data-ends="{caller.expires_at:.0f}"'


def _navigation(reader: Reader, path: str | None) -> str:
    roles = reader.session.caller.roles if reader.session is not None else frozenset[TokenRole]()
    here = _title_of(path) if path is not None else None
    return "".join(
        f'<li><a href="{view.path}"{_current(view.title == here)}>{view.title}</a></li>'
        for view in NAVIGATION
        if view.role is None or view.role in roles
    )


def _current(is_here: bool) -> str:
    return ' aria-current="page"' if is_here else ""


def _account(reader: Reader, path: str | None) -> str:
    if reader.session is not None:
        roles = escape(", ".join(sorted(reader.session.caller.roles)))
        return (
            f'<span class="who"><span class="name">{escape(reader.session.name)}</span> '
            f'<span class="roles">{roles}</span></span>'
            '<form method="post" action="/sign-out"><button>Sign out</button></form>'
        )
    if not reader.can_sign_in:
        return ""
    return f'<a class="button" id="sign-in" href="{escape(sign_in_address(safe_return(path)))}">Sign in</a>'
