"""What is built anew is compared before it is used: with what was there, and with a third build where these differ."""

from collections import Counter
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from sqlalchemy import delete, insert, inspect, select, update
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs
from tests.app.read_models.venue import NOW, Venue, catch_up, open_models
from tests.conftest import Store

from app.log.mapper import EventMapper
from app.log.trouble import StoreUnavailable
from app.read_models import bookings
from app.read_models.booking_rows import Bookings
from app.read_models.database import ReadModels
from app.read_models.day_rows import Days
from app.read_models.generations import Generation, all_generations
from app.read_models.held import Holding, let_go
from app.read_models.housekeeping import GRACE_SECONDS, Housekeeping
from app.read_models.rebuilding import NotSwapped, Rebuilding
from app.read_models.resources import Resources
from app.read_models.runner import Runner

ALL = ["bookings", "days", "demand", "resources", "wishes"]


@pytest.fixture
def opened(venue: Venue, runner: Runner) -> Venue:
    """A venue with five bookings, one of them cancelled, that the read models know."""
    venue.define("moon", capacity=1000)
    for number in range(5):
        venue.book(f"b-{number}", ("moon", "2026-12-02T10:00"), customer=f"c-{number}")
    venue.cancel("b-1")
    catch_up(runner)
    return venue


def generations(models: ReadModels) -> list[Generation]:
    with models.looking() as connection:
        return all_generations(connection)


def numbers(models: ReadModels) -> set[int]:
    """The numbers of all generations that have tables or are written down."""
    with models.looking() as connection:
        named = {int(name.rpartition("_")[2]) for name in inspect(connection).get_table_names() if name[-1].isdigit()}
    assert {each.number for each in generations(models)} == named
    return named


def in_use(models: ReadModels) -> set[int]:
    return {each.number for each in generations(models) if each.active}


def status(models: ReadModels) -> dict[str, str]:
    with models.reading() as reader:
        return {row.id: row.status for row in bookings.search(reader, now=NOW, limit=500).items}


def table(projection: Any, name: str, number: int) -> Any:
    return projection.metadata(number).tables[f"{name}_{number}"]


def damage(models: ReadModels, number: int) -> None:
    """A status changed, a claim taken out, and a leg slipped in, behind Daybook's back."""
    booked, legs = (table(Bookings(), name, number) for name in ("bookings", "booking_legs"))
    claims = table(Days(), "claims", number)
    with models.writing() as connection:
        connection.execute(update(booked).where(booked.c.id == "b-2").values(status="cancelled"))
        connection.execute(delete(claims).where(claims.c.booking == "b-3"))
        (leg,) = connection.execute(select(legs).where(legs.c.booking == "b-4")).mappings()
        connection.execute(insert(legs).values(**{**leg, "leg": 1}))


def test_a_rebuild_of_what_is_right_says_that_it_is_the_same(opened: Venue, models: ReadModels, runner: Runner) -> None:
    said: list[str] = []
    done = runner.rebuild(lambda what, _done, _total: said.append(what))
    assert (done.compared, done.wrong, done.examples) == (ALL, Counter(), [])
    assert list(dict.fromkeys(said)) == ["Building read models", "Comparing rows"]
    assert in_use(models) == {2}


def test_damaged_read_models_are_told_row_by_row_and_mended(opened: Venue, models: ReadModels, runner: Runner) -> None:
    before = status(models)
    damage(models, 1)
    assert status(models) != before
    done = runner.rebuild()
    assert status(models) == before
    assert done.wrong == {"bookings": 1, "booking_legs": 1, "claims": 1}
    assert done.standing_still == 0
    assert sorted(each.sentence for each in done.examples) == [
        "The read model has a row booking_legs b-4/1 that no event made.",
        "The read model lacks the row claims day/moon/2026-12-02/b-3/5.",
        "The row bookings b-2 of the read model is not what the log adds up to, in status.",
    ]
    assert {each.stream for each in done.examples} == {"booking/b-2", "booking/b-4", "day/moon/2026-12-02"}
    assert runner.rebuild().wrong == Counter()


