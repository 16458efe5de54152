"""A site on each of the two databases, with a mail server that keeps what it gets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.integration.subscribers.databases import engine, postgres_server, postgres_url
from tests.support.people_site import Site, a_site
from tests.support.smtp_server import smtp_server

__all__ = ["engine", "postgres_server", "postgres_url"]


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Iterator[Site]:
    with smtp_server() as server, a_site(engine, tmp_path, server) as opened:
        yield opened
