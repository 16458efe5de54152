"""What every test finds: a clean environment, a browser where there is one, and markers that skip aloud."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from sqlalchemy import Connection, Engine, event

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT.parent / "shared"
PROCESSES = 2
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Shells start what runs in their background so; what a test starts would inherit it, and no Ctrl-C would come.
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("newsletter-mailer", max_examples=100, deadline=None)
settings.load_profile("newsletter-mailer")


def chromium_path() -> str | None:
    """The Chromium of this machine."""
    return next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Run the whole suite in two processes, where nobody said how many; some files alone in this one.

    Two, as the machines that check have two cores, and much of the time is waiting. A file stays in one process,
    so that what its tests share is made once. ``-n 0`` runs everything in one process.
    """
    whole = config.args == config.getini("testpaths") and not hasattr(config, "workerinput")
    asked = getattr(config.option, "numprocesses", 0)  # 0 without pytest-xdist
    if whole and asked is None and not config.option.usepdb and (os.cpu_count() or 1) > 1:
        config.option.numprocesses = PROCESSES
        config.option.dist = "loadfile"


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and chromium_path() is None:
        missing = "no Chromium on this machine (Debian: apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(f"{missing}: browser tests must run in CI", pytrace=False)
        pytest.skip(missing)
    if item.get_closest_marker("corpus") and not CORPUS.is_dir():
        pytest.skip(f"no newsletters to read at {CORPUS}")


@pytest.fixture(autouse=True)
def _environment_without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the developer has set for an installation of their own does not reach the tests."""
    for name in [name for name in os.environ if name.startswith("MAILER_")]:
        monkeypatch.delenv(name)


_USED_ENGINES: set[Engine] = set()


@event.listens_for(Engine, "engine_connect")
def _remember(connection: Connection) -> None:
    if connection.engine.dialect.name == "sqlite":
        _USED_ENGINES.add(connection.engine)


@pytest.fixture(autouse=True)
def _databases_given_back() -> Iterator[None]:
    """Close what a test kept open: from Python 3.13 on, an open SQLite connection that is lost warns."""
    yield
    for engine in _USED_ENGINES:
        engine.dispose()
    _USED_ENGINES.clear()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium; only for tests marked ``browser``.

    While it is open, playwright's event loop runs in this thread and ``asyncio.run`` is refused: so it is closed
    after each module, and a module that uses it runs nothing of asyncio itself.
    """
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium_path(), args=arguments)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Real newsletters beside the checkout; only for tests marked ``corpus``."""
    return CORPUS
