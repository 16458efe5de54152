"""Rendering: an issue becomes MJML, inlined HTML and plain text, then a message template with slots. Pure."""
