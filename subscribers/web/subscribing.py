"""The form: shown, embedded in other sites, sent in. Its answer is the same whoever the address belongs to.

Law: neither status, headers, body nor time of the answer depend on what is known about an address.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, abort, g, jsonify, render_template, request
from markupsafe import Markup

from subscribers import enrol, hints
from subscribers.address import Address, AddressError, parse_address
from subscribers.allowing import buckets_for
from subscribers.consent import Evidence
from subscribers.web.answers import evidence, form_url, page
from subscribers.web.phrases import LANGUAGES, PeoplePhrases, nearest, people_phrases
from subscribers.web.proof import Proof
from subscribers.web.services import Publication, Services
from subscribers.web.turns import Turns

TRAP: Final = "website"
"""A field that people do not see: whoever fills it in is a robot, and is told what everybody is told."""
LONGEST_FIELD: Final = 1000
POLICY_WITH_PROOF: Final = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The one page with a script, and only where the operator asks for proof of work."""


def add_subscribing(pages: Blueprint, services: Services) -> None:
    """The routes of the form."""
    desk = _Desk(services)

    @pages.route("/subscribe", methods=["GET", "POST"])
    def subscribe_any() -> Response:
        chosen = request.values.get("newsletter", "")[:64]
        if len(services.newsletters) == 1:
            chosen = next(iter(services.newsletters))
        if not chosen and request.method == "GET":
            return page("which", newsletters=list(services.newsletters.values()))
        return subscribe(chosen)

    @pages.route("/<newsletter>/subscribe", methods=["GET", "POST"])
    def subscribe(newsletter: str) -> Response:
        publication = services.newsletters.get(newsletter)
        if publication is None:
            abort(404)
        return desk.take(publication) if request.method == "POST" else desk.form(publication)

    @pages.get("/<newsletter>/embed")
    def embed(newsletter: str) -> Response:
        publication = services.newsletters.get(newsletter)
        if publication is None:
            abort(404)
        phrases = people_phrases(g.language)
        language = nearest(g.language, publication.languages) or publication.languages[0]
        snippet = render_template("web/people/snippet.html", publication=publication, p=phrases, chosen=language)
        return page(
            "embed",
            newsletter=newsletter,
            name=publication.name,
            snippet=snippet.strip(),
            preview=Markup(snippet),  # noqa: S704 -- drawn by our own template just now, values escaped
        )

    @pages.get("/subscribe/challenge")
    def challenge() -> Response:
        if not services.rules.proof_of_work:
            abort(404)
        return jsonify(desk.proof.challenge(services.now()))


class _Desk:
    """Where forms are handed out and taken in."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._rules = services.rules
        self._turns = Turns(services.engine)
        self._answers: dict[tuple[str, str, str], bytes] = {}
        self.proof = Proof(services.keys)

    def form(self, publication: Publication, *, status: int = 200, wrong: str = "", typed: str = "") -> Response:
        """The form, perhaps with what is wrong in it."""
        wanted = _field(_sent(), "language") or g.language
        answer = page(
            "subscribe",
            newsletter=publication.key,
            name=publication.name,
            status=status,
            languages=publication.languages,
            chosen=nearest(wanted, publication.languages) or publication.languages[0],
            wrong=wrong,
            typed=typed,
            trap=TRAP,
            proof=self._rules.proof_of_work,
        )
        if self._rules.proof_of_work:
            answer.headers["Content-Security-Policy"] = POLICY_WITH_PROOF
        return answer

    def take(self, publication: Publication) -> Response:
        """A form that was sent in."""
        began = time.monotonic()
        sent = _sent()
        typed = _field(sent, "email").strip()
        language = nearest(_field(sent, "language"), publication.languages)
        if language in LANGUAGES and "lang" not in request.args:
            g.language = language
        phrases = people_phrases(g.language)
        if not hints.is_well_formed(typed):
            return self._refused(publication, phrases.bad_address, typed)
        if self._rules.proof_of_work and not self._is_proved(sent):
            return self._refused(publication, phrases.needs_script, typed)
        if not _field(sent, TRAP):
            chosen = language or nearest(g.language, publication.languages) or publication.languages[0]
            self._enrol(publication, typed, chosen, phrases)
        answer = self._answer(publication, hints.suggested_domain(typed.rpartition("@")[2]))
        time.sleep(max(0.0, began + self._rules.answer_seconds - time.monotonic()))
        return answer

    def _enrol(self, publication: Publication, typed: str, language: str, phrases: PeoplePhrases) -> None:
        rules, keys, now = self._rules, self._services.keys, self._services.now()
        address = self._usable(typed)
        buckets = buckets_for(
            keys.address_hash,
            network=(request.remote_addr or "", rules.per_network),
            domain=(typed.rpartition("@")[2].lower(), rules.per_domain),
            overall=rules.overall,
            address=(address.key if address else typed.lower(), rules.per_address),
        )
        asked = enrol.Asked(publication.key, language, address, self._evidence(publication, phrases))
        self._turns.write(lambda connection: enrol.request(connection, keys, asked, buckets, now))

    def _usable(self, typed: str) -> Address | None:
        """The address; None when it is not one or the operator does not write to such ones."""
        try:
            address = parse_address(typed, special_use=self._rules.special_domains)
        except AddressError:
            return None
        local, _, domain = address.key.rpartition("@")
        if not self._rules.role_addresses and hints.is_role(local):
            return None
        return None if hints.is_under(domain, self._rules.disposable_domains) else address

    def _evidence(self, publication: Publication, phrases: PeoplePhrases) -> Evidence:
        wording = phrases.wording.format(newsletter=publication.name)
        told = evidence("api" if request.is_json else "form", self._rules.keep_network)
        told["wording"] = wording
        told["wording_version"] = hashlib.sha256(wording.encode()).hexdigest()[:12]
        if url := form_url():
            told["form_url"] = url
        return told

    def _is_proved(self, sent: Mapping[str, Any]) -> bool:
        now = self._services.now()
        with self._services.engine.begin() as connection:
            return self.proof.holds(connection, _field(sent, "altcha"), now)

    def _refused(self, publication: Publication, why: str, typed: str) -> Response:
        if _wants_json():
            answer = jsonify({"error": why})
            answer.status_code = 400
            return answer
        return self.form(publication, status=400, wrong=why, typed=typed[:254])

    def _answer(self, publication: Publication, hint: str) -> Response:
        """The same for everybody: drawn once for each newsletter and language."""
        if _wants_json():
            return jsonify({"status": "check your mailbox", "did_you_mean": hint})
        drawn = (publication.key, g.language, hint)
        body = self._answers.get(drawn)
        if body is None:
            page_ = page("check", newsletter=publication.key, name=publication.name, hint=hint)
            body = page_.get_data()
            if not hint:
                self._answers[drawn] = body
        return Response(body, 200, mimetype="text/html")


def _sent() -> Mapping[str, Any]:
    """The fields, from a form or from JSON."""
    if not request.is_json:
        return request.form
    content = request.get_json(silent=True)
    return content if isinstance(content, dict) else {}


def _field(sent: Mapping[str, Any], name: str) -> str:
    value = sent.get(name, "")
    return value[:LONGEST_FIELD] if isinstance(value, str) else ""


def _wants_json() -> bool:
    return request.is_json or request.accept_mimetypes.best_match(["text/html", "application/json"]) == (
        "application/json"
    )
