"""Turns MJML into HTML with mjml-python, and its ways of failing into one of ours.

Its parser reads strict XML, panics (a BaseException) on some input, and would link remote fonts if it were let.
"""

from __future__ import annotations

import re
from typing import Final

import mjml

from mailer.errors import TemplateError

_WHERE: Final = "issue/issue.mjml"
_HINT: Final = "Write the file with `mailer render` and look at the .mjml beside it."
_WHITE_LINE: Final = "display:none;font-size:1px;color:#ffffff;line-height:1px"
"""How MJML hides the preview line; white letters on white look like a trick to spam filters."""
_SPAN: Final = re.compile(r"(\d+)\.\.(\d+)")


def compile_mjml(source: str, *, language: str, direction: str) -> str:
    """HTML with an upper-case doctype, ``lang`` and ``dir`` on html and body. Raises TemplateError."""
    try:
        written = str(mjml.mjml2html(source, fonts={}))
    except BaseException as error:
        # PanicException derives from BaseException and has no importable name; real interrupts pass
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise TemplateError(
            f"MJML cannot be read{_near(source, str(error))}.", where=_WHERE, hint=_HINT
        ) from error
    written = written.replace(_WHITE_LINE, _WHITE_LINE.replace("color:#ffffff;", ""), 1)
    written = re.sub(r"^<!doctype html>", "<!DOCTYPE html>", written, flags=re.IGNORECASE)
    return re.sub(r"<body\b", f'<body lang="{language}" dir="{direction}"', written, count=1)


def _near(source: str, message: str) -> str:
    """The place that a byte span in MJML's message points at, as a few words of the source."""
    span = _SPAN.search(message)
    if span is None:
        return ""
    start = int(span[1])
    near = source.encode()[max(0, start - 20) : start + 40].decode(errors="ignore")
    line = source.encode()[:start].count(b"\n") + 1
    return f": line {line}, near {' '.join(near.split())!r}"
