"""Asking the web about an issue's links: politely, at once, and not twice a day."""
