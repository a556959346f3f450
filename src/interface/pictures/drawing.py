"""Drawing: SVG as text. Colours are the page's, by classes, and the text's own where a picture stands by itself."""

import html
import re
from collections.abc import Iterable
from typing import Final

_NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def shape(name: str, *inside: str, **attributes: str | float | None) -> str:
    """An element around others, which are SVG already. `_` in a name is `-`, but at its end; none is left out."""
    said = "".join(f' {_written(key)}="{_text(value)}"' for key, value in attributes.items() if value is not None)
    return f"<{name}{said}>{''.join(inside)}</{name}>" if inside else f"<{name}{said}/>"


def words(text: str, **attributes: str | float | None) -> str:
    """Text at a place."""
    return shape("text", escape(text), **attributes)


def picture(kind: str, title: str, description: str, width: float, height: float, inside: Iterable[str]) -> str:
    """A whole picture, for those who see it and those who have it read to them; `kind` begins its ids and classes."""
    return shape(
        "svg",
        shape("title", escape(title), id=f"{kind}-title"),
        shape("desc", escape(description), id=f"{kind}-description"),
        *inside,
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=height,
        viewBox=f"0 0 {_text(width)} {_text(height)}",
        class_=f"picture {kind}",
        role="img",
        aria_labelledby=f"{kind}-title {kind}-description",
        fill="currentColor",
        font_family="system-ui, sans-serif",
        font_size=12,
    )


def _written(name: str) -> str:
    return name.removesuffix("_").replace("_", "-")


def _text(value: str | float | None) -> str:
    return escape(value) if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")


def escape(text: str) -> str:
    """Text as it stands in SVG, without the characters that XML cannot have however they are written."""
    return html.escape(_NOT_IN_XML.sub("", text))
