"""What every answer carries so that a browser does no more with it than it should, errors included.

Law: a page may loosen ``Content-Security-Policy`` for itself by setting it, where its reason is written; the rest
holds everywhere, because it is added around the app and not inside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
ISSUE_POLICY: Final = POLICY.replace("img-src 'self'", "img-src 'self' https: http:")
"""For pages that show an issue: its pictures lie on the community's own site and wherever its editors linked to.
A picture runs nothing, and the page sends no referrer with the request for it."""

HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
FRAMED: Final = "frame-ancestors *"  # a page that says so in its policy may be framed
STRICT_TRANSPORT: Final = ("Strict-Transport-Security", "max-age=31536000")


class SecureHeaders:
    """Wraps a WSGI app; ``https`` says that people reach it by https, so that browsers should insist on it."""

    def __init__(self, app: WSGIApplication, *, https: bool) -> None:
        self._app = app
        self._https = https

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(
            status: str,
            headers: list[tuple[str, str]],
            exc_info: (
                tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None
            ) = None,
            /,
        ) -> object:
            given = {name.lower() for name, _ in headers}
            framed = any(FRAMED in value for name, value in headers if name.lower() == "content-security-policy")
            headers += [
                (name, value)
                for name, value in HEADERS.items()
                if name.lower() not in given and not (framed and name == "X-Frame-Options")
            ]
            if self._https or environ.get("wsgi.url_scheme") == "https":
                headers.append(STRICT_TRANSPORT)
            return start_response(status, headers, exc_info)

        return self._app(environ, start)  # type: ignore[arg-type]  # start gives back what the server's own gave
