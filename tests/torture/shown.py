"""What the processes show once they have come to rest: everything that queries answer about the run."""

from datetime import date, timedelta
from time import time
from typing import Any

import httpx
from tests.torture.clients import Client
from tests.torture.house import House
from tests.torture.places import PLACES


async def shown_by(house: House, door: str, desk: Client, head: int) -> dict[str, Any]:
    """What a process's read models answer once they have reached the head. Raises httpx.HTTPError."""
    log_id, days = house.ask("SELECT log_id FROM log_head")[0][0], house.ask(_DAYS)
    headers = {"Daybook-Position": f"{log_id}.{head}"}

    async def get(path: str, *, may_be_missing: bool = False) -> Any:
        answer = await desk.http.get(door + path, headers=headers, timeout=30)
        if may_be_missing and answer.status_code == httpx.codes.NOT_FOUND:
            return None
        answer.raise_for_status()
        return answer.json()

    bookings, cursor = [], ""
    while True:
        page = await get(f"/v1/bookings?limit=500{cursor}")
        bookings += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    shown_days = {}
    for (stream,) in days:
        _, place, day = stream.split("/")
        shown_days[stream] = await get(f"/v1/resources/{place}/days/{day}")
    resources = [await get(f"/v1/resources/{place.key}") for place in PLACES]
    availability = []
    for path in _looks(sorted(stream[-10:] for (stream,) in days)):
        began_at = time()
        answer = await get(path, may_be_missing=True)
        availability.append({"path": path, "began_at": began_at, "ended_at": time(), "answer": answer})
    return {"bookings": bookings, "resources": resources, "days": shown_days, "availability": availability}


def _looks(days: list[str]) -> list[str]:
    """What is free at every place, in short and in long slots, from before the first day to after the last."""
    if not days:
        return []
    first, last = date.fromisoformat(days[0]) - timedelta(days=1), date.fromisoformat(days[-1]) + timedelta(days=1)
    return [
        f"/v1/resources/{place.key}/availability?from={first}&to={last}&duration={length}"
        for place in PLACES
        for length in sorted({min(place.lengths), max(place.lengths)})
    ]


_DAYS = "SELECT DISTINCT stream FROM events WHERE stream LIKE 'day/%' ORDER BY stream"
