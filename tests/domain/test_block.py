"""Time that is taken away by the desk or a calendar, and given back."""

from tests.domain.given import TUESDAY, Told, at, cause, given, told

from domain.block import Block, BlockLifted, BlockPlaced

STREAM = "block/k-painters"


def placed() -> Told:
    """The painters are in on Tuesday morning."""
    return told(
        BlockPlaced,
        resource="blue-room",
        start=at("08:00"),
        end=at("12:00"),
        units=None,
        source="desk",
        reason="sealed",
        days=(TUESDAY,),
    )


def test_a_block_is_placed_on_its_days() -> None:
    outcome = given(Block, STREAM).when(lambda block: block.place(cause(), **placed().facts))

    block = outcome.then(placed()).decided
    assert (block.key, block.resource, block.days, block.lifted) == ("k-painters", "blue-room", (TUESDAY,), False)


def test_a_block_is_lifted_once() -> None:
    given(Block, STREAM, placed()).when(lambda block: block.lift(cause())).then(told(BlockLifted)).answering(True)

    given(Block, STREAM, placed(), told(BlockLifted)).when(lambda block: block.lift(cause())).then_nothing().answering(
        False
    )


def test_a_block_that_was_never_placed_cannot_be_lifted() -> None:
    given(Block, STREAM).when(lambda block: block.lift(cause())).then_refused("unknown-block")
