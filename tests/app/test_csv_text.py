"""Tables for spreadsheets."""

import pytest

from app.csv_text import csv_text


@pytest.mark.parametrize("text", ["=1+1", "+49", "-1", "@sum", "\tx", "\rx"])
def test_what_a_spreadsheet_would_take_for_a_formula_is_text(text: str) -> None:
    assert f"'{text}" in csv_text([[text]])


def test_numbers_stay_numbers_and_nothing_is_an_empty_cell() -> None:
    assert csv_text([[-1, None, "a,b", 'c"']]) == '-1,,"a,b","c"""\r\n'
