"""``POST /hooks/<provider>``: what a provider tells about deliveries, verified before it is looked at.

Answers: 204 taken, 404 not configured, 400, 401 and 413 as the provider's reader refuses, 409 seen before,
503 when it cannot be stored now. Providers try again after 5xx, and some after 4xx, which changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from flask import Blueprint, Response, abort, request

from mailer.bounce.webhooks.request import BODY_LIMIT_BYTES, Accepted, Hook, Refusal, Request
from mailer.errors import DatabaseError
from mailer.flows.feedback import Feedback

SLACK_BYTES: Final = 1024  # so that a body a little too large gets the reader's own answer

log = logging.getLogger(__name__)


def make_hooks_blueprint(
    hooks: Mapping[str, Hook],
    feedback: Feedback,
    now: Callable[[], datetime],
    confirm: Callable[[str], bytes],
) -> Blueprint:
    """The views of the configured ``hooks``. ``confirm`` calls the address that a new SNS subscription names."""
    pages = Blueprint("hooks", __name__, url_prefix="/hooks")

    @pages.post("/<provider>")
    def receive(provider: str) -> Response:
        hook = hooks.get(provider)
        if hook is None:
            abort(404)
        request.max_content_length = BODY_LIMIT_BYTES + SLACK_BYTES
        body = request.get_data(cache=False)
        answer = hook.read(Request(dict(request.headers.items()), body), now())
        if isinstance(answer, Refusal):
            log.warning("a request to /hooks/%s was refused: %s", provider, answer.why)
            return _said(answer.status, answer.why)
        if answer.confirm_url and not _confirmed(provider, answer, confirm):
            return _said(502, "the subscription could not be confirmed")
        try:
            outcome = feedback.take_request(provider, answer.replay_id, body, answer.bounces)
        except DatabaseError as error:
            log.error("a request to /hooks/%s cannot be stored: %s", provider, error)
            return _said(503, "it cannot be stored now; please try again")
        if outcome is None:
            return _said(409, "this request was seen before; nothing was changed")
        return Response(status=204)

    return pages


def _confirmed(provider: str, answer: Accepted, confirm: Callable[[str], bytes]) -> bool:
    """Whether the call back was answered. It comes before anything is stored: it may be asked for again."""
    try:
        confirm(answer.confirm_url)
    except OSError as error:
        log.error("the subscription of /hooks/%s cannot be confirmed: %s", provider, type(error).__name__)
        return False
    log.info("the subscription of /hooks/%s is confirmed", provider)
    return True


def _said(status: int, why: str) -> Response:
    return Response(f"{why}\n", status, mimetype="text/plain")
