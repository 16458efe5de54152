"""newsletter-mailer: a community's newsletter, from Markdown to the inbox, with a ledger that adds up."""

__version__ = "0.1.0"
