"""The world's token: whoever steers the world shows it, so that another user of the machine cannot."""

import base64
import binascii
import hmac

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware


def wants(token: str) -> Middleware:
    """A middleware that answers 401 to whoever does not show the token.

    As ``Authorization: Bearer TOKEN``, or as the password of any user (``Basic``), which clients that know of no token can send too.
    """

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not hmac.compare_digest(_shown(request.headers.get("Authorization", "")), token.encode()):
            refusal = {"error": "the world's token is wanted, as a bearer or as a password", "title": "unauthorized", "status": 401}
            return web.json_response(refusal, status=401, headers={"WWW-Authenticate": "Bearer"})
        return await handler(request)

    return check


def _shown(header: str) -> bytes:
    """What a header shows for a token; nothing where it shows none."""
    scheme, _, value = header.partition(" ")
    match scheme.lower():
        case "bearer":
            return value.encode("utf-8", "surrogateescape")
        case "basic":
            try:
                return base64.b64decode(value, validate=True).partition(b":")[2]
            except (binascii.Error, ValueError):
                return b""
    return b""
