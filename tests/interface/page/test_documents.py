"""The page's documents and files: what browsers may do with them, and what they cost."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.interface.house import problem
from tests.interface.sign_in.browser import Browser
from tests.interface.sign_in.front_door import FrontDoor, front_door

from interface.http.auth import Caller, TokenRole
from interface.page.assets import FOLDER, assets, sent
from interface.page.documents import NAVIGATION, Documents, Reader
from interface.sign_in.sessions import Session

VIEWS = ["/", "/find", "/find/room/2026-12-01", "/mine", "/mine?status=past", "/desk", "/places", "/places/oak-12"]
VIEWS += ["/demand", "/demand?resource=oak-12&weeks=4", "/audit", "/audit/days/oak-12/2026-12-01?version=3"]
DOCUMENTS = [*VIEWS, "/sign-in", "/signed-out", "/nowhere", "/sign-in/callback"]
VIEW_SCRIPTS = {f"views/{view}.js" for view in ("find", "mine", "desk", "demand", "places", "audit")}
HEADERS = 300
"""Bytes that a file's answer has for its headers, about."""
ANSWERS = 22_000
"""Bytes that the API's answers to a first view may have."""
LATER = {
    "start.js",
    "mine_move.js",
    "mine_move_joint.js",
    "views/joint_starts.js",
    "mine_calendar.js",
    "mine_profile.js",
    "mine_line.js",
    "mine_offer.js",
    "line_day.js",
    "line_join.js",
    "desk_line.js",
    "mine_series.js",
    "views/any.js",
    "views/repeat.js",
    "views/series.js",
    "views/series_dates.js",
    "views/together.js",
    "views/together_needs.js",
    "views/together_time.js",
    "views/together_wish.js",
    "desk_calendars.js",
    "demand_whatif.js",
}
"""What is asked for only while a script runs: bookings can be seen before anything is moved, one's own before
a calendar follows them or one says how one is reached, and all of it before anybody waits in line, or books several
places, whichever is free or a series, or a calendar elsewhere wants the desk, or asks what if.
"""
BUDGET = 100_000
"""Bytes that the finished page may load, documents and files together."""


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    with front_door(tmp_path_factory.mktemp("door") / "data", with_demo=True, place_name="Moon & <Sons>") as opened:
        yield opened


@pytest.fixture
def browser(door: FrontDoor) -> Browser:
    return door.browser()


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_document_may_do_as_little_as_it_needs(browser: Browser, path: str) -> None:
    answer = browser.open(path)
    headers = answer.headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert len(headers.get_list("content-security-policy")) == 1
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["referrer-policy"] == ("same-origin" if answer.status_code == 200 else "no-referrer")


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_document_has_nothing_inline_and_a_frame_for_everybody(browser: Browser, path: str) -> None:
    text = browser.open(path).text
    assert '<html lang="en">' in text
    assert re.findall(r"<script\b[^>]*>", text) == re.findall(r'<script type="module" src="/page/[^"]+">', text) != []
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text)
    for landmark in ('<header class="top">', '<nav aria-label="Views">', '<main id="main" tabindex="-1"', "<footer"):
        assert text.count(landmark) == 1
    assert '<a class="skip" href="#main">' in text
    assert "Moon &amp; &lt;Sons&gt;" in text
    assert "<Sons>" not in text


def test_everybody_sees_the_views_that_are_for_them(door: FrontDoor) -> None:
    for person, views in (
        ("alice", ["Find", "Mine"]),
        ("sam", ["Find", "Desk"]),
        ("ada", ["Find", "Places"]),
        ("odile", ["Find", "Audit"]),
    ):
        text = door.guest(person).open("/").text
        assert re.findall(r"<li><a [^>]*>(\w+)</a>", text) == views
        assert person.title() in text
        assert "Sign out" in text
    assert re.findall(r"<li><a [^>]*>(\w+)</a>", door.browser().open("/").text) == ["Find"]


