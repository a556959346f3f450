"""A week as a heat map: how much of each hour was taken, and where people were turned away."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from interface.pictures.drawing import picture, shape, words

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LEFT, _TOP, _WIDE, _HIGH, _GAP = 44, 28, 38, 30, 3
_LEGEND: Final = 400
_FAINTEST: Final = 0.08
"""Of what is open and empty: it is to be told from what is closed."""


class HeatCell(NamedTuple):
    """An hour of a weekday: the share of what was offered that was taken, 0 to 1, none where nothing was offered; how
    many asks were refused in it, and how many people were turned away for good.
    """

    taken: float | None
    refused: int
    turned_away: int


def heat_map(place: str, cells: Mapping[tuple[int, int], HeatCell]) -> str:
    """The cells by weekday (0 is Monday) and hour, drawn from the first hour to the last in which there is anything."""
    hours = _hours(cells)
    across, down = _LEFT + len(hours) * (_WIDE + _GAP), _TOP + len(DAYS) * (_HIGH + _GAP)
    drawn = [
        *(words(f"{hour}", x=_x(at) + _WIDE / 2, y=_TOP - 10, text_anchor="middle") for at, hour in enumerate(hours)),
        *(words(day, x=_LEFT - 8, y=_y(number) + _HIGH / 2 + 4, text_anchor="end") for number, day in enumerate(DAYS)),
        *(
            _cell(_x(at), _y(weekday), f"{DAYS[weekday]} {hour}:00", cells[weekday, hour])
            for weekday in range(len(DAYS))
            for at, hour in enumerate(hours)
            if (weekday, hour) in cells
        ),
        *_legend(down + 14),
    ]
    title = f"How much of each hour was taken: {place}"
    return picture("heat-map", title, _described(cells), max(across, _LEFT + _LEGEND), down + 44, drawn)


def _hours(cells: Mapping[tuple[int, int], HeatCell]) -> range:
    hours = [hour for _, hour in cells]
    return range(min(hours), max(hours) + 1) if hours else range(9, 17)


def _x(at: int) -> float:
    return _LEFT + at * (_WIDE + _GAP)


def _y(weekday: int) -> float:
    return _TOP + weekday * (_HIGH + _GAP)


def _cell(x: float, y: float, when: str, cell: HeatCell) -> str:
    inside = [shape("title", f"{when}: {said(cell)}"), _box(x, y, cell.taken)]
    if cell.turned_away:
        inside += _mark(x + _WIDE / 2, y + _HIGH / 2, cell.turned_away)
    return shape("g", *inside)


def _box(x: float, y: float, taken: float | None, wide: float = _WIDE, high: float = _HIGH) -> str:
    place = {"x": x, "y": y, "width": wide, "height": high, "rx": 3}
    if taken is None:
        return shape("rect", class_="closed", fill="none", **place)
    heat = _FAINTEST + (1 - _FAINTEST) * min(taken, 1)
    return shape("rect", class_="heat", fill_opacity=heat, **place)


def _mark(x: float, y: float, number: int) -> Sequence[str]:
    """A number on a ground of its own, to be read on every colour."""
    text = f"{number}" if number < 1000 else "999+"
    wide = 12 + 7 * len(text)
    ground = {"x": x - wide / 2, "y": y - 9, "width": wide, "height": 18, "rx": 9}
    return (
        shape("rect", class_="away", fill="white", stroke="black", **ground),
        words(text, x=x, y=y + 4, text_anchor="middle", class_="away-number", fill="black"),
    )


def _legend(y: float) -> list[str]:
    return [
        words("0% taken", x=_LEFT + 54, y=y, text_anchor="end"),
        *(_box(_LEFT + 60 + number * 24, y - 12, number / 4, 22, 16) for number in range(5)),
        words("100%", x=_LEFT + 184, y=y),
        *_mark(_LEFT + 242, y - 4, 3),
        words("turned away for good", x=_LEFT + 258, y=y),
    ]


def said(cell: HeatCell) -> str:
    """A cell in words."""
    taken = "closed" if cell.taken is None else f"{cell.taken:.0%} taken"
    refused = f", {cell.refused} refused" if cell.refused else ""
    return f"{taken}{refused}" + (f", {cell.turned_away} turned away for good" if cell.turned_away else "")


def _described(cells: Mapping[tuple[int, int], HeatCell]) -> str:
    open_cells = {key: cell for key, cell in cells.items() if cell.taken is not None}
    if not open_cells:
        return "Nothing was offered."
    (weekday, hour), fullest = max(open_cells.items(), key=lambda item: (item[1].taken or 0, item[1].turned_away))
    away = sum(cell.turned_away for cell in cells.values())
    return f"The fullest hour is {DAYS[weekday]} {hour}:00, {said(fullest)}. In all, {away} were turned away for good."
