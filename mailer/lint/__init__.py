"""The gate before sending: one rule per file, an explicit registry. Pure."""
