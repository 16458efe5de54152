"""A real web server on loopback, with or without TLS, that answers each path as a test says."""

from __future__ import annotations

import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What a path answers; ``head`` is the status for HEAD where that differs."""

    status: int = 200
    location: str = ""
    body: bytes = b""
    head: int = 0
    seconds: float = 0.0  # before it answers
    says_length: bool = True
    first: int = 0  # the status of the first answer, when it differs


@dataclass
class Site:
    """The server's paths, and what it was asked."""

    url: str
    replies: Mapping[str, Reply]
    asked: list[tuple[str, str]] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    most_at_once: int = 0
    at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def counted(self) -> Counter[str]:
        return Counter(path for _, path in self.asked)


@contextmanager
def web_site(
    replies: Mapping[str, Reply], *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> Iterator[Site]:
    """Serve ``replies`` by path; any other path is 404."""
    site = Site("", replies)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, *, with_body: bool) -> None:
            with site.lock:
                before = sum(path == self.path for _, path in site.asked)
                site.asked.append((self.command, self.path))
                site.agents.add(self.headers["User-Agent"])
                site.at_once += 1
                site.most_at_once = max(site.most_at_once, site.at_once)
            reply = site.replies.get(self.path, Reply(404))
            time.sleep(reply.seconds)
            status = reply.first if reply.first and not before else reply.status
            status = reply.head if reply.head and not with_body else status
            with site.lock:  # before the answer, so that the next request finds it done
                site.at_once -= 1
            self.send_response(status)
            if reply.location:
                self.send_header("Location", reply.location)
            if reply.says_length:
                self.send_header("Content-Length", str(len(reply.body)))
            else:
                self.send_header("Connection", "close")
            self.end_headers()
            if with_body:
                self.wfile.write(reply.body)
            self.close_connection = not reply.says_length

        def log_message(self, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass  # a client that hangs up, or does not like the certificate

    server = Server((host, 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    name = "localhost" if tls is not None else host
    site.url = f"{'https' if tls else 'http'}://{name}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
