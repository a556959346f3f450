"""Taking time away and giving it back."""

from app.commands import LiftBlock, PlaceBlock
from app.decisions.access import must_cover
from app.decisions.decided import Decided
from app.decisions.line import serve_before
from app.identity import block_id
from app.work import Work
from domain.block import Block
from domain.claim import BlockedTime
from domain.interval import MINUTE, Interval, split_by_date
from domain.leg import moment, must_be_short_enough
from domain.refusal import Refused
from domain.resource import Resource
from domain.resource_day import ResourceDay


def place_block(work: Work, command: PlaceBlock) -> Decided:
    """Take time away on each day that it lies on; bookings in it stand and are told."""
    resource = work.resource(command.resource)
    resource.must_be_open()
    must_cover(command.actor, resource)
    interval = Interval(moment(command.start, resource), moment(command.end, resource))
    _must_be_whole_minutes(interval)
    must_be_short_enough((interval.end - interval.start).days)

    key, cause = block_id(command.command_id), work.cause(command)
    parts = split_by_date(interval, resource.plan.zone)
    must_be_short_enough(len(parts))
    reason = None if command.reason is None else work.vault.seal("desk", key, command.reason)
    block = work.begin(Block, Block.stream(key))
    block.place(
        cause,
        resource=resource.key,
        start=interval.start,
        end=interval.end,
        units=command.units,
        source=command.source,
        reason=reason,
        days=tuple(day for day, _ in parts),
    )
    serve_before(work, cause, (ResourceDay.stream(resource.key, day) for day, _ in parts))
    overlaps: list[str] = []
    for day, part in parts:
        blocked = BlockedTime(key, part.start, part.end, command.units, command.source, reason)
        stream = ResourceDay.stream(resource.key, day)
        overlaps += work.take(ResourceDay, stream).block(cause, resource, blocked)
    return Decided(block, created=True, overlaps=tuple(dict.fromkeys(overlaps)))


def bookings_in(work: Work, block: Block) -> tuple[str, ...]:
    """The bookings that stand in a block now, unless it was lifted."""
    days = [] if block.lifted else [ResourceDay.stream(block.resource, day) for day in block.days]
    found = (work.see(ResourceDay, stream).bookings_in(Interval(block.start, block.end)) for stream in days)
    return tuple(dict.fromkeys(booking for bookings in found for booking in bookings))


def lift_block(work: Work, command: LiftBlock) -> Decided:
    """Give a block's time back. Raises `Refused` (`unknown-block`)."""
    block = work.take(Block, Block.stream(command.block))
    if block.exists and block.resource != command.resource:
        raise Refused("unknown-block", f"There is no block {command.block} of {command.resource}.")
    if block.exists:
        must_cover(command.actor, work.see(Resource, Resource.stream(block.resource)))
    cause = work.cause(command)
    if block.lift(cause):
        for day in block.days:
            work.take(ResourceDay, ResourceDay.stream(block.resource, day)).unblock(cause, block.key)
    return Decided(block)


def _must_be_whole_minutes(interval: Interval) -> None:
    if interval.end <= interval.start:
        raise Refused("bad-duration", "A block ends after it starts.", start=interval.start.isoformat())
    if (interval.start - interval.end) % MINUTE or interval.start.second or interval.start.microsecond:
        raise Refused("off-grid", "A block starts and ends on whole minutes.", step=1)
