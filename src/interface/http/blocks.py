"""Blocks: time that the desk takes away from a resource, and gives back."""

from typing import Any, Final

from anyio import to_thread
from litestar import delete, post
from litestar.response.base import ASGIResponse

from app.commands import Actor, LiftBlock, PlaceBlock
from app.details import DESK, Vault
from app.outcome import Outcome
from domain.block import Block
from interface.http.addresses import block_in, resource_in
from interface.http.answers import BlockAnswer
from interface.http.described import described
from interface.http.models import BlockBody
from interface.http.parsing import WebRequest, body_of
from interface.http.service import Visit, admitted, bare_answer, json_answer

TAGS: Final = ["blocks"]


@post(
    "/v1/resources/{resource:str}/blocks",
    tags=TAGS,
    opt=described(
        answers={201: BlockAnswer},
        body=BlockBody,
        command=True,
        keyed=True,
        problems=(
            "unknown-resource",
            "in-the-past",
            "too-far-ahead",
            "bad-duration",
            "off-grid",
            "no-such-local-time",
            "ambiguous-local-time",
        ),
    ),
)
async def place_block(request: WebRequest) -> ASGIResponse:
    """Take time away, also where bookings are: those stand, and are listed as `overlaps`."""
    visit = await admitted(request)
    actor = visit.visitor.acting("staff")
    said = await body_of(request, BlockBody)
    command = PlaceBlock(
        **await visit.command(actor),
        resource=resource_in(request),
        start=said.start,
        end=said.end,
        units=said.units,
        reason=said.reason,
    )
    return await _placed(visit, actor, await visit.service.execute(command))


@delete(
    "/v1/resources/{resource:str}/blocks/{block:str}",
    status_code=200,  # the framework refuses 204 here, though the answer brings its own
    tags=TAGS,
    opt=described(answers={204: None}, command=True, problems=("unknown-block", "unknown-resource")),
)
async def lift_block(request: WebRequest) -> ASGIResponse:
    """Give a block's time back."""
    visit = await admitted(request)
    actor = visit.visitor.acting("staff")
    resource, block = resource_in(request), block_in(request)
    command = LiftBlock(**await visit.command(actor), resource=resource, block=block)
    return bare_answer(204, visit.service.after_command(await visit.service.execute(command)))


async def _placed(visit: Visit, actor: Actor, outcome: Outcome) -> ASGIResponse:
    block, service = outcome.subject, visit.service
    assert isinstance(block, Block)  # noqa: S101 - what the command is about
    answer: BlockAnswer = {
        "block": block.key,
        "resource": block.resource,
        "timezone": outcome.timezone or "",
        "start": block.start.isoformat(),
        "end": block.end.isoformat(),
        "units": block.units,
        "source": block.source,
        "reason": await to_thread.run_sync(block_reason, service.daybook.vault, block.key, block.reason, actor),
        "overlaps": list(outcome.overlaps),
    }
    headers = service.after_command(outcome, Location=f"/v1/resources/{block.resource}/blocks/{block.key}")
    return json_answer(answer, headers, 201)


def block_reason(vault: Vault, block: str, sealed: str | None, to: Actor) -> dict[str, Any] | None:
    """Why the desk blocked it, for those of the desk."""
    return vault.reveal_text(DESK, block, sealed, to=to.by)


ROUTES: Final = [place_block, lift_block]
