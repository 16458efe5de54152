"""Error pages in the reader's language. Law: none tells what went wrong inside, and no log holds a token."""

from __future__ import annotations

import logging
from types import TracebackType

from flask import Flask, Response, g, render_template, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from mailer.web.phrases import page_phrases

log = logging.getLogger(__name__)


class MailerApp(Flask):
    """A Flask app whose log names the endpoint of a failed request, never its address: that may hold a token."""

    def log_exception(self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]) -> None:
        log.error("a request to %s failed", request.endpoint or "no page of ours", exc_info=exc_info)


def answer_failures(app: Flask) -> None:
    """Let ``app`` answer each HTTP error with a page, and a database that is away with "not ready"."""
    app.register_error_handler(HTTPException, _page)
    app.register_error_handler(OperationalError, _not_ready)


def _not_ready(error: OperationalError) -> Response | HTTPException:
    log.error("a request to %s found no database: %s", request.endpoint, type(error.orig).__name__)
    return _page(ServiceUnavailable(retry_after=60))


def _page(error: HTTPException) -> Response | HTTPException:
    code = error.code or 500
    if code < 400:
        return error
    phrases = page_phrases(g.get("language") or "en")
    title, advice = phrases.errors.get(code) or phrases.errors[500 if code >= 500 else 400]
    try:
        body, kind = render_template("web/error.html", code=code, title=title, advice=advice), "text/html"
    except Exception:  # a broken template of the operator's own must not hide the answer
        log.exception("the error page cannot be drawn")
        body, kind = f"{title}. {advice}\n", "text/plain"
    answer = Response(body, code, mimetype=kind)
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:  # Allow, Retry-After
            answer.headers[name] = value
    answer.headers["Cache-Control"] = "no-store"
    return answer
