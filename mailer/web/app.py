"""Building the Flask app from mailer.toml, for ``gunicorn wsgi:app`` or the app factory inside the wheel."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from flask import Flask
from jinja2 import FileSystemLoader, StrictUndefined
from sqlalchemy import Engine
from werkzeug.middleware.proxy_fix import ProxyFix

from mailer import wiring
from mailer.configuration import load_settings
from mailer.intake.amazon import fetch
from mailer.settings import Settings
from mailer.store.database import open_database
from mailer.store.migrate import prepare_database
from mailer.web.archive import archive
from mailer.web.failures import MailerApp, answer_failures
from mailer.web.feeds import feeds
from mailer.web.frame import set_up_frame
from mailer.web.health import health
from mailer.web.hooks import make_hooks_blueprint
from mailer.web.metrics import metrics
from mailer.web.security import SecureHeaders
from mailer.web.styles import Styles, static_files
from subscribers.web import make_blueprint

MOST_BYTES: Final = 64 * 1024  # a form; a view that takes more (webhooks) sets request.max_content_length
MOST_FIELDS: Final = 50


def create_app(settings: Settings | None = None, *, engine: Engine | None = None) -> Flask:
    """The app for ``settings``; when None, those of ``MAILER_CONFIG`` or of mailer.toml in the current folder.

    ``engine`` is a database that is open and prepared already. Raises ``SettingsError`` and ``DatabaseError``: an
    app that cannot work does not start.
    """
    if settings is None:
        settings = load_settings(Path(os.environ.get("MAILER_CONFIG") or "mailer.toml"))
    if engine is None:
        engine = open_database(settings.database)
        prepare_database(engine)
        engine.dispose()  # a server may fork after this: each process opens connections of its own
    app = _bare_app(settings)
    folders = wiring.folders(settings)
    styles = Styles(folders, tuple(settings.newsletters.values()))
    app.jinja_loader = FileSystemLoader(folders)
    set_up_frame(app, settings.newsletters, styles)
    answer_failures(app)
    app.register_blueprint(static_files(styles))
    app.register_blueprint(health(engine))
    app.register_blueprint(metrics(engine, proxies=settings.web.proxies))
    app.register_blueprint(archive(engine, settings.newsletters, form_here=not settings.subscribe.proof_of_work))
    app.register_blueprint(feeds(engine, settings.newsletters))
    app.register_blueprint(make_blueprint(wiring.people_services(settings, engine)))
    feedback = wiring.feedback(settings, engine)
    app.register_blueprint(make_hooks_blueprint(wiring.hooks(settings), feedback, wiring.now, fetch))
    return app


def _bare_app(settings: Settings) -> Flask:
    app = MailerApp("mailer.web", static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=MOST_BYTES, MAX_FORM_MEMORY_SIZE=MOST_BYTES, MAX_FORM_PARTS=MOST_FIELDS)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    # A redirect would make a POST a GET: mail clients' one-click button (RFC 8058) must reach its page as it is.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    proxies = settings.web.proxies
    wrapped = SecureHeaders(app.wsgi_app, https=settings.base_url.startswith("https:"))
    app.wsgi_app = ProxyFix(wrapped, x_for=proxies, x_proto=proxies, x_host=0) if proxies else wrapped  # type: ignore[method-assign]  # Flask's own way to wrap an app
    return app
