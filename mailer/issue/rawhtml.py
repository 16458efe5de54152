"""Raw HTML between paragraphs: blocks become the tokens that Markdown makes for the same thing.

Law: what comes out holds no ``html_block`` and no ``html_inline``, opens and closes in order, and keeps only
attributes named here. Comments go; forms, scripts and frames go and are reported.
"""

from __future__ import annotations

import html
import re

from markdown_it.token import Token

from mailer.issue import htmltags
from mailer.issue.boxes import Box, flatten
from mailer.issue.findings import Findings
from mailer.issue.htmltags import Kind, Piece
from mailer.issue.inline_html import InlineHtml, form, report_handlers, report_removed
from mailer.issue.markdown import References, parse_inline
from mailer.issue.native import make
from mailer.issue.sitemarks import without_site_marks
from mailer.newsletter import Newsletter

_CLOSES_PARAGRAPH = htmltags.BLOCKS - {"p"}
_IMPLIED_END = {
    "li": ("li",),
    "dt": ("dt", "dd"),
    "dd": ("dt", "dd"),
    "tr": ("tr", "td", "th"),
    "td": ("td", "th"),
    "th": ("td", "th"),
    "p": ("p",),
    "tbody": ("tr", "td", "th", "thead", "tbody"),
    "tfoot": ("tr", "td", "th", "thead", "tbody"),
}  # opening the one closes the other (HTML section 13.1.2.4)
_SCOPES = frozenset({"ul", "ol", "dl", "table"})  # implied ends do not reach out of these


MAX_DEPTH = 100  # elements inside elements; deeper tags are left out, their words stay


def without_raw_html(
    tokens: list[Token], findings: Findings, newsletter: Newsletter, references: References
) -> list[Token]:
    """Block tokens (``map`` in file lines) without any raw HTML in them."""
    reader = _Reader(findings, newsletter, references)
    for index, token in enumerate(tokens):
        reader.take(
            token, tokens[index + 1 :] if token.type == "html_block" and "<form" in token.content.lower() else []
        )
    return reader.finish()


