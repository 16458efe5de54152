"""Building the Flask app from mailer.toml, for ``gunicorn wsgi:app`` or the app factory inside the wheel."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask

from mailer.configuration import load_settings
from mailer.settings import Settings
from mailer.store.database import open_database
from mailer.store.migrate import prepare_database
from mailer.web.health import health


def create_app(settings: Settings | None = None) -> Flask:
    """The app for ``settings``; when None, those of ``MAILER_CONFIG`` or of mailer.toml in the current folder.

    Raises ``SettingsError`` and ``DatabaseError``: an app that cannot work does not start.
    """
    if settings is None:
        settings = load_settings(Path(os.environ.get("MAILER_CONFIG") or "mailer.toml"))
    database = open_database(settings.database)
    prepare_database(database)
    app = Flask("mailer.web", static_folder=None)
    app.register_blueprint(health(database))
    return app
