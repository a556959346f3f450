"""Time that passes while a page is open: for its timers and its clock, and for the service's, as its answers say it."""

from datetime import timedelta

from playwright.sync_api import Page

_SERVICE_LATER = """
window.later = 0;
const told = Headers.prototype.get;
Headers.prototype.get = function (name) {
    const said = told.call(this, name);
    return name === "Date" && said ? new Date(Date.parse(said) + window.later).toUTCString() : said;
};"""


class Passing:
    """A page's time. To be begun before the page is opened; what has passed counts for that document alone."""

    def __init__(self, page: Page) -> None:
        self._page = page
        page.clock.install()
        page.add_init_script(_SERVICE_LATER)

    def by(self, later: timedelta) -> None:
        """It is so much later. Whatever is due meanwhile happens, once at most."""
        milliseconds = int(later.total_seconds() * 1000)
        self._page.evaluate("later => { window.later += later }", milliseconds)
        self._page.clock.fast_forward(milliseconds)
