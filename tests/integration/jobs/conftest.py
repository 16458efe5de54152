"""A site on a prepared PostgreSQL database, with a mail server that keeps what it gets and the real clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailer import wiring
from mailer.store.database import open_database
from mailer.store.migrate import prepare_database
from tests.support.job_site import RealClock
from tests.support.people_site import Site, a_site
from tests.support.postgres import postgres_server, postgres_url
from tests.support.smtp_server import smtp_server

__all__ = ["postgres_server", "postgres_url"]


@pytest.fixture
def site(postgres_url: str, tmp_path: Path) -> Iterator[Site]:
    engine = open_database(postgres_url)
    prepare_database(engine)
    with smtp_server() as server, a_site(engine, tmp_path, server) as opened:
        real = replace(opened, clock=RealClock())
        wiring.now = real.clock
        yield real
    engine.dispose()
