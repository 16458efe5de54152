"""One file per provider: its signature is verified, its events become ``Bounce`` values. Pure: bytes in, values "
"out."""
