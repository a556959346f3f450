"""Where a message goes: an address that the operator wrote, with the customer's e-mail address or phone number in it.

What kinds of addresses there are is the operator's choice. A customer fills a gap, and with nothing that could be read
as another recipient, another server or another option.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, unquote

GAPS: Final = ("email", "phone")
MAIL: Final = frozenset(
    {
        *("mailto", "mailtos", "mailgun", "mailersend", "brevo", "postmark", "resend", "sendgrid", "ses", "smtp2go"),
        "sparkpost",
    }
)
KINDS: Final = MAIL | frozenset(
    {
        *("46elks", "bulksms", "bulkvs", "clickatell", "clicksend", "d7sms", "httpsms", "infobip"),
        *("msgbird", "nexmo", "seven", "sinch", "smseagle", "smseagles", "sns", "telnyx", "twilio", "vonage"),
        *("signal", "signals", "threema", "whatsapp"),
    }
)
"""What may stand before `://`: mail, short messages, and chats that know people by their numbers. Others that the
library knows write to whole rooms, to this machine's screen, or to any server at all.
"""
EMAIL: Final = r"[A-Za-z0-9.!#$&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+"
"""One recipient, and nothing that the library would read as two. It knows no other letters: RFC 6531 is not for it."""
PHONE: Final = r"[ ./()-]*\+[ ./()-]*[1-9]([ ./()-]*[0-9]){6,14}[ ./()-]*"
"""A number with its country (E.164), however people group it."""
MOST_EMAIL: Final = 254
UNUSABLE: Final = "What the person has said is no address that can be written to, so nobody is."
"""Said for good, of what was stored before such addresses were refused."""
NOT_ALONE: Final = "The library would not write to just this recipient, so nobody is written to."
"""Said for good: it reads addresses by rules of its own, and where it finds none it may write to whoever sends."""
_GAP: Final = re.compile(r"\{([^{}]*)\}")
_EMAIL, _PHONE = re.compile(EMAIL), re.compile(PHONE)
_ANY_ADDRESS: Final = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+|\+?[0-9][0-9 ()./-]{5,}[0-9]")
_WRITTEN_IN_PHONES: Final = str.maketrans("", "", " -./()")


class BadTemplate(ValueError):  # noqa: N818 - what it is
    """An operator's address of a kind that is not sent to, without a gap, or with one that nothing fills."""


def kind_of(template: str) -> str:
    """What stands before `://`."""
    return template.partition("://")[0]


def check(template: str) -> None:
    """Raise BadTemplate, whose sentence does not repeat the address, unless it is of a known kind and has gaps behind
    its host, all of which can be filled: what a customer says never chooses the server.
    """
    if "://" not in template or kind_of(template) not in KINDS:
        raise BadTemplate(f"each address begins with one of {', '.join(f'{kind}://' for kind in sorted(KINDS))}")
    found = _GAP.findall(template)
    if not found or any(gap not in GAPS for gap in found) or len(found) != template.count("{"):
        raise BadTemplate("write {email} or {phone} where the customer's goes, and no other braces")
    if "phone" in found and kind_of(template) in MAIL:
        raise BadTemplate("mail goes to {email}: no phone number is an address of mail")
    if "{" in re.split(r"[/?#]", template.partition("://")[2], maxsplit=1)[0]:
        raise BadTemplate("write the gap behind the host, as in `/{phone}` or `?to={email}`")


def addressed(template: str, profile: Mapping[str, str | None]) -> str | None:
    """The operator's address with the gaps filled; none where the customer has not said, or what they said is nothing
    that can be written to. `profile`: by the names of gaps.
    """
    filled: dict[str, str] = {}
    for gap in _GAP.findall(template):
        said = profile.get(gap)
        found = None if said is None else usable(gap, said)
        if found is None:
            return None
        filled[gap] = quote(found, safe="")
    return _GAP.sub(lambda gap: filled[gap[1]], template)


def was_said(template: str, profile: Mapping[str, str | None]) -> bool:
    """Whether the customer has said all that the gaps ask for, be it of use or not."""
    return all(profile.get(gap) is not None for gap in _GAP.findall(template))


def recipients(template: str, filled: str) -> list[str]:
    """What stands in the gaps of what `addressed` made of a template."""
    parts = [re.escape(part) for part in _GAP.split(template)[::2]]
    found = re.fullmatch("([^/?#&]*)".join(parts), filled)
    return [] if found is None else [unquote(each) for each in found.groups()]


def without_addresses(said: str, template: str, filled: str) -> str:
    """What somebody said about an attempt, with nothing in it of whom it went to, nor of the operator's address but its
    kind. `filled`: what `addressed` made of the template.
    """
    parts = {part for text in (template, filled) for part in re.split(r"[/?#&=@:,]+", text) if len(part) > 3}
    for part in sorted(parts | {unquote(part) for part in parts}, key=len, reverse=True):
        if part != kind_of(template):
            said = said.replace(part, "...")
    return _ANY_ADDRESS.sub("...", said)


def usable(gap: str, said: str) -> str | None:
    """One recipient, and nothing else: as it is written to. None where it is nothing of that kind."""
    if gap == "phone":
        return said.translate(_WRITTEN_IN_PHONES) if _PHONE.fullmatch(said) else None
    return said if len(said) <= MOST_EMAIL and _EMAIL.fullmatch(said) else None
