"""Time that passes while a page is open: for its timers and its clock, and for the service's, as its answers say it."""

from datetime import timedelta

from playwright.sync_api import Page

_SERVICE_AGREES = """
const told = Headers.prototype.get;
Headers.prototype.get = function (name) {
    const said = told.call(this, name);
    return name === "Date" && said ? new Date().toUTCString() : said;
};"""


class Passing:
    """A page's time, with which the service's clock agrees. To be begun before the page is opened."""

    def __init__(self, page: Page) -> None:
        self._page = page
        page.clock.install()
        page.add_init_script(_SERVICE_AGREES)

    def by(self, later: timedelta) -> None:
        """It is so much later. Whatever is due meanwhile happens, once at most."""
        self._page.clock.fast_forward(int(later.total_seconds() * 1000))
