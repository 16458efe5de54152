"""What comes back: bounces, complaints and auto-replies become ``Bounce`` values. Pure."""
