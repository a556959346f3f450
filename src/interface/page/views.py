"""The page's views and their files. A view is a frame; what stands in it comes from the API, by scripts."""

from typing import Final

from litestar import get
from litestar.response.base import ASGIResponse

from interface.http.packing import unpacks_gzip
from interface.http.parsing import WebRequest
from interface.http.problems import Declined
from interface.page.answers import AssetAnswer, DocumentAnswer
from interface.page.assets import PREFIX, assets
from interface.page.front import opened
from interface.sign_in.return_path import VIEWS

_PATHS: Final = ["/", *(path for view in VIEWS for path in (f"/{view}", f"/{view}/{{rest:path}}"))]


@get(_PATHS, include_in_schema=False)
async def show_view(request: WebRequest) -> ASGIResponse:
    """A view's frame, the same whatever the view finds: scripts say what is not there."""
    opening = opened(request)
    query = request.scope["query_string"].decode("latin-1")
    document = opening.front.documents.view(opening.reader, request.scope["path"], query)
    return DocumentAnswer(document, packed=unpacks_gzip(request.scope))


@get(f"{PREFIX}/{{version:str}}/{{name:path}}", include_in_schema=False)
async def show_asset(request: WebRequest) -> ASGIResponse:
    """A file. One of another version, while services are being replaced, is answered with ours, and not kept."""
    found = request.scope["path_params"]
    ours = assets()
    asset = ours.files.get(str(found["name"]).lstrip("/"))
    if asset is None:
        raise Declined("not-found", "The page has no such file.")
    packed = unpacks_gzip(request.scope) and len(asset.packed) < len(asset.plain)
    kept = found["version"] == ours.version
    return AssetAnswer(asset.packed if packed else asset.plain, asset.kind, packed=packed, kept=kept)


ROUTES: Final = (show_view, show_asset)
