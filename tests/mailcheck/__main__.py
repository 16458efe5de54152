"""Shows rendered mail to other people's checkers: ``make check-mail``. For development; none of it is shipped.

Ours over caniemail's data, html-validate, axe-core in Chromium, SpamAssassin. What is missing on this machine is
skipped aloud; with CI in the environment it fails.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from mailer.render.message import compile_message
from tests.builders.message import a_recipient
from tests.builders.samples import OWN, REAL, newsletter_of, sample
from tests.conftest import chromium_path
from tests.mailcheck.features import features
from tests.mailcheck.support import Lack, lacks, read_accepted, read_data

HERE: Final = Path(__file__).resolve().parent
MODULES: Final = HERE / "node_modules"
HIGHEST_SCORE: Final = 1.0
_SCORE: Final = re.compile(
    r"X-Spam-Status: \w+, score=(-?[\d.]+)\s+required=\S+\s+tests=(.*?)\s+(?:autolearn|version)", re.DOTALL
)
_OF_A_WHOLE_PAGE: Final = ("landmark-one-main", "region")  # a mail is an article on somebody else's page
_AXE: Final = f"""axe.run({{rules: {{{", ".join(f"'{rule}': {{enabled: false}}" for rule in _OF_A_WHOLE_PAGE)}}}}})
    .then(result => result.violations)"""
_SLOT: Final = re.compile("@@[A-Z_]+@@")
_DATED: Final = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)


class Skipped(Exception):
    """A checker that is not on this machine; ``str()`` says how to get it."""


def mails() -> dict[str, str]:
    """HTML of every sample as one person gets it, by the names of sample and theme."""
    looks = [*((path, "standard") for path in (*OWN, *REAL)), *((path, "plain") for path in OWN)]
    return {
        f"{path.parent.name}-{path.name}-{theme}": _SLOT.sub(
            "https://news.example.org/x/token", sample(path, theme)[1].html
        )
        for path, theme in looks
    }


def check_clients(markups: dict[str, str]) -> Iterator[str]:
    """Features that a client of ours lacks and nobody accepted with a reason."""
    file = MODULES / "caniemail" / "data" / "caniemail.json"
    if not file.is_file():
        raise Skipped("caniemail's data is not here: install npm and run make check-mail again")
    data, accepted = read_data(file), read_accepted()
    used: dict[str, str] = {}
    for name, markup in markups.items():
        for slug, place in features(markup).items():
            used.setdefault(slug, f"{name}: {place}")
    found: list[Lack] = [lack for slug in used for lack in lacks(slug, data)]
    for lack in found:
        if not any(entry.covers(lack) for entry in accepted):
            yield f"{lack.client} does not support {lack.feature} ({used[lack.feature]})"
    for entry in accepted:
        for feature in entry.features:
            if not any(lack.feature == feature and entry.covers(lack) for lack in found):
                yield f"accepted.toml: no client that is named there lacks {feature} any more, or no mail uses it"
    say(f"  {len(used)} features in use, {len(found)} lacks accepted or named")


def check_markup(markups: dict[str, str]) -> Iterator[str]:
    """html-validate's errors."""
    if not (MODULES / ".bin" / "html-validate").exists():
        raise Skipped("html-validate is not here: install npm and run make check-mail again")
    with tempfile.TemporaryDirectory() as folder:
        for name, markup in markups.items():
            Path(folder, f"{name}.html").write_text(markup, encoding="utf-8")
        report = Path(folder, "report.json")  # node cuts off what a pipe does not take at once
        command = [str(MODULES / ".bin" / "html-validate"), "--config", str(HERE / "html-validate.json")]
        with report.open("wb") as file:
            run = subprocess.run(
                [*command, "--formatter", "json", folder], stdout=file, stderr=subprocess.PIPE, check=False
            )
        written = report.read_text(encoding="utf-8")
    if not written.startswith("["):
        raise RuntimeError(f"html-validate has failed: {run.stderr.decode() or written}")
    for judged in json.loads(written):
        for message in judged["messages"]:
            place = f"{Path(judged['filePath']).stem}:{message['line']}:{message['column']}"
            yield f"{place}: {message['message']} [{message['ruleId']}]"


def check_accessibility(markups: dict[str, str]) -> Iterator[str]:
    """axe-core's violations, light and dark."""
    script = MODULES / "axe-core" / "axe.min.js"
    if not script.is_file():
        raise Skipped("axe-core is not here: install npm and run make check-mail again")
    if chromium_path() is None:
        raise Skipped("axe-core needs a Chromium (Debian: apt-get install chromium)")
    from tests.support.pictures import PHONE, View, a_browser, open_mail

    source = script.read_text(encoding="utf-8")
    with a_browser() as browser:
        for name, markup in markups.items():
            with open_mail(browser, markup, View(PHONE)) as page:
                page.evaluate(source)
                for mode in ("light", "dark"):
                    page.emulate_media(color_scheme="dark" if mode == "dark" else "light")
                    for violation in page.evaluate(_AXE):
                        where = violation["nodes"][0]["html"][:100]
                        yield f"{name} ({mode}): {violation['help']} [{violation['id']}] {where}"


def check_spam(markups: dict[str, str]) -> Iterator[str]:
    """Whole messages that SpamAssassin, without asking the network, gives more than ``HIGHEST_SCORE``."""
    if shutil.which("spamassassin") is None:
        raise Skipped("SpamAssassin is not here (Debian: apt-get install spamassassin)")
    paths = (*OWN, *REAL)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        results = list(threads.map(_score, paths))
    say(f"  scores from {min(score for score, _ in results)} to {max(score for score, _ in results)}")
    for path, (score, rules) in zip(paths, results, strict=True):
        if score > HIGHEST_SCORE:
            yield f"{path.name}: {score} points of spam: {rules}"


def _score(path: Path) -> tuple[float, str]:
    template = compile_message(sample(path)[1], newsletter_of(path), "issue")
    message = template.as_bytes(a_recipient(), _DATED)
    run = subprocess.run(["spamassassin", "-L", "-t"], input=message, capture_output=True, check=True)
    found = _SCORE.search(run.stdout.decode(errors="replace"))
    if found is None:
        raise RuntimeError(
            f"SpamAssassin gave no score to {path.name}: {run.stderr.decode() or run.stdout[:2000]!r}"
        )
    return float(found[1]), " ".join(found[2].split())


CHECKS: Final[dict[str, Callable[[dict[str, str]], Iterable[str]]]] = {
    "mail clients (caniemail)": check_clients,
    "HTML (html-validate)": check_markup,
    "accessibility (axe-core)": check_accessibility,
    "spam (SpamAssassin, offline)": check_spam,
}


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """1 when something was found, or, under CI, when something could not be checked."""
    markups = mails()
    say(f"{len(markups)} mails, {len(REAL)} of them real issues" + ("" if REAL else " (none beside the checkout)"))
    found = skipped = 0
    for title, check in CHECKS.items():
        if arguments and not any(word in title for word in arguments):
            continue
        say(title)
        try:
            faults = list(check(markups))
        except Skipped as missing:
            skipped += 1
            say(f"  SKIPPED: {missing}")
            continue
        found += len(faults)
        for fault in faults:
            say(f"  {fault}")
        say(f"  {len(faults)} found" if faults else "  good")
    if skipped:
        say(f"{skipped} of {len(CHECKS)} checks were SKIPPED: see above.")
    return 1 if found or (skipped and os.environ.get("CI")) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
