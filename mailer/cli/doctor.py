"""``mailer doctor``: what could keep mail from arriving, what it means, and how to mend it."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from mailer.cli.frame import Installation, newsletter_for, newsletter_of, pass_installation, say

if TYPE_CHECKING:
    from mailer.doctor.finding import Finding, Theme
    from mailer.doctor.names import Address, Names
    from mailer.newsletter import Newsletter
    from mailer.settings import Settings

THEMES: Final = ("installation", "server", "dns", "web")


@click.command(
    epilog="""\b
Examples:
  mailer doctor                              everything that can be looked at from here
  mailer doctor --send-to me@example.net     and a real message to you
  mailer doctor --sending-ip 192.0.2.25      SPF and PTR of the address that mail leaves from
  mailer doctor --only dns                   or installation, server, web
  mailer doctor --message arrived.eml        what receivers see of a mail that you saved
  mailer doctor --issue issue.md             the same of an issue, before it is sent
\b
Exit code 1 when something failed; warnings leave it at 0.
"""
)
@click.option("--json", "as_json", is_flag=True, help="One JSON list: check, result, means, mend.")
@click.option("--send-to", metavar="ADDRESS", help="Send a real message to an address of yours.")
@click.option("--message", type=click.Path(dir_okay=False, path_type=Path), help="Look at a mail in a file.")
@click.option("--issue", type=click.Path(path_type=Path), help="Look at an issue as receivers will see it.")
@click.option("--newsletter", metavar="NAME", help="Only this one, when there are several.")
@click.option("--only", type=click.Choice(THEMES), multiple=True, help="Only these themes.")
@click.option("--sending-ip", metavar="IP", multiple=True, help="The address that mail leaves from.")
@click.option("--resolver", metavar="IP[:PORT]", default="", help="Ask this DNS server instead of this machine's.")
@click.option("--probe-mailboxes", is_flag=True, help="Ask your domain's mail server for postmaster@ and abuse@.")
@pass_installation
def doctor(
    installation: Installation,
    as_json: bool,
    send_to: str | None,
    message: Path | None,
    issue: Path | None,
    newsletter: str | None,
    only: tuple[str, ...],
    sending_ip: tuple[str, ...],
    resolver: str,
    probe_mailboxes: bool,
) -> int:
    """Look at settings, mail server, DNS and web app for what spoils delivery. Changes nothing."""
    from mailer.doctor.finding import Result, Theme
    from mailer.doctor.names import Names

    names = Names(resolver)
    if message is not None or issue is not None:
        raws = _file(message) if message is not None else _issue(installation, newsletter, issue or Path())
        findings: Iterable[tuple[Theme, Finding]] = _look_at(raws, names, on_its_way=message is None)
    else:
        themes = tuple(Theme[theme.upper()] for theme in only) or tuple(Theme)
        findings = _examination(
            installation, newsletter, names, send_to or "", _addresses(sending_ip), probe_mailboxes, themes
        )
    shown = list(_watched(installation, findings, as_json=as_json))
    if as_json:
        say(json.dumps([_document(finding) for _, finding in shown], indent=2, ensure_ascii=False))
    else:
        _summary([finding for _, finding in shown])
    return 1 if any(finding.result is Result.FAILURE for _, finding in shown) else 0


def _examination(
    installation: Installation,
    newsletter: str | None,
    names: Names,
    send_to: str,
    sending_addresses: tuple[Address, ...],
    probe_mailboxes: bool,
    themes: tuple[Theme, ...],
) -> Iterator[tuple[Theme, Finding]]:
    from mailer import wiring
    from mailer.doctor.case import Case
    from mailer.doctor.finding import Theme
    from mailer.doctor.registry import examine
    from mailer.flows.copies import read_addresses

    settings, mistakes = _settings(installation)
    for mistake in mistakes:
        yield Theme.INSTALLATION, mistake
    if settings is None:
        return
    chosen = (
        [newsletter_of(installation, newsletter)] if newsletter and not mistakes else settings.newsletters.values()
    )
    case = Case(
        settings=settings,
        config_path=installation.config_path,
        names=names,
        now=wiring.now,
        newsletters=tuple(chosen),
        send_to=read_addresses([send_to])[0].wire if send_to else "",
        sending_addresses=sending_addresses,
        probe_mailboxes=probe_mailboxes,
        folders=wiring.folders(settings),
        without_secrets=bool(mistakes),
    )
    yield from examine(case, themes)


def _settings(installation: Installation) -> tuple[Settings | None, list[Finding]]:
    """The settings, or as much of them as can be used, and what is wrong with them as findings."""
    from mailer.configuration import load_settings
    from mailer.configuration.mistakes import SettingsMistakes
    from mailer.doctor.checks.installation import SETTINGS
    from mailer.doctor.finding import failure
    from mailer.errors import SettingsError

    path = installation.config_path
    if not path.exists():
        return installation.settings, []  # raises: there is nothing to look at
    try:
        return installation.settings, []
    except SettingsMistakes as error:
        mistakes = [
            failure(SETTINGS, f"{one.where}: {one.what}", one.hint or "Mend that line.") for one in error.mistakes
        ]
    except SettingsError as error:
        mistakes = [failure(SETTINGS, f"{error.where}: {error.what}", error.hint or "Mend it.")]
    try:
        return load_settings(path, with_secrets=False), mistakes
    except SettingsError:
        return None, mistakes


def _addresses(texts: tuple[str, ...]) -> tuple[Address, ...]:
    from mailer.errors import UsageError

    try:
        return tuple(ipaddress.ip_address(text) for text in texts)
    except ValueError as error:
        raise UsageError(f"--sending-ip: {error}.", hint="Write it like 192.0.2.25.") from None


def _file(path: Path) -> list[bytes]:
    from mailer.errors import UsageError

    try:
        return [path.read_bytes()]
    except OSError as error:
        raise UsageError(f"the mail cannot be read ({error.strerror}).", where=str(path)) from None


def _issue(installation: Installation, newsletter: str | None, path: Path) -> list[bytes]:
    """The message of each language as somebody will get it, signed when we sign."""
    from mailer import wiring
    from mailer.flows import copies
    from mailer.flows.gather import gather
    from mailer.flows.prepare import prepare

    publication: Newsletter = newsletter_for(installation, newsletter, [path])
    settings = installation.settings
    (sources,) = gather([path], publication)
    prepared = prepare(sources, publication, wiring.folders(settings))
    templates = [
        wiring.message_template(settings, publication, prepared.slug, edition.rendered)
        for edition in prepared.editions
    ]
    reader = copies.read_addresses(["reader@example.org"])
    links = wiring.links(settings)
    return [
        raw for _, raw in copies.compose_copies(publication, prepared.slug, templates, reader, links, wiring.now())
    ]


def _look_at(raws: list[bytes], names: Names, *, on_its_way: bool) -> Iterator[tuple[Theme, Finding]]:
    """Each mail's findings; with several, each says which."""
    from mailer import wiring
    from mailer.doctor.finding import Theme
    from mailer.doctor.headers import read_mail
    from mailer.doctor.mail import look_at

    for raw in raws:
        language = read_mail(raw).value("Content-Language") if len(raws) > 1 else ""
        for finding in look_at(raw, names, wiring.now(), on_its_way=on_its_way):
            yield Theme.MESSAGE, replace(finding, means=f"{language}: {finding.means}") if language else finding


