"""`daybook keys rotate` says what it did, and what is left to do."""

from pathlib import Path

from app.log.sqlite import open_sqlite
from app.master_key import master_keys_for
from app.settings import load_settings
from interface.keys import rotate_with_progress


def test_where_there_is_one_key_there_is_nothing_to_drop(tmp_path: Path) -> None:
    settings = load_settings(data=tmp_path / "data")
    log = open_sqlite(tmp_path / "data", serving=False)
    master_keys_for(settings, log)
    log.close()
    told = {drop_old: list[str]() for drop_old in (False, True)}

    for drop_old in (True, False, True, True):
        told[drop_old].append("")
        rotate_with_progress(settings, told[drop_old].append, drop_old=drop_old)

    nothing_to_drop = ["", "All keys are wrapped under it.", "There is only this one in master.key: nothing to drop."]
    gone = "The old one is gone from master.key. Keep your copy of it as long as you keep backups of before."
    assert told[True] == [*nothing_to_drop, "", "All keys are wrapped under it.", gone, *nothing_to_drop]
    assert told[False][-1].startswith("The old one still opens.")
