"""The unsubscribe link: a page with one button, the mail clients' own button (RFC 8058), and undoing it.

Laws: only POST changes something; it needs no cookie and no hidden field, answers 200 however often, and never
sends anybody elsewhere (RFC 8058 section 3).
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from subscribers import leaving, store
from subscribers.store import Standing
from subscribers.subscription import SubscriptionState
from subscribers.tokens import UNDO_FOR, BadToken, ExpiredToken
from subscribers.web.answers import evidence, masked, page, private
from subscribers.web.services import Services


def add_leaving(pages: Blueprint, services: Services) -> None:
    """The routes of unsubscribe links and of undoing."""

    @pages.route("/unsubscribe/<token>", methods=["GET", "POST"])
    def unsubscribe(token: str) -> Response:
        try:
            subscription_id, issue_id = services.keys.read_unsubscribe(token)
        except BadToken:
            return private(page("bad_link", status=404))
        one_click = request.form.get("List-Unsubscribe") == "One-Click"
        slug = services.slug_of(issue_id) if issue_id is not None and request.method == "POST" else ""
        with services.engine.begin() as connection:
            if request.method == "POST":
                told = evidence("one-click" if one_click else "link", services.rules.keep_network)
                if slug:
                    told["issue"] = slug
                there = leaving.leave(connection, subscription_id, told, services.now())
            else:
                there = store.standing(connection, subscription_id)
        return private(_show(services, there))

    @pages.route("/unsubscribe/undo/<token>", methods=["GET", "POST"])
    def undo(token: str) -> Response:
        now = services.now()
        try:
            subscription_id, made_at = services.keys.read_undo(token, now)
        except ExpiredToken as expired:
            with services.engine.begin() as connection:
                there = store.standing(connection, expired.subscription_id)
            return private(_undone(services, there, None))
        except BadToken:
            return private(page("bad_link", status=404))
        with services.engine.begin() as connection:
            there = store.standing(connection, subscription_id)
            if request.method == "GET" and there is not None and there.state is SubscriptionState.UNSUBSCRIBED:
                return private(_page(services, "undo", there))
            after = (
                leaving.undo(
                    connection, subscription_id, made_at, evidence("undo", services.rules.keep_network), now
                )
                if request.method == "POST"
                else there
            )
        return private(_undone(services, there, after))


def _show(services: Services, there: Standing | None) -> Response:
    if there is None:  # erased, or never confirmed: nothing is sent, which is what was wanted
        return page("left", undo="")
    if there.state is not SubscriptionState.UNSUBSCRIBED:
        return _page(services, "leave", there)
    now = services.now()  # also for who comes back to see what a mail client's button did
    undo = services.keys.undo(there.subscription_id, now) if now - there.since < UNDO_FOR else ""
    return _page(services, "left", there, undo=undo)


def _undone(services: Services, there: Standing | None, after: Standing | None) -> Response:
    if after is None or after.state is not SubscriptionState.SUBSCRIBED:
        return _page(services, "not_undone", there, status=410)
    return _page(services, "undone", after)


def _page(
    services: Services, template: str, there: Standing | None, *, status: int = 200, undo: str = ""
) -> Response:
    key = there.newsletter if there is not None and there.newsletter in services.newsletters else ""
    return page(
        template,
        newsletter=key,
        name=services.newsletters[key].name if key else "",
        address=masked(there.address) if there is not None else "",
        status=status,
        undo=undo,
    )
