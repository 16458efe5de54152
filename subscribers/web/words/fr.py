"""French."""

from __future__ import annotations

from typing import Any, Final

WORDS: Final[dict[str, Any]] = {
    "subscribe_title": "S’abonner à {newsletter}",
    "subscribe_intro": (
        "Un courriel avec un lien va arriver. Les numéros ne sont envoyés qu’après un clic sur le bouton "
        "derrière ce lien."
    ),
    "wording": (
        "Je souhaite recevoir {newsletter} par courriel. Je peux me désabonner à tout moment avec le lien de "
        "chaque "
        "numéro. Mon adresse ne sert à rien d’autre."
    ),
    "email": "Adresse électronique",
    "language_label": "Langue",
    "subscribe_button": "S’abonner",
    "trap": "Laissez ce champ vide",
    "bad_address": "L’adresse n’est pas complète. Elle devrait ressembler à nom@example.org.",
    "which_newsletter": "Quelle lettre souhaitez-vous recevoir ?",
    "proof": "Un instant : votre navigateur fait un calcul qui éloigne les robots.",
    "needs_script": "Pour éloigner les robots, ce formulaire a besoin de JavaScript.",
    "check_title": "Regardez dans votre boîte",
    "check_text": (
        "Si {newsletter} peut être envoyé à cette adresse, un courriel est en route. "
        "Ouvrez le lien et cliquez sur le bouton."
    ),
    "check_late": (
        "Toujours rien après quelques minutes ? Regardez dans les indésirables. Nous écrivons à une adresse "
        "une fois "
        "par jour au plus, et pas trop souvent aux personnes d’une même connexion : réessayez demain."
    ),
    "check_hint": "Vouliez-vous dire {domain} ? Si oui, envoyez le formulaire encore une fois.",
    "confirm_title": "Plus qu’un clic",
    "confirm_text": "Souhaitez-vous recevoir {newsletter} à {address} ?",
    "confirm_button": "Oui, je m’abonne",
    "confirmed_title": "L’abonnement est en place",
    "confirmed_text": "Le prochain numéro de {newsletter} arrivera à {address}.",
    "expired_title": "Ce lien est trop ancien",
    "expired_text": (
        "Un lien de confirmation est valable sept jours. Demandez-en un autre, c’est l’affaire d’une minute."
    ),
    "used_title": "Ce lien a déjà servi",
    "used_text": "Il ne compte qu’une fois. Pour vous abonner de nouveau, demandez-en un autre.",
    "bad_link_title": "Ce lien ne fonctionne pas",
    "bad_link_text": (
        "Il a peut-être été coupé en route. Copiez-le en entier depuis le courriel dans la barre d’adresse."
    ),
    "subscribe_again": "S’abonner de nouveau",
    "leave_title": "Se désabonner de {newsletter}",
    "leave_text": "Ensuite, {newsletter} ne sera plus envoyé à {address}.",
    "leave_button": "Me désabonner",
    "left_title": "Le désabonnement est fait",
    "left_text": "{newsletter} n’est plus envoyé à {address}.",
    "mistake": "C’était une erreur ?",
    "undo_button": "Annuler",
    "undo_title": "Rester avec {newsletter} ?",
    "undo_text": "{newsletter} arrivera de nouveau à {address}, comme avant.",
    "undone_title": "Votre abonnement est rétabli",
    "undone_text": "{newsletter} arrive à {address} comme avant.",
    "not_undone_title": "Cela ne peut plus être annulé ici",
    "not_undone_text": "Pour recevoir {newsletter}, abonnez-vous de nouveau.",
    "preferences_title": "Votre abonnement",
    "preferences_text": "{newsletter} pour {address}",
    "saved": "Enregistré.",
    "save": "Enregistrer",
    "waits_label": "Plutôt un numéro tardif dans ma langue qu’un numéro dans une autre",
    "pause_title": "Pause",
    "pause_text": "Rien ne sera envoyé avant le jour choisi, dans un an au plus.",
    "pause_until": "Pause jusqu’au",
    "pause_button": "Faire une pause",
    "paused": "Rien ne sera envoyé avant le {date}.",
    "resume_button": "Terminer la pause",
    "bad_date": "Choisissez un jour entre demain et dans un an.",
    "address_title": "Une autre adresse",
    "address_text": (
        "Nous écrivons à la nouvelle adresse. Elle compte dès que vous avez cliqué sur le bouton derrière le "
        "lien de ce "
        "courriel."
    ),
    "new_address": "Nouvelle adresse électronique",
    "address_button": "Changer d’adresse",
    "address_asked": "Si la nouvelle adresse peut servir, un courriel est en route.",
    "address_often": "Cela suffit pour aujourd’hui. Réessayez demain.",
    "data_title": "Vos données",
    "data_text": "Tout ce qui est conservé sur vous, en fichier pour les programmes ou en page à imprimer.",
    "data_button": "Télécharger mes données",
    "receipt_link": "Preuve du consentement à imprimer",
    "erase_title": "Tout effacer",
    "erase_text": (
        "Vous retire de toutes les lettres d’ici, avec tout l’historique. Il ne reste qu’une empreinte de "
        "l’adresse, "
        "pour que rien n’y soit plus jamais envoyé, même si quelqu’un la met sur une liste. C’est définitif."
    ),
    "erase_check": "Oui, effacez tout ce qui me concerne",
    "erase_button": "Tout effacer",
    "erase_unchecked": "Pour tout effacer, cochez d’abord la case.",
    "erased_title": "Tout est effacé",
    "erased_text": "Il ne reste qu’une empreinte qui empêche tout envoi.",
    "old_form": (
        "Cette page était ouverte depuis longtemps. Rien n’a changé : cliquez encore une fois sur le bouton."
    ),
    "not_subscribed_title": "Il n’y a pas d’abonnement",
    "not_subscribed_text": "{newsletter} n’est pas envoyé à {address}.",
    "move_title": "Utiliser cette adresse ?",
    "move_text": "{newsletter} arrivera à {address} et plus à l’ancienne adresse.",
    "move_button": "Utiliser cette adresse",
    "moved_title": "L’adresse est changée",
    "moved_text": "{newsletter} arrive maintenant à {address}.",
    "receipt_title": "Preuve du consentement",
    "receipt_text": "Ce que {address} a demandé et accepté pour {newsletter}.",
    "when": "Quand (UTC)",
    "what": "Ce qui s’est passé",
    "details": "Détails",
    "printed": "État au {date}",
    "events": {
        "requested": "Abonnement demandé",
        "confirmed": "Confirmé par le lien du courriel",
        "added": "Ajouté par la rédaction",
        "imported": "Repris d’une autre liste",
        "imported-pending": "Repris d’une autre liste, à confirmer",
        "imported-unsubscribed": "Repris comme désabonné",
        "unsubscribed": "Désabonnement",
        "resubscribed": "Désabonnement annulé",
        "expired": "Jamais confirmé",
        "suppressed": "Envoi bloqué",
        "unsuppressed": "Envoi de nouveau permis",
        "language-changed": "Langue changée",
        "paused": "Pause",
        "resumed": "Fin de la pause",
        "waiting-chosen": "Attente des traductions changée",
        "address-changed": "Adresse changée",
        "data-given": "Données téléchargées",
    },
    "embed_title": "Un formulaire pour vos pages",
    "embed_text": "À coller dans n’importe quelle page. Sans script ni cadre, il prend l’apparence de la page.",
    "embed_code": "À coller",
    "embed_preview": "Ce que cela donne ici",
}
