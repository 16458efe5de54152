"""The preview's pages, for the editor's own browser on this machine: never part of the public web app.

Laws: only loopback names are answered (a page elsewhere cannot rebind its name to us); a mail's frame runs no
script; every answer is made from the files as they are now.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from flask import Flask, Response, abort, jsonify, request

from mailer.errors import MailerError
from mailer.flows.preview import Look, PreviewDesk
from mailer.flows.preview_pictures import TYPES
from mailer.resources import templates_folder
from mailer.web.preview_views import POLICIES, View, as_seen, with_local_pictures, with_sample_person

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
POLL_SECONDS: Final = 0.025
PING_SECONDS: Final = 5.0
"""How often a silent page is written to, which is how a closed one is noticed."""

GMAIL_CUTS_AT: Final = 102 * 1024
AIM: Final = 80 * 1024
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PICTURE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"  # an SVG is a page of its own
FILES: Final = {"preview.html": "text/html", "preview.css": "text/css", "preview.js": "text/javascript"}


def create_preview(desk: PreviewDesk) -> Flask:
    """The preview of one issue as a WSGI app."""
    app = Flask("mailer.web.preview", static_folder=None)
    folder = templates_folder() / "preview"

    @app.before_request
    def refuse_strangers() -> None:
        if request.host.rpartition(":")[0] not in LOOPBACK and request.host not in LOOPBACK:
            abort(403)

    @app.after_request
    def set_headers(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response

    @app.get("/", defaults={"name": "preview.html"})
    @app.get("/<name>")
    def file(name: str) -> Response:
        if name not in FILES:
            abort(404)
        return Response((folder / name).read_text(encoding="utf-8"), mimetype=FILES[name])

    @app.get("/look")
    def look() -> Response:
        try:
            return jsonify(_look_json(desk.look(request.args.get("language", "")), desk))
        except MailerError as error:
            return jsonify({"revision": desk.revision(), "error": str(error)})

    @app.get("/mail/<view>")
    def mail(view: str) -> Response:
        if view not in {each.value for each in View}:
            abort(404)
        seen = View(view)
        try:
            drawn = desk.draw(request.args.get("language", ""))
        except MailerError:  # the page asks /look next, which says why
            abort(503)
        html = with_local_pictures(drawn.rendered.html, tuple(drawn.pictures), request.args.get("language", ""))
        html = as_seen(with_sample_person(html, desk.newsletter), seen)
        answer = Response(html, mimetype="text/html")
        answer.headers["Content-Security-Policy"] = POLICIES[seen]
        return answer

    @app.get("/picture/<int:number>")
    def picture(number: int) -> Response:
        try:
            file = tuple(desk.draw(request.args.get("language", "")).pictures.values())[number]
            content = file.read_bytes()
        except (MailerError, IndexError, OSError):
            abort(404)
        answer = Response(content, mimetype=TYPES[file.suffix.lower()])
        answer.headers["Content-Security-Policy"] = PICTURE_POLICY
        return answer

    @app.get("/changes")
    def changes() -> Response:
        return Response(_changes(desk), mimetype="text/event-stream")

    return app


def _changes(desk: PreviewDesk) -> Iterator[str]:
    """Server-sent events: the revision at first, then each new one as soon as a file was saved."""
    told, quiet = "", 0.0
    while not desk.ended.is_set():
        revision = desk.revision()
        if revision != told:
            told, quiet = revision, 0.0
            yield f"data: {revision}\n\n"
        elif quiet >= PING_SECONDS:
            quiet = 0.0
            yield ": still here\n\n"
        desk.ended.wait(POLL_SECONDS)
        quiet += POLL_SECONDS


def _look_json(look: Look, desk: PreviewDesk) -> dict[str, Any]:
    issue, rendered = look.drawn.issue, look.drawn.rendered
    return {
        "revision": look.drawn.revision,
        "newsletter": desk.newsletter.name,
        "file": issue.path,
        "language": issue.language,
        "languages": look.drawn.languages,
        "slug": issue.slug,
        "draft": issue.draft,
        "sender": look.sender,
        "subject": look.subject,
        "preheader": rendered.preheader,
        "text": with_sample_person(rendered.text, desk.newsletter),
        "source": issue.source,
        "size": {
            "bytes": look.size_bytes,
            "limit": GMAIL_CUTS_AT,
            "aim": AIM,
            "sections": [
                {"title": weight.title, "line": weight.line, "bytes": weight.size_bytes}
                for weight in rendered.weights
            ],
        },
        "problems": [
            {
                "line": problem.place.line,
                "column": problem.place.column,
                "rule": problem.rule,
                "severity": problem.severity.value,
                "message": problem.message,
                "hint": problem.hint,
            }
            for problem in look.problems
        ],
    }
