"""What a start looks at, of a log that may be long: whether its last append is whole."""

from hashlib import sha256
from pathlib import Path

from app.log.event_log import chained
from app.log.reading import COLUMNS, HEAD, recorded
from app.log.records import Head
from app.log.sqlite_file import NEXT, Connection
from app.log.trouble import StoreDamaged


def check_end(connection: Connection, path: Path) -> None:
    """Raise StoreDamaged unless the head stands right behind the last append, whose events have its digest."""
    if connection.in_transaction:
        sound = _is_sound(connection)
    else:
        connection.execute("BEGIN")  # another process may append meanwhile
        try:
            sound = _is_sound(connection)
        finally:
            connection.execute("ROLLBACK")
    if not sound:
        raise StoreDamaged(f"{path} is damaged: its last append is not what was once stored. {NEXT}")


def _is_sound(connection: Connection) -> bool:
    heads = connection.execute(HEAD).fetchall()
    if len(heads) != 1:
        return False
    head = Head(*heads[0])
    appends = connection.execute("SELECT last_position, digest FROM appends ORDER BY 1 DESC LIMIT 2").fetchall()
    beginning = (0, sha256(_first_id(connection, head).encode()).digest())
    last, before = [*appends, beginning, beginning][:2]
    sql = f"SELECT {COLUMNS} FROM events WHERE position > ? ORDER BY position"  # noqa: S608 - constants
    events = [recorded(row) for row in connection.execute(sql, [before[0]])]
    digest = chained(before[1], before[0] + 1, events) if events else before[1]
    end: tuple[int, bytes] = (before[0] + len(events), digest)
    return end == last and end == (head.position, head.digest)


def _first_id(connection: Connection, head: Head) -> str:
    """The id that the log was made with. A file of before ids were renewed has no table of former ones."""
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'former_log_ids'").fetchone():
        return head.log_id
    former = connection.execute("SELECT log_id FROM former_log_ids ORDER BY place LIMIT 1").fetchone()
    return head.log_id if former is None else str(former[0])
