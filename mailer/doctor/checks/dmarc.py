"""DMARC (RFC 9989): is there a policy for the domain in From, and do our other domains count as the same one?"""

from __future__ import annotations

from collections.abc import Iterator

from mailer.doctor import dmarc
from mailer.doctor.case import Case
from mailer.doctor.finding import Finding, failure, ok, warning
from mailer.doctor.names import NoAnswer
from mailer.doctor.records import shown, txt_line
from mailer.newsletter import Newsletter

CHECK = "dns-dmarc"
ALIGNMENT = "dns-alignment"


def check(case: Case) -> Iterator[Finding]:
    """PASS: one record with a policy, and the return path or the DKIM domain aligned. FAIL: none, several."""
    seen: set[str] = set()
    for newsletter, from_domain, return_domain in case.domains():
        try:
            policies = dmarc.policy_for(case.names, from_domain)
            if from_domain not in seen:
                seen.add(from_domain)
                yield from _policy(case, from_domain, policies)
            yield _alignment(case, newsletter, from_domain, return_domain, policies)
        except NoAnswer as silence:
            yield warning(
                CHECK, f"DMARC of {from_domain} could not be looked at: {silence}.", "Run it again later."
            )


def _record(domain: str, policy: str = "none") -> str:
    return txt_line(f"_dmarc.{domain}", f"v=DMARC1; p={policy}; rua=mailto:dmarc@{domain}")


def _policy(case: Case, domain: str, policies: list[dmarc.Policy]) -> Iterator[Finding]:
    if not policies:
        yield failure(
            CHECK,
            f"{domain}, the domain in From, has no DMARC record: the big receivers refuse bulk mail without one.",
            f"Publish, with a mailbox that takes the reports:\n{_record(domain)}",
        )
        return
    if len(policies) > 1:
        yield failure(
            CHECK,
            f"{policies[0].domain} has {len(policies)} DMARC records; receivers then take none of them.",
            f"Leave one of them at _dmarc.{policies[0].domain}.",
        )
        return
    policy = policies[0]
    if policy.faults:
        yield failure(
            CHECK,
            f"the DMARC record of {policy.domain} cannot be used: {shown('; '.join(policy.faults))}.",
            f"Publish instead:\n{_record(policy.domain)}",
        )
        return
    yield from _wishes(case, domain, policy)


def _wishes(case: Case, domain: str, policy: dmarc.Policy) -> Iterator[Finding]:
    asked = policy.tags.get("sp", policy.p).lower() if policy.domain != domain else policy.p
    found = False
    if not policy.tags.get("rua"):
        found = True
        yield warning(
            CHECK,
            f"the DMARC record of {policy.domain} has no rua: nobody tells you about mail that fails, or is "
            "forged.",
            f"Add a mailbox for the reports:\n{txt_line(f'_dmarc.{policy.domain}', _with_rua(policy))}",
        )
    else:
        silent = dmarc.external_reports(case.names, policy, dmarc.organisation(case.names, policy.domain))
        for target in silent:
            found = True
            yield warning(
                CHECK,
                f"{target} has not agreed to take the DMARC reports of {policy.domain}, so none are sent there.",
                f"Publish there:\n{txt_line(f'{policy.domain}._report._dmarc.{target}', 'v=DMARC1')}",
            )
    if asked == "none":
        yield ok(
            CHECK,
            f"{domain} has a DMARC policy: p=none, which is enough for receivers. It asks nothing of them; when "
            "the "
            "reports show that your own mail passes, p=quarantine and then p=reject keep forgers out.",
        )
    elif not found:
        yield ok(CHECK, f"{domain} has a DMARC policy: mail that fails is to be met with {asked!r}.")


def _with_rua(policy: dmarc.Policy) -> str:
    return f"{policy.text.strip().rstrip(';').rstrip()}; rua=mailto:dmarc@{policy.domain}"


def _alignment(
    case: Case, newsletter: Newsletter, from_domain: str, return_domain: str, policies: list[dmarc.Policy]
) -> Finding:
    policy = policies[0] if len(policies) == 1 else dmarc.Policy(from_domain, "", {})
    by_spf = dmarc.aligned(case.names, from_domain, return_domain, strict=policy.strict("aspf"))
    settings = case.settings.dkim.get(newsletter.key)
    by_dkim = settings is not None and dmarc.aligned(
        case.names, from_domain, settings.domain.lower(), strict=policy.strict("adkim")
    )
    if by_spf and by_dkim:
        return ok(ALIGNMENT, f"From ({from_domain}), return path and DKIM speak for the same organisation.")
    if settings is None:
        if by_spf:
            return ok(ALIGNMENT, f"From ({from_domain}) and return path ({return_domain}) are aligned by SPF.")
        return warning(
            ALIGNMENT,
            f"the return path's domain {return_domain} does not count as {from_domain}, so DMARC rests on the "
            "mail "
            "server signing for that domain.",
            f"Take a bounce_domain under {from_domain}, or sign here with its key.",
        )
    if by_dkim:
        return warning(
            ALIGNMENT,
            f"the return path's domain {return_domain} does not count as {from_domain}: DMARC rests on DKIM "
            "alone, and "
            "mail whose signature breaks on the way fails.",
            f"Take a bounce_domain under {from_domain}.",
        )
    if by_spf:
        return warning(
            ALIGNMENT,
            f"the DKIM domain {settings.domain} does not count as {from_domain}: DMARC rests on SPF alone, and "
            "forwarded "
            "mail fails.",
            f'Sign for the domain in From: domain = "{from_domain}" in [newsletters.{newsletter.key}.dkim].',
        )
    return failure(
        ALIGNMENT,
        f"neither the return path ({return_domain}) nor DKIM ({settings.domain}) counts as {from_domain}, the "
        "domain "
        "in From: DMARC fails for every mail.",
        f'Sign for it: domain = "{from_domain}" in [newsletters.{newsletter.key}.dkim], and take a '
        "bounce_domain under it.",
    )
