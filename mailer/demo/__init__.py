"""The whole trip on one machine with nothing configured: sample issue, invented people, a catching server."""
