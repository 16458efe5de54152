"""English."""

from __future__ import annotations

from typing import Any, Final

WORDS: Final[dict[str, Any]] = {
    "subscribe_title": "Subscribe to {newsletter}",
    "subscribe_intro": (
        "You get one mail with a link. Only when you press the button behind it do issues come to you."
    ),
    "wording": (
        "I would like to get {newsletter} by mail. I can leave at any time, with the link in every issue. "
        "My address is used for nothing else."
    ),
    "email": "Email address",
    "language_label": "Language",
    "subscribe_button": "Subscribe",
    "trap": "Leave this field empty",
    "bad_address": "This is not a whole address. It should look like name@example.org.",
    "which_newsletter": "Which newsletter would you like?",
    "proof": "One moment: your browser is doing a sum that keeps robots away.",
    "needs_script": "To keep robots away, this form needs JavaScript.",
    "check_title": "Look into your mailbox",
    "check_text": (
        "If {newsletter} can be sent to this address, a mail is on its way. Open the link in it and press the "
        "button."
    ),
    "check_late": (
        "Nothing there after a few minutes? Look into the spam folder. We write to an address once a day at most, "
        "and only so often to people behind the same connection: try again tomorrow."
    ),
    "check_hint": "Did you mean {domain}? If so, please send the form again with it.",
    "confirm_title": "One press to go",
    "confirm_text": "Would you like to get {newsletter} at {address}?",
    "confirm_button": "Yes, subscribe me",
    "confirmed_title": "You are subscribed",
    "confirmed_text": "The next issue of {newsletter} comes to {address}.",
    "expired_title": "This link is too old",
    "expired_text": "A link to confirm works for seven days. Ask for a new one; it takes a minute.",
    "used_title": "This link was used before",
    "used_text": "It counts only once. If you would like to subscribe again, ask for a new one.",
    "bad_link_title": "This link does not work",
    "bad_link_text": "It may have been cut off on the way. Copy all of it from the mail into the address bar.",
    "subscribe_again": "Subscribe again",
    "leave_title": "Unsubscribe from {newsletter}",
    "leave_text": "After this, {newsletter} is not sent to {address} any more.",
    "leave_button": "Unsubscribe",
    "left_title": "You are unsubscribed",
    "left_text": "{newsletter} is not sent to {address} any more.",
    "mistake": "Was that a mistake?",
    "undo_button": "Undo",
    "undo_title": "Stay with {newsletter}?",
    "undo_text": "{newsletter} then comes to {address} again, as before.",
    "undone_title": "You are subscribed again",
    "undone_text": "{newsletter} comes to {address} as before.",
    "not_undone_title": "This cannot be undone from here any more",
    "not_undone_text": "If you would like to get {newsletter}, please subscribe again.",
    "preferences_title": "Your subscription",
    "preferences_text": "{newsletter} for {address}",
    "saved": "Saved.",
    "save": "Save",
    "waits_label": "Rather a late issue in my language than one in another language",
    "pause_title": "Pause",
    "pause_text": "Nothing is sent to you before the day that you choose, at most a year from now.",
    "pause_until": "Pause until",
    "pause_button": "Pause",
    "paused": "Nothing is sent to you before {date}.",
    "resume_button": "End the pause",
    "bad_date": "Please choose a day between tomorrow and a year from now.",
    "address_title": "Another address",
    "address_text": (
        "We write to the new address. It counts once you have pressed the button behind the link in that mail."
    ),
    "new_address": "New email address",
    "address_button": "Change the address",
    "address_asked": "If the new address can be used, a mail is on its way to it.",
    "address_often": "That was often enough for one day. Try again tomorrow.",
    "data_title": "Your data",
    "data_text": "Everything that is stored about you, as a file that programs can read, or as a page to print.",
    "data_button": "Download my data",
    "receipt_link": "Consent record to print",
    "erase_title": "Erase me",
    "erase_text": (
        "Removes you from every newsletter here, with the whole history. Only a fingerprint of your address "
        "stays, "
        "so that nothing is ever sent to it again, even if somebody puts it on a list. This cannot be undone."
    ),
    "erase_check": "Yes, erase everything about me",
    "erase_button": "Erase me",
    "erase_unchecked": "To erase everything, please tick the box first.",
    "erased_title": "You are erased",
    "erased_text": "Nothing is stored about you any more but a fingerprint that keeps mail away.",
    "old_form": "This page was open for a long time. Nothing was changed: please press the button once more.",
    "not_subscribed_title": "You are not subscribed",
    "not_subscribed_text": "{newsletter} is not sent to {address}.",
    "move_title": "Use this address?",
    "move_text": "{newsletter} is then sent to {address} and no longer to the old address.",
    "move_button": "Use this address",
    "moved_title": "The address is changed",
    "moved_text": "{newsletter} now comes to {address}.",
    "receipt_title": "Consent record",
    "receipt_text": "What {address} asked for and agreed to, for {newsletter}.",
    "when": "When (UTC)",
    "what": "What happened",
    "details": "Details",
    "printed": "As of {date}",
    "events": {
        "requested": "Subscription asked for",
        "confirmed": "Confirmed by the link in the mail",
        "added": "Added by the editors",
        "imported": "Taken over from another list",
        "imported-pending": "Taken over from another list, to be confirmed",
        "imported-unsubscribed": "Taken over as unsubscribed",
        "unsubscribed": "Unsubscribed",
        "resubscribed": "Unsubscribing undone",
        "expired": "Never confirmed",
        "suppressed": "Mail stopped",
        "unsuppressed": "Mail allowed again",
        "language-changed": "Language changed",
        "paused": "Paused",
        "resumed": "Pause ended",
        "waiting-chosen": "Waiting for translations changed",
        "address-changed": "Address changed",
        "data-given": "Data downloaded",
    },
    "embed_title": "A form for your own pages",
    "embed_text": (
        "Paste this into any page. It needs no script and no frame, and takes on the look of the page around it."
    ),
    "embed_code": "To paste",
    "embed_preview": "What it looks like here",
}
