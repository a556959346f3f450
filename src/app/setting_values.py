"""How values are written in settings: keys in base64, lists with commas."""

from base64 import b64decode
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Final

Network = IPv4Network | IPv6Network
SECRET_BYTES: Final = 32


def decoded_keys(text: str) -> list[bytes]:
    """Keys in base64, at least one, separated by commas or line breaks. Raises ValueError as `decoded_key` does."""
    parts = [part for part in text.replace(",", "\n").splitlines() if part.strip()]
    return [decoded_key(part) for part in parts or [""]]


def decoded_key(text: str) -> bytes:
    """32 bytes from base64, either alphabet. Raises ValueError with a reason that does not repeat the text."""
    try:
        key = b64decode(text.strip().translate({ord("-"): "+", ord("_"): "/"}), validate=True)
    except ValueError:
        raise ValueError("it is not base64") from None
    if len(key) != SECRET_BYTES:
        raise ValueError(f"it holds {len(key)} bytes instead of {SECRET_BYTES}")
    return key


def split_at_commas(value: Any) -> Any:
    """The parts of a text, without spaces around them; anything else as it is."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value
