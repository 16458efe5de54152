"""How heavy each section of the finished HTML is, so that an oversize issue can be told where to cut."""

from __future__ import annotations

import binascii
import re
from typing import Final

from mailer.render.model import SectionWeight
from mailer.render.outline import Outline

_HEADING: Final = re.compile(r"<h[2-6][ >]")


def encoded_bytes(markup: str) -> int:
    """The size of a piece of HTML in a mail: quoted-printable with CRLF."""
    encoded = binascii.b2a_qp(markup.encode(), istext=True)
    return len(encoded) + encoded.count(b"\n")


def weights(markup: str, order: Outline) -> tuple[SectionWeight, ...]:
    """A weight for each heading of the body, from it to the next; the last one ends with the mail's body."""
    headings = list(order.headings.values())
    starts = [found.start() for found in _HEADING.finditer(markup)]
    if not headings or len(starts) != len(headings):
        return ()
    ends = [*starts[1:], markup.find("</div>", starts[-1])]
    return tuple(
        SectionWeight(heading.title, heading.line, encoded_bytes(markup[start:end]))
        for heading, start, end in zip(headings, starts, ends, strict=True)
    )