def _document(finding: Finding) -> dict[str, str]:
    return {
        "check": finding.check,
        "result": finding.result.value,
        "means": finding.means,
        "mend": finding.mend,
    }


def _watched(
    installation: Installation, findings: Iterable[tuple[Theme, Finding]], *, as_json: bool
) -> Iterator[tuple[Theme, Finding]]:
    """The findings; for a person each is shown as soon as it is known, under its theme."""
    from rich.status import Status

    console = installation.console
    width = min(console.width, WIDEST)
    theme: Theme | None = None
    waiting = Status("looking …", console=console)
    moves = console.is_terminal and not as_json
    try:
        if moves:
            waiting.start()
        for group, finding in findings:
            if moves:
                waiting.stop()  # it would write into the line that is to be shown
            if not as_json:
                if group is not theme:
                    heading = click.style(group.value[:1].upper() + group.value[1:], bold=True)
                    say(heading if theme is None else f"\n{heading}")
                    theme = group
                say(_rows(finding, width))
            yield group, finding
            if moves:
                waiting.start()
    finally:
        waiting.stop()


MARKS: Final = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "failure": ("✗", "red")}
WIDEST: Final = 100
CHECK_COLUMN: Final = 17


def _rows(finding: Finding, width: int) -> str:
    """A finding as a row of the table: mark, check, what it means; below, how to mend it. Records stay whole."""
    from textwrap import wrap

    mark, colour = MARKS[finding.result.value]
    indent = CHECK_COLUMN + 4
    room = max(width - indent, 30)
    means = wrap(finding.means, room, break_long_words=False, break_on_hyphens=False) or [""]
    head = f"  {click.style(mark, fg=colour, bold=True)} {finding.check:<{CHECK_COLUMN}}"
    lines = [f"{head}{means[0]}" if len(finding.check) < CHECK_COLUMN else f"{head} {means[0]}"]
    lines += [" " * indent + line for line in means[1:]]
    for number, paragraph in enumerate(finding.mend.split("\n") if finding.mend else []):
        if number == 0:
            words = wrap(
                f"→ {paragraph}", room, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
            )
            lines += [" " * indent + click.style(line, dim=True) for line in words]
        else:  # a record to paste: never wrapped
            lines.append(f"      {paragraph}")
    return "\n".join(lines)


def _summary(findings: list[Finding]) -> None:
    counts = {result: sum(finding.result.value == result for finding in findings) for result in MARKS}
    parts = [
        click.style(f"{counts['failure']} failed", fg="red" if counts["failure"] else None),
        click.style(f"{counts['warning']} to look at", fg="yellow" if counts["warning"] else None),
        f"{counts['ok']} in order",
    ]
    say(f"\n{', '.join(parts)}.", err=True)
