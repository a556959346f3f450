"""Dates as curves: the share that was taken, and below it how many booked, were refused and waited."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

from interface.pictures.drawing import picture, shape, words

_LEFT, _RIGHT, _WIDE, _HIGH = 44, 12, 640, 130
_TOPS: Final = (34, 232)
_BOTTOM: Final = _TOPS[1] + _HIGH
_MOST_LABELS: Final = 7
_STROKES: Final = {"bookings": None, "refused": "6 3", "waited": "2 3"}
"""How each line is dashed: colours alone would not tell them apart for everybody."""
_NAMES: Final = {"bookings": "Bookings", "refused": "Refused", "waited": "Waited"}


class Point(NamedTuple):
    """A date: the share of what was offered that was taken, 0 to 1, none where nothing was offered; and how many."""

    date: date
    taken: float | None
    bookings: int
    refused: int
    waited: int


def curves(place: str, points: Sequence[Point]) -> str:
    """At least one date, in order."""
    most = _round_up(max(max(point[2:]) for point in points))
    shares = [point.taken for point in points]
    drawn = [
        words("Share of opening hours taken", x=_LEFT, y=_TOPS[0] - 14, class_="heading"),
        *_frame(_TOPS[0], [(0, "0%"), (0.5, "50%"), (1, "100%")]),
        *_line(shares, len(points), _TOPS[0], "taken", None),
        *_legend(_TOPS[1] - 14),
        *_frame(_TOPS[1], [(0, "0"), (0.5, f"{most / 2:g}"), (1, f"{most}")]),
        *_lines(points, most),
        *_dates(points),
        *_pointed_at(points),
    ]
    width = _LEFT + _WIDE + _RIGHT
    return picture("curves", f"Day by day: {place}", _described(points), width, _BOTTOM + 24, drawn)


def _round_up(number: int) -> int:
    """To an even number that is easy to read."""
    size = 1
    while True:
        for step in (2, 4, 10):
            if number <= step * size:
                return step * size
        size *= 10


def _x(at: int, number: int) -> float:
    return _LEFT + _WIDE * (at + 0.5) / number


def _y(top: float, share: float) -> float:
    return top + _HIGH * (1 - min(share, 1))


def _frame(top: float, marks: Iterable[tuple[float, str]]) -> Iterator[str]:
    for share, text in marks:
        y = _y(top, share)
        across = {"x1": _LEFT, "x2": _LEFT + _WIDE, "y1": y, "y2": y}
        yield shape("line", class_="grid", stroke="currentColor", stroke_opacity=0.2, **across)
        yield words(text, x=_LEFT - 6, y=y + 4, text_anchor="end")


def _lines(points: Sequence[Point], most: int) -> Iterator[str]:
    of: dict[str, Callable[[Point], int]] = {
        "waited": lambda point: point.waited,
        "refused": lambda point: point.refused,
        "bookings": lambda point: point.bookings,
    }
    for name, count in of.items():
        yield from _line([count(point) / most for point in points], len(points), _TOPS[1], name, _STROKES[name])


def _line(shares: Sequence[float | None], number: int, top: float, name: str, dashes: str | None) -> Iterator[str]:
    """A line, with a gap where there is nothing to tell, and a dot where a date stands alone."""
    stroke: dict[str, str | float | None] = {"stroke": "currentColor", "stroke_width": 2, "stroke_dasharray": dashes}
    for stretch in _stretches(shares):
        places = [(_x(at, number), _y(top, share)) for at, share in stretch]
        if len(places) == 1:
            yield shape("circle", cx=places[0][0], cy=places[0][1], r=3, class_=f"dot {name}")
        else:
            along = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
            yield shape("polyline", points=along, class_=f"line {name}", fill="none", stroke_linejoin="round", **stroke)


def _stretches(shares: Sequence[float | None]) -> Iterator[list[tuple[int, float]]]:
    stretch: list[tuple[int, float]] = []
    for at, share in enumerate([*shares, None]):
        if share is not None:
            stretch.append((at, share))
        elif stretch:
            yield stretch
            stretch = []


def _legend(y: float) -> Iterator[str]:
    x: float = _LEFT
    for name, text in _NAMES.items():
        sample = {"x1": x, "x2": x + 26, "y1": y - 4, "y2": y - 4, "stroke_dasharray": _STROKES[name]}
        yield shape("line", class_=f"line {name}", stroke="currentColor", stroke_width=2, **sample)
        yield words(text, x=x + 32, y=y)
        x += 50 + 8 * len(text)


def _dates(points: Sequence[Point]) -> Iterator[str]:
    every = max(1, -(-len(points) // _MOST_LABELS))
    for at in range(0, len(points), every):
        day = points[at].date
        for top in _TOPS:
            yield words(f"{day.day} {day:%b}", x=_x(at, len(points)), y=top + _HIGH + 18, text_anchor="middle")


def _pointed_at(points: Sequence[Point]) -> Iterator[str]:
    """Each date as an area of its own, which tells its numbers to whoever points at it."""
    wide = _WIDE / len(points)
    for at, point in enumerate(points):
        area = {"x": _LEFT + at * wide, "y": _TOPS[0], "width": wide, "height": _BOTTOM - _TOPS[0]}
        title = shape("title", f"{point.date:%a} {point.date.day} {point.date:%b}: {said(point)}")
        yield shape("rect", title, fill="none", pointer_events="all", **area)


def said(point: Point) -> str:
    """A date in words."""
    taken = "closed" if point.taken is None else f"{point.taken:.0%} taken"
    return f"{taken}, bookings {point.bookings}, refused {point.refused}, waited {point.waited}"


def _described(points: Sequence[Point]) -> str:
    shares = [point.taken for point in points if point.taken is not None]
    if not shares:
        return "Nothing was offered."
    fullest = max(points, key=lambda point: -1 if point.taken is None else point.taken)
    refused = sum(point.refused for point in points)
    return (
        f"{len(points)} dates. The fullest is {fullest.date:%A} {fullest.date.day} {fullest.date:%B}, {said(fullest)}. "
        f"In all, {sum(point.bookings for point in points)} bookings and {refused} refused."
    )
