"""One address, asked: HEAD, then GET where HEAD is not liked; redirects are followed and judged one by one.

Laws: no address takes longer than ``TOTAL_SECONDS``; nothing is read beyond what the question needs; certificates
are always verified; no cookie is kept and no password is sent.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import HTTPError, LocationParseError, NameResolutionError, SSLError
from urllib3.response import BaseHTTPResponse

from mailer.lint.reached import HEAVY_BYTES, Answer, Outcome
from mailer.reach.pixels import HEAD_BYTES, width_of

CONNECT_SECONDS: Final = 8.0
READ_SECONDS: Final = 12.0
TOTAL_SECONDS: Final = 30.0
PAUSE_BEFORE_RETRY_SECONDS: Final = 1.0
MOST_REDIRECTS: Final = 8
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
PERMANENT: Final = frozenset({301, 308})  # RFC 9110 section 15.4
SURELY_THERE: Final = "a.root-servers.net"
GONE: Final = frozenset({404, 410})
LARGEST_READ: Final = HEAVY_BYTES + 1


class Fetcher:
    """Asks addresses. Threads may share it; connections to a host are kept open for its next address."""

    def __init__(
        self,
        agent: str,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        retry_seconds: float = PAUSE_BEFORE_RETRY_SECONDS,
    ) -> None:
        self._headers = {"User-Agent": agent, "Accept": "*/*", "Accept-Encoding": "identity"}
        self._timeout = urllib3.Timeout(connect=connect_seconds, read=read_seconds)
        self._retry_seconds = retry_seconds
        self._pools: dict[str, urllib3.PoolManager] = {"": self._pool("")}
        for scheme, proxy in getproxies().items():
            if scheme in ("http", "https"):
                self._pools[scheme] = self._pool(proxy)

    def _pool(self, proxy: str) -> urllib3.PoolManager:
        settings = {
            "num_pools": 64,
            "maxsize": 2,
            "cert_reqs": "CERT_REQUIRED",
            "timeout": self._timeout,
            "retries": False,
        }
        return urllib3.ProxyManager(proxy, **settings) if proxy else urllib3.PoolManager(**settings)  # type: ignore[arg-type]  # one dict for both

    def close(self) -> None:
        for pool in self._pools.values():
            pool.clear()

    def ask(self, url: str, *, is_image: bool = False) -> Answer:
        """What the web says of ``url``. Never raises for what a server or the network does."""
        answer = self._once(url, is_image)
        if answer.outcome is Outcome.SILENT or answer.status >= 500:
            time.sleep(self._retry_seconds)
            again = self._once(url, is_image)
            return again if again.outcome is not Outcome.SILENT or answer.outcome is Outcome.SILENT else answer
        return answer

    def _once(self, url: str, is_image: bool) -> Answer:
        moved_to = ""
        is_permanent = True
        ends = time.monotonic() + TOTAL_SECONDS
        try:
            for _ in range(MOST_REDIRECTS):
                if time.monotonic() > ends:
                    return Answer(Outcome.SILENT, moved_to=moved_to)
                answer, location = self._hop(url, is_image, ends)
                if not location:
                    return Answer(
                        answer.outcome, answer.status, moved_to, answer.detail, answer.size_bytes, answer.width
                    )
                url = urljoin(url, location)
                if urlsplit(url).scheme not in ("http", "https"):
                    return Answer(Outcome.FOUND, answer.status, moved_to)
                is_permanent = is_permanent and answer.status in PERMANENT
                if is_permanent:
                    moved_to = url
        except SSLError as error:
            return Answer(Outcome.CERTIFICATE, moved_to=moved_to, detail=_reason(error))
        except NameResolutionError as error:
            is_known = not _is_for_now(error)
            return Answer(Outcome.NO_HOST if is_known else Outcome.SILENT, moved_to=moved_to)
        except (LocationParseError, UnicodeError, ValueError):
            return Answer(Outcome.NO_HOST, moved_to=moved_to)
        except (HTTPError, OSError):
            return Answer(Outcome.SILENT, moved_to=moved_to)
        return Answer(Outcome.LOOP, moved_to=moved_to)

    def _hop(self, url: str, is_image: bool, ends: float) -> tuple[Answer, str]:
        """One request, and where it redirects to ("" nowhere)."""
        if not is_image:
            with self._request("HEAD", url) as response:
                status, location = response.status, response.headers.get("Location", "")
            if status in REDIRECTS and location:
                return Answer(Outcome.FOUND, status), location
            if status < 400:
                return Answer(Outcome.FOUND, status), ""
        with self._request("GET", url) as response:
            status, location = response.status, response.headers.get("Location", "")
            if status in REDIRECTS and location:
                return Answer(Outcome.FOUND, status), location
            if status >= 400:
                return Answer(Outcome.GONE if status in GONE else Outcome.REFUSED, status), ""
            if not is_image:
                return Answer(Outcome.FOUND, status), ""
            size_bytes, width = _measured(response, ends)
            return Answer(Outcome.FOUND, status, size_bytes=size_bytes, width=width), ""

    @contextmanager
    def _request(self, method: str, url: str) -> Iterator[BaseHTTPResponse]:
        parts = urlsplit(url)
        scheme = "" if proxy_bypass(parts.hostname or "") else parts.scheme
        pool = self._pools.get(scheme, self._pools[""])
        response = pool.request(
            method, url, headers=self._headers, redirect=False, preload_content=False, decode_content=False
        )
        try:
            yield response
        finally:
            if method == "HEAD":
                response.drain_conn()  # there is no body: the connection is free again
                response.release_conn()
            else:
                response.close()  # what is left of the body is not wanted


def _measured(response: BaseHTTPResponse, ends: float) -> tuple[int | None, int | None]:
    """Size and width of an image, reading its beginning only where the server says how long it is."""
    written = response.headers.get("Content-Length", "")
    size = int(written) if written.isdigit() else None
    wanted = HEAD_BYTES if size is not None else LARGEST_READ
    head, count = b"", 0
    for chunk in response.stream(16_384):
        count += len(chunk)
        head += chunk[: max(0, HEAD_BYTES - len(head))]
        if count >= wanted or time.monotonic() > ends:
            break
    return (size if size is not None else count), width_of(head)


def _is_for_now(error: NameResolutionError) -> bool:
    """Whether the name server is in trouble, rather than the name."""
    cause = error.__cause__ or error.__context__
    return isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_AGAIN


def _reason(error: SSLError) -> str:
    """What is wrong with a certificate, in OpenSSL's words without its numbers."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return str(cause.verify_message).rstrip(".")
        cause = cause.__cause__ or (cause.args[0] if cause.args and isinstance(cause.args[0], Exception) else None)
    return ""


def is_connected() -> bool:
    """Whether this machine has a way to the internet and names of it: asked only when nobody answers at all."""
    try:
        socket.getaddrinfo(SURELY_THERE, 443)
        return True
    except OSError:
        return False
