"""Who was turned away for good: refused, and without a booking of that kind on that day afterwards."""

from collections.abc import Iterable, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from app.log.refused_asks import RefusedAsk
from app.read_models.made_by import Made

Person = tuple[str, date]


def turned_away(
    asks: Sequence[RefusedAsk], made: Sequence[Made], in_line: Iterable[Person], zone: ZoneInfo
) -> list[RefusedAsk]:
    """Of these asks, those that came to nothing, in their order. `made` and `asks` are in order of time; `in_line`: who
    (customer, date) still waits for the resource.

    A customer counts once a day, by their first ask, whoever asked for them; any booking of theirs made after it will
    do, whoever made it, and so does a place in line. Where it was not noted for whom desk and agents asked, each
    booking that they made afterwards for that day answers the oldest of those asks. Whoever wanted to move a booking
    still has it.
    """
    wanted = [ask for ask in asks if not ask.is_move]
    of_customers = [ask for ask in wanted if ask.customer is not None]
    of_others = [ask for ask in wanted if ask.customer is None]
    gone = {*_customers_turned_away(of_customers, made, in_line, zone), *_unanswered(of_others, made, zone)}
    return [ask for ask in wanted if ask in gone]


def _customers_turned_away(
    asks: Sequence[RefusedAsk], made: Sequence[Made], in_line: Iterable[Person], zone: ZoneInfo
) -> list[RefusedAsk]:
    first: dict[Person, RefusedAsk] = {}
    for ask in asks:
        if ask.customer is not None:
            first.setdefault((ask.customer, ask.start.date()), ask)
    got = set(in_line)
    for each in made:
        person = (each.customer, each.start.astimezone(zone).date())
        if person in first and each.made_at >= first[person].first_at:
            got.add(person)
    return [ask for person, ask in first.items() if person not in got]


def _unanswered(asks: Sequence[RefusedAsk], made: Sequence[Made], zone: ZoneInfo) -> list[RefusedAsk]:
    left: dict[Person, list[RefusedAsk]] = {}
    for ask in asks:
        left.setdefault((ask.by, ask.start.date()), []).append(ask)
    # A booking has a row for each of its legs, and answers no more than one ask of a date.
    answers = {(each.booking, each.start.astimezone(zone).date()): each for each in made}
    for (_, day), each in answers.items():
        waiting = left.get((each.made_by, day), [])
        if waiting and waiting[0].first_at <= each.made_at:
            waiting.pop(0)
    return [ask for rest in left.values() for ask in rest]
