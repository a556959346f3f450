"""What tests of the page look at, and how they set the scene: places of their own, dates that are open."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it ships no types
from playwright.sync_api import Page, expect
from tests.browser.conftest import DemoService, Opens

HOURS = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
_SLOW = pytest.mark.slow
every_look = pytest.mark.parametrize(
    ("width", "colours"),
    [
        ("phone", "dark"),
        pytest.param("desktop", "light", marks=_SLOW),
        pytest.param("phone", "light", marks=_SLOW),
        pytest.param("desktop", "dark", marks=_SLOW),
    ],
)
"""Phone and desktop, light and dark; one of the four in the quick run, all of them in the slow one."""
# Whoever opens a page afterwards finds it there: the read models have reached it, however long that takes.
_SEND = """async ([method, path, body]) => {
    const headers = {"Content-Type": "application/json"};
    const answer = await fetch(path, {method, headers, body: JSON.stringify(body)});
    const reached = {"Daybook-Position": answer.headers.get("Daybook-Position")};
    const isThere = async () => (await fetch("/v1/resources?limit=1", {headers: reached})).status !== 503;
    for (let at = 0; at < 30 && answer.ok && !(await isThere()); at += 1);
    return answer.status;
}"""
_VIENNA = ZoneInfo("Europe/Vienna")


def serious(page: Page) -> list[Any]:
    """What axe finds on the page that would keep somebody out, once all is there: what is loading is paler."""
    expect(page.locator('[aria-busy="true"]')).to_have_count(0)
    found = Axe().run(page).response["violations"]
    return [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in {"serious", "critical"}]


def _first_date() -> date:
    """Today, or some days later where clocks would change among the dates on which tests book: what is said of those
    dates is said in more words.
    """
    today = datetime.now(UTC).date()
    return next(each for each in (today + timedelta(days=at) for at in range(7)) if not _clocks_change_soon_after(each))


def _clocks_change_soon_after(day: date) -> bool:
    offsets = {datetime.combine(day + timedelta(days=at), time(), _VIENNA).utcoffset() for at in range(3, 7)}
    return len(offsets) > 1


_FIRST = _first_date()
"""The same for the whole run, on whichever side of midnight a test is: what it asks for twice is one date."""


def open_date(days: int = 3) -> str:
    """A date some days from now; never so near that a time zone could make it today."""
    return (_FIRST + timedelta(days=days)).isoformat()


def autumn() -> str:
    """The next date on which Vienna's clocks go back: the last Sunday of an October, at most 374 days from now."""
    for year in (date.today().year, date.today().year + 1):  # noqa: DTZ011 - a day more or less is no matter
        last = date(year, 10, 31)
        found = last - timedelta(days=(last.weekday() + 1) % 7)
        if found.isoformat() > open_date():
            return found.isoformat()
    raise AssertionError("there is one every year")


def zone_of_the_morning() -> str:
    """A zone where it is about six now, so that there is something left of today."""
    hours = (6 - datetime.now(UTC).hour + 11) % 24 - 11
    return f"Etc/GMT{-hours:+d}"  # its sign says how far it is behind


def register(window: Opens, service: DemoService, resource: str, **defined: Any) -> str:
    """Ada registers a place that is open every day from nine to five, by the hour; where it is booked on a date."""
    ada = window(service).sign_in("Ada")
    policy = {"step": 60, **defined.pop("policy", {})}
    name = resource.replace("-", " ").title()
    body = {"name": name, "kind": "room", "timezone": "Europe/Vienna", "hours": HOURS, "policy": policy, **defined}
    assert ada.evaluate(_SEND, ["PUT", f"/v1/resources/{resource}", body]) == 201
    ada.context.close()
    return f"/find/{resource}?date={open_date()}"


def narrow_enough(page: Page) -> bool:
    """Whether nothing makes the page wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def kept_picture(page: Page, name: str) -> None:
    """Leave a screenshot with the run's results."""
    page.screenshot(path=f"test-results/{name}.png", full_page=True)
