"""Wrapping all people's keys under a new master key, beside a working service. What is sealed for people stays as it
is: only the wrapping of their own keys changes.
"""

import secrets
from collections.abc import Callable
from contextlib import closing
from typing import NamedTuple

from app.details import wrapping
from app.fitting_key import opens_all
from app.log.event_log import EventLog
from app.master_key import master_keys_if_there, write_master_keys
from app.master_keys import MasterKeys
from app.setting_values import SECRET_BYTES
from app.settings import Settings, SettingsError
from app.stores import open_log

_AT_ONCE = 200
"""Keys wrapped in one transaction, during which nothing else is written."""
_OTHERS = "FROM customers WHERE wrapped_key IS NOT NULL AND wrapped_key NOT LIKE ?"

Progress = Callable[[int, int], None]


class Rotated(NamedTuple):
    """`wrapped`: how many keys. `made`: whether a new master key was made for it. `dropped`: old ones let go."""

    wrapped: int
    made: bool
    dropped: int


def rotate(settings: Settings, progress: Progress, *, drop_old: bool) -> Rotated:
    """Wrap every key under the first master key. On the embedded store a new one is made first, unless there is one
    that not all keys are wrapped under yet. `drop_old`: none is made, and only the first one is kept in the folder.

    Raises SettingsError, StoreUnavailable, OutcomeUnknown; running it again goes on where it ended.
    """
    keys = master_keys_if_there(settings)
    if keys is None:
        raise SettingsError("There is no master key yet: the first start of the service makes one.")
    is_file = settings.master_key is None
    if not is_file and len(keys.secrets) == 1:
        raise SettingsError(
            "DAYBOOK_MASTER_KEY has one key. Put a new one before it (`new,old`), for this command and every service; "
            "then run this again."
        )
    place = (settings.database_url, settings.schema_name, settings.data)
    with closing(open_log(*place, serving=False, read_only=False)) as log:
        if not opens_all(log, keys):
            raise SettingsError("The master keys that are set are not those that this store's people are kept under.")
        made = is_file and len(keys.secrets) == 1 and not drop_old
        if made:
            write_master_keys(settings, [secrets.token_bytes(SECRET_BYTES), *keys.secrets])
            keys = master_keys_if_there(settings) or keys
        wrapped = _wrap_all(log, keys, progress)
        dropped = 0
        if is_file and drop_old:
            dropped = len(keys.secrets) - 1
            write_master_keys(settings, keys.secrets[:1])
    return Rotated(wrapped, made, dropped)


def _wrap_all(log: EventLog, keys: MasterKeys, progress: Progress) -> int:
    ((total,),) = log.rows(f"SELECT count(*) {_OTHERS}", [f"{keys.prefix}%"])
    done = 0
    progress(done, total)
    while wrapped := _wrap_some(log, keys):
        done += wrapped
        progress(done, max(done, total))
    return done


def _wrap_some(log: EventLog, keys: MasterKeys) -> int:
    with log.locked() as session:
        sql = f"SELECT customer, key_id, wrapped_key {_OTHERS} LIMIT {_AT_ONCE}"
        rows = session.rows(sql, [f"{keys.prefix}%"])
        for customer, key_id, wrapped in rows:
            context = wrapping(customer, key_id)
            again = keys.seal(context, keys.open(context, wrapped))
            session.rows("UPDATE customers SET wrapped_key = ? WHERE customer = ? RETURNING 1", [again, customer])
    return len(rows)
