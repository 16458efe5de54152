"""Marks in tokens become what their shortcodes stand for; in code they become what was written.

A shortcode alone on its line of a paragraph is a block: the paragraph ends before it and goes on after it.
"""

from __future__ import annotations

import re

from markdown_it.token import Token

from mailer.issue.expansion import Expander
from mailer.issue.markdown import References, parse_inline
from mailer.issue.native import make, text_token
from mailer.issue.shortcodes import Hidden

_HTML_PARTS = re.compile(r"<!--.*?(?:-->|\Z)|<[A-Za-z/](?:[^<>\"']|\"[^\"]*\"|'[^']*')*>", re.DOTALL)
_BLOCK_HTML = re.compile(
    r"\s*<(figure|p|div|table|ul|ol|h[1-6]|blockquote|hr|center|section|aside)\b", re.IGNORECASE
)


class Marks:
    """The marks of one body and their meaning."""

    def __init__(self, hidden: Hidden, expander: Expander, references: References) -> None:
        self._hidden = hidden
        self._expander = expander
        self._references = references

    def resolve(self, tokens: list[Token]) -> list[Token]:
        """Block tokens without any mark; raw HTML that shortcodes stand for is still raw."""
        if not self._hidden.tags:
            return tokens
        out: list[Token] = []
        index = 0
        while index < len(tokens):
            token = tokens[index]
            if token.type == "paragraph_open" and self._holds_blocks(tokens[index + 1]):
                out.extend(self._paragraph(token, tokens[index + 1], tokens[index + 2]))
                index += 3
                continue
            self._block(token)
            out.append(token)
            index += 1
        return out

    def _block(self, token: Token) -> None:
        if token.type in ("fence", "code_block"):
            token.content = self._hidden.restore(token.content)
            token.info = self._hidden.restore(token.info)
        elif token.type == "html_block":
            token.content = self._in_html(token.content)
        elif token.type == "inline":
            token.children = self._children(token.children or [])

    def _in_html(self, content: str) -> str:
        """Marks in raw HTML: as text inside a tag, as HTML between tags; in a comment they go with it."""
        if not self._hidden.has_marks(content):
            return content
        out, position = [], 0
        for part in _HTML_PARTS.finditer(content):
            out.append(self._as_html(content[position : part.start()]))
            inside = part.group()
            out.append(self._hidden.without(inside) if inside.startswith("<!--") else self._as_text(inside))
            position = part.end()
        out.append(self._as_html(content[position:]))
        return "".join(out)

    def _as_html(self, text: str) -> str:
        tags = self._hidden.tags
        return "".join(
            self._expander.expand(tags[letter]).as_html if letter in tags else letter for letter in text
        )

    def _as_text(self, text: str) -> str:
        tags = self._hidden.tags
        return "".join(self._expander.expand(tags[letter]).text if letter in tags else letter for letter in text)

    def _children(self, children: list[Token]) -> list[Token]:
        out: list[Token] = []
        for token in children:
            if token.type in ("text", "text_special") and self._hidden.has_marks(token.content):
                out.extend(self._text(token.content))
                continue
            if token.type == "code_inline":
                token.content = self._hidden.restore(token.content)
            elif token.type == "html_inline":
                token.content = self._in_html(token.content)
            for name, value in token.attrs.items():
                if isinstance(value, str) and self._hidden.has_marks(value):
                    token.attrs[name] = self._as_text(value)
            if token.type == "image":
                token.children = self._children(token.children or [])
                token.content = self._hidden.restore(token.content)
            out.append(token)
        return out

    def _text(self, content: str) -> list[Token]:
        """Words with marks in them: the marks become inline tokens."""
        out: list[Token] = []
        words = ""
        for letter in content:
            tag = self._hidden.tags.get(letter)
            if tag is None:
                words += letter
                continue
            expansion = self._expander.expand(tag)
            if expansion.html:
                out += [text_token(words), *parse_inline(expansion.html, self._references)]
                words = ""
            else:
                words += expansion.text
        return [token for token in [*out, text_token(words)] if token.type != "text" or token.content]

    def _holds_blocks(self, inline: Token) -> bool:
        return inline.type == "inline" and any(self._is_lone(line) for line in _lines(inline.children or []))

    def _is_lone(self, line: list[Token]) -> bool:
        words = "".join(token.content for token in line).split() if all(t.type == "text" for t in line) else []
        letters = "".join(words)
        return bool(letters) and all(letter in self._hidden.tags for letter in letters)

    def _paragraph(self, opening: Token, inline: Token, closing: Token) -> list[Token]:
        out: list[Token] = []
        lines: list[list[Token]] = []
        depth = 0

        def flush() -> None:
            children = self._children(
                [token for line in lines for token in [*line, make("softbreak", "br", 0)]][:-1]
            )
            if children:
                start, end = make(opening.type, opening.tag, 1), make(closing.type, closing.tag, -1)
                start.hidden = end.hidden = opening.hidden
                start.map = inline.map
                words = make("inline", "", 0)
                words.map, words.children = inline.map, children
                out.extend([start, words, end])
            lines.clear()

        for line in _lines(inline.children or []):
            if depth == 0 and self._is_lone(line):
                blocks = [
                    self._expander.expand(self._hidden.tags[x]) for t in line for x in t.content if x.strip()
                ]
                if any(_BLOCK_HTML.match(block.html) for block in blocks) or not any(b.as_html for b in blocks):
                    flush()
                    html_block = make("html_block", "", 0)
                    html_block.content = "".join(block.as_html for block in blocks)
                    html_block.map = inline.map
                    out.append(html_block)
                    continue
                lines.append([t for b in blocks for t in _inline(b.html, b.text, self._references)])
                continue
            depth += sum(token.nesting for token in line)
            lines.append(line)
        flush()
        return out


def _inline(markup: str, text: str, references: References) -> list[Token]:
    return parse_inline(markup, references) if markup else [text_token(text)] if text else []


def _lines(children: list[Token]) -> list[list[Token]]:
    """Inline tokens, line by line as written (a hard break stays a soft one between two blocks)."""
    lines: list[list[Token]] = [[]]
    for token in children:
        if token.type == "softbreak":
            lines.append([])
        else:
            lines[-1].append(token)
    return lines
