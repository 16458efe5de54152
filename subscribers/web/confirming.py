"""The link in the confirmation mail: a page with a button, and what the button does.

Law: only POST confirms; the same link pressed again still shows success.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from subscribers import enrol
from subscribers.enrol import Stale
from subscribers.store import Standing
from subscribers.subscription import SubscriptionState
from subscribers.tokens import BadToken, ExpiredToken
from subscribers.web.answers import evidence, page, private
from subscribers.web.services import Services

_STALE = {Stale.USED: 410, Stale.GONE: 410, Stale.SUPPRESSED: 410}


def add_confirming(pages: Blueprint, services: Services) -> None:
    """The route of confirm links."""

    @pages.route("/confirm/<token>", methods=["GET", "POST"])
    def confirm(token: str) -> Response:
        now = services.now()
        try:
            confirmation = services.keys.read_confirm(token, now)
        except ExpiredToken as expired:
            return private(_expired(services, expired))
        except BadToken:
            return private(page("bad_link", status=404))
        with services.engine.begin() as connection:
            if request.method == "POST":
                told = evidence("link", services.rules.keep_network)
                outcome = enrol.confirm(connection, confirmation, told, now)
            else:
                outcome = enrol.look_at_confirmation(connection, confirmation)
        return private(_show(services, outcome))


def _show(services: Services, outcome: Standing | Stale) -> Response:
    if isinstance(outcome, Stale):
        return page("used_link", status=_STALE[outcome])
    name = services.newsletters[outcome.newsletter].name if outcome.newsletter in services.newsletters else ""
    done = outcome.state is SubscriptionState.SUBSCRIBED
    preferences = services.keys.preferences(outcome.subscription_id) if done else ""
    return page(
        "confirmed" if done else "confirm",
        newsletter=outcome.newsletter,
        name=name,
        address=outcome.address,
        preferences=preferences,
    )


def _expired(services: Services, expired: ExpiredToken) -> Response:
    """A link that was used in time and is looked at later still shows success."""
    from subscribers import store

    with services.engine.begin() as connection:
        there = store.standing(connection, expired.subscription_id)
    if there is not None and there.state is SubscriptionState.SUBSCRIBED:
        return _show(services, there)
    newsletter = there.newsletter if there is not None and there.newsletter in services.newsletters else ""
    return page("expired", newsletter=newsletter, status=410)
