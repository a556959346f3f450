"""What queries read through: one transaction, and the tables that are current in it."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, Table, select

from app.log.records import category
from app.read_models.generations import Generation, Parked, all_generations, parked_of, parked_streams
from app.read_models.projection import Projection

_SUMMING_UP = frozenset({"demand"})
"""Read models whose answers are of many streams at once, and of no single one."""


class Behind(Exception):  # noqa: N818 - the word of the API's refusal
    """The read models have reached only `reached`, not `wanted`."""

    def __init__(self, wanted: int, reached: int) -> None:
        super().__init__(f"The read models have reached position {reached}, not {wanted} yet.")
        self.wanted = wanted
        self.reached = reached


def readable(found: Iterable[Generation], known: Mapping[str, Projection]) -> list[Generation]:
    """The generations that this program's queries read."""
    return [
        generation
        for generation in found
        if generation.active
        and generation.projection in known
        and generation.version in known[generation.projection].readable
    ]


class Reader:
    """One read-only transaction on the read models.

    `log_id` names the log they are built from; all of them have reached `position` of it, and none is beyond
    `furthest`. `generations`: projections and the numbers of what is read of them.
    """

    def __init__(self, connection: Connection, known: Mapping[str, Projection]) -> None:
        """Raises Behind when a read model is still being built: not even its first event can be read."""
        self.connection = connection
        self._known = known
        self._active = {g.projection: g for g in readable(all_generations(connection), known)}
        if len(self._active) < len(known):
            raise Behind(wanted=1, reached=0)
        self.position = min((g.position for g in self._active.values()), default=0)
        self.furthest = max((g.position for g in self._active.values()), default=0)
        self.generations = tuple(sorted((g.projection, g.number) for g in self._active.values()))
        self.log_id = next(iter(self._active.values())).log_id if self._active else ""

    def position_of(self, projection: str) -> int:
        """How far one read model has come."""
        return self._active[projection].position

    def table(self, projection: str, name: str) -> Table:
        """A projection's current table."""
        generation = self._active[projection].number
        return self._known[projection].metadata(generation).tables[f"{name}_{generation}"]

    def is_parked(self, stream: str) -> bool:
        """Whether what is read of a stream stands still, since one of its events could not be applied."""
        mine: list[Generation] = [
            generation
            for generation in self._active.values()
            if category(stream) in self._known[generation.projection].categories
        ]
        columns = parked_streams.c
        found = self.connection.execute(
            select(columns.projection, columns.generation).where(columns.stream == stream)
        ).all()
        return any((generation.projection, generation.number) in found for generation in mine)

    def parked(self) -> list[Parked]:
        """All streams that stand still."""
        by_generation = parked_of(self.connection, list(self._active.values()))
        return [parked for streams in by_generation.values() for parked in streams.values()]

    def parked_projections(self, streams: Iterable[str]) -> tuple[str, ...]:
        """The projections for which one of these streams stands still, by name, without those that sum up many."""
        standing_still = [each for each in self.parked() if each.projection not in _SUMMING_UP]
        if not standing_still:
            return ()
        concerned = set(streams)
        return tuple(sorted({each.projection for each in standing_still if each.stream in concerned}))
