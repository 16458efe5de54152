"""Reading DMARC records and finding whose they are: the DNS tree walk, and what "aligned" means.

The walk (RFC 9989 section 4.10) asks the DNS itself where an organisation's names end; no list of public suffixes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mailer.doctor.names import Names
from mailer.doctor.records import TagFault, read_tags

LONGEST_WALK: Final = 8  # questions in one walk
POLICIES: Final = ("none", "quarantine", "reject")


@dataclass(frozen=True, slots=True)
class Policy:
    """A DMARC record: where it stands and its tags. ``faults`` says what makes receivers pass it over."""

    domain: str  # without "_dmarc."
    text: str
    tags: dict[str, str]
    faults: tuple[str, ...] = ()

    @property
    def p(self) -> str:
        return self.tags.get("p", "").lower()

    def strict(self, tag: str) -> bool:
        """Whether ``adkim`` or ``aspf`` wants the very same domain."""
        return self.tags.get(tag, "r").lower() == "s"


def policies_at(names: Names, domain: str) -> list[Policy]:
    """The DMARC records at one name; more than one count as none."""
    texts = names.texts(f"_dmarc.{domain}")
    return [_read(domain, text) for text in texts if re.match(r"v\s*=\s*DMARC1\s*(;|$)", text, re.IGNORECASE)]


def _read(domain: str, text: str) -> Policy:
    try:
        tags = {name.lower(): value for name, value in read_tags(text).items()}
    except TagFault as fault:
        return Policy(domain, text, {}, (str(fault),))
    faults = []
    if not re.match(r"v\s*=\s*DMARC1\s*(;|$)", text):
        faults.append("it must begin with v=DMARC1, in this case of letters")
    if "p" not in tags:
        faults.append("it has no p=")
    elif tags["p"].lower() not in POLICIES:
        faults.append(f"p={tags['p'][:20]} is no policy")
    return Policy(domain, text, tags, tuple(faults))


def policy_for(names: Names, domain: str) -> list[Policy]:
    """The records that hold for mail from ``domain``: its own, else those of the organisation above it."""
    own = policies_at(names, domain)
    return own or next((found for name in _above(domain) if (found := policies_at(names, name))), [])


def organisation(names: Names, domain: str) -> str:
    """The organisational domain of ``domain``; itself where no record says otherwise."""
    highest = domain
    below = domain
    for name in (domain, *_above(domain)):
        found = policies_at(names, name)
        if len(found) == 1:
            psd = found[0].tags.get("psd", "u").lower()
            if psd == "n":
                return name
            if psd == "y":
                return below if name != domain else name
            highest = name
        below = name
    return highest


def _above(domain: str) -> list[str]:
    """The names over ``domain``, the nearest first, as far as a walk goes; no top-level domain has a record."""
    labels = domain.split(".")
    above = [".".join(labels[start:]) for start in range(1, len(labels) - 1)]
    return above[-(LONGEST_WALK - 1) :]


def aligned(names: Names, one: str, other: str, *, strict: bool) -> bool:
    """Whether two domains count as one for DMARC."""
    if one == other:
        return True
    if strict:
        return False
    return organisation(names, one) == organisation(names, other)


def external_reports(names: Names, policy: Policy, organisational: str) -> list[str]:
    """Domains named by ``rua`` that have not said that they take the reports of ``policy`` (RFC 9990)."""
    silent = []
    for uri in policy.tags.get("rua", "").split(","):
        target = uri.strip().partition("!")[0].rpartition("@")[2].lower().rstrip(".")
        if not target or organisation(names, target) == organisational:
            continue
        texts = names.texts(f"{policy.domain}._report._dmarc.{target}")
        if not any(re.match(r"v\s*=\s*DMARC1", text) for text in texts):
            silent.append(target)
    return silent
