"""Tables as CSV (RFC 4180), to be looked at in spreadsheets."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula."""


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Rows as lines. What a spreadsheet would take for a formula begins with `'`; none is an empty cell."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
