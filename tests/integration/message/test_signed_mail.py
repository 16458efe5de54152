import asyncio
import email
import email.policy
import shutil
import subprocess
from email.message import EmailMessage
from pathlib import Path

import dkim
import pytest

from mailer.issue.reader import read_issue
from mailer.render.dkim import Signer
from mailer.render.edition import render_edition
from mailer.render.message import compile_message
from mailer.render.model import RenderedEdition
from mailer.resources import template_folders
from tests.builders.keys import a_signer, published
from tests.builders.message import A_DATE, a_newsletter, a_recipient, filled_html, filled_text
from tests.support.wire import hand_over, tapped_server

OPENDKIM = shutil.which("opendkim", path="/usr/sbin:/usr/local/sbin:/usr/bin")


def editions_in(corpus: Path) -> list[tuple[str, RenderedEdition]]:
    files = sorted(path for path in (corpus / "corpus").rglob("*") if path.suffix in (".md", ".markdown"))
    newsletter = a_newsletter(languages=("en", "de", "es", "fr", "it", "pt-br"))
    editions = []
    for file in files:
        issue = read_issue(file.read_bytes(), str(file), newsletter)
        editions.append((file.name, render_edition(issue, newsletter, template_folders=template_folders(None))))
    return editions


async def received(messages: list[list[bytes]]) -> list[bytes]:
    """What a real server took for the messages."""
    async with tapped_server() as wire:
        await hand_over(wire.port, [(a_recipient().address, pieces) for pieces in messages])
    bodies = wire.bodies()
    assert [envelope.content for envelope in wire.received] == bodies
    return bodies


def verified_by_dkimpy(message: bytes, signer: Signer) -> bool:
    reader = dkim.DKIM(message, minkey=2048)
    return all(
        reader.verify(idx, dnsfunc=lambda name, timeout=5: published(signer, name))
        for idx in range(len(signer.keys))
    )


def verified_by_opendkim(message: bytes, signer: Signer, folder: Path) -> bool:
    """OpenDKIM in its test mode: the mail from a file, the public keys from another instead of the DNS."""
    assert OPENDKIM is not None
    records = "".join(f"{key.selector}._domainkey.{signer.domain} {key.dns_record()}\n" for key in signer.keys)
    (folder / "keys").write_text(records)
    (folder / "conf").write_text(f"Mode v\nTestPublicKeys {folder / 'keys'}\n")
    (folder / "mail").write_bytes(message)
    ended = subprocess.run(
        [OPENDKIM, "-x", str(folder / "conf"), "-t", str(folder / "mail"), "-vv"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    verdict = ended.stdout + ended.stderr
    return verdict.count("dkim=pass") == len(signer.keys) and "dkim=fail" not in verdict


@pytest.mark.corpus
def test_every_real_issue_arrives_as_rendered_and_both_signatures_verify(corpus: Path) -> None:
    signer = a_signer(second=True)
    recipient = a_recipient()
    editions = editions_in(corpus)
    assert editions
    messages = [
        compile_message(edition, a_newsletter(), "x", signer=signer).pieces(recipient, A_DATE)
        for _, edition in editions
    ]
    for (name, edition), raw in zip(editions, asyncio.run(received(messages)), strict=True):
        assert verified_by_dkimpy(raw, signer), name
        message = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        assert not message.defects, name
        assert message["subject"] == edition.subject.strip(), name
        plain, html = message.iter_parts()
        for part, expected in ((plain, filled_text(edition, recipient)), (html, filled_html(edition, recipient))):
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            assert payload.decode() == expected.replace("\n", "\r\n"), name


@pytest.mark.corpus
@pytest.mark.skipif(OPENDKIM is None, reason="no opendkim on this machine (Debian: apt-get install opendkim)")
def test_opendkim_agrees_on_real_issues(corpus: Path, tmp_path: Path) -> None:
    signer = a_signer(second=True)
    messages = [
        compile_message(edition, a_newsletter(), "x", signer=signer).pieces(a_recipient(), A_DATE)
        for _, edition in editions_in(corpus)
    ]
    for raw in asyncio.run(received(messages)):
        assert verified_by_opendkim(raw, signer, tmp_path)
    assert not verified_by_opendkim(raw.replace(b"List-Post: NO", b"List-Post: YES"), signer, tmp_path)