def test_the_view_of_the_address_is_marked(door: FrontDoor) -> None:
    alice = door.guest("alice")
    for path, title in (("/", "Find"), ("/find/room", "Find"), ("/mine", "Mine"), ("/mine/b-1", "Mine")):
        text = alice.open(path).text
        assert re.findall(r'aria-current="page">(\w+)<', text) == [title]
        assert f"<title>{title} · " in text


@pytest.mark.parametrize(("theme", "shown"), [("dark", ' data-theme="dark"'), ('"><script>', ""), ("", "")])
def test_the_chosen_colours_are_there_from_the_start(browser: Browser, theme: str, shown: str) -> None:
    browser.cookies["daybook-theme"] = theme
    assert f'<html lang="en"{shown}>' in browser.open("/").text


def test_an_address_comes_back_escaped_or_not_at_all(browser: Browser) -> None:
    for path in ('/mine/"><script>alert(1)</script>', "/find/%22%3E%3Cscript%3Ealert(1)%3C/script%3E"):
        assert "<script>alert" not in browser.open(path).text


def test_what_is_not_there_is_told_to_people_in_html_and_to_programs_as_a_problem(browser: Browser) -> None:
    for path in ("/nowhere", "/page/x/nothing.js", "/minecraft"):
        page = browser.open(path)
        assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert "<h1>Not found</h1>" in page.text
        assert problem(browser.open(path, Accept="application/json"))["code"] == "not-found"
        assert problem(browser.open(path, Accept="*/*"))["code"] == "not-found"
    for path in ("/v1/nothing", "/v1", "/health/nothing", "/problems/nothing"):
        assert problem(browser.open(path))["code"] == "not-found"
    wrong = browser.open("/sign-out")
    assert (wrong.status_code, wrong.headers["content-type"]) == (405, "text/html; charset=utf-8")
    assert "POST" in wrong.headers["allow"]


def test_files_are_kept_for_ever_under_a_name_that_follows_from_them(browser: Browser) -> None:
    linked = set(re.findall(r'(?:href|src)="(/page/[^"]+)"', browser.open("/").text))
    assert {path.rpartition(".")[2] for path in linked} == {"js", "css", "svg"}
    for path in linked:
        answer = browser.open(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"
        if path.endswith(".svg"):
            assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    kinds = {path.rpartition(".")[2]: browser.open(path).headers["content-type"] for path in linked}
    assert kinds == {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml"}


def test_a_file_of_another_version_is_answered_and_not_kept(browser: Browser) -> None:
    """While services are replaced one after the other, a document may come from one and its files from the next."""
    answer = browser.open("/page/0123456789abcdef/page.css")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")


@pytest.mark.parametrize(
    "name", ["../assets.py", "..%2fassets.py", "views/../../assets.py", "/etc/passwd", "", "views"]
)
def test_nothing_else_is_served(browser: Browser, name: str) -> None:
    assert browser.open(f"/page/{assets().version}/{name}").status_code == 404


def test_files_are_packed_for_those_who_can_unpack(browser: Browser) -> None:
    path = assets().address("page.css")
    packed, plain = browser.open(path, Accept_Encoding="gzip, br"), browser.open(path, Accept_Encoding="identity")
    assert (packed.headers["content-encoding"], plain.headers.get("content-encoding")) == ("gzip", None)
    assert packed.content == plain.content == assets().files["page.css"].plain
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])
    assert packed.headers["vary"] == "Accept-Encoding"


def test_files_are_sent_without_what_only_people_read() -> None:
    text = b"""// Why.
import { a } from "./a.js"; // stays

/**
 * What it promises.
 */
export function b() {
  // Because.
  return `${a} // stays`;
}
/* One idea. */
.c { color: red; } /* stays */
"""
    lines = sent(text).split(b"\n")
    assert lines[1] == b'import { a } from "./a.js"; // stays'
    assert lines[6:10] == [b"export function b() {", b"", b"return `${a} // stays`;", b"}"]
    assert lines[11] == b".c { color: red; } /* stays */"
    assert [number for number, line in enumerate(lines) if not line] == [0, 2, 3, 4, 5, 7, 10, 12]


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.js")), ids=lambda path: str(path.relative_to(FOLDER)))
def test_no_text_of_a_script_runs_over_several_lines(path: Path) -> None:
    for number, line in enumerate(path.read_text().splitlines(), 1):
        assert line.lstrip().startswith(("//", "*")) or line.count("`") % 2 == 0, number


