"""A real DNS server on a free port of this machine, over UDP and TCP, that serves what a test says.

A zone is a dict: ``{("example.org", "TXT"): ['"v=spf1 -all"']}``, values as in a zone file. Names that are not
in it do not exist. ``SILENT`` and ``BROKEN`` stand for a server that does not answer, or answers with SERVFAIL.
"""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from tests.support.waiting import PATIENCE_SECONDS

SILENT: Final = "silent"
BROKEN: Final = "broken"
LARGEST_DATAGRAM: Final = 512

Zone = Mapping[tuple[str, str], Sequence[str] | str]


@dataclass
class NameServer:
    """The server's address and what it was asked."""

    zone: dict[tuple[str, str], Sequence[str] | str]
    port: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def answer(self, wire: bytes, *, largest: int) -> bytes | None:
        question = dns.message.from_wire(wire)
        asked = question.question[0]
        name, kind = asked.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append((name, kind))
        found = self.zone.get((name, kind)) or self.zone.get((name, "*"))
        reply = dns.message.make_response(question)
        if found == SILENT:
            return None
        if found == BROKEN:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif found:
            reply.answer.append(dns.rrset.from_text_list(asked.name, 60, "IN", kind, list(found)))
        elif not any(known == name or known.endswith(f".{name}") for known, _ in self.zone):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        packed = reply.to_wire(max_size=65535)
        if len(packed) > largest:
            reply.answer.clear()
            reply.flags |= dns.flags.TC
            packed = reply.to_wire()
        return packed


@contextmanager
def name_server(zone: Zone) -> Iterator[NameServer]:
    """A running server; ``address`` is what ``--resolver`` takes."""
    serving = NameServer(dict(zone))

    class OverUdp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            wire, sock = self.request
            answer = serving.answer(wire, largest=LARGEST_DATAGRAM)
            if answer is not None:
                sock.sendto(answer, self.client_address)

    class OverTcp(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            head = self.rfile.read(2)
            if len(head) == 2:
                answer = serving.answer(self.rfile.read(struct.unpack("!H", head)[0]), largest=65535)
                if answer is not None:
                    self.wfile.write(struct.pack("!H", len(answer)) + answer)

    udp, tcp = _same_port(OverUdp, OverTcp)
    serving.port = int(udp.server_address[1])
    threads = [threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True) for server in (udp, tcp)]
    for thread in threads:
        thread.start()
    try:
        yield serving
    finally:
        for server, thread in zip((udp, tcp), threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join(PATIENCE_SECONDS)


def _same_port(
    over_udp: type[socketserver.BaseRequestHandler], over_tcp: type[socketserver.StreamRequestHandler]
) -> tuple[socketserver.ThreadingUDPServer, socketserver.ThreadingTCPServer]:
    """Both servers on one port that is free for both."""
    for _ in range(50):
        udp = socketserver.ThreadingUDPServer(("127.0.0.1", 0), over_udp)
        udp.daemon_threads = True
        try:
            tcp = socketserver.ThreadingTCPServer(("127.0.0.1", int(udp.server_address[1])), over_tcp)
        except OSError:
            udp.server_close()
            continue
        tcp.daemon_threads = True
        return udp, tcp
    raise RuntimeError("no port was free for UDP and TCP")
