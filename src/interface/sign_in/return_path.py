"""Where somebody goes after signing in: back to a view of the page, and never anywhere else."""

import re
from typing import Final
from urllib.parse import quote

VIEWS: Final = ("find", "mine", "desk", "demand", "places", "audit")
"""First parts of the page's addresses; `/` alone is the first of them."""
_LONGEST: Final = 1000
_ADDRESS_OF_A_VIEW: Final = re.compile(
    rf"/(?:(?:{'|'.join(VIEWS)})(?:/[\w.~%!$&'()*+,;=:@/-]*)?)?(?:\?[\w.~%!$&'()*+,;=:@/?-]*)?", re.ASCII
)


def safe_return(wanted: str | None) -> str:
    """The path if it is one of the page's views, with what follows it; else `/`. What begins with two slashes, a
    scheme or a backslash is another site to some browsers, and no view begins so.
    """
    if wanted is None or len(wanted) > _LONGEST or _ADDRESS_OF_A_VIEW.fullmatch(wanted) is None:
        return "/"
    return wanted


def sign_in_address(return_to: str) -> str:
    """Where one signs in and comes back from."""
    return "/sign-in" if return_to == "/" else f"/sign-in?return_to={quote(return_to, safe='/')}"
