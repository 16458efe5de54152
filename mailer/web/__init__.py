"""The web app: archive, feeds, webhooks and health around the subscribers' own pages."""

from mailer.web.app import create_app

__all__ = ["create_app"]