def test_rows_of_streams_that_stood_still_are_told_apart(opened: Venue, models: ReadModels, runner: Runner) -> None:
    with models.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO parked (projection, generation, stream, position, error) "
            "VALUES ('bookings', 1, 'booking/b-4', 99, 'ValueError: made up')"
        )
    opened.cancel("b-4")
    catch_up(runner)
    assert status(models)["b-4"] == "confirmed"
    done = runner.rebuild()
    assert (done.wrong, done.standing_still) == ({"bookings": 1}, 1)
    assert status(models)["b-4"] == "cancelled"


def test_what_was_built_wrong_is_not_used_and_leaves_nothing(
    opened: Venue, models: ReadModels, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Rebuilding, "_refuse_new_parking", lambda _: damage(models, 2))
    before = status(models)
    with capture_logs() as lines, pytest.raises(NotSwapped, match="in 3 rows; the first: The") as refused:
        runner.rebuild()
    assert "The read models of before are in use." in str(refused.value)
    assert [line["event"] for line in lines] == ["rebuilt row is wrong"] * 3
    assert (numbers(models), in_use(models), status(models)) == ({1}, {1}, before)
    opened.cancel("b-0")
    catch_up(runner)
    assert status(models)["b-0"] == "cancelled"


class WithoutTheThird(Bookings):
    """Bookings of a program that lacks something."""

    def changes(self, *given: Any) -> Any:
        made = super().changes(*given)
        apply: Callable[..., None] = made.apply

        def refuse(fed: Any, topic: str, facts: Any) -> None:
            if fed.stream == "booking/b-3":
                raise ValueError("no idea what this is")
            apply(fed, topic, facts)

        made.apply = refuse  # type: ignore[method-assign] # what the test is about
        return made


def test_what_could_be_applied_once_is_not_lost_by_a_rebuild_that_cannot(
    opened: Venue, models: ReadModels, store: Store
) -> None:
    other = open_models(store, projections=(Resources(), Days(), WithoutTheThird()))
    with pytest.raises(NotSwapped, match=r"booking/b-3 at position 9 .*no idea what this is"):
        Runner(other, opened.log, EventMapper()).rebuild()
    other.close()
    assert (numbers(models), in_use(models), len(status(models))) == ({1}, {1}, 5)


