"""The languages that there are words for: a file of each, beside this one."""

from importlib.resources import files
from typing import Final

FOLDER: Final = files("app.messages").joinpath("languages")
FALLBACK: Final = "en"
_ENDING: Final = ".toml"
LANGUAGES: Final = tuple(
    sorted(file.name.removesuffix(_ENDING) for file in FOLDER.iterdir() if file.name.endswith(_ENDING))
)
"""By their tags (BCP 47) in small letters. The page's `mine_profile.js` offers them, too."""
