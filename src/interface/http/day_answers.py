"""A resource-day as the desk and auditors may see it."""

from datetime import date
from typing import Any, Final, cast

from app.commands import Actor
from app.details import Vault
from app.read_models.days import DayRow
from app.read_models.resources import ResourceRow
from domain.block import BlockSource
from interface.http.answers import DayAnswer, DayBlockAnswer, DayPlanAnswer
from interface.http.blocks import block_reason

SEALED: Final = {"sealed": True}
"""What stands for a text that is there, and not to be read by whoever asks."""


def day_answer(row: ResourceRow, found: DayRow, vault: Vault, actor: Actor) -> DayAnswer:
    """A day of a resource, both as they are, or as they were."""
    blocks: list[DayBlockAnswer] = [
        {
            "block": each.block,
            "start": each.start.isoformat(),
            "end": each.end.isoformat(),
            "units": each.units,
            "source": cast("BlockSource", each.source),
            "reason": _reason(vault, actor, each.block, each.reason),
        }
        for each in found.blocks
    ]
    return {
        "resource": row.id,
        "date": found.date,
        "timezone": row.timezone,
        "version": found.version,
        "timestamp": found.timestamp,
        "plan": _plan(row, found.date),
        "claims": [
            {
                "booking": each.booking,
                "start": each.start.isoformat(),
                "end": each.end.isoformat(),
                "units": each.units,
                "until": each.until,
            }
            for each in found.claims
        ],
        "blocks": blocks,
    }


def _plan(row: ResourceRow, day: date) -> DayPlanAnswer:
    resource = row.resource()
    exception = resource.plan.exceptions.get(day)
    policy: Any = resource.policy.said()
    return {
        "windows": list(resource.plan.times_on(day)),
        "reason": None if exception is None else exception.reason,
        "capacity": resource.capacity,
        "policy": policy,
    }


def _reason(vault: Vault, actor: Actor, block: str, sealed: str | None) -> dict[str, Any] | None:
    if actor.role != "staff" and sealed is not None:
        return SEALED
    return block_reason(vault, block, sealed, actor)
