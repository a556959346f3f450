"""One module per family of commands: each loads aggregates and lets them decide."""

from collections.abc import Callable
from typing import Any

from app.commands import (
    Approve,
    Book,
    BookAny,
    BookSeries,
    Cancel,
    CancelSeries,
    Command,
    Complete,
    Confirm,
    DefineResource,
    EraseCustomer,
    JoinLine,
    Lapse,
    LeaveLine,
    LiftBlock,
    LiftLegalHold,
    MarkNoShow,
    PlaceBlock,
    PlaceLegalHold,
    Reject,
    Reschedule,
    RetireResource,
    Revoke,
    ServeLine,
    SetException,
)
from app.decisions.automatic import book_any
from app.decisions.blocks import lift_block, place_block
from app.decisions.booking import book
from app.decisions.customers import erase_customer, lift_legal_hold, place_legal_hold
from app.decisions.decided import Decided
from app.decisions.lifecycle import approve, cancel, complete, confirm, lapse, mark_no_show, reject, revoke
from app.decisions.line import join_line, leave_line, serve_line, serve_lines
from app.decisions.moving import reschedule
from app.decisions.resources import define_resource, retire_resource, set_exception
from app.decisions.series import book_series
from app.decisions.series_end import cancel_series
from app.work import Work

DECISIONS: dict[type[Command], Callable[[Work, Any], Decided]] = {
    Book: book,
    BookAny: book_any,
    BookSeries: book_series,
    CancelSeries: cancel_series,
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
    PlaceLegalHold: place_legal_hold,
    LiftLegalHold: lift_legal_hold,
    EraseCustomer: erase_customer,
    JoinLine: join_line,
    LeaveLine: leave_line,
    ServeLine: serve_line,
}


def decide(work: Work, command: Command) -> Decided:
    """Let the command's decision record its events in the work. Raises `Refused`; then the work is to be undone."""
    decided = DECISIONS[type(command)](work, command)
    serve_lines(work, work.cause(command), work.days_changed())
    return decided
