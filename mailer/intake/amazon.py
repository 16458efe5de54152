"""What Amazon SNS wants fetched: its signing certificates, kept once they are here, and the address that confirms.

Law: only hosts of SNS, by https, without redirects; the caller has checked the host, and so does this.
"""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Callable
from http.client import HTTPMessage
from typing import IO, Final

from mailer.bounce.webhooks.sns import is_amazon_url

TIMEOUT_SECONDS: Final = 10.0
LARGEST_BYTES: Final = 64 * 1024
MOST_KEPT: Final = 50  # Amazon changes its certificates about once a year, one a region


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def fetch(url: str) -> bytes:
    """The bytes at a URL of SNS. Raises OSError."""
    if not is_amazon_url(url):
        raise OSError("not an address of Amazon SNS")
    opener = urllib.request.build_opener(_NoRedirect)
    with opener.open(url, timeout=TIMEOUT_SECONDS) as answer:
        return bytes(answer.read(LARGEST_BYTES))


class Certificates:
    """Fetches certificates, each once. May be called by several threads."""

    def __init__(self, fetch: Callable[[str], bytes] = fetch) -> None:
        self._fetch = fetch
        self._kept: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def __call__(self, url: str) -> bytes:
        """The PEM at ``url``. Raises OSError."""
        with self._lock:
            kept = self._kept.get(url)
        if kept is not None:
            return kept
        found = self._fetch(url)
        with self._lock:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[url] = found
        return found
