"""The token that a client must send if other machines can reach the server."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from confusionflow.server.error_response import refusal

PARAMETER = "token"
BYTES = 24


class Token:
    """A secret, first in the printed address, then in a cookie. A script sends it in a header
    instead: `Authorization: Bearer TOKEN`.

    Arguments:
        text: The secret; None for a new random one.
        in_frames: Whether pages of other sites may show this server's page in a frame.
    """

    def __init__(self, text: str | None = None, *, in_frames: bool = False) -> None:
        self.text = text or secrets.token_urlsafe(BYTES)
        self.in_frames = in_frames
        # The cookie holds a digest, which fits any text and is useless as a token elsewhere.
        self._digest = _digest_of(self.text)
        # Cookies do not depend on ports: two servers of one machine must not use each other's.
        self.cookie = f"confusionflow-{_digest_of(self._digest)[:8]}"

    def in_address(self, address: str) -> str:
        """An address with the token in it."""
        return f"{address}?{PARAMETER}={quote(self.text, safe='')}"

    def answer(self, scope: Scope) -> Response | None:
        """The answer to send instead of the page, or None if the client may see it.

        The token in an address is exchanged for a cookie, so that it is neither in the browser's
        history nor in a link that somebody copies.
        """
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        for name, value in query:
            if name == PARAMETER and _equal(_digest_of(value), self._digest):
                return self._exchange(scope, [pair for pair in query if pair[0] != PARAMETER])
        headers = Headers(scope=scope)
        kind, _, shown = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and _equal(_digest_of(shown.strip()), self._digest):
            return None
        if any(_equal(value, self._digest) for value in self._cookies(headers)):
            return None
        return refusal(
            scope,
            401,
            "This server asks for a token, and the request has no valid one.",
            "Open the address that `confusionflow serve` printed when it last started: each start "
            "makes a new token unless CONFUSIONFLOW_TOKEN is set. "
            "Scripts send the header Authorization: Bearer TOKEN.",
            {"WWW-Authenticate": "Bearer"},
        )

    def _exchange(self, scope: Scope, rest: list[tuple[str, str]]) -> Response:
        # Relative, so that the browser stays below the path under which a proxy shows this server.
        path = "./" + quote(scope["path"].rpartition("/")[2])
        answer = RedirectResponse(f"{path}?{urlencode(rest)}" if rest else path, 303)
        # Without a path, the cookie holds for the folder of the address as the browser sees it.
        # Lax: a link to a view in another site's page opens; it can change nothing. A frame of
        # another site gets cookies only without Lax, and only over https.
        framed = self.in_frames and Headers(scope=scope).get("x-forwarded-proto") == "https"
        answer.set_cookie(
            self.cookie,
            self._digest,
            path=None,
            httponly=True,
            secure=framed,
            samesite="none" if framed else "lax",
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _cookies(self, headers: Headers) -> list[str]:
        found = []
        for header in headers.getlist("cookie"):
            try:
                morsel = SimpleCookie(header).get(self.cookie)
            except CookieError:
                continue
            if morsel is not None:
                found.append(morsel.value)
        return found


def _equal(one: str, other: str) -> bool:
    """Compare in constant time, which does not reveal how much is right."""
    return hmac.compare_digest(one.encode(), other.encode())


def _digest_of(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
