"""Amazon SES notifications that SNS delivers as mail: the JSON stands in the text (e-mail subscription of a "
"topic)."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from mailer.bounce.bounce import Bounce
from mailer.bounce.envelope import return_paths
from mailer.bounce.incoming import Incoming
from mailer.bounce.webhooks.ses import bounces_of_notification

_START = re.compile(r'\{\s*"(?:notificationType|eventType|Type)"')


def read_json_notification(incoming: Incoming) -> list[Bounce]:
    """Bounces of the first JSON document in the notice; none when it is not a notification."""
    text = incoming.first_text
    match = _START.search(text)
    if match is None or "sns" not in incoming.header("from").lower():
        return []
    document = _first_object(re.sub(r"\n[ \t]?", "", text[match.start() :]))
    bounces = bounces_of_notification(document) if document else []
    return [_readdressed(bounce, incoming) for bounce in bounces]


def _first_object(text: str) -> dict[str, object] | None:
    try:
        found, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _readdressed(bounce: Bounce, incoming: Incoming) -> Bounce:
    return replace(bounce, return_paths=(*return_paths(incoming), *bounce.return_paths), reader="json")
