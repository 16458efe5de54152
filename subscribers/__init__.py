"""People and their consent: addresses, subscriptions, tokens, suppressions. Never imports ``mailer``."""
