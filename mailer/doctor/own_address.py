"""The addresses of this machine as the Internet sees them, where it is not behind a translator."""

from __future__ import annotations

import ipaddress
import socket

from mailer.doctor.names import Address

_FAR = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))  # RFC 5737, RFC 3849: nobody's


def own_addresses() -> tuple[Address, ...]:
    """The addresses that packets to far away would carry; private ones are left out. Sends nothing."""
    found: list[Address] = []
    for family, far in _FAR:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as bound:
                bound.connect((far, 9))  # of a datagram socket: chooses a route, and that is all
                address = ipaddress.ip_address(str(bound.getsockname()[0]))
        except (OSError, ValueError):
            continue
        if address.is_global:
            found.append(address)
    return tuple(found)
