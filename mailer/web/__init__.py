"""The web app: archive, feeds, webhooks and health around the subscribers' own pages."""
