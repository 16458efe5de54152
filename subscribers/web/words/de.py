"""German."""

from __future__ import annotations

from typing import Any, Final

WORDS: Final[dict[str, Any]] = {
    "subscribe_title": "{newsletter} abonnieren",
    "subscribe_intro": (
        "Es kommt eine Mail mit einem Link. Erst wer dort auf den Knopf drückt, bekommt die Ausgaben."
    ),
    "wording": (
        "Ich möchte {newsletter} per Mail bekommen. Ich kann jederzeit gehen, mit dem Link in jeder Ausgabe. "
        "Meine Adresse wird für nichts anderes verwendet."
    ),
    "email": "E-Mail-Adresse",
    "language_label": "Sprache",
    "subscribe_button": "Abonnieren",
    "trap": "Dieses Feld leer lassen",
    "bad_address": "Das ist keine vollständige Adresse. Sie sollte aussehen wie name@example.org.",
    "which_newsletter": "Welcher Newsletter soll es sein?",
    "proof": "Einen Moment: Der Browser löst eine Rechenaufgabe, die Roboter fernhält.",
    "needs_script": "Um Roboter fernzuhalten, braucht dieses Formular JavaScript.",
    "check_title": "Bitte ins Postfach schauen",
    "check_text": (
        "Wenn {newsletter} an diese Adresse geschickt werden kann, ist eine Mail unterwegs. "
        "Bitte den Link darin öffnen und auf den Knopf drücken."
    ),
    "check_late": (
        "Nach ein paar Minuten noch nichts da? Bitte im Spam-Ordner nachsehen. An eine Adresse schreiben wir "
        "höchstens einmal am Tag, und an Leute hinter demselben Anschluss nicht beliebig oft: "
        "dann morgen noch einmal versuchen."
    ),
    "check_hint": "War {domain} gemeint? Dann bitte das Formular damit noch einmal abschicken.",
    "confirm_title": "Nur noch ein Knopfdruck",
    "confirm_text": "Soll {newsletter} an {address} kommen?",
    "confirm_button": "Ja, ich möchte das Abo",
    "confirmed_title": "Das Abo ist eingerichtet",
    "confirmed_text": "Die nächste Ausgabe von {newsletter} kommt an {address}.",
    "expired_title": "Dieser Link ist zu alt",
    "expired_text": "Ein Link zum Bestätigen gilt sieben Tage. Ein neuer ist in einer Minute angefordert.",
    "used_title": "Dieser Link wurde schon benutzt",
    "used_text": "Er zählt nur einmal. Für ein neues Abo bitte einen neuen anfordern.",
    "bad_link_title": "Dieser Link funktioniert nicht",
    "bad_link_text": (
        "Vielleicht wurde er unterwegs abgeschnitten. Bitte ganz aus der Mail in die Adresszeile kopieren."
    ),
    "subscribe_again": "Neu abonnieren",
    "leave_title": "{newsletter} abbestellen",
    "leave_text": "Danach wird {newsletter} nicht mehr an {address} geschickt.",
    "leave_button": "Abbestellen",
    "left_title": "Abbestellt",
    "left_text": "{newsletter} wird nicht mehr an {address} geschickt.",
    "mistake": "War das ein Versehen?",
    "undo_button": "Rückgängig machen",
    "undo_title": "Doch bei {newsletter} bleiben?",
    "undo_text": "{newsletter} kommt dann wieder wie bisher an {address}.",
    "undone_title": "Das Abo gilt wieder",
    "undone_text": "{newsletter} kommt wie bisher an {address}.",
    "not_undone_title": "Das lässt sich von hier aus nicht mehr rückgängig machen",
    "not_undone_text": "Wer {newsletter} bekommen möchte, kann neu abonnieren.",
    "preferences_title": "Dein Abo",
    "preferences_text": "{newsletter} für {address}",
    "saved": "Gespeichert.",
    "save": "Speichern",
    "waits_label": "Lieber eine späte Ausgabe in meiner Sprache als eine in einer anderen",
    "pause_title": "Pause",
    "pause_text": "Bis zum gewählten Tag kommt nichts, höchstens ein Jahr lang.",
    "pause_until": "Pause bis",
    "pause_button": "Pause machen",
    "paused": "Vor dem {date} kommt nichts.",
    "resume_button": "Pause beenden",
    "bad_date": "Bitte einen Tag zwischen morgen und heute in einem Jahr wählen.",
    "address_title": "Andere Adresse",
    "address_text": (
        "Wir schreiben an die neue Adresse. Sie gilt, sobald der Knopf hinter dem Link in dieser Mail "
        "gedrückt ist."
    ),
    "new_address": "Neue E-Mail-Adresse",
    "address_button": "Adresse ändern",
    "address_asked": "Wenn die neue Adresse benutzt werden kann, ist eine Mail dorthin unterwegs.",
    "address_often": "Das war oft genug für einen Tag. Bitte morgen noch einmal versuchen.",
    "data_title": "Deine Daten",
    "data_text": "Alles, was über dich gespeichert ist, als Datei für Programme oder als Seite zum Drucken.",
    "data_button": "Meine Daten herunterladen",
    "receipt_link": "Nachweis der Einwilligung zum Drucken",
    "erase_title": "Alles löschen",
    "erase_text": (
        "Entfernt dich aus allen Newslettern hier, samt der ganzen Geschichte. Nur ein Fingerabdruck der Adresse "
        "bleibt, damit nie wieder etwas dorthin geschickt wird, auch wenn jemand sie auf eine Liste setzt. "
        "Das lässt sich nicht rückgängig machen."
    ),
    "erase_check": "Ja, alles über mich löschen",
    "erase_button": "Alles löschen",
    "erase_unchecked": "Zum Löschen bitte zuerst das Kästchen ankreuzen.",
    "erased_title": "Alles ist gelöscht",
    "erased_text": "Gespeichert ist nur noch ein Fingerabdruck, der Mail fernhält.",
    "old_form": (
        "Diese Seite war lange offen. Es wurde nichts geändert: bitte noch einmal auf den Knopf drücken."
    ),
    "not_subscribed_title": "Hier besteht kein Abo",
    "not_subscribed_text": "{newsletter} wird nicht an {address} geschickt.",
    "move_title": "Diese Adresse benutzen?",
    "move_text": "{newsletter} kommt dann an {address} und nicht mehr an die alte Adresse.",
    "move_button": "Diese Adresse benutzen",
    "moved_title": "Die Adresse ist geändert",
    "moved_text": "{newsletter} kommt jetzt an {address}.",
    "receipt_title": "Nachweis der Einwilligung",
    "receipt_text": "Worum {address} bei {newsletter} gebeten und wozu sie zugestimmt hat.",
    "when": "Wann (UTC)",
    "what": "Was geschah",
    "details": "Einzelheiten",
    "printed": "Stand: {date}",
    "events": {
        "requested": "Abo angefordert",
        "confirmed": "Über den Link in der Mail bestätigt",
        "added": "Von der Redaktion eingetragen",
        "imported": "Aus einer anderen Liste übernommen",
        "imported-pending": "Aus einer anderen Liste übernommen, noch zu bestätigen",
        "imported-unsubscribed": "Als abbestellt übernommen",
        "unsubscribed": "Abbestellt",
        "resubscribed": "Abbestellung rückgängig gemacht",
        "expired": "Nie bestätigt",
        "suppressed": "Versand gesperrt",
        "unsuppressed": "Versand wieder erlaubt",
        "language-changed": "Sprache geändert",
        "paused": "Pause begonnen",
        "resumed": "Pause beendet",
        "waiting-chosen": "Warten auf Übersetzungen geändert",
        "address-changed": "Adresse geändert",
        "data-given": "Daten heruntergeladen",
    },
    "embed_title": "Ein Formular für eigene Seiten",
    "embed_text": (
        "Das passt in jede Seite. Es braucht weder Skript noch Rahmen und sieht aus wie die Seite um es herum."
    ),
    "embed_code": "Zum Einfügen",
    "embed_preview": "So sieht es hier aus",
}
