"""A real Postfix that takes everything and throws it away: own folders, a free port, ended by its process id."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.sinks import free_port, tool, wait_for

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = discard.test
mydestination =
local_transport = error:no
default_transport = discard:
smtpd_relay_restrictions = permit_mynetworks, reject
mynetworks = 127.0.0.0/8
smtpd_forbid_unauth_pipelining = yes
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
smtpd_peername_lookup = no
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
syslog_name = bench
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
discard unix - - n - - discard
error unix - - n - - error
pickup unix n - n 60 1 pickup
flush unix n - n 1000? 0 flush
showq unix n - n - - showq
tlsmgr unix - - n 1000? 1 tlsmgr
"""


def usable() -> bool:
    """Whether Postfix is installed, and we may start its master, which needs root."""
    return os.getuid() == 0 and tool("postfix") is not None and tool("smtp-source") is not None


@contextmanager
def postfix_discard() -> Iterator[int]:
    """Postfix on a free port of this machine; nothing of the system's own is touched."""
    folder, port = Path(tempfile.mkdtemp(prefix="bench-postfix-")), free_port()
    owner = pwd.getpwnam("postfix")
    folder.chmod(0o755)
    (folder / "data").mkdir()
    os.chown(folder / "data", owner.pw_uid, owner.pw_gid)
    (folder / "queue").mkdir()
    etc = folder / "etc"
    etc.mkdir()
    (etc / "main.cf").write_text(MAIN.format(folder=folder))
    (etc / "master.cf").write_text(MASTER.format(port=port))
    null = subprocess.DEVNULL
    try:
        subprocess.run(
            [str(tool("postfix")), "-c", str(etc), "check"], check=False, stdout=null, stderr=null
        )  # makes the queue
        where = subprocess.run(
            [str(tool("postconf")), "-c", str(etc), "-h", "daemon_directory"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        master = subprocess.Popen(
            [f"{where}/master", "-c", str(etc), "-d"], start_new_session=True, stdout=null, stderr=null
        )
        try:
            wait_for(port)
            yield port
        finally:
            master.terminate()  # it ends the processes that it started
            master.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
