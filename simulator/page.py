"""The page: a telephone or a channel for every platform, of static files alone."""

from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

FOLDER = Path(__file__).parent / "static"
TYPES: Mapping[str, str] = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page_routes() -> list[BaseRoute]:
    """The page and its parts."""
    return [Route("/", _page), Route("/static/{name}", _part)]


async def _page(_request: Request) -> Response:
    return _answer("index.html")


async def _part(request: Request) -> Response:
    return _answer(request.path_params["name"])


def _answer(name: str) -> Response:
    # A name is one of the folder's, whatever a path says.
    known = {path.name: path for path in FOLDER.iterdir()}
    path = known.get(name)
    if path is None or path.suffix not in TYPES:
        return PlainTextResponse("not found", 404)
    headers = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
    return FileResponse(path, media_type=f"{TYPES[path.suffix]}; charset=utf-8", headers=headers)
