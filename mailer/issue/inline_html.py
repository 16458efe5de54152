"""Raw HTML between words: each tag becomes a token that Markdown could have made, or goes.

Law: what comes out holds no ``html_inline``, every ``*_open`` has its ``*_close`` in order, and no attribute
passes that is not named here.
"""

from __future__ import annotations

import html

from markdown_it.token import Token

from mailer.issue import htmltags
from mailer.issue.findings import Findings
from mailer.issue.forms import invitation, is_subscription, player_title, watch_page
from mailer.issue.htmltags import Kind, Piece
from mailer.issue.native import image, is_break, link, make, merged, text_token
from mailer.newsletter import Newsletter

KEPT_EVERYWHERE = ("id", "lang", "dir")


class InlineHtml:
    """One inline token's children, from raw to native; make a new one for each."""

    def __init__(self, findings: Findings, newsletter: Newsletter) -> None:
        self._findings = findings
        self._newsletter = newsletter
        self._out: list[Token] = []
        self._stack: list[tuple[str, Token | None]] = []  # ("", None): native; else raw name and its close
        self._links = 0
        self._unlinked: list[str] = []  # link tokens inside a link that go
        self._late: list[str] = []  # closed by the author inside a Markdown span: they end with it
        self._break_due = False
        self._last_close: dict[str, int] = {}  # where each element is closed for the last time

    def convert(self, children: list[Token]) -> list[Token]:
        for position, token in enumerate(children):
            if token.type == "html_inline" and token.content.startswith("</"):
                self._last_close[token.content[2:].strip(" \t\n>").lower()] = position
        index = 0
        while index < len(children):
            token = children[index]
            if token.type == "html_inline":
                index = self._html(children, index)
            else:
                self._native(token)
                index += 1
        while self._stack:
            self._pop()
        return merged(self._out)

    def _put(self, token: Token) -> None:
        if self._break_due and self._out and token.nesting >= 0 and not is_break(token):
            if not is_break(self._out[-1]):
                self._out.append(make("hardbreak", "br", 0))
            self._break_due = False
        self._out.append(token)

    def _native(self, token: Token) -> None:
        if token.type == "link_open" and self._links:
            self._unlinked.append("link_close")
            return
        if token.type == "link_close" and self._unlinked:
            self._unlinked.pop()
            return
        if token.nesting > 0:
            self._links += token.type == "link_open"
            self._stack.append(("", None))
        elif token.nesting < 0:
            while self._stack and self._stack[-1][0]:
                self._pop()
            if self._stack:
                self._stack.pop()
            self._links -= token.type == "link_close"
            self._put(token)
            while self._stack and self._stack[-1][0] in self._late:
                self._late.remove(self._stack[-1][0])
                self._pop()
            return
        if is_break(token) and self._break_due:
            return
        self._put(token)

    def _pop(self) -> None:
        name, close = self._stack.pop()
        if close is not None:
            self._links -= name == "a" and close.type == "link_close"
            self._out.append(close)

    def _html(self, children: list[Token], index: int) -> int:
        """Take the html token at ``index``; the index to go on with."""
        following = index + 1
        for piece in htmltags.pieces(children[index].content):
            if piece.kind is Kind.TEXT:
                self._put(text_token(html.unescape(piece.raw)))
            elif piece.kind is Kind.CLOSE:
                self._close(piece)
            elif piece.kind is Kind.OPEN:
                following = max(following, self._open(piece, children, index))
        return following

    def _close(self, piece: Piece) -> None:
        if piece.name == "q":
            self._put(text_token("”"))
        elif piece.name == "rt":
            self._put(text_token(")"))
        elif piece.name in htmltags.BLOCKS:
            self._break_due = True
        elif any(name == piece.name for name, _ in self._raw_above_native()):
            while self._stack[-1][0] != piece.name:
                self._pop()
            self._pop()
        elif any(name == piece.name for name, _ in self._stack):
            self._late.append(piece.name)
        elif not htmltags.known(piece.name) and "-" not in piece.name and ":" not in piece.name:
            self._put(text_token(piece.raw))

    def _raw_above_native(self) -> list[tuple[str, Token | None]]:
        above = []
        for entry in reversed(self._stack):
            if not entry[0]:
                break
            above.append(entry)
        return above

    def _open(self, piece: Piece, children: list[Token], index: int) -> int:
        name, attrs = piece.name, piece.attrs
        report_handlers(piece, self._findings)
        if name in htmltags.WITHOUT_CONTENT or name in htmltags.MEDIA or name == "form":
            return self._removed(piece, children, index)
        if name in ("br", "hr"):
            self._put(make("hardbreak", "br", 0))
            self._break_due = False
        elif name == "img":
            if attrs.get("src") or attrs.get("data-src"):
                self._put(image(attrs))
        elif name == "input":
            self._input(piece)
        elif name == "a":
            self._anchor(attrs)
        elif name in htmltags.CODE:
            return self._code(piece, children, index)
        elif name == "q":
            self._put(text_token("“"))
        elif name == "rt":
            self._put(text_token(" ("))
        elif name in htmltags.INLINE:
            self._push(name, htmltags.INLINE[name], attrs)
        elif name in htmltags.BLOCKS:
            self._break_due = bool(self._out)
            if name == "li":
                self._put(text_token("• "))
        elif name == "span" and any(attrs.get(key) for key in KEPT_EVERYWHERE):
            self._push(name, "span", attrs)
        elif not htmltags.known(name):
            self._unknown(piece)
        return index + 1

    def _push(self, name: str, tag: str, attrs: dict[str, str]) -> None:
        kept = {key: attrs[key] for key in KEPT_EVERYWHERE if attrs.get(key)}
        if tag == "abbr" and attrs.get("title"):
            kept["title"] = attrs["title"]
        self._put(make(f"{tag}_open", tag, 1, **kept))
        self._stack.append((name, make(f"{tag}_close", tag, -1)))

    def _anchor(self, attrs: dict[str, str]) -> None:
        if attrs.get("href") is not None and attrs.get("href") != "" and not self._links:
            self._put(make("link_open", "a", 1, href=attrs["href"], title=attrs.get("title", "")))
            self._stack.append(("a", make("link_close", "a", -1)))
            self._links += 1
        elif attrs.get("id") or attrs.get("name"):
            self._put(make("span_open", "span", 1, id=attrs.get("id") or attrs.get("name", "")))
            self._stack.append(("a", make("span_close", "span", -1)))

    def _code(self, piece: Piece, children: list[Token], index: int) -> int:
        end = self._closing(children, index, piece.name)
        token = make("code_inline", "code", 0)
        inside = children[index + 1 : end if end is not None else index + 1]
        token.content = "".join(
            " " if child.type in ("softbreak", "hardbreak") else htmltags.text_of(child.content)
            if child.type == "html_inline" else child.content
            for child in inside
        )  # fmt: skip
        if token.content:
            self._put(token)
        return self._skip(children, index, end)

    def _input(self, piece: Piece) -> None:
        if piece.attrs.get("type", "").lower() in ("checkbox", "radio"):
            self._put(text_token("☑" if "checked" in piece.attrs else "☐"))
        else:
            report_removed(piece, self._findings)

    def _removed(self, piece: Piece, children: list[Token], index: int) -> int:
        end = None if piece.name == "embed" else self._closing(children, index, piece.name)
        inner = "".join(child.content for child in children[index + 1 : end]) if end is not None else ""
        if piece.name in htmltags.MEDIA:
            for token in player(piece, inner, self._findings):
                if token.type in ("image", "text") or not self._links:
                    self._put(token)
        elif piece.name == "form":
            for token in form(piece, inner, self._findings, self._newsletter):
                if token.type == "text" or not self._links:
                    self._put(token)
            self._break_due = True
        else:
            report_removed(piece, self._findings)
            if end is None and piece.name in ("script", "style"):
                end = len(children)
        return self._skip(children, index, end)

    def _skip(self, children: list[Token], index: int, end: int | None) -> int:
        """Leave out what stands up to ``end``, but not the half of a Markdown span that goes on behind it."""
        if end is None:
            return index + 1
        halves: list[Token] = []
        for token in children[index + 1 : end]:
            if token.nesting > 0:
                halves.append(token)
            elif token.nesting < 0 and halves and halves[-1].nesting > 0:
                halves.pop()
            elif token.nesting < 0:
                halves.append(token)
        for token in halves:
            self._native(token)
        return end + 1

    def _closing(self, children: list[Token], index: int, name: str) -> int | None:
        """The index of the html token that closes ``name``, which opens at ``index``."""
        depth = 0
        for position in range(index, self._last_close.get(name, -1) + 1):
            if children[position].type != "html_inline":
                continue
            for piece in htmltags.pieces(children[position].content):
                if piece.name == name:
                    depth += (piece.kind is Kind.OPEN) - (piece.kind is Kind.CLOSE)
            if depth <= 0 and position > index:
                return position
        return None

    def _unknown(self, piece: Piece) -> None:
        place = self._findings.locate(piece.raw)
        if "-" in piece.name or ":" in piece.name:
            self._findings.warning(
                place, "removed-html", f"<{piece.name}> cannot be shown in mail and was removed"
            )
            return
        self._findings.warning(
            place,
            "unknown-html",
            f"{piece.raw[:40]} is no HTML element, so it is shown as written",
            "Put it between backticks.",
        )
        self._put(text_token(piece.raw))


