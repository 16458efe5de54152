"""Links that tell others who follows them: `utm_source`, `fbclid`, `mc_eid` and their like.

One warning for an issue names the first and counts the rest.

PASS:
    [Search](https://example.net/?q=utm_source&page=2)

FAIL:
    [The release](https://example.net/release?utm_source=newsletter)

FAIL:
    [The video](https://example.net/watch?v=1&fbclid=abc)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_PARAMETER = re.compile(
    r"[?&;](utm_\w+|fbclid|gclid|dclid|msclkid|yclid|twclid|igshid|igsh|mc_cid|mc_eid|_hsenc|_hsmi|mkt_tok|vero_id|"
    r"oly_enc_id|oly_anon_id|rb_clickid|s_cid|ck_subscriber_id|__s)="
)


def check(manuscript: Manuscript) -> Iterator[Finding]:
    tracked = [(link, found) for link in manuscript.links if (found := _PARAMETER.search(link.target))]
    if tracked:
        link, found = tracked[0]
        message = f"“{found[1]}” in the link tracks who follows it"
        if len(tracked) > 1:
            message += f" (and {len(tracked) - 1} links more)"
        hint = "Take it out of the address; the page is the same without."
        yield Finding(link.target_start + found.start(1), message, hint)


RULE = Rule("tracking-parameter", Severity.WARNING, check, __doc__)
