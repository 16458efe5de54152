"""The pages for people (subscribe, confirm, unsubscribe, preferences) as a Flask blueprint."""

from subscribers.rules import SubscribeRules
from subscribers.web.blueprint import make_blueprint
from subscribers.web.services import Publication, Services

__all__ = ["Publication", "Services", "SubscribeRules", "make_blueprint"]
