"""The routes of the pages for people, as one Flask blueprint."""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from subscribers.web.confirming import add_confirming
from subscribers.web.leaving import add_leaving
from subscribers.web.preferences import add_preferences
from subscribers.web.services import Services
from subscribers.web.subscribing import add_subscribing


def make_blueprint(services: Services) -> Blueprint:
    """The pages for people. They are registered without a prefix: the addresses stand in mails for ever."""
    pages = Blueprint("people", __name__)
    add_subscribing(pages, services)
    add_confirming(pages, services)
    add_leaving(pages, services)
    add_preferences(pages, services)

    @pages.get("/subscribe/proof.js")
    def proof_script() -> Response:
        answer = Response(render_template("web/people/proof.js"), mimetype="text/javascript")
        answer.headers["Cache-Control"] = "public, max-age=3600"
        return answer

    return pages
