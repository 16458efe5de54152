"""The demo's folder: settings, key, people and the sample issue, laid out as an editor would have them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mailer.configuration.starting import start_installation
from mailer.demo.people import Fate, people

NEWSLETTER: Final = "harbour"
SLUG: Final = "2026-05-01-spring"
PORT: Final = 8080
_SAMPLE: Final = Path(__file__).with_name("issue")
_SETTINGS: Final = """\
# Settings of the demo. Its mail server is gone when the demo ends.
database = "sqlite:///mailer.db"
base_url = "http://localhost:{port}"
secret_key_file = "secret.key"

[smtp]
url = "{smtp_url}"
tls = "none"                                   # allowed on this machine only
connections = 4

[newsletters.harbour]
name = "The Harbour Gazette"
sender = "The Harbour Gazette <gazette@harbour.example.org>"
list_id = "gazette.harbour.example.org"
site_url = "https://harbour.example.org"
languages = ["en", "de", "fr"]                 # the first is the fallback
postal_address = "Harbour Office, 1 North Quay, 00000 Example Port"
licence = "CC BY-SA 4.0"
accent = "#0f4b6e"
"""


@dataclass(frozen=True, slots=True)
class Site:
    """Where everything of the demo lies."""

    folder: Path
    settings: Path
    people: Path
    issue: Path
    maildir: Path
    slug: str
    url: str = f"http://localhost:{PORT}/{NEWSLETTER}/"
    port: int = PORT


def lay_out(folder: Path, smtp_url: str, subscribers: int) -> Site:
    """Write the demo's files into ``folder``, which holds none of them yet."""
    settings, _key = start_installation(folder)
    settings.write_text(_SETTINGS.format(smtp_url=smtp_url, port=PORT), encoding="utf-8")
    for source in sorted(_SAMPLE.glob(f"{SLUG}*.md")):
        (folder / source.name).write_bytes(source.read_bytes())
    _write_people(folder / "people.csv", subscribers)
    return Site(
        folder=folder,
        settings=settings,
        people=folder / "people.csv",
        issue=folder / f"{SLUG}.md",
        maildir=folder / "Maildir",
        slug=SLUG,
    )


def _write_people(path: Path, subscribers: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("email", "language", "status", "source"))
        for person in people(subscribers):
            status = "suppressed" if person.fate is Fate.SUPPRESSED else "subscribed"
            writer.writerow((person.address, person.language, status, "demo"))
