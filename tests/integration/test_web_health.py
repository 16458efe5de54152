"""The app starts from settings, answers its watchdog, and does not start without them."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from flask import Flask

from mailer.configuration.starting import start_installation
from mailer.errors import SettingsError
from mailer.store.database import open_database
from mailer.web import create_app
from mailer.web.health import health

ROOT = Path(__file__).resolve().parents[2]


def test_the_app_of_a_checkout_answers_its_watchdog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, _ = start_installation(tmp_path)
    monkeypatch.setenv("MAILER_CONFIG", str(path))
    app = runpy.run_path(str(ROOT / "wsgi.py"))["app"]
    assert isinstance(app, Flask)
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_health_tells_of_a_database_that_does_not_answer(tmp_path: Path) -> None:
    app = Flask("gone")
    app.register_blueprint(health(open_database(f"sqlite:///{tmp_path}/no/such/folder/mailer.db")))
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.text) == (503, "the database does not answer\n")


def test_without_settings_the_app_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match="mailer init"):
        create_app()