def test_documents_are_packed_for_those_who_can_unpack(browser: Browser) -> None:
    packed, plain = browser.open("/", Accept_Encoding="gzip"), browser.open("/", Accept_Encoding="gzip;q=0")
    assert (packed.headers["content-encoding"], plain.headers.get("content-encoding")) == ("gzip", None)
    assert packed.text == plain.text
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 2


@pytest.mark.parametrize("person", ["alice", "sam", "ada", "odile"])
def test_all_views_of_one_role_stay_within_the_budget(door: FrontDoor, person: str) -> None:
    """Every file of every view that somebody may see. What Chromium really loads is measured in tests/browser.

    Whoever has several roles loads the other views' files after the view that is shown: for that one view alone
    the budget holds for them too (below), for all of them together it does not.
    """
    document = door.guest(person).open("/", Accept_Encoding="gzip")
    views = [view.script for view in NAVIGATION if f'href="{view.path}"' in document.text]
    scripts = assets().modules("page.js", "start.js", *views)
    linked = re.findall(r'(?:href|src)="(/page/[^"]+)"', document.text)
    names = {address.split("/", 3)[3] for address in (*scripts, *linked)}
    files = sum(len(min(asset.packed, asset.plain, key=len)) for asset in map(assets().files.__getitem__, names))
    assert files + int(document.headers["content-length"]) < BUDGET


def test_scripts_import_only_each_other_and_name_no_other_site() -> None:
    for name, asset in assets().files.items():
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", asset.plain.decode()), name
        for imported in imports_of(name):
            assert imported in assets().files, f"{name}: {imported}"


def test_every_script_is_reached_from_the_first_one() -> None:
    reached, left = set[str](), ["page.js"]
    while left:
        name = left.pop()
        if name not in reached:
            reached.add(name)
            left += imports_of(name)
    assert reached == {name for name in assets().files if name.endswith(".js")}


def test_a_document_names_the_scripts_of_those_views_that_its_reader_may_see(door: FrontDoor) -> None:
    for guest, path, views in (
        (door.browser(), "/", {"find"}),
        (door.guest("alice"), "/", {"find", "mine"}),
        (door.guest("sam"), "/", {"find"}),
        (door.guest("sam"), "/desk", {"desk"}),
        (door.guest("sam"), "/demand", {"demand"}),
        (door.guest("ada"), "/places", {"places"}),
        (door.guest("odile"), "/audit", {"audit"}),
    ):
        preloaded = re.findall(r'modulepreload" href="/page/\w+/([^"]+)"', guest.open(path).text)
        assert {name for name in preloaded if name in VIEW_SCRIPTS} == {f"views/{view}.js" for view in views}
        for name in preloaded:
            assert set(imports_of(name)) - VIEW_SCRIPTS - LATER <= set(preloaded)


def test_a_style_sheet_of_some_views_comes_with_those_for_whoever_may_see_them(door: FrontDoor) -> None:
    for guest, path, of_views in (
        (door.browser(), "/audit", set()),
        (door.guest("ada"), "/audit", set()),
        (door.guest("ada"), "/places", {"places.css"}),
        (door.guest("alice"), "/mine", set()),
        (door.guest("sam"), "/desk", {"desk.css"}),
        (door.guest("odile"), "/", set()),
        (door.guest("odile"), "/audit", {"audit.css", "desk.css"}),
    ):
        styles = re.findall(r'stylesheet" href="/page/\w+/([^"]+)"', guest.open(path).text)
        assert styles == ["page.css", *sorted({"book.css", "bookings.css"} | of_views)]


