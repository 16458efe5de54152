"""Ports for servers that are told theirs before they start.

Law: a port given out here is nobody's else's: not the system's, which takes those of connections and of ``port 0``
from a range of its own, and not another test process's, which begins to look somewhere else.
"""

from __future__ import annotations

import itertools
import os
import socket
from pathlib import Path
from typing import Final

_LOWEST: Final = 10_000
_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_APART: Final = 97  # test processes that were started together have numbers side by side


def _begin_of_the_systems() -> int:
    try:
        return max(int(_RANGE.read_text().split()[0]), _LOWEST + 1000)
    except OSError:
        return 32_768  # Linux's; other systems begin higher


_count = _begin_of_the_systems() - _LOWEST
_turns = itertools.count(os.getpid() * _APART)


def a_free_port() -> int:
    """A port of this machine that nobody listens on, and that nobody is given soon."""
    for turn in itertools.islice(_turns, _count):
        port = _LOWEST + turn % _count
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what only lingers does not count
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")
