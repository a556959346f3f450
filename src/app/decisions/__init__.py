"""One module per family of commands: each loads aggregates and lets them decide."""

from collections.abc import Callable
from typing import Any

from app.commands import (
    Approve,
    Book,
    Cancel,
    Command,
    Complete,
    Confirm,
    DefineResource,
    Lapse,
    LiftBlock,
    MarkNoShow,
    PlaceBlock,
    Reject,
    Reschedule,
    RetireResource,
    Revoke,
    SetException,
)
from app.decisions.blocks import lift_block, place_block
from app.decisions.booking import book
from app.decisions.decided import Decided
from app.decisions.lifecycle import approve, cancel, complete, confirm, lapse, mark_no_show, reject, revoke
from app.decisions.moving import reschedule
from app.decisions.resources import define_resource, retire_resource, set_exception
from app.work import Work

DECISIONS: dict[type[Command], Callable[[Work, Any], Decided]] = {
    Book: book,
    Confirm: confirm,
    Approve: approve,
    Reject: reject,
    Revoke: revoke,
    Cancel: cancel,
    Complete: complete,
    MarkNoShow: mark_no_show,
    Reschedule: reschedule,
    Lapse: lapse,
    DefineResource: define_resource,
    SetException: set_exception,
    RetireResource: retire_resource,
    PlaceBlock: place_block,
    LiftBlock: lift_block,
}


def decide(work: Work, command: Command) -> Decided:
    """Let the command's decision record its events in the work. Raises `Refused`; then the work is to be undone."""
    return DECISIONS[type(command)](work, command)
