"""The routes of the pages for people, as one Flask blueprint."""

from __future__ import annotations

from flask import Blueprint

from subscribers.web.services import Services


def make_blueprint(services: Services) -> Blueprint:
    """The pages for people. They are registered without a prefix: the addresses stand in mails for ever."""
    return Blueprint("people", __name__)
