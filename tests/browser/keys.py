"""Getting about without a mouse: nothing but `page.keyboard`."""

from playwright.sync_api import Locator, Page, expect

_MOST = 1_000
"""A form of a place has two hundred stops, as each part of a time is one; a list of many bookings has more."""


def tab_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press Tab (or another key) until something has the focus: as somebody gets there who has no mouse."""
    wanted.wait_for()
    for _ in range(_MOST):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press(key)
    expect(wanted).to_be_focused()


def press(page: Page, wanted: Locator, key: str = "Enter") -> None:
    """Go there by Tab, and press a key on it."""
    tab_to(page, wanted)
    page.keyboard.press(key)


def fill(page: Page, wanted: Locator, text: str) -> None:
    """Go there by Tab, and type this instead of what it says."""
    tab_to(page, wanted)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def type_date(page: Page, wanted: Locator, date: str) -> None:
    """Go there by Tab, and type a date (`2026-12-01`) as the browser asks for it: month, day, year."""
    year, month, day = date.split("-")
    tab_to(page, wanted)
    page.keyboard.type(f"{month}{day}{year}")


def type_time(page: Page, wanted: Locator, time: str) -> None:
    """Go there by Tab, and type a time (`02:30PM`) as the browser asks for it: hour, minute, half of the day."""
    tab_to(page, wanted)
    page.keyboard.type(time.replace(":", ""))
