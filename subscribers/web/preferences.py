"""The preferences link: what a person may see and change about their subscription, and the links that go with it.

Laws: only POST changes something, and only with the hidden field that this page put there; what an address change
or a consent record needs is a link of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from flask import Blueprint, Response, g, request
from sqlalchemy import Connection

from subscribers import leaving, preferring, store
from subscribers.address import AddressError, parse_address
from subscribers.consent import Evidence
from subscribers.store import Standing
from subscribers.subscription import SubscriptionState
from subscribers.tokens import BadToken, ExpiredToken, TokenError
from subscribers.web.answers import evidence, page, private
from subscribers.web.phrases import people_phrases
from subscribers.web.services import Services

LONGEST_PAUSE: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Wish:
    """One press of a button on the page."""

    connection: Connection
    there: Standing
    evidence: Evidence
    now: datetime


class Unclear(Exception):
    """The person has to say it again; ``about`` names the part of the page, ``why`` a phrase."""

    def __init__(self, about: str, why: str) -> None:
        super().__init__(why)
        self.about = about
        self.why = why


def add_preferences(pages: Blueprint, services: Services) -> None:
    """The routes of preferences links."""
    desk = _Desk(services)

    @pages.route("/preferences/<token>", methods=["GET", "POST"])
    def preferences(token: str) -> Response:
        try:
            subscription_id = services.keys.read_preferences(token)
        except BadToken:
            return private(page("bad_link", status=404))
        return private(desk.take(subscription_id) if request.method == "POST" else desk.show(subscription_id))

    @pages.route("/preferences/address/<token>", methods=["GET", "POST"])
    def move(token: str) -> Response:
        return private(desk.move(token))

    @pages.get("/preferences/receipt/<token>")
    def receipt(token: str) -> Response:
        return private(desk.receipt(token))


class _Desk:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._wishes: Mapping[str, Callable[[Wish], Response | str]] = {
            "language": self._language,
            "pause": self._pause,
            "resume": self._resume,
            "address": self._address,
            "data": self._data,
            "leave": self._leave,
            "erase": self._erase,
        }

    def show(self, subscription_id: int) -> Response:
        with self._services.engine.begin() as connection:
            there = store.standing(connection, subscription_id)
        return self._page(there)

    def take(self, subscription_id: int) -> Response:
        """Do what a button asks for."""
        services, now = self._services, self._services.now()
        wish = self._wishes.get(request.form.get("do", ""))
        with services.engine.begin() as connection:
            there = store.standing(connection, subscription_id)
            if there is None or there.state is SubscriptionState.PENDING:
                return self._page(None)
            if not self._is_ours(subscription_id, now):
                return self._page(there, status=400, old=True)
            if wish is None:
                return self._page(there, status=400)
            told = evidence("preferences", services.rules.keep_network)
            try:
                answer = wish(Wish(connection, there, told, now))
            except Unclear as unclear:
                return self._page(there, status=400, about=unclear.about, wrong=unclear.why)
            if not isinstance(answer, str):
                return answer
            there = store.standing(connection, subscription_id)
        return self._page(there, about=request.form["do"], done=answer)

    def _is_ours(self, subscription_id: int, now: datetime) -> bool:
        try:
            return self._services.keys.read_form(request.form.get("form", ""), now) == subscription_id
        except TokenError:
            return False

    def _page(
        self,
        there: Standing | None,
        *,
        status: int = 200,
        about: str = "",
        wrong: str = "",
        done: str = "",
        old: bool = False,
    ) -> Response:
        services, now = self._services, self._services.now()
        publication = services.newsletters.get(there.newsletter) if there is not None else None
        if there is None or publication is None or there.state is not SubscriptionState.SUBSCRIBED:
            return page(
                "not_subscribed",
                newsletter=publication.key if publication else "",
                name=publication.name if publication else "",
                address=there.address if there is not None else "",
            )
        paused = there.paused_until if there.paused_until is not None and there.paused_until > now else None
        today = now.astimezone(UTC).date()
        return page(
            "preferences",
            newsletter=publication.key,
            name=publication.name,
            address=there.address,
            status=status,
            languages=dict.fromkeys((*publication.languages, there.language)),
            chosen=there.language,
            waits=there.waits,
            paused=services.date_in_words(paused, g.language) if paused else "",
            first_day=(today + timedelta(days=1)).isoformat(),
            last_day=(today + LONGEST_PAUSE).isoformat(),
            form=services.keys.form(there.subscription_id, now),
            receipt=services.keys.receipt(there.subscription_id, now),
            unsubscribe=services.keys.unsubscribe(there.subscription_id),
            about=about,
            wrong=wrong,
            done=done,
            old=old,
        )

    def _language(self, wish: Wish) -> str:
        language = request.form.get("language", "")
        if language not in self._services.newsletters[wish.there.newsletter].languages:
            raise Unclear("language", "")
        preferring.change_language(wish.connection, wish.there, language, wish.evidence, wish.now)
        if chosen := request.form.getlist("waits"):  # a box without a tick sends nothing: a hidden "no" goes along
            preferring.choose_waiting(wish.connection, wish.there, "yes" in chosen, wish.evidence, wish.now)
        return "saved"

    def _pause(self, wish: Wish) -> str:
        try:
            day = date.fromisoformat(request.form.get("until", "").strip())
        except ValueError:
            raise Unclear("pause", "bad_date") from None
        until = datetime.combine(day, time(), UTC)
        if not wish.now < until <= wish.now + LONGEST_PAUSE:
            raise Unclear("pause", "bad_date")
        preferring.pause(wish.connection, wish.there, until, wish.evidence, wish.now)
        return "saved"

    def _resume(self, wish: Wish) -> str:
        preferring.pause(wish.connection, wish.there, None, wish.evidence, wish.now)
        return "saved"

    def _address(self, wish: Wish) -> str:
        services = self._services
        try:
            typed = request.form.get("email", "")[:300]
            address = parse_address(typed, special_use=services.rules.special_domains)
        except AddressError:
            raise Unclear("address", "bad_address") from None
        hashed, per_address = services.keys.address_hash, services.rules.per_address
        if not preferring.ask_for_address(wish.connection, wish.there, address, hashed, per_address, wish.now):
            raise Unclear("address", "address_often")
        return "address_asked"

    def _data(self, wish: Wish) -> Response:
        preferring.note_data_given(wish.connection, wish.there, wish.evidence, wish.now)
        content = preferring.data_of(wish.connection, wish.there)
        answer = Response(json.dumps(content, ensure_ascii=False, indent=2) + "\n", mimetype="application/json")
        answer.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
        return answer

    def _leave(self, wish: Wish) -> Response:
        after = leaving.leave(wish.connection, wish.there.subscription_id, wish.evidence, wish.now) or wish.there
        publication = self._services.newsletters[after.newsletter]
        undo = self._services.keys.undo(after.subscription_id, wish.now)
        return page("left", newsletter=publication.key, name=publication.name, address=after.address, undo=undo)

    def _erase(self, wish: Wish) -> Response:
        if request.form.get("sure") != "yes":
            raise Unclear("erase", "erase_unchecked")
        preferring.erase(wish.connection, wish.there, self._services.forget, wish.now)
        return page("erased")

    def move(self, token: str) -> Response:
        """The link that was mailed to a new address."""
        services, now = self._services, self._services.now()
        try:
            change = services.keys.read_address_change(token, now)
        except ExpiredToken:
            return page("expired", status=410)
        except BadToken:
            return page("bad_link", status=404)
        told = evidence("link", services.rules.keep_network)
        with services.engine.begin() as connection:
            there = store.standing(connection, change.subscription_id)
            moved = there is not None and there.address == change.new_address
            if request.method == "POST":
                there = preferring.change_address(connection, change, services.keys.address_hash, told, now)
                moved = there is not None
        if there is None:
            return page("used_link", status=410)
        name = services.newsletters[there.newsletter].name if there.newsletter in services.newsletters else ""
        template = "moved" if moved else "move"
        return page(template, newsletter=there.newsletter, name=name, address=change.new_address)

    def receipt(self, token: str) -> Response:
        """A person's whole history with one newsletter, to print."""
        services, now = self._services, self._services.now()
        try:
            subscription_id = services.keys.read_receipt(token, now)
        except ExpiredToken:
            return page("expired", status=410)
        except BadToken:
            return page("bad_link", status=404)
        with services.engine.begin() as connection:
            there = store.standing(connection, subscription_id)
            history = preferring.history_of(connection, subscription_id) if there is not None else ()
        if there is None:
            return page("bad_link", status=404)
        events = people_phrases(g.language).events
        return page(
            "receipt",
            newsletter=there.newsletter,
            name=services.newsletters[there.newsletter].name if there.newsletter in services.newsletters else "",
            address=there.address,
            lines=[
                (
                    one.at.strftime("%Y-%m-%d %H:%M:%S"),
                    events.get(one.event, one.event),
                    sorted(one.evidence.items()),
                )
                for one in history
            ],
            today=services.date_in_words(now, g.language),
        )