def player(piece: Piece, inner: str, findings: Findings) -> list[Token]:
    """A link in place of a frame or player; its poster, where it has one, is what is clicked."""
    source = piece.attrs.get("src") or piece.attrs.get("data") or ""
    for other in htmltags.pieces(inner):
        if not source and other.kind is Kind.OPEN and other.name in ("source", "embed", "iframe"):
            source = other.attrs.get("src", "")
    findings.warning(
        findings.locate(piece.raw),
        "removed-html",
        f"<{piece.name}> cannot be shown in mail" + (": a link stands in its place" if source else ""),
        "" if source else "Link to the page that shows it.",
    )
    if not source:
        return []
    page = watch_page(source)
    title = player_title(piece.attrs, page)
    if piece.attrs.get("poster"):
        poster = image({"src": piece.attrs["poster"], "alt": title})
        return [make("link_open", "a", 1, href=page), poster, make("link_close", "a", -1)]
    return link(page, title)


def form(piece: Piece, inner: str, findings: Findings, newsletter: Newsletter) -> list[Token]:
    """A link to our own subscribe page in place of a subscription form; nothing in place of another."""
    place = findings.locate(piece.raw)
    action = piece.attrs.get("action", "")
    if is_subscription(action, inner):
        findings.error(
            place,
            "removed-html",
            "a subscription form does not work in mail: a link to the subscribe page stands in its place",
            "Delete the form, or keep it in a shortcode that mail drops.",
        )
        return link(newsletter.subscribe_url, invitation(inner))
    hint = f"Link to {action} instead." if action.startswith("http") else "Link to the page that has it."
    findings.error(place, "removed-html", "a form does not work in mail and was removed", hint)
    return []


def report_removed(piece: Piece, findings: Findings) -> None:
    if piece.name in htmltags.REPORTED:
        place = findings.locate(piece.raw)
        findings.warning(place, "removed-html", f"<{piece.name}> does not work in mail and was removed")


def report_handlers(piece: Piece, findings: Findings) -> None:
    if piece.name == "form":
        return  # the whole form is reported
    for name in htmltags.event_handlers(piece.attrs):
        findings.warning(findings.locate(piece.raw), "removed-html", f"{name} on <{piece.name}> was removed")
