"""One HTTP request at a time, as a mail client's button makes it: no redirect is followed, nothing is kept."""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from mailer.doctor.certificate import certificate_at

MOST_BYTES: Final = 64 * 1024  # of an answer that is read
AGENT: Final = "newsletter-mailer doctor"


class NoReply(Exception):
    """The other end did not answer as a web server; ``str()`` says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, headers (by any case of letters) and the beginning of the body."""

    status: int
    headers: Message
    body: str

    @property
    def redirects(self) -> bool:
        return 300 <= self.status < 400

    @property
    def clock(self) -> datetime | None:
        """The server's clock by its Date header; what a cache kept is as old as it says."""
        try:
            date = parsedate_to_datetime(self.headers.get("Date", ""))
        except (ValueError, TypeError):
            return None
        age = self.headers.get("Age", "0").strip()
        return date + timedelta(seconds=int(age) if age.isdigit() else 0) if date.tzinfo else None


def ask(
    method: str, url: str, *, seconds: float, now: datetime, body: bytes = b"", content_type: str = ""
) -> Answer:
    """Make a request. Raises NoReply with the reason in an operator's words."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    headers = {"User-Agent": AGENT, "Cache-Control": "no-cache", "Accept": "text/html"}
    if content_type:
        headers["Content-Type"] = content_type
    connection: http.client.HTTPConnection
    try:
        port = parts.port
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(host, port, timeout=seconds, context=context)
        else:
            connection = http.client.HTTPConnection(host, port, timeout=seconds)
    except ValueError as error:
        raise NoReply(f"{url} is no address of the web ({error})") from None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, path, body or None, headers)
        reply = connection.getresponse()
        return Answer(reply.status, reply.headers, reply.read(MOST_BYTES).decode("utf-8", "replace"))
    except ssl.SSLCertVerificationError as error:
        raise NoReply(_distrust(host, port or 443, seconds, now, error)) from None
    except ssl.SSLError as error:
        raise NoReply(f"no TLS connection came about ({error.reason or 'the server broke off'})") from None
    except TimeoutError:
        raise NoReply(f"no answer within {seconds:g} seconds") from None
    except ConnectionRefusedError:
        raise NoReply("nothing answers there (connection refused)") from None
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise NoReply(f"no connection came about ({reason})") from None
    except (http.client.HTTPException, ValueError) as error:
        raise NoReply(f"what answers is no web server ({type(error).__name__})") from None
    finally:
        connection.close()


def _distrust(host: str, port: int, seconds: float, now: datetime, error: ssl.SSLCertVerificationError) -> str:
    found = certificate_at(host, port, seconds)
    reason = found.fault(host, now) if found else ""
    return f"its certificate cannot be trusted ({reason or error.verify_message.rstrip('.')})"
