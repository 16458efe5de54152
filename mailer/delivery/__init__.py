"""The sending engine: leases, throttle, ledger writer and SMTP sessions."""
