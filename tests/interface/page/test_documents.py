"""The page's documents and files: what browsers may do with them, and what they cost."""

import re
from collections.abc import Iterator

import pytest
from tests.interface.house import problem
from tests.interface.sign_in.browser import Browser
from tests.interface.sign_in.front_door import FrontDoor, front_door

from interface.page.assets import FOLDER, assets

VIEWS = ["/", "/find", "/find/room/2026-12-01", "/mine", "/mine?status=past", "/desk", "/places", "/places/oak-12"]
DOCUMENTS = [*VIEWS, "/sign-in", "/signed-out", "/nowhere", "/sign-in/callback"]
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
    for person, views in (("alice", ["Find", "Mine"]), ("sam", ["Find", "Desk"]), ("ada", ["Find", "Places"])):
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
    assert packed.content == plain.content == (FOLDER / "page.css").read_bytes()
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])
    assert packed.headers["vary"] == "Accept-Encoding"


def test_the_whole_page_stays_within_its_budget(browser: Browser) -> None:
    """Unpacked, and every view at once."""
    files = sum(len(asset.plain) for asset in assets().files.values())
    assert files + len(browser.open("/").content) < BUDGET


def test_scripts_import_only_each_other_and_name_no_other_site() -> None:
    for name, asset in assets().files.items():
        text = asset.plain.decode()
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text), name
        for imported in re.findall(r'(?:from|import\() ?"([^"]+)"', text):
            assert ((FOLDER / name).parent / imported).resolve().is_relative_to(FOLDER), f"{name}: {imported}"
            assert ((FOLDER / name).parent / imported).is_file(), f"{name}: {imported}"


def test_scripts_keep_nothing_in_the_browser_and_make_no_markup_from_texts() -> None:
    for name, asset in assets().files.items():
        if name.endswith(".js"):
            assert not re.search(
                r"localStorage|sessionStorage|indexedDB|innerHTML|outerHTML|eval\(", asset.plain.decode()
            )


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
