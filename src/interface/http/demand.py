"""The demand for a resource: for its desk, administrators and auditors. Numbers alone, nothing of persons."""

import re
from datetime import date, timedelta
from typing import Annotated, Final, Literal

from litestar import get
from litestar.response.base import ASGIResponse
from pydantic import Field

from app.commands import Actor
from app.demand.counting import MOST_DATES, Demand, demand_for
from app.demand.grouping import By
from app.read_models.reader import Reader
from app.read_models.resources import ResourceRow
from interface.http.callers import HISTORIANS
from interface.http.demand_answers import (
    PICTURE,
    TABLE,
    DemandAnswer,
    demand_answer,
    demand_picture,
    demand_table,
)
from interface.http.described import described
from interface.http.desk import covered_resource
from interface.http.fields import Day, ResourceId
from interface.http.models import Asked
from interface.http.parked import parked_header
from interface.http.parsing import WebRequest, query_of
from interface.http.problems import malformed
from interface.http.service import NO_STORE, JsonAnswer, Visit, admitted, json_answer

TAGS: Final = ["demand"]
USUAL_DATES: Final = 28
Form = Literal["json", "csv", "svg"]
_FORMS: Final[dict[str, Form]] = {TABLE: "csv", PICTURE: "svg", "application/json": "json"}
_QUALITY: Final = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")

_READ: Final = {"bookings", "days", "demand", "resources", "wishes"}
"""The read models that an answer is made of."""


class DemandAsked(Asked):
    """Of what, which dates, both inclusive, at most 366: without `to` up to today, without `from` four weeks. `by` what
    it is added up; as `svg`, by `date` it is curves, else a heat map. `format` goes before the header `Accept`.
    """

    resource: ResourceId
    from_: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None
    by: By = "date"
    format: Form | None = None


@get(
    "/v1/demand",
    tags=TAGS,
    opt=described(
        answers={200: (DemandAnswer, TABLE, PICTURE)},
        query=DemandAsked,
        reads=True,
        may_be_parked=True,
        problems=("unknown-resource",),
    ),
)
async def show_demand(request: WebRequest) -> ASGIResponse:
    """What was offered of a resource, taken, refused and waited for, by date, weekday, or weekday and hour.

    In JSON; as CSV for spreadsheets; as SVG to look at.
    """
    visit = await admitted(request)
    actor = visit.visitor.acting(*HISTORIANS)
    asked, _ = query_of(request, DemandAsked)
    async with visit.service.looking_back:
        demand, parked = await visit.service.ask(visit, _demand, visit, actor, asked)
    return _answer(demand, asked, _form(visit, asked), {"Cache-Control": NO_STORE, "Vary": "Accept", **parked})


def _demand(reader: Reader, visit: Visit, actor: Actor, asked: DemandAsked) -> tuple[Demand, dict[str, str]]:
    row = covered_resource(reader, visit.visitor, actor, asked.resource)
    first, last = _dates(row, visit, asked)
    daybook = visit.service.daybook
    kept_days = daybook.settings.keep_refusals_days
    demand = demand_for(reader, daybook.log, row, first, last, visit.now, kept_days)
    parked = sorted({each.projection for each in reader.parked()} & _READ)
    return demand, parked_header(parked)


def _dates(row: ResourceRow, visit: Visit, asked: DemandAsked) -> tuple[date, date]:
    """The first and the last date. Raises Declined (`malformed`)."""
    last = asked.to or visit.now.astimezone(row.resource().plan.zone).date()
    first = asked.from_ or last - timedelta(days=USUAL_DATES - 1)
    if last < first:
        raise malformed("to", "lies before from")
    if (last - first).days >= MOST_DATES:
        raise malformed("to", f"makes more than {MOST_DATES} dates")
    return first, last


def _form(visit: Visit, asked: DemandAsked) -> Form:
    """What is asked for first; JSON where nothing else is."""
    if asked.format is not None:
        return asked.format
    wanted = visit.headers.get(b"accept", b"").decode("latin-1").lower()
    named = [(kind, quality) for kind, quality in map(_preference, wanted.split(",")) if kind in _FORMS and quality > 0]
    return _FORMS[max(named, key=lambda each: each[1])[0]] if named else "json"


def _preference(said: str) -> tuple[str, float]:
    """A kind of the header Accept and its `q`; one that is no number counts as none said (RFC 9110, 12.4.2)."""
    kind, *parameters = (part.strip() for part in said.split(";"))
    found = next((_QUALITY.fullmatch(each) for each in parameters if each.startswith("q=")), None)
    return kind, float(found[1]) if found else 1.0


def _answer(demand: Demand, asked: DemandAsked, form: Form, headers: dict[str, str]) -> ASGIResponse:
    if form == "json":
        return json_answer(demand_answer(demand, asked.by), headers)
    if form == "svg":
        return JsonAnswer(demand_picture(demand, asked.by).encode(), 200, headers, PICTURE.encode())
    name = f'attachment; filename="demand-{demand.resource.id}-{demand.first}-{demand.last}.csv"'
    body = demand_table(demand, asked.by).encode()
    return JsonAnswer(body, 200, {**headers, "Content-Disposition": name}, b"text/csv; charset=utf-8")


ROUTES: Final = [show_demand]
