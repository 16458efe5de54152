"""A real IMAP server (Dovecot) on free ports of this machine, with one account, in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.support.ports import a_free_port
from tests.support.processes import started
from tests.support.waiting import PATIENCE_SECONDS

USER, PASSWORD = "bounces", "opens-the-mailbox"
DOVECOT = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")

CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/mail
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
imap_capability = {capability}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
{users}
"""


@dataclass(frozen=True, slots=True)
class ImapServer:
    """A running server. ``certificate`` is trusted by nobody but whoever reads it."""

    port: int  # STARTTLS
    tls_port: int
    certificate: Path
    mail: Path

    def put(self, raw: bytes, name: str) -> None:
        """A new mail in the INBOX."""
        path = self.mail / "tmp" / name
        path.write_bytes(raw)
        owner = self.mail.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
        path.rename(self.mail / "new" / name)

    def names(self, folder: str = "") -> set[str]:
        """The mails in the INBOX, or in a folder of that name, without their flags."""
        where = self.mail / f".{folder}" if folder else self.mail
        return {
            path.name.partition(":")[0]
            for part in ("new", "cur")
            if where.exists()
            for path in (where / part).iterdir()
        }

    def flags(self) -> set[str]:
        """The flags of all mails in the INBOX."""
        return {letter for path in (self.mail / "cur").iterdir() for letter in path.name.partition(":2,")[2]}


@contextmanager
def imap_server(*, capability: str = "") -> Iterator[ImapServer]:
    """A server until the end of the block; ``capability`` replaces what it says that it can do."""
    folder = Path(tempfile.mkdtemp(prefix="mailer-imap-"))
    folder.chmod(0o755)  # as root, the server runs as another user, who has to get in
    is_root = os.geteuid() == 0
    account = pwd.getpwnam("nobody") if is_root else pwd.getpwuid(os.geteuid())
    _write_certificate(folder)
    mail = folder / "mail"
    for path in (mail, *(mail / part for part in ("tmp", "new", "cur"))):
        path.mkdir()
        os.chown(path, account.pw_uid, account.pw_gid)
    port, tls_port = a_free_port(), a_free_port()
    (folder / "dovecot.conf").write_text(
        CONFIGURATION.format(
            folder=folder,
            uid=account.pw_uid,
            gid=account.pw_gid,
            port=port,
            tls_port=tls_port,
            password=PASSWORD,
            capability=capability,
            users=""
            if is_root
            else f"default_internal_user = {account.pw_name}\ndefault_login_user = {account.pw_name}",
        )
    )
    try:
        with started([str(DOVECOT), "-F", "-c", folder / "dovecot.conf"], cwd=folder) as server:
            _wait_for(port, server, folder / "log")
            yield ImapServer(port, tls_port, folder / "certificate.pem", mail)
            server.terminate()
            server.wait(PATIENCE_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    private = folder / "key.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    private.chmod(0o600)


def _wait_for(port: int, server: subprocess.Popen[str], log: Path) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up_at and server.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                if connection.recv(10).startswith(b"* OK"):
                    return
        except OSError:
            time.sleep(0.05)
    said = log.read_text() if log.exists() else "nothing"
    raise RuntimeError(f"the test's IMAP server did not start: {said}")


def trusting(server: ImapServer) -> ssl.SSLContext:
    """A context that trusts the server's own certificate."""
    return ssl.create_default_context(cafile=str(server.certificate))
