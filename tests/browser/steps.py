"""The steps of somebody who books: where the place is, what is clicked, and how far the keyboard gets one."""

import json
import re
import urllib.error
import urllib.request
from typing import Any

from playwright.sync_api import Locator, Page, expect
from tests.browser.conftest import DemoService, Opens
from tests.browser.looking import HOURS, open_date

_PATIENCE = 15
_WISH = """async ([resource, start]) => {
    const headers = {"Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID()};
    return (await fetch("/v1/bookings", {method: "POST", headers, body: JSON.stringify({resource, start})})).status;
}"""


def bookable(service: DemoService, resource: str, **defined: Any) -> str:
    """A place that is open every day from nine to five, by the hour; where it is booked on a date some days ahead."""
    send(service, "PUT", f"/v1/resources/{resource}", _definition(resource, defined))
    return f"/find/{resource}?date={open_date()}"


def revise(service: DemoService, resource: str, **defined: Any) -> None:
    """Define such a place anew."""
    version = send(service, "GET", f"/v1/resources/{resource}")["version"]
    path, body = f"/v1/resources/{resource}", _definition(resource, defined)
    send(service, "PUT", path, body, If_Match=f'"{version}"')


def _definition(resource: str, defined: dict[str, Any]) -> dict[str, Any]:
    policy = {"step": 60, **defined.pop("policy", {})}
    name = resource.replace("-", " ").title()
    return {"name": name, "kind": "room", "timezone": "Europe/Vienna", "hours": HOURS, "policy": policy, **defined}


def send(
    service: DemoService, method: str, path: str, body: object = None, *, by: str = "admin", **headers: str
) -> Any:
    """What the API answers to a program, once everybody sees what it did to the log; `by`: whose token, as the demo's
    start names them.
    """
    content, position = _sent(service, method, path, body, by, headers)
    for _ in range(_PATIENCE):
        if method == "GET" or position is None:
            break
        try:
            _sent(service, "GET", "/v1/resources?limit=1", None, by, {"Daybook_Position": position or ""})
            break
        except urllib.error.HTTPError as error:
            if error.code != 503:  # it is behind, and has waited for two seconds
                raise
    return json.loads(content) if content else None


def _sent(
    service: DemoService, method: str, path: str, body: object, by: str, headers: dict[str, str]
) -> tuple[bytes, str | None]:
    request = urllib.request.Request(  # noqa: S310 - the address is ours
        service.url + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {service.tokens[by]}", "Content-Type": "application/json"}
        | {name.replace("_", "-"): value for name, value in headers.items()},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the address is ours
        return answer.read(), answer.headers["Daybook-Position"]


def taken(service: DemoService, resource: str, time: str, by: str = "customer") -> str:
    """The id of a booking that somebody made without looking at the page."""
    start = f"{open_date()}T{time}"
    body = {"resource": resource, "start": start}
    return str(send(service, "POST", "/v1/bookings", body, by=by, Idempotency_Key=f"{resource}-{time}")["id"])


def refused(window: Opens, service: DemoService, resource: str, time: str) -> Page:
    """Bob wants what Alice has: his page."""
    bob = window(service).sign_in("Bob")
    assert bob.evaluate(_WISH, [resource, f"{open_date()}T{time}"]) == 409
    return bob


def statuses(service: DemoService, resource: str) -> list[str]:
    """How the bookings of a place stand, by what the log holds now."""
    _, head = _sent(service, "GET", "/v1/events?order=newest&limit=1", None, "auditor", {})
    found = send(service, "GET", f"/v1/bookings?resource={resource}", by="customer", Daybook_Position=head or "")
    return [each["status"] for each in found["items"]]


def slot(page: Page, time: str) -> Locator:
    """The button of a start."""
    return page.get_by_role("button", name=re.compile(f"^{time} to "))


def to_review(page: Page) -> None:
    """From the details on: set the time aside."""
    page.get_by_role("button", name="Continue to review").click()
    expect(page.get_by_role("heading", name="Is this right?")).to_be_visible()


def confirm(page: Page) -> None:
    """From the review on."""
    page.get_by_role("button", name="Confirm booking").click()
    expect(page.get_by_role("heading", name="Booked")).to_be_visible()
