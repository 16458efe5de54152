"""The app for a WSGI server in a checkout: ``gunicorn wsgi:app``. Settings as ``mailer.web.create_app`` says."""

from mailer.web import create_app

app = create_app()