EVERY_ROLE: tuple[TokenRole, ...] = ("customer", "staff", "admin", "auditor")


@pytest.mark.parametrize(
    ("roles", "path"),
    [
        *((EVERY_ROLE, path) for path in ("/", "/mine", "/desk", "/places", "/audit")),
        *((("admin", "auditor"), path) for path in ("/", "/places", "/audit")),
        *((("customer", "staff"), path) for path in ("/mine", "/desk")),
    ],
)
def test_whoever_has_several_roles_loads_the_view_that_is_shown_within_the_budget(
    roles: tuple[TokenRole, ...], path: str
) -> None:
    session = Session(Caller("ines", "", frozenset(roles), None, expires_at=2e9), "Ines")
    document = Documents("Moon Hospital", assets()).view(Reader(session, None, can_sign_in=True), path)
    names = set(re.findall(r'(?:href|src)="/page/\w+/([^"]+)"', document))
    assert len(names & VIEW_SCRIPTS) == 1
    files = sum(HEADERS + len(assets().files[name].packed) for name in names)
    assert files + len(gzip.compress(document.encode())) + ANSWERS < BUDGET


def imports_of(name: str) -> list[str]:
    """The names of the scripts that a file loads."""
    text = assets().files[name].plain.decode()
    found = re.findall(r'(?:\bfrom |\bimport\()"(\.{1,2}/[^"]+)"', text)
    return [(FOLDER / name).parent.joinpath(each).resolve().relative_to(FOLDER).as_posix() for each in found]


@pytest.mark.parametrize("name", [name for name in sorted(assets().files) if not name.endswith(".svg")])
def test_a_file_begins_with_what_it_is_for_and_has_no_long_lines(name: str) -> None:
    lines = (FOLDER / name).read_text().splitlines()
    assert [number for number, line in enumerate(lines, 1) if len(line) > 120] == []
    opening = {"js": "// ", "css": "/* "}.get(name.rpartition(".")[2], "")
    assert lines[0].startswith(opening)


def test_scripts_keep_nothing_in_the_browser_but_what_is_typed_and_make_no_markup_from_texts() -> None:
    for name, asset in assets().files.items():
        if name.endswith(".js"):
            text = asset.plain.decode()
            assert not re.search(r"localStorage|indexedDB|innerHTML|outerHTML|eval\(", text), name
            assert name == "drafts.js" or "sessionStorage" not in text, name


def contrast(one: str, other: str) -> float:
    """Of two colours, by WCAG 2.2: 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_every_colour_can_be_read_on_its_ground_light_and_dark() -> None:
    style = (FOLDER / "page.css").read_text()
    found = re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", style)
    for scheme in ({name: light for name, light, _ in found}, {name: dark for name, _, dark in found}):
        for ground in ("ground", "raised", "sunken"):
            for text in ("ink", "ink-soft", "accent", "good", "warn", "bad"):
                assert contrast(scheme[text], scheme[ground]) >= 4.5, (text, ground)
            for line in ("focus", "border-control"):
                assert contrast(scheme[line], scheme[ground]) >= 3, (line, ground)
        for text, ground in (
            ("accent-ink", "accent"),
            ("accent-ink", "accent-strong"),
            ("accent-strong", "accent-soft"),
        ):
            assert contrast(scheme[text], scheme[ground]) >= 4.5, (text, ground)
        for kind in ("good", "warn", "bad"):
            assert contrast(scheme[kind], scheme[f"{kind}-soft"]) >= 4.5, kind


def test_whoever_signs_in_comes_back_to_what_they_looked_at(door: FrontDoor) -> None:
    text = door.browser().open("/desk?kind=room&date=2027-10-31").text
    assert 'id="sign-in" href="/sign-in?return_to=/desk%3Fkind%3Droom%26date%3D2027-10-31"' in text
    assert '"><script>' not in door.browser().open('/?"><script>').text
