"""The fixed sentences of a mail in every language that we speak; other languages read English.

Each language holds every phrase: a test finds what is missing. ``{newsletter}``, ``{sender}``, ``{authors}`` and
``{number}`` are filled in. To add a language, add one column here: nothing else has to change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Phrases:
    """What a mail says around the issue, in one language (lower-case BCP 47)."""

    language: str
    read_on_the_web: str
    in_this_issue: str
    issue_number: str
    by: str
    notes: str
    picture: str
    sent_by: str
    why: str
    unsubscribe: str
    preferences: str
    other_languages: str
    licence: str


_ALL: Final = (
    Phrases(
        language="en",
        read_on_the_web="Read on the web",
        in_this_issue="In this issue",
        issue_number="Issue {number}",
        by="By {authors}",
        notes="Notes",
        picture="Picture",
        sent_by="{newsletter} is sent by {sender}.",
        why="You get this mail because this address is subscribed to {newsletter}:",
        unsubscribe="Unsubscribe",
        preferences="Change language or address",
        other_languages="This issue in other languages",
        licence="Licence",
    ),
    Phrases(
        language="de",
        read_on_the_web="Im Web lesen",
        in_this_issue="In dieser Ausgabe",
        issue_number="Ausgabe {number}",
        by="Von {authors}",
        notes="Anmerkungen",
        picture="Bild",
        sent_by="{newsletter} wird verschickt von {sender}.",
        why="Diese Mail kommt, weil diese Adresse {newsletter} abonniert hat:",
        unsubscribe="Abbestellen",
        preferences="Sprache oder Adresse ändern",
        other_languages="Diese Ausgabe in anderen Sprachen",
        licence="Lizenz",
    ),
    Phrases(
        language="es",
        read_on_the_web="Leer en la web",
        in_this_issue="En este número",
        issue_number="Número {number}",
        by="Por {authors}",
        notes="Notas",
        picture="Imagen",
        sent_by="{sender} envía {newsletter}.",
        why="Recibes este correo porque esta dirección está suscrita a {newsletter}:",
        unsubscribe="Darse de baja",
        preferences="Cambiar idioma o dirección",
        other_languages="Este número en otros idiomas",
        licence="Licencia",
    ),
    Phrases(
        language="fr",
        read_on_the_web="Lire sur le web",
        in_this_issue="Dans ce numéro",
        issue_number="Numéro {number}",
        by="Par {authors}",
        notes="Notes",
        picture="Image",
        sent_by="{newsletter} est envoyée par {sender}.",
        why="Vous recevez ce message parce que cette adresse est abonnée à {newsletter} :",
        unsubscribe="Se désabonner",
        preferences="Changer de langue ou d’adresse",
        other_languages="Ce numéro dans d’autres langues",
        licence="Licence",
    ),
    Phrases(
        language="it",
        read_on_the_web="Leggi sul web",
        in_this_issue="In questo numero",
        issue_number="Numero {number}",
        by="Di {authors}",
        notes="Note",
        picture="Immagine",
        sent_by="{newsletter} è inviata da {sender}.",
        why="Ricevi questo messaggio perché questo indirizzo è iscritto a {newsletter}:",
        unsubscribe="Annulla l’iscrizione",
        preferences="Cambia lingua o indirizzo",
        other_languages="Questo numero in altre lingue",
        licence="Licenza",
    ),
    Phrases(
        language="pt-br",
        read_on_the_web="Ler na web",
        in_this_issue="Nesta edição",
        issue_number="Edição {number}",
        by="Por {authors}",
        notes="Notas",
        picture="Imagem",
        sent_by="{newsletter} é enviada por {sender}.",
        why="Você recebe esta mensagem porque este endereço assina {newsletter}:",
        unsubscribe="Cancelar a assinatura",
        preferences="Mudar idioma ou endereço",
        other_languages="Esta edição em outros idiomas",
        licence="Licença",
    ),
)

SPOKEN: Final[Mapping[str, Phrases]] = {phrases.language: phrases for phrases in _ALL}


def phrases_for(language: str) -> Phrases:
    """The phrases of a language, of its nearest relative ("de-at": "de", "pt": "pt-br"), else English."""
    tag = language.lower().replace("_", "-")
    root = tag.split("-")[0]
    relatives = (known for known in SPOKEN if known.split("-")[0] == root)
    return SPOKEN.get(tag) or SPOKEN.get(root) or SPOKEN[next(relatives, "en")]
