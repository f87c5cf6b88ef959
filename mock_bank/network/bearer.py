"""The world's token: whoever steers the world shows it, so that another user of the machine cannot."""

import hmac

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware


def wants(token: str) -> Middleware:
    """A middleware that answers 401 to whoever does not send ``Authorization: Bearer TOKEN``."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        shown = request.headers.get("Authorization", "")
        if not hmac.compare_digest(shown.encode(), f"Bearer {token}".encode()):
            refusal = {"error": "the world's token is wanted as a bearer", "title": "unauthorized", "status": 401}
            return web.json_response(refusal, status=401, headers={"WWW-Authenticate": "Bearer"})
        return await handler(request)

    return check
