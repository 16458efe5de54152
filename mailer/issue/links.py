"""Every link and image of an issue gets an address that works from a mailbox, or goes and is reported.

Law: after this an ``href`` or ``src`` is absolute, of no scheme that can run or read anything at the reader's,
ASCII, with its host in punycode.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

import idna
from markdown_it.token import Token

from mailer.issue.findings import Findings
from mailer.issue.markdown import plain_text
from mailer.issue.native import merged

KEPT_SCHEMES: Final = frozenset({
    "http", "https", "mailto", "xmpp", "tel", "sms", "geo", "irc", "ircs", "matrix", "sip", "sips", "ftp",
    "ftps", "sftp", "gemini", "gopher", "news", "nntp", "magnet", "webcal", "feed", "git", "ssh", "bitcoin",
    "openpgp4fpr", "cid", "acct", "callto", "skype", "signal", "whatsapp", "tg", "im", "pres", "ipfs",
})  # fmt: skip
IMAGE_SCHEMES: Final = frozenset({"http", "https", "cid"})
DANGEROUS: Final = frozenset({
    "javascript", "livescript", "mocha", "vbscript", "vbs", "data", "file", "blob", "filesystem", "about",
    "view-source", "jar", "mhtml", "res", "shell", "chrome", "resource", "intent", "search-ms", "search", "ldap",
    "ms-msdt", "ms-officecmd", "ms-word", "ms-excel", "ms-powerpoint", "ms-appinstaller", "ms-its", "its",
})  # fmt: skip
"""Schemes by which a link runs something, or hands over what is on the reader's machine."""

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*):")
_PELICAN = re.compile(
    r"^(?:\{(filename|static|attach|index|author|category|tag|archives)\}|\|(filename|static|attach)\|)(.*)$", re.S
)
_SAFE: Final = "!#$%&'()*+,/:;=?@[]~-._"  # RFC 3986: what may stand unencoded, and "%" for what is encoded already
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_BARE_HOST = re.compile(
    r"(?:www\.[\w-]+\.|(?:[\w-]+\.)+(?:org|com|net|io|dev|im|eu|de|fr|it|chat|info|social)(?=[/?#:]|$))",
    re.IGNORECASE,
)
_INVISIBLE = re.compile("[\u0000-\u0020\u007f-\u00a0\u200b-\u200f\u2028-\u202e\u2060\ufeff]")