def test_what_is_booked_while_it_is_compared_is_compared_and_there(
    opened: Venue, models: ReadModels, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old ones go on from page to page; the new ones are taken to just the same positions."""
    monkeypatch.setattr("app.read_models.comparing.PAGE", 2)
    booked = [*"zayxfcwvde"]
    rows = Rebuilding.rows

    def book_and_answer(rebuilding: Rebuilding, *given: Any) -> Any:
        if booked:  # before and behind what was compared
            opened.book(f"{booked.pop()}-1", ("moon", "2026-12-02T12:00"))
            catch_up(runner)
        return rows(rebuilding, *given)

    monkeypatch.setattr(Rebuilding, "rows", book_and_answer)
    done = runner.rebuild()
    assert done.wrong == Counter()
    assert (len(status(models)), booked) == (15, [])
    assert in_use(models) == {2}


def test_the_new_ones_are_used_all_at_once_and_never_before_they_are_as_far(
    opened: Venue, models: ReadModels, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    catch_up_with = Rebuilding._catch_up
    moved = iter([True, True, False])

    def fall_behind(rebuilding: Rebuilding) -> None:
        catch_up_with(rebuilding)
        assert in_use(models) == {1}
        if next(moved):
            opened.cancel("b-0" if status(models)["b-0"] == "confirmed" else "b-2")
            catch_up(runner)

    monkeypatch.setattr(Rebuilding, "_catch_up", fall_behind)
    runner.rebuild()
    assert next(moved, None) is None
    assert in_use(models) == {2}
    assert {each.position for each in generations(models) if each.active} == {opened.log.head().position}


def test_one_that_was_broken_off_answers_nothing_is_not_kept_up_and_goes_by_itself(
    opened: Venue, models: ReadModels, runner: Runner
) -> None:
    held = Housekeeping(models, opened.log).begin_anew()  # and then its process died
    assert numbers(models) == {1, 2}
    opened.cancel("b-0")
    catch_up(runner)
    assert {each.position for each in generations(models) if each.number == 2} == {0}
    let_go(models, held)  # as when nothing was heard of it for ten seconds
    catch_up(runner)
    assert numbers(models) == {1}


def test_a_second_one_takes_the_place_of_one_that_has_not_finished(
    opened: Venue, models: ReadModels, runner: Runner, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = open_models(store)
    compare = Rebuilding._compare

    def overtaken(rebuilding: Rebuilding) -> Any:
        monkeypatch.setattr(Rebuilding, "_compare", compare)
        Runner(other, opened.log, EventMapper()).rebuild()
        return compare(rebuilding)

    monkeypatch.setattr(Rebuilding, "_compare", overtaken)
    with pytest.raises(StoreUnavailable, match="another rebuild has begun"):
        runner.rebuild()
    assert in_use(models) == {3}
    assert 2 not in numbers(models)
    other.close()


def test_a_rebuild_while_nothing_can_be_read_has_nothing_to_compare_with(
    opened: Venue, models: ReadModels, runner: Runner
) -> None:
    with models.writing() as connection:
        connection.exec_driver_sql(f"UPDATE generations SET log_id = '{'f' * 32}'")
    done = runner.rebuild()
    assert (done.compared, done.wrong) == ([], Counter())
    assert len(status(models)) == 5


def test_a_long_pause_between_signs_of_life_is_told(
    opened: Venue, models: ReadModels, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when its machine slept: whoever keeps the read models up has removed what it was building."""
    build = Rebuilding._build

    def sleep_and_build(rebuilding: Rebuilding) -> None:
        let_go(models, list(rebuilding._held.values()))
        catch_up(runner)
        build(rebuilding)

    monkeypatch.setattr(Rebuilding, "_build", sleep_and_build)
    with pytest.raises(StoreUnavailable, match="nothing was heard of this one for long"):
        runner.rebuild()
    assert (numbers(models), in_use(models)) == ({1}, {1})


def test_signs_of_life_keep_what_is_being_built(
    opened: Venue, models: ReadModels, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside somebody who drops whatever was not heard of for ten seconds, by a clock that the test moves on."""
    shown = [1_000_000]
    for module in ("generations", "held", "housekeeping"):
        monkeypatch.setattr(f"app.read_models.{module}.seconds_now", lambda _: shown[0])
    monkeypatch.setattr("app.read_models.held._SECONDS_BETWEEN_SIGNS", 0.01)
    housekeeping = Housekeeping(models, opened.log)
    compare = Rebuilding._compare

    def slowly(rebuilding: Rebuilding) -> Any:
        for _ in range(4):
            wait_until(lambda: {g.retired_at for g in generations(models) if g.number == 2} == {shown[0]})
            shown[0] += GRACE_SECONDS - 1
            housekeeping.drop_retired(generations(models))
        return compare(rebuilding)

    monkeypatch.setattr(Rebuilding, "_compare", slowly)
    runner.rebuild()
    assert in_use(models) == {2}


def wait_until(there: Callable[[], bool]) -> None:
    """Look again and again, for ten seconds or so."""
    for _ in range(1_000):
        if there():
            return
        Event().wait(0.01)
    pytest.fail("It did not come to that.")


def test_signs_of_life_go_on_after_one_that_the_database_refused(
    opened: Venue, models: ReadModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.read_models.held._SECONDS_BETWEEN_SIGNS", 0.01)
    held = Housekeeping(models, opened.log).begin_anew()
    tried, again = list[int](), Event()

    def refuse_once(*_: Any) -> None:
        tried.append(1)
        if len(tried) == 1:
            raise DBAPIError("UPDATE generations", None, Exception("a lock was waited for too long"))
        again.set()

    monkeypatch.setattr("app.read_models.held._mark", refuse_once)
    with capture_logs() as lines, Holding(models, held):
        assert again.wait(10)
    assert [line["event"] for line in lines] == ["no sign of life of a rebuild"]


def test_what_is_read_is_left_to_a_service_that_began_meanwhile(
    opened: Venue, models: ReadModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [True]

    def compare(rebuilding: Rebuilding) -> Any:
        answers[0] = False
        return real(rebuilding)

    real = Rebuilding._compare
    monkeypatch.setattr(Rebuilding, "_compare", compare)
    said = lambda *_: None  # noqa: E731 - nobody listens
    Rebuilding(models, opened.log, EventMapper(), said, is_alone=lambda: answers[0]).run()
    assert (numbers(models), in_use(models)) == ({1, 2}, {2})
