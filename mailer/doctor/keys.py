"""The installation's DKIM keys, read for a trial; who may read their files is another check's business."""

from __future__ import annotations

from pathlib import Path

from mailer.errors import SettingsError
from mailer.newsletter import Newsletter
from mailer.render.dkim import KeyFault, Signer, SigningKey
from mailer.settings import Settings


def signer_of(settings: Settings, newsletter: Newsletter) -> Signer | None:
    """The signer of a newsletter, None when the mail server signs. Raises SettingsError."""
    dkim = settings.dkim.get(newsletter.key)
    if dkim is None:
        return None
    keys = [_key(dkim.key_file, dkim.selector)]
    if dkim.ed25519_key_file is not None:
        keys.append(_key(dkim.ed25519_key_file, dkim.ed25519_selector))
    return Signer(dkim.domain, tuple(keys))


def _key(file: Path, selector: str) -> SigningKey:
    try:
        return SigningKey.from_pem(file.read_bytes(), selector)
    except KeyFault as fault:
        raise SettingsError(f"the DKIM key {fault}", where=str(file)) from fault
    except OSError as error:
        raise SettingsError(f"the DKIM key cannot be read ({error.strerror}).", where=str(file)) from error