@dataclass(frozen=True, slots=True)
class Base:
    """What relative addresses are relative to; "" where it is not known."""

    site_url: str
    page_url: str
    web_url: str  # the edition in our archive, for ``#anchor``


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an address cannot stay as it is; ``removed`` when nothing can take its place."""

    rule: str
    message: str
    hint: str
    removed: bool = True


def make_absolute(tokens: list[Token], base: Base, findings: Findings) -> None:
    """Rewrite links and images in place; ``meta`` keeps what was written, with line and column."""
    for token in tokens:
        if token.type == "inline" and token.children:
            findings.enter(token.map)
            token.children = _inline(token.children, base, findings)


def _inline(children: list[Token], base: Base, findings: Findings) -> list[Token]:
    out: list[Token] = []
    removed: list[bool] = []
    for token in children:
        if token.type == "link_open":
            keep = _rewrite(token, "href", base, findings)
            removed.append(not keep)
            if keep:
                out.append(token)
        elif token.type == "link_close":
            if not (removed and removed.pop()):
                out.append(token)
        elif token.type == "image":
            if _rewrite(token, "src", base, findings):
                out.append(token)
            elif plain_text(token.children):
                words = Token("text", "", 0)
                words.content = plain_text(token.children)
                out.append(words)
        else:
            out.append(token)
    return merged(out) if len(out) < len(children) else out


def _rewrite(token: Token, attribute: str, base: Base, findings: Findings) -> bool:
    """Give a token its address; False when it must go."""
    written = str(token.attrs.get(attribute, ""))
    place = findings.first_of(
        written or "]()", html.escape(written, quote=False), re.sub(r"^(http://|mailto:)", "", written)
    )
    token.meta = {**token.meta, "source": written, "line": place.line, "column": place.column}
    if token.info == "mended":
        token.info = ""
        findings.warning(
            place, "broken-link", "this link is written with a slip, and was mended", "Write [text](address)."
        )
    address, fault = resolve(written, base, image=token.type == "image")
    if fault is not None:
        if fault.removed:
            findings.error(place, fault.rule, fault.message, fault.hint)
        else:
            findings.warning(place, fault.rule, fault.message, fault.hint)
    token.attrs[attribute] = address
    return bool(address)


def resolve(written: str, base: Base, *, image: bool = False) -> tuple[str, Fault | None]:
    """The absolute address of what was written ("" : it must go), and what is wrong with it."""
    what = "image" if image else "link"
    address = written.strip()
    scheme = _SCHEME.match(_INVISIBLE.sub("", address))
    name = scheme.group(1).lower() if scheme else ""
    if name in DANGEROUS:
        return "", Fault("unsafe-link", f"{name}: {what}s are not sent", f"Use an https address for this {what}.")
    if not address:
        return "", Fault("empty-link", f"this {what} has no address", "Write the address between the brackets.")
    pelican = _PELICAN.match(address)
    if pelican:
        address, name = _of_pelican(pelican.group(1) or pelican.group(2), pelican.group(3)), ""
    if name and "." not in name and name != "localhost":
        if image and name not in IMAGE_SCHEMES:
            return "", Fault("unsafe-link", f"{name}: images do not work in mail", "Use an https address.")
        if not image and name not in KEPT_SCHEMES:
            message = f"few mail clients open {name[:40]}: links"
            return encoded(address), Fault("unsafe-link", message, "Use an https address.", removed=False)
        return encoded(address), None
    return _relative(address, base, what)


def _of_pelican(kind: str, path: str) -> str:
    """A content path of Pelican as a path on the site."""
    if kind in ("static", "attach"):
        return path if path.startswith("/") or kind == "attach" else f"/{path}"
    if kind == "filename":
        return re.sub(r"\.(md|markdown|rst|mkd|html)(?=#|$)", ".html", path)
    return "/" if kind == "index" else f"/{kind}/{path}.html"


def _relative(address: str, base: Base, what: str) -> tuple[str, Fault | None]:
    if address.startswith("//"):
        return encoded("https:" + address), None
    if address.startswith("#"):
        home = base.web_url if _SCHEME.match(base.web_url) else base.page_url
        return (encoded(home + address), None) if home else (encoded(address), _unresolved(address, what))
    if _BARE_HOST.match(address):
        hint = f"Write https://{address[:60]}."
        return encoded("https://" + address), Fault(
            "relative-link", f"this {what} lacks its https://", hint, False
        )
    site = base.site_url.rstrip("/") + "/" if base.site_url else ""
    if address.startswith("/"):
        home = site or base.page_url
    else:
        home = base.page_url
    if not home:
        return encoded(address), _unresolved(address, what)
    try:
        return encoded(urljoin(home, address)), None
    except ValueError:
        return encoded(address), _unresolved(address, what)


def _unresolved(address: str, what: str) -> Fault:
    if address.startswith("/"):
        hint = "Set site_url of the newsletter, or write the whole address."
    else:
        hint = "Write the whole address or a path from the site's root, or name the page in the header (url: …)."
    return Fault("relative-link", f"this {what} is relative and cannot be resolved: {address[:80]}", hint)


def encoded(address: str) -> str:
    """An address as RFC 3986 wants it: ASCII only, host in punycode, nothing encoded twice."""
    address = re.sub(r"[\t\n\r]", "", address.strip())
    try:
        parts = urlsplit(address)
        if parts.scheme.lower() in ("http", "https", "ftp", "ftps", "gemini") and parts.netloc:
            address = urlunsplit(parts._replace(netloc=_ascii_netloc(parts.netloc)))
            address = re.sub(r"^([A-Za-z]+:)///*(?=[^/])", r"\1//", address)
    except ValueError:
        pass  # not an address that anybody can open, but not ours to judge
    if parts_of_mail(address):
        address = _ascii_mail(address)
    return quote(_LONE_PERCENT.sub("%25", address), safe=_SAFE, errors="replace")


def parts_of_mail(address: str) -> bool:
    return address.lower().startswith(("mailto:", "xmpp:")) and not address.isascii()


def _ascii_mail(address: str) -> str:
    """The domain of a mailto: address in punycode; XMPP keeps UTF-8, percent-encoded (RFC 5122 section 2.2)."""
    if not address.lower().startswith("mailto:"):
        return address
    target, mark, query = address.partition("?")
    local, at, domain = target.rpartition("@")
    return f"{local}{at}{ascii_host(domain)}{mark}{query}" if at else address


def _ascii_netloc(netloc: str) -> str:
    user, at, host = "".join(netloc.split()).rpartition("@")
    name, colon, port = host.partition(":") if not host.startswith("[") else (host, "", "")
    return f"{user}{at}{ascii_host(name)}{colon}{port}"


def ascii_host(host: str) -> str:
    """A host name in punycode (IDNA 2008 with UTS 46 mapping); as it is when it is no valid name."""
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        try:
            return host.encode("idna").decode("ascii")
        except UnicodeError:
            return host
