"""Pictures of demand: from numbers to SVG, the same numbers always the same picture."""

from datetime import date, timedelta
from xml.etree import ElementTree

import pytest

from interface.pictures.curves import Point, curves
from interface.pictures.heat_map import HeatCell, heat_map

SVG = "{http://www.w3.org/2000/svg}"
MONDAY = date(2026, 11, 30)


def read(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture)  # noqa: S314 - it is our own


def texts(root: ElementTree.Element, name: str) -> list[str]:
    return [each.text or "" for each in root.iter(f"{SVG}{name}")]


def test_the_fuller_an_hour_the_stronger_its_colour_and_what_is_closed_has_none() -> None:
    cells = {
        (0, 9): HeatCell(0, 0, 0),
        (0, 10): HeatCell(0.5, 0, 0),
        (0, 11): HeatCell(1, 7, 3),
        (6, 9): HeatCell(None, 2, 0),
    }
    root = read(heat_map("Oak 12", cells))
    titles = texts(root, "title")[1:]
    assert titles == [
        "Mon 9:00: 0% taken",
        "Mon 10:00: 50% taken",
        "Mon 11:00: 100% taken, 7 refused, 3 turned away for good",
        "Sun 9:00: closed, 2 refused",
    ]
    boxes = [group.find(f"{SVG}rect") for group in root.iter(f"{SVG}g")]
    assert [box.get("fill-opacity") for box in boxes if box is not None] == ["0.08", "0.54", "1", None]
    assert "The fullest hour is Mon 11:00" in texts(root, "desc")[0]


def test_a_week_without_anything_is_drawn_and_says_so() -> None:
    root = read(heat_map("Oak 12", {}))
    assert texts(root, "desc") == ["Nothing was offered."]
    assert texts(root, "text")[:2] == ["9", "10"]


def test_whatever_a_place_is_called_it_stays_text() -> None:
    name = """<script>"&'</script>"""
    for picture in (heat_map(name, {}), curves(name, [Point(MONDAY, None, 0, 0, 0)])):
        assert texts(read(picture), "title")[0].endswith(name)
        assert "<script" not in picture


def test_what_xml_cannot_have_is_left_out_of_a_name() -> None:
    for picture in (heat_map("Oak\x00 \x1b12\ufffe", {}), curves("Oak\x07 12", [Point(MONDAY, None, 0, 0, 0)])):
        assert texts(read(picture), "title")[0].endswith("Oak 12")


def test_a_line_has_a_gap_where_it_was_closed_and_a_dot_where_a_date_stands_alone() -> None:
    shares = [0.2, 0.4, None, 0.9]
    points = [Point(MONDAY + timedelta(days=number), share, 4, 1, 0) for number, share in enumerate(shares)]
    root = read(curves("Oak 12", points))
    taken = [each for each in root.iter() if (each.get("class") or "").endswith(" taken")]
    assert [each.tag.removeprefix(SVG) for each in taken] == ["polyline", "circle"]
    assert texts(root, "desc")[0].startswith("4 dates. The fullest is Thursday 3 December, 90% taken, bookings 4, ref")
    assert texts(root, "desc")[0].endswith("In all, 16 bookings and 4 refused.")


@pytest.mark.parametrize(
    ("most", "top"), [(0, "2"), (2, "2"), (3, "4"), (9, "10"), (11, "20"), (37, "40"), (41, "100"), (101, "200")]
)
def test_the_scale_ends_at_a_number_that_is_easy_to_read(most: int, top: str) -> None:
    assert top in texts(read(curves("Oak 12", [Point(MONDAY, 1, most, 0, 0)])), "text")


@pytest.mark.parametrize("number", [1, 28, 366])
def test_dates_are_named_as_far_as_there_is_room(number: int) -> None:
    points = [Point(MONDAY + timedelta(days=each), 0.5, 1, 0, 0) for each in range(number)]
    named = [text for text in texts(read(curves("Oak 12", points)), "text") if text.endswith((" Nov", " Dec"))]
    assert 2 <= len(named) <= 14
