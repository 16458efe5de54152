"""Asking the web, against real servers on loopback."""
