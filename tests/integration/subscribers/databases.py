"""The two databases that every query about people is tested on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from mailer.store.database import open_database
from mailer.store.migrate import prepare_database
from tests.support.postgres import postgres_server, postgres_url

__all__ = ["engine", "postgres_server", "postgres_url"]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    sqlite = f"sqlite:///{tmp_path / 'mailer.db'}"
    engine = open_database(sqlite if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    prepare_database(engine)
    yield engine
    engine.dispose()
