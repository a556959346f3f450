"""Pages whose scripts do not come whole: while the service is being replaced by another version, or is away."""

import re

import pytest
from playwright.sync_api import Route, expect
from tests.browser.conftest import DemoService, Opens
from tests.browser.looking import kept_picture, narrow_enough, serious

pytestmark = pytest.mark.slow

ROUTER = re.compile(r"/page/\w+/router\.js$")


def from_another_version(route: Route) -> None:
    """A file that the others do not fit to."""
    route.fulfill(content_type="text/javascript", body="export const somethingElse = 1;")


def test_scripts_of_two_versions_are_loaded_anew_once(shared_demo: DemoService, window: Opens) -> None:
    visitor = window(shared_demo)
    visitor.page.route(ROUTER, from_another_version, times=1)
    page = visitor.open()
    expect(page.get_by_role("main").get_by_role("listitem").first).to_be_visible()
    expect(page.get_by_text("Not loaded yet")).to_have_count(0)


def test_scripts_that_never_fit_together_leave_it_to_the_reader_to_try_again(
    shared_demo: DemoService, window: Opens
) -> None:
    visitor = window(shared_demo)
    visitor.page.route(ROUTER, from_another_version)
    page = visitor.open("/find?kind=room")
    expect(page.get_by_role("heading", name="Not loaded yet")).to_be_visible()
    visitor.page.unroute(ROUTER)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", name="Not loaded yet")).to_have_count(0)
    expect(page.get_by_role("main").get_by_role("listitem").first).to_be_visible()
    assert page.url.endswith("/find?kind=room")


@pytest.mark.parametrize(("width", "colours"), [("phone", "dark"), ("desktop", "light")])
def test_a_script_that_does_not_come_is_said_and_tried_again_when_asked(
    shared_demo: DemoService, window: Opens, width: str, colours: str
) -> None:
    visitor = window(shared_demo, width, colours)
    visitor.page.route(ROUTER, lambda route: route.abort())
    page = visitor.open()
    expect(page.get_by_role("heading", name="Not loaded yet")).to_be_visible()
    expect(page.get_by_role("link", name="Try again")).to_be_visible()
    assert (serious(page), narrow_enough(page)) == ([], True)
    kept_picture(page, f"not-loaded-{width}-{colours}")


def test_files_of_an_earlier_version_still_make_a_page(shared_demo: DemoService, window: Opens) -> None:
    """A document that was opened just before the service was replaced asks the new one for its files."""
    visitor = window(shared_demo)

    def as_before(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=re.sub(r"/page/\w{16}/", "/page/0123456789abcdef/", answer.text()))

    visitor.page.route(f"{shared_demo.url}/", as_before)
    page = visitor.open()
    expect(page.get_by_role("main").get_by_role("listitem").first).to_be_visible()
    assert visitor.complaints == []
