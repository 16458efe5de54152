"""Bytes of a mail, however broken, become a small tree of parts with decoded text.

Law: total and bounded. No input raises, recurses deep, or takes time beyond linear in READ_LIMIT_BYTES; that
is why the standard library's parser, which recurses per nested message, does not stand here.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import quopri
import re
from dataclasses import dataclass
from itertools import islice
from typing import Final

READ_LIMIT_BYTES: Final = 256 * 1024  # a report says all it has to say before this; the rest is the returned mail
HEADER_LIMIT: Final = 400  # fields of one header; more is an attack
VALUE_LIMIT: Final = 4000  # characters of one field's value
PARTS_LIMIT: Final = 60
DEPTH_LIMIT: Final = 6

TEXT: Final = "text/plain"
Header = tuple[str, str]
"""(lower-case name, unfolded and decoded value)"""

_FIELD = re.compile(rb"([!-9;-~]{1,80})[ \t]*:(.*)", re.DOTALL)
_ENCODED_WORD = re.compile(r"=\?([A-Za-z0-9_\-.:+]{1,40})(?:\*[A-Za-z\-]{1,20})?\?([BbQq])\?([^?\s]{0,500})\?=")
_BETWEEN_WORDS = re.compile(r"\?=[ \t]+=\?")
_PARAMETER = re.compile(r';\s*([\w!#$&+\-^.*]{1,60})\s*=\s*("(?:[^"\\]|\\.){0,300}"|[^\s;"]{1,300})')
_SNIFFED_BOUNDARY = re.compile(rb"(?m)^--(\S{6,78})[ \t]*\n(?=Content-[A-Za-z-]{4,30}:)", re.IGNORECASE)
_TAG_BREAK = re.compile(r"(?i)<(?:br|p|/p|div|/div|tr|/tr|li|/li|h[1-6]|/h[1-6]|table|td)\b[^<>]*>")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_HIDDEN: Final = ("head", "style", "script")
# Encodings that Python would also accept but that no mail may choose: not charsets, or slow on wild input.
_REFUSED_CODECS: Final = frozenset(
    {"punycode", "idna", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"}
)
_JAPANESE: Final = frozenset({"iso2022_jp", "euc_jp", "shift_jis", "cp932"})


@dataclass(frozen=True, slots=True)
class Part:
    """One node of a mail. ``text`` is empty for anything but text; ``children`` only for multiparts."""

    headers: tuple[Header, ...]
    content_type: str  # lower case, "text/plain" when missing or absurd
    parameters: tuple[Header, ...]
    text: str  # decoded, "\n" line ends
    children: tuple[Part, ...] = ()

    def header(self, name: str) -> str:
        """The first field of that (lower-case) name, or an empty string."""
        return next((value for key, value in self.headers if key == name), "")

    def all_headers(self, name: str) -> tuple[str, ...]:
        """Every value of that (lower-case) name, in order."""
        return tuple(value for key, value in self.headers if key == name)

    def parameter(self, name: str) -> str:
        """A parameter of Content-Type, lower-case name, or an empty string."""
        return next((value for key, value in self.parameters if key == name), "")


def read_mime(raw: bytes) -> Part:
    """The tree of a mail: at most READ_LIMIT_BYTES, PARTS_LIMIT parts and DEPTH_LIMIT levels of it."""
    data = raw[:READ_LIMIT_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\0", b"")
    return _part(data, depth=0, budget=[PARTS_LIMIT])


def read_headers(block: bytes) -> tuple[Header, ...]:
    """The fields of one header block; lines that are no field are passed over."""
    fields: list[tuple[bytes, list[bytes]]] = []
    for line in block.split(b"\n"):
        if line[:1] in (b" ", b"\t"):
            if fields:
                fields[-1][1].append(line.strip())
            continue
        match = _FIELD.match(line)
        if match is None:
            continue
        if len(fields) >= HEADER_LIMIT:
            break
        fields.append((match[1].lower(), [match[2].strip()]))
    return tuple(
        (name.decode("ascii"), decode_words(_decode(b" ".join(lines)[:VALUE_LIMIT], "utf-8")).strip())
        for name, lines in fields
    )


def decode_words(value: str) -> str:
    """Decode RFC 2047 encoded-words; what cannot be decoded stays as it was."""
    if "=?" not in value:
        return value
    return _ENCODED_WORD.sub(_decoded_word, _BETWEEN_WORDS.sub("?==?", value))


def text_of_html(source: str) -> str:
    """The words of an HTML part, one block element a line; good enough to read a failure notice."""
    text = source[:READ_LIMIT_BYTES]
    for name in _HIDDEN:
        text = _without_element(text, name)
    text = _TAG.sub(" ", _TAG_BREAK.sub("\n", text))
    return html.unescape(text).replace("\xa0", " ")


def _without_element(source: str, name: str) -> str:
    """Cut <name>…</name> out by searching, not by a regex: linear also when nothing is ever closed."""
    lowered = source.lower()
    if len(lowered) != len(source):
        return source  # lower-casing moved the positions (rare scripts): keep the noise, it does no harm
    kept: list[str] = []
    position = 0
    while (start := lowered.find(f"<{name}", position)) >= 0 and (end := lowered.find(f"</{name}", start)) >= 0:
        kept.append(source[position:start])
        position = end
    return "".join([*kept, source[position:]])


def _decoded_word(match: re.Match[str]) -> str:
    charset, how, payload = match.groups()
    raw = payload.encode("ascii", "replace")
    data = _unbase64(raw) if how in "Bb" else quopri.decodestring(raw, header=True)
    return _decode(data, charset).replace("\n", " ").replace("\r", " ")


def _part(data: bytes, depth: int, budget: list[int]) -> Part:
    budget[0] -= 1
    head, body = _split_head(data)
    headers = read_headers(head)
    content_type, parameters = _content_type(next((v for k, v in headers if k == "content-type"), ""))
    if content_type.startswith("multipart/") and depth < DEPTH_LIMIT:
        boundary = dict(parameters).get("boundary", "").encode("utf-8", "replace")
        pieces = _pieces(body, boundary) or _pieces(body, _sniffed(body))
        if pieces:
            children = [_part(piece, depth + 1, budget) for piece in pieces if budget[0] > 0]
            return Part(headers, content_type, parameters, "", tuple(children))
        content_type = TEXT
    elif depth == 0 and content_type == TEXT and (boundary := _sniffed(body)):
        # a multipart whose own header lines were lost on the way (old sendmail behind a gateway)
        children = [_part(piece, 1, budget) for piece in _pieces(body, boundary, preamble=True) if budget[0] > 0]
        return Part(headers, "multipart/mixed", (("sniffed", "yes"),), "", tuple(children))
    return Part(headers, content_type, parameters, _text(body, headers, content_type, dict(parameters)))


def _split_head(data: bytes) -> tuple[bytes, bytes]:
    if data.startswith(b"\n"):
        return b"", data[1:]
    first, _, rest = data.partition(b"\n")
    if first.startswith((b"From ", b">From ")):  # an mbox separator that was left on
        data = rest
    head, found, body = data.partition(b"\n\n")
    return (head, body) if found else (data, b"")


def _content_type(value: str) -> tuple[str, tuple[Header, ...]]:
    kind = value.partition(";")[0].strip().lower()
    parameters = tuple((m[1].lower(), _unquoted(m[2])) for m in _PARAMETER.finditer(value[:VALUE_LIMIT]))
    return (kind if re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,80}", kind) else TEXT), parameters


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _pieces(body: bytes, boundary: bytes, *, preamble: bool = False) -> list[bytes]:
    """The parts between boundary lines; empty when the boundary never occurs."""
    if not boundary:
        return []
    delimiter = re.compile(rb"(?m)^--" + re.escape(boundary) + rb"(--)?[ \t]*$\n?")
    marks = [match.span() for match in islice(delimiter.finditer(body), PARTS_LIMIT + 1)]
    if not marks:
        return []
    ends = [start for start, _ in marks[1:]] + [len(body)]
    pieces = [body[end:stop] for (_, end), stop in zip(marks, ends, strict=True)]
    if preamble and marks[0][0] > 0:
        pieces.insert(0, b"\n" + body[: marks[0][0]])
    return [piece for piece in pieces if piece.strip()]


def _sniffed(body: bytes) -> bytes:
    match = _SNIFFED_BOUNDARY.search(body)
    return match[1] if match else b""


def _text(body: bytes, headers: tuple[Header, ...], content_type: str, parameters: dict[str, str]) -> str:
    if not content_type.startswith(("text/", "message/", "application/json")):
        return ""
    encoding = next((v for k, v in headers if k == "content-transfer-encoding"), "").strip().lower()
    if encoding == "base64":
        body = _unbase64(body)
    elif encoding == "quoted-printable":
        body = quopri.decodestring(body)
    text = _decode(body, parameters.get("charset", ""))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _unbase64(data: bytes) -> bytes:
    clean = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    clean = clean[: len(clean) - (len(clean) % 4 == 1)]
    try:
        return base64.b64decode(clean + b"=" * (-len(clean) % 4))
    except (binascii.Error, ValueError):
        return data


def _decode(data: bytes, charset: str) -> str:
    """Decode with the charset that is declared, then with those that are meant when it is a lie."""
    declared = _codec(charset)
    guesses = ["utf-8"]
    if b"\x1b$" in data:
        guesses.insert(0, "iso2022_jp")
    elif declared:
        guesses.insert(0, declared)
    if declared in _JAPANESE:
        guesses += ["euc_jp", "cp932"]
    for guess in guesses:
        try:
            return data.decode(guess)
        except (UnicodeError, LookupError, ValueError):
            continue
    return data.decode(declared if declared and declared not in _JAPANESE else "cp1252", "replace")


def _codec(charset: str) -> str:
    name = charset.strip().strip("\"'").lower().replace("_", "-")
    if not name or name in _REFUSED_CODECS or len(name) > 40 or not name.isascii():
        return ""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError, UnicodeError):
        return ""
    # private but the only way to tell "rot13" and "zip" from charsets
    return found.name.replace("-", "_") if getattr(found, "_is_text_encoding", True) else ""
