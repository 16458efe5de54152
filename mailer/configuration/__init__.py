"""Reading mailer.toml and the environment into ``Settings``; every mistake named with its place and a hint."""

from mailer.configuration.loading import default_settings, load_settings
from mailer.configuration.mistakes import SettingsMistakes
from mailer.configuration.values import parse_rate, parse_rates

__all__ = ["SettingsMistakes", "default_settings", "load_settings", "parse_rate", "parse_rates"]
