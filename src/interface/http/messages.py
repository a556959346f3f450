"""Messages to people that were not taken: for administrators, who see no address and nobody's name."""

from typing import Any, Final

from anyio import to_thread
from litestar import get
from litestar.response.base import ASGIResponse

from app.log.instants import timestamp_of
from app.log.messages import MessageRow
from interface.http.described import described
from interface.http.message_answers import FailedMessageList
from interface.http.models import Asked
from interface.http.parsing import WebRequest, query_of
from interface.http.service import NO_STORE, admitted, json_answer

MOST_SHOWN: Final = 200


@get("/v1/messages/failed", tags=["messages"], opt=described(answers={200: FailedMessageList}, query=Asked))
async def list_failed_messages(request: WebRequest) -> ASGIResponse:
    """Messages to people that fail, and those given up within the last 30 days."""
    visit = await admitted(request)
    visit.visitor.acting("admin")
    query_of(request, Asked)
    rows = await to_thread.run_sync(visit.service.daybook.log.messages.failing, MOST_SHOWN)
    return json_answer({"items": [_shown(row) for row in rows]}, {"Cache-Control": NO_STORE})


def _shown(row: MessageRow) -> dict[str, Any]:
    return {
        "id": row.message,
        "occasion": row.occasion,
        "booking": row.booking,
        "failures": row.failures,
        "failing_since": None if row.failing_since is None else timestamp_of(row.failing_since),
        "next_attempt_at": timestamp_of(row.due_at) if row.given_up_at is None else None,
        "given_up_at": None if row.given_up_at is None else timestamp_of(row.given_up_at),
        "trouble": row.trouble,
    }


ROUTES: Final = [list_failed_messages]
