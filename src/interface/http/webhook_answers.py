"""The shapes of answers about webhooks: `answers` has all others."""

from datetime import datetime

from typing_extensions import TypedDict  # pydantic reads the standard library's only from Python 3.12 on

from app.log.webhooks import DisabledReason
from app.telling.happenings import HappeningType


class WebhookAnswer(TypedDict):
    """A webhook. `url` is null where the house's key does not open it: delete it then, and make a new one. `position`:
    it has been told of all that is for it up to there. `failures` in a row, the receiver's since `failing_since`, null
    where the last one was Daybook's own; nothing is sent before `next_attempt_at`, where it is not null.
    `disabled_reason`: why nothing is sent, null where it is enabled.
    """

    id: str
    url: str | None
    types: list[HappeningType]
    enabled: bool
    disabled_reason: DisabledReason | None
    position: str
    failures: int
    failing_since: datetime | None
    next_attempt_at: datetime | None
    made_at: datetime
    version: int


class NewWebhookAnswer(WebhookAnswer):
    """A webhook that has just got a secret, which no other answer says."""

    secret: str


class WebhookList(TypedDict):
    """All webhooks, oldest first."""

    items: list[WebhookAnswer]


class AttemptAnswer(TypedDict):
    """One attempt to tell of the event at `position`. `message`: its `webhook-id`, the same at each attempt; it and
    `type` are null where the event cannot be read. `status`: what HTTP answered, null where nobody did; `trouble`: why
    it was not taken, null where it was.
    """

    number: int
    message: str | None
    type: HappeningType | None
    position: str
    at: datetime
    milliseconds: int
    status: int | None
    trouble: str | None


class AttemptList(TypedDict):
    """Attempts, the newest first; `next` goes on as `before`."""

    items: list[AttemptAnswer]
    next: int | None
