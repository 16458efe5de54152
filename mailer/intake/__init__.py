"""How what comes back reaches us: files, mailboxes, LMTP, and what webhooks need from outside. Sockets live here.

Law: nothing here reads a mail's meaning; each way in hands bytes to a function and does as its answer says.
"""
