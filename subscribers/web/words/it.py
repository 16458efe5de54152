"""Italian."""

from __future__ import annotations

from typing import Any, Final

WORDS: Final[dict[str, Any]] = {
    "subscribe_title": "Iscriversi a {newsletter}",
    "subscribe_intro": (
        "Arriverà una mail con un link. I numeri arrivano solo dopo aver premuto il pulsante dietro quel link."
    ),
    "wording": (
        "Desidero ricevere {newsletter} per posta elettronica. Posso cancellarmi in ogni momento con il link "
        "presente "
        "in ogni numero. Il mio indirizzo non viene usato per altro."
    ),
    "email": "Indirizzo e-mail",
    "language_label": "Lingua",
    "subscribe_button": "Iscriviti",
    "trap": "Lascia vuoto questo campo",
    "bad_address": "L’indirizzo non è completo. Dovrebbe essere come nome@example.org.",
    "which_newsletter": "Quale newsletter vuoi ricevere?",
    "proof": "Un momento: il browser sta facendo un calcolo che tiene lontani i robot.",
    "needs_script": "Per tenere lontani i robot, questo modulo richiede JavaScript.",
    "check_title": "Guarda nella tua casella",
    "check_text": (
        "Se {newsletter} può essere inviata a questo indirizzo, una mail è in arrivo. "
        "Apri il link e premi il pulsante."
    ),
    "check_late": (
        "Ancora niente dopo qualche minuto? Guarda nella cartella spam. Scriviamo a un indirizzo al massimo "
        "una volta "
        "al giorno, e non troppo spesso a chi usa la stessa connessione: riprova domani."
    ),
    "check_hint": "Intendevi {domain}? In tal caso invia di nuovo il modulo.",
    "confirm_title": "Manca solo un clic",
    "confirm_text": "Vuoi ricevere {newsletter} all’indirizzo {address}?",
    "confirm_button": "Sì, mi iscrivo",
    "confirmed_title": "L’iscrizione è attiva",
    "confirmed_text": "Il prossimo numero di {newsletter} arriverà a {address}.",
    "expired_title": "Questo link è troppo vecchio",
    "expired_text": "Un link di conferma vale sette giorni. Chiedine uno nuovo: basta un minuto.",
    "used_title": "Questo link è già stato usato",
    "used_text": "Vale una volta sola. Per iscriverti di nuovo, chiedine un altro.",
    "bad_link_title": "Questo link non funziona",
    "bad_link_text": (
        "Forse è stato tagliato lungo la strada. Copialo per intero dalla mail nella barra degli indirizzi."
    ),
    "subscribe_again": "Iscriviti di nuovo",
    "leave_title": "Cancellarsi da {newsletter}",
    "leave_text": "Dopo, {newsletter} non sarà più inviata a {address}.",
    "leave_button": "Cancella l’iscrizione",
    "left_title": "L’iscrizione è cancellata",
    "left_text": "{newsletter} non sarà più inviata a {address}.",
    "mistake": "È stato un errore?",
    "undo_button": "Annulla",
    "undo_title": "Restare con {newsletter}?",
    "undo_text": "{newsletter} arriverà di nuovo a {address}, come prima.",
    "undone_title": "L’iscrizione è di nuovo attiva",
    "undone_text": "{newsletter} arriva a {address} come prima.",
    "not_undone_title": "Da qui non si può più annullare",
    "not_undone_text": "Per ricevere {newsletter}, iscriviti di nuovo.",
    "preferences_title": "La tua iscrizione",
    "preferences_text": "{newsletter} per {address}",
    "saved": "Salvato.",
    "save": "Salva",
    "waits_label": "Meglio un numero in ritardo nella mia lingua che uno in un’altra",
    "pause_title": "Pausa",
    "pause_text": "Non arriva nulla prima del giorno scelto, al massimo tra un anno.",
    "pause_until": "Pausa fino al",
    "pause_button": "Metti in pausa",
    "paused": "Non arriva nulla prima del {date}.",
    "resume_button": "Termina la pausa",
    "bad_date": "Scegli un giorno tra domani e un anno da oggi.",
    "address_title": "Un altro indirizzo",
    "address_text": (
        "Scriviamo al nuovo indirizzo. Vale dopo aver premuto il pulsante dietro il link di quella mail."
    ),
    "new_address": "Nuovo indirizzo e-mail",
    "address_button": "Cambia indirizzo",
    "address_asked": "Se il nuovo indirizzo può essere usato, una mail è in arrivo.",
    "address_often": "Per oggi è abbastanza. Riprova domani.",
    "data_title": "I tuoi dati",
    "data_text": "Tutto ciò che è conservato su di te, come file per i programmi o come pagina da stampare.",
    "data_button": "Scarica i miei dati",
    "receipt_link": "Registro del consenso da stampare",
    "erase_title": "Cancella tutto",
    "erase_text": (
        "Ti toglie da tutte le newsletter di qui, con tutta la storia. Resta solo un’impronta dell’indirizzo, "
        "perché non "
        "vi sia mai più inviato nulla, anche se qualcuno lo mette in una lista. Non si può annullare."
    ),
    "erase_check": "Sì, cancellate tutto ciò che mi riguarda",
    "erase_button": "Cancella tutto",
    "erase_unchecked": "Per cancellare tutto, spunta prima la casella.",
    "erased_title": "Tutto è cancellato",
    "erased_text": "Resta solo un’impronta che impedisce altri invii.",
    "old_form": "Questa pagina era aperta da molto tempo. Nulla è cambiato: premi di nuovo il pulsante.",
    "not_subscribed_title": "Nessuna iscrizione",
    "not_subscribed_text": "{newsletter} non viene inviata a {address}.",
    "move_title": "Usare questo indirizzo?",
    "move_text": "{newsletter} arriverà a {address} e non più al vecchio indirizzo.",
    "move_button": "Usa questo indirizzo",
    "moved_title": "L’indirizzo è cambiato",
    "moved_text": "{newsletter} ora arriva a {address}.",
    "receipt_title": "Registro del consenso",
    "receipt_text": "Ciò che {address} ha chiesto e accettato per {newsletter}.",
    "when": "Quando (UTC)",
    "what": "Che cosa è successo",
    "details": "Dettagli",
    "printed": "Aggiornato al {date}",
    "events": {
        "requested": "Iscrizione richiesta",
        "confirmed": "Confermata con il link della mail",
        "added": "Aggiunta dalla redazione",
        "imported": "Ripresa da un’altra lista",
        "imported-pending": "Ripresa da un’altra lista, da confermare",
        "imported-unsubscribed": "Ripresa come cancellata",
        "unsubscribed": "Iscrizione cancellata",
        "resubscribed": "Cancellazione annullata",
        "expired": "Mai confermata",
        "suppressed": "Invio bloccato",
        "unsuppressed": "Invio di nuovo permesso",
        "language-changed": "Lingua cambiata",
        "paused": "Pausa",
        "resumed": "Fine della pausa",
        "waiting-chosen": "Attesa delle traduzioni cambiata",
        "address-changed": "Indirizzo cambiato",
        "data-given": "Dati scaricati",
    },
    "embed_title": "Un modulo per le tue pagine",
    "embed_text": (
        "Incollalo in qualunque pagina. Non richiede script né riquadri e prende l’aspetto della pagina."
    ),
    "embed_code": "Da incollare",
    "embed_preview": "Come appare qui",
}
