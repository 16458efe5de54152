"""The fixed sentences of every page in every language that we speak; other languages read English.

Each language holds every phrase: a test finds what is missing. To add a language, add one entry here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from mailer.render.tongue import Direction, direction


@dataclass(frozen=True, slots=True)
class PagePhrases:
    """What pages say around an issue, in one language (lower-case BCP 47). ``errors``: title and what to do."""

    language: str
    skip: str  # for keyboards and screen readers: past the masthead
    home: str
    archive: str
    feed: str
    issues: str
    no_issue_yet: str
    newsletters: str
    subscribe: str
    subscribe_why: str  # {newsletter}
    email: str
    language_label: str
    languages: str
    other_languages: str
    newer: str
    older: str
    neighbours: str  # names the navigation between issues
    original: str  # the issue's own page on the site
    contents: str
    licence: str
    corrected: str  # {date}
    as_sent: str  # {date}
    fingerprints: str  # what SHA-256 sums of the versions are called
    years: str
    errors: Mapping[int, tuple[str, str]]

    @property
    def direction(self) -> Direction:
        return direction(self.language)


_ALL: Final = (
    PagePhrases(
        language="en",
        skip="Skip to the content",
        home="Home",
        archive="All issues",
        feed="Feed",
        issues="Issues",
        no_issue_yet="No issue has been sent yet. Subscribe, and the first one comes to you.",
        newsletters="Newsletters",
        subscribe="Subscribe",
        subscribe_why="Get {newsletter} by mail. Nobody is tracked, and every issue has a link to leave.",
        email="Email address",
        language_label="Language",
        languages="Languages",
        other_languages="This issue in other languages",
        newer="Next issue",
        older="Previous issue",
        neighbours="Other issues",
        original="This issue on its own site",
        contents="In this issue",
        licence="Licence",
        corrected="Corrected on {date}",
        as_sent="As sent on {date}",
        fingerprints="Versions and their SHA-256",
        years="Years",
        errors={
            400: ("This request cannot be read", "Go back and try it once more."),
            403: ("This page is not for everybody", "Ask the people who run it."),
            404: ("There is no such page", "Check the address. If a link in a mail led here, copy all of it."),
            405: ("This page cannot be used in that way", "Open it as a link in your browser."),
            410: ("This page is gone", "It will not come back."),
            413: ("That was too much at once", "Send less."),
            429: ("That was too often", "Wait a few minutes, then try it once more."),
            500: ("Something went wrong on our side", "It has been written down. Try again in a few minutes."),
            503: ("We are not ready right now", "Try again in a few minutes."),
        },
    ),
    PagePhrases(
        language="de",
        skip="Zum Inhalt springen",
        home="Start",
        archive="Alle Ausgaben",
        feed="Feed",
        issues="Ausgaben",
        no_issue_yet="Noch ist keine Ausgabe erschienen. Mit einem Abo kommt schon die erste per Mail.",
        newsletters="Newsletter",
        subscribe="Abonnieren",
        subscribe_why="{newsletter} per Mail. Niemand wird verfolgt, und jede Ausgabe enthält einen Abmelde-Link.",
        email="E-Mail-Adresse",
        language_label="Sprache",
        languages="Sprachen",
        other_languages="Diese Ausgabe in anderen Sprachen",
        newer="Nächste Ausgabe",
        older="Vorige Ausgabe",
        neighbours="Andere Ausgaben",
        original="Diese Ausgabe auf ihrer eigenen Website",
        contents="In dieser Ausgabe",
        licence="Lizenz",
        corrected="Berichtigt am {date}",
        as_sent="Wie verschickt am {date}",
        fingerprints="Fassungen und ihre SHA-256",
        years="Jahre",
        errors={
            400: ("Diese Anfrage ist nicht lesbar", "Bitte zurückgehen und noch einmal versuchen."),
            403: ("Diese Seite ist nicht für alle da", "Bitte bei denen nachfragen, die sie betreiben."),
            404: (
                "Diese Seite gibt es nicht",
                "Bitte die Adresse prüfen. Führte ein Link aus einer Mail hierher, bitte ganz kopieren.",
            ),
            405: ("So lässt sich diese Seite nicht benutzen", "Bitte als Link im Browser öffnen."),
            410: ("Diese Seite gibt es nicht mehr", "Sie kommt nicht wieder."),
            413: ("Das war zu viel auf einmal", "Bitte weniger senden."),
            429: ("Das war zu oft", "Bitte ein paar Minuten warten und dann noch einmal versuchen."),
            500: (
                "Bei uns ist etwas schiefgegangen",
                "Der Fehler ist notiert. Bitte in ein paar Minuten noch einmal versuchen.",
            ),
            503: ("Wir sind gerade nicht bereit", "Bitte in ein paar Minuten noch einmal versuchen."),
        },
    ),
    PagePhrases(
        language="es",
        skip="Saltar al contenido",
        home="Inicio",
        archive="Todos los números",
        feed="Canal web",
        issues="Números",
        no_issue_yet="Aún no se ha enviado ningún número. Con la suscripción te llegará el primero.",
        newsletters="Boletines",
        subscribe="Suscribirse",
        subscribe_why="Recibe {newsletter} por correo. No se rastrea a nadie y siempre hay un enlace de baja.",
        email="Correo electrónico",
        language_label="Idioma",
        languages="Idiomas",
        other_languages="Este número en otros idiomas",
        newer="Número siguiente",
        older="Número anterior",
        neighbours="Otros números",
        original="Este número en su propio sitio",
        contents="En este número",
        licence="Licencia",
        corrected="Corregido el {date}",
        as_sent="Como se envió el {date}",
        fingerprints="Versiones y sus SHA-256",
        years="Años",
        errors={
            400: ("No se puede leer esta petición", "Vuelve atrás e inténtalo otra vez."),
            403: ("Esta página no es para todo el mundo", "Pregunta a quienes la mantienen."),
            404: (
                "No existe esta página",
                "Comprueba la dirección. Si llegaste por un enlace de un correo, cópialo entero.",
            ),
            405: ("Esta página no se usa así", "Ábrela como un enlace en tu navegador."),
            410: ("Esta página ya no existe", "No va a volver."),
            413: ("Es demasiado de una vez", "Envía menos."),
            429: ("Demasiadas veces seguidas", "Espera unos minutos e inténtalo otra vez."),
            500: ("Algo ha fallado de nuestro lado", "Ha quedado anotado. Inténtalo de nuevo en unos minutos."),
            503: ("Ahora mismo no estamos listos", "Inténtalo de nuevo en unos minutos."),
        },
    ),
    PagePhrases(
        language="fr",
        skip="Aller au contenu",
        home="Accueil",
        archive="Tous les numéros",
        feed="Flux",
        issues="Numéros",
        no_issue_yet="Aucun numéro n’a encore été envoyé. Abonnez-vous pour recevoir le premier.",
        newsletters="Lettres d’information",
        subscribe="S’abonner",
        subscribe_why="Recevez {newsletter} par courriel. Personne n’est pisté, et partir tient en un clic.",
        email="Adresse électronique",
        language_label="Langue",
        languages="Langues",
        other_languages="Ce numéro dans d’autres langues",
        newer="Numéro suivant",
        older="Numéro précédent",
        neighbours="Autres numéros",
        original="Ce numéro sur son propre site",
        contents="Dans ce numéro",
        licence="Licence",
        corrected="Corrigé le {date}",
        as_sent="Tel qu’envoyé le {date}",
        fingerprints="Versions et leurs SHA-256",
        years="Années",
        errors={
            400: ("Cette demande est illisible", "Revenez en arrière et réessayez."),
            403: ("Cette page n’est pas pour tout le monde", "Demandez à celles et ceux qui la gèrent."),
            404: (
                "Cette page n’existe pas",
                "Vérifiez l’adresse. Si un lien d’un courriel mène ici, copiez-le en entier.",
            ),
            405: ("Cette page ne s’utilise pas ainsi", "Ouvrez-la comme un lien dans votre navigateur."),
            410: ("Cette page a disparu", "Elle ne reviendra pas."),
            413: ("C’est trop d’un coup", "Envoyez-en moins."),
            429: ("C’est trop souvent", "Attendez quelques minutes, puis réessayez."),
            500: ("Une erreur s’est produite chez nous", "Elle a été notée. Réessayez dans quelques minutes."),
            503: ("Nous ne sommes pas prêts pour le moment", "Réessayez dans quelques minutes."),
        },
    ),
    PagePhrases(
        language="it",
        skip="Vai al contenuto",
        home="Inizio",
        archive="Tutti i numeri",
        feed="Feed",
        issues="Numeri",
        no_issue_yet="Non è ancora stato inviato nessun numero. Iscriviti e riceverai il primo.",
        newsletters="Newsletter",
        subscribe="Iscriviti",
        subscribe_why="Ricevi {newsletter} per posta. Nessuno è tracciato e andarsene costa un clic.",
        email="Indirizzo email",
        language_label="Lingua",
        languages="Lingue",
        other_languages="Questo numero in altre lingue",
        newer="Numero successivo",
        older="Numero precedente",
        neighbours="Altri numeri",
        original="Questo numero sul suo sito",
        contents="In questo numero",
        licence="Licenza",
        corrected="Corretto il {date}",
        as_sent="Come inviato il {date}",
        fingerprints="Versioni e relativi SHA-256",
        years="Anni",
        errors={
            400: ("Questa richiesta non si può leggere", "Torna indietro e riprova."),
            403: ("Questa pagina non è per tutti", "Chiedi a chi la gestisce."),
            404: (
                "Questa pagina non esiste",
                "Controlla l’indirizzo. Se ti ha portato qui il link di una mail, copialo per intero.",
            ),
            405: ("Questa pagina non si usa così", "Aprila come un link nel browser."),
            410: ("Questa pagina non c’è più", "Non tornerà."),
            413: ("È troppo in una volta", "Invia di meno."),
            429: ("È troppo spesso", "Aspetta qualche minuto e riprova."),
            500: ("Qualcosa è andato storto da noi", "L’errore è stato annotato. Riprova tra qualche minuto."),
            503: ("In questo momento non siamo pronti", "Riprova tra qualche minuto."),
        },
    ),
    PagePhrases(
        language="pt-br",
        skip="Ir para o conteúdo",
        home="Início",
        archive="Todas as edições",
        feed="Feed",
        issues="Edições",
        no_issue_yet="Nenhuma edição foi enviada ainda. Assine e receba a primeira.",
        newsletters="Newsletters",
        subscribe="Assinar",
        subscribe_why="Receba {newsletter} por e-mail. Ninguém é rastreado, e cada edição tem um link para sair.",
        email="Endereço de e-mail",
        language_label="Idioma",
        languages="Idiomas",
        other_languages="Esta edição em outros idiomas",
        newer="Próxima edição",
        older="Edição anterior",
        neighbours="Outras edições",
        original="Esta edição em seu próprio site",
        contents="Nesta edição",
        licence="Licença",
        corrected="Corrigida em {date}",
        as_sent="Como enviada em {date}",
        fingerprints="Versões e seus SHA-256",
        years="Anos",
        errors={
            400: ("Não foi possível ler este pedido", "Volte e tente mais uma vez."),
            403: ("Esta página não é para todos", "Pergunte a quem cuida dela."),
            404: (
                "Esta página não existe",
                "Confira o endereço. Se um link de um e-mail trouxe você aqui, copie-o inteiro.",
            ),
            405: ("Esta página não se usa assim", "Abra-a como um link no navegador."),
            410: ("Esta página não existe mais", "Ela não vai voltar."),
            413: ("Foi demais de uma só vez", "Envie menos."),
            429: ("Foram vezes demais", "Espere alguns minutos e tente de novo."),
            500: ("Algo deu errado do nosso lado", "O erro foi anotado. Tente de novo em alguns minutos."),
            503: ("Não estamos prontos agora", "Tente de novo em alguns minutos."),
        },
    ),
)

PAGES: Final[Mapping[str, PagePhrases]] = {phrases.language: phrases for phrases in _ALL}


def nearest_language(tag: str, known: Iterable[str]) -> str | None:
    """The known language that a tag means: itself, its root ("de-at": "de"), a relative ("pt": "pt-br"), none."""
    languages = list(known)
    tag = tag.strip().lower().replace("_", "-")
    root = tag.split("-")[0]
    if not root:
        return None
    if tag in languages:
        return tag
    if root in languages:
        return root
    return next((language for language in languages if language.split("-")[0] == root), None)


def page_phrases(tag: str) -> PagePhrases:
    """The phrases of a language or its nearest relative, else English."""
    return PAGES[nearest_language(tag, PAGES) or "en"]