class _Reader:
    """A tree of boxes that grows with the tokens."""

    def __init__(self, findings: Findings, newsletter: Newsletter, references: References) -> None:
        self._references = references
        self._findings = findings
        self._newsletter = newsletter
        self._root = Box("", None)
        self._open = [self._root]
        self._skip_until = ""  # inside a form that spans several blocks
        self._skip_depth = 0

    def finish(self) -> list[Token]:
        return flatten(self._root)

    def take(self, token: Token, following: list[Token]) -> None:
        if self._skip_until and not self._skipped(token):
            return
        if token.map is not None and (token.nesting == 0 or token.type == "inline"):
            self._findings.enter(token.map)
        if token.type == "html_block" or self._is_indented_end(token):
            self._html(token.content, token.map, following)
        elif token.type == "inline":
            self._inline(token)
        elif token.nesting > 0:
            if self._open[-1].name == "p":
                self._open.pop()
            self._push(Box("", token))
        elif token.nesting < 0:
            while self._open[-1].name:
                self._open.pop()
            if len(self._open) > 1:
                self._open.pop().close = token
        else:
            self._open[-1].items.append(token)

    def _is_indented_end(self, token: Token) -> bool:
        """``    </td>`` after an empty line is code for Markdown, and the end of a cell for everybody else."""
        end = re.match(r"</([A-Za-z][A-Za-z0-9]*)\s*>", token.content) if token.type == "code_block" else None
        return end is not None and any(box.name == end.group(1).lower() for box in self._open)

    def _skipped(self, token: Token) -> bool:
        """Inside a spanning form: True when this token is to be read again."""
        if token.nesting < 0 and self._skip_depth == 0:
            self._skip_until = ""  # the list or quote around it ends first
            return True
        self._skip_depth += token.nesting
        content = token.content if token.type in ("html_block", "inline") else ""
        match = re.search(rf"</{self._skip_until}\s*>", content, re.IGNORECASE)
        if match:
            self._skip_until = ""
            if token.type == "html_block":
                self._html(content[match.end() :], token.map, [])
        return False

    def _push(self, box: Box) -> None:
        self._open[-1].items.append(box)
        self._open.append(box)

    def _inline(self, token: Token) -> None:
        before = len(token.children or [])
        quoted = len(self._open) > 1 and self._open[-2].kind == "blockquote" and len(self._open[-2].items) == 1
        children = without_site_marks(token.children or [], quoted=quoted)
        token.children = InlineHtml(self._findings, self._newsletter).convert(children)
        if token.children or (not before and self._open[-1].kind != "heading"):
            self._open[-1].items.append(token)
        else:
            self._open[-1].emptied = True

    def _html(self, content: str, lines: list[int] | None, following: list[Token]) -> None:
        stretch: list[str] = []
        skip = ("", 0)  # an element that goes with its content
        first_offset = 0
        parts = list(htmltags.pieces(content))
        here, before = self._open[-1], len(self._open[-1].items)
        index = 0
        while index < len(parts):
            piece = parts[index]
            index += 1
            if piece.kind is Kind.COMMENT:
                self._comment(piece)
            elif skip[0]:
                if piece.name == skip[0]:
                    depth = skip[1] + (1 if piece.kind is Kind.OPEN else -1)
                    skip = (skip[0] if depth else "", depth)
            elif piece.kind is Kind.OPEN and piece.name in ("script", "style", "template", "svg", "math"):
                report_removed(piece, self._findings)
                skip = (piece.name, 1)
            elif piece.kind is Kind.TEXT or piece.name not in htmltags.BLOCKS:
                first_offset = piece.offset if not stretch else first_offset
                stretch.append(piece.raw)
            else:
                self._stretch(stretch, _line(content, first_offset, lines))
                if piece.kind is Kind.CLOSE:
                    self._close(piece.name)
                elif piece.name == "pre":
                    index = self._pre(parts, index, _line(content, piece.offset, lines))
                elif piece.name == "form":
                    index = self._form(piece, parts, index, following)
                else:
                    self._start(piece, _line(content, piece.offset, lines))
        self._stretch(stretch, _line(content, first_offset, lines))
        here.emptied = here.emptied or len(here.items) == before

    def _comment(self, piece: Piece) -> None:
        if not piece.complete and piece.raw.startswith("<!--"):
            self._findings.error(
                self._findings.locate(piece.raw[:40]),
                "html-comment",
                "this comment is never closed, so everything after it is lost",
                "Close it with -->.",
            )

    def _stretch(self, stretch: list[str], lines: list[int] | None) -> None:
        """Words and inline tags between two block tags: a paragraph, or what fills the heading or cell."""
        text = "".join(stretch).strip()
        stretch.clear()
        if not text:
            return
        children = InlineHtml(self._findings, self._newsletter).convert(
            parse_inline(re.sub(r"\s*\n\s*", "\n", text), self._references)
        )
        if not children:
            return
        inline = make("inline", "", 0)
        inline.children, inline.map = children, lines
        here = self._open[-1]
        if here.holds_words or (here.name == "figure" and only_images(children)):
            here.items.append(inline)
        else:
            here.items.append(_paragraph(inline, hidden=here.name in ("li", "dd")))

    def _start(self, piece: Piece, lines: list[int] | None) -> None:
        report_handlers(piece, self._findings)
        name = piece.name
        if self._open[-1].name == "p" and name in _CLOSES_PARAGRAPH:
            self._open.pop()
        self._end_implied(_IMPLIED_END.get(name, ()))
        if name == "hr":
            rule = make("hr", "hr", 0)
            rule.map = lines
            self._open[-1].items.append(rule)
        elif name not in ("col", "colgroup") and len(self._open) < MAX_DEPTH:
            self._push(Box.raw(name, piece.attrs, lines))

    def _end_implied(self, names: tuple[str, ...]) -> None:
        for depth in range(len(self._open) - 1, 0, -1):
            name = self._open[depth].name
            if not name or name in _SCOPES:
                return
            if name in names:
                del self._open[depth:]
                self._end_implied(names)
                return

    def _close(self, name: str) -> None:
        for depth in range(len(self._open) - 1, 0, -1):
            if not self._open[depth].name:
                return  # never close what Markdown opened
            if self._open[depth].name == name:
                del self._open[depth:]
                return

    def _pre(self, parts: list[Piece], index: int, lines: list[int] | None) -> int:
        code, language = [], ""
        while index < len(parts):
            piece = parts[index]
            index += 1
            if piece.kind is Kind.CLOSE and piece.name == "pre":
                break
            if piece.kind is Kind.TEXT:
                code.append(html.unescape(piece.raw))
            elif piece.name == "br":
                code.append("\n")
            elif piece.name == "code" and piece.kind is Kind.OPEN:
                named = re.search(r"(?:language|lang)-([\w+#-]+)", piece.attrs.get("class", ""))
                language = named.group(1) if named else language
        token = make("fence", "code", 0)
        token.content = "".join(code).strip("\n") + "\n"
        token.info, token.markup, token.map = language, "```", lines
        if token.content.strip():
            self._open[-1].items.append(token)
        return index

    def _form(self, piece: Piece, parts: list[Piece], index: int, following: list[Token]) -> int:
        inner: list[str] = []
        end = next(
            (i for i in range(index, len(parts)) if parts[i].kind is Kind.CLOSE and parts[i].name == "form"), None
        )
        inner = [part.raw for part in parts[index : end if end is not None else len(parts)]]
        if end is None:
            rest = [token.content for token in following if token.type in ("html_block", "inline")]
            if any("</form" in content.lower() for content in rest):
                self._skip_until, self._skip_depth = "form", 0
                for content in rest:
                    inner.append(content)
                    if "</form" in content.lower():
                        break
            end = len(parts)
        children = form(piece, "".join(inner), self._findings, self._newsletter)
        if children:
            inline = make("inline", "", 0)
            inline.children = children
            inline.map = [self._findings.here().line - 1, self._findings.here().line]
            self._open[-1].items.append(_paragraph(inline))
        return end + 1


def _paragraph(inline: Token, *, hidden: bool = False) -> Box:
    opening, closing = make("paragraph_open", "p", 1), make("paragraph_close", "p", -1)
    opening.map = inline.map
    opening.hidden = closing.hidden = hidden
    return Box("p", opening, closing, [inline])


def only_images(children: list[Token]) -> bool:
    return all(
        token.type in ("image", "link_open", "link_close", "softbreak", "hardbreak")
        or (token.type == "text" and not token.content.strip())
        for token in children
    )


def _line(content: str, offset: int, lines: list[int] | None) -> list[int] | None:
    if lines is None:
        return None
    line = min(lines[0] + content.count("\n", 0, offset), max(lines[1] - 1, lines[0]))
    return [line, line + 1]
