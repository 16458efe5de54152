"""``/healthz``: whether the app and its database answer."""

from __future__ import annotations

import logging

from flask import Blueprint, Response
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from mailer.store.database import reading

log = logging.getLogger(__name__)


def health(database: Engine) -> Blueprint:
    """The page that a watchdog asks: 200 "ok", or 503 when the database does not answer."""
    pages = Blueprint("health", __name__)

    @pages.get("/healthz")
    def healthz() -> Response:
        try:
            with reading(database) as connection:
                connection.execute(text("SELECT 1"))
        except DBAPIError as error:
            log.error("the database does not answer: %s", type(error.orig).__name__)
            return Response("the database does not answer\n", 503, mimetype="text/plain")
        return Response("ok\n", mimetype="text/plain")

    return pages
