"""The sentences of notices in every language that we speak; other languages read English.

Each language holds every notice: a test finds what is missing. ``{newsletter}`` is filled in; nothing else is, so
that no stranger can put words into a mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """What one notice says: subject, heading, what happened, the button, and what else there is to know."""

    subject: str
    title: str
    lead: str
    button: str
    rest: str
    latest: str = ""  # in front of the latest issue's title

    def about(self, newsletter: str) -> NoticeWords:
        """With the newsletter's name."""
        said = (self.subject, self.title, self.lead, self.button, self.rest, self.latest)
        return NoticeWords(*(sentence.replace("{newsletter}", newsletter) for sentence in said))


_EN: Final = {
    "confirm": NoticeWords(
        "Please confirm: {newsletter}",
        "One press to go",
        "Somebody, we hope you, asked for {newsletter} to be sent to this address.",
        "Confirm the subscription",
        "If it was not you, do nothing: without that button you will hear no more from us. "
        "The link works for seven days.",
    ),
    "welcome": NoticeWords(
        "Welcome to {newsletter}",
        "You are subscribed",
        "From now on {newsletter} comes to this address.",
        "Your subscription",
        "Language, a pause, another address, your data: all of it is behind this link.",
        "Until the next issue comes, here is the latest one:",
    ),
    "goodbye": NoticeWords(
        "You have left {newsletter}",
        "You are unsubscribed",
        "{newsletter} is not sent to this address any more. If that was a mistake, it can be undone:",
        "Undo",
        "This link works for thirty days. This was the last mail.",
    ),
    "preferences": NoticeWords(
        "Your subscription to {newsletter}",
        "You are subscribed already",
        "Somebody, probably you, put this address into the form. {newsletter} is sent to it already; "
        "language, address and everything else can be changed here:",
        "Your subscription",
        "If it was not you, do nothing: nothing has changed.",
    ),
    "address-change": NoticeWords(
        "Use this address for {newsletter}?",
        "Use this address?",
        "Somebody who gets {newsletter} would like to have it sent to this address from now on.",
        "Use this address",
        "If it was not you, do nothing: without that button nothing changes. The link works for seven days.",
    ),
}
_DE: Final = {
    "confirm": NoticeWords(
        "Bitte bestätigen: {newsletter}",
        "Nur noch ein Knopfdruck",
        "Jemand, hoffentlich du, möchte {newsletter} an diese Adresse bekommen.",
        "Abo bestätigen",
        "Wer das nicht war, braucht nichts zu tun: ohne diesen Knopf kommt nichts mehr von uns. "
        "Der Link gilt sieben Tage.",
    ),
    "welcome": NoticeWords(
        "Willkommen bei {newsletter}",
        "Das Abo ist eingerichtet",
        "Von jetzt an kommt {newsletter} an diese Adresse.",
        "Dein Abo",
        "Sprache, Pause, andere Adresse, deine Daten: alles hinter diesem Link.",
        "Bis die nächste Ausgabe kommt, hier die neueste:",
    ),
    "goodbye": NoticeWords(
        "{newsletter} ist abbestellt",
        "Abbestellt",
        "{newsletter} wird nicht mehr an diese Adresse geschickt. War das ein Versehen? Dann hier zurück:",
        "Rückgängig machen",
        "Dieser Link gilt dreißig Tage. Das war die letzte Mail.",
    ),
    "preferences": NoticeWords(
        "Dein Abo von {newsletter}",
        "Das Abo besteht schon",
        "Jemand, wahrscheinlich du, hat diese Adresse in das Formular eingetragen. {newsletter} kommt schon "
        "an sie; Sprache, Adresse und alles andere lässt sich hier ändern:",
        "Dein Abo",
        "Wer das nicht war, braucht nichts zu tun: es hat sich nichts geändert.",
    ),
    "address-change": NoticeWords(
        "Diese Adresse für {newsletter}?",
        "Diese Adresse benutzen?",
        "Jemand, der {newsletter} bekommt, möchte das künftig an dieser Adresse.",
        "Diese Adresse benutzen",
        "Wer das nicht war, braucht nichts zu tun: ohne diesen Knopf ändert sich nichts. "
        "Der Link gilt sieben Tage.",
    ),
}
_ES: Final = {
    "confirm": NoticeWords(
        "Confirma: {newsletter}",
        "Solo falta un clic",
        "Alguien, esperamos que tú, pidió recibir {newsletter} en esta dirección.",
        "Confirmar la suscripción",
        "Si no has sido tú, no hagas nada: sin ese botón no volverás a saber de nosotros. "
        "El enlace vale siete días.",
    ),
    "welcome": NoticeWords(
        "Te damos la bienvenida a {newsletter}",
        "Tu suscripción está activa",
        "Desde ahora, {newsletter} llega a esta dirección.",
        "Tu suscripción",
        "Idioma, una pausa, otra dirección, tus datos: todo está tras este enlace.",
        "Hasta que llegue el próximo número, aquí está el último:",
    ),
    "goodbye": NoticeWords(
        "Baja de {newsletter}",
        "Te has dado de baja",
        "{newsletter} ya no se envía a esta dirección. Si fue un error, se puede deshacer:",
        "Deshacer",
        "Este enlace vale treinta días. Este ha sido el último correo.",
    ),
    "preferences": NoticeWords(
        "Tu suscripción a {newsletter}",
        "Tu suscripción ya está activa",
        "Alguien, probablemente tú, escribió esta dirección en el formulario. {newsletter} ya se envía a ella; "
        "el idioma, la dirección y lo demás se cambian aquí:",
        "Tu suscripción",
        "Si no has sido tú, no hagas nada: no ha cambiado nada.",
    ),
    "address-change": NoticeWords(
        "¿Usar esta dirección para {newsletter}?",
        "¿Usar esta dirección?",
        "Alguien que recibe {newsletter} quiere que desde ahora llegue a esta dirección.",
        "Usar esta dirección",
        "Si no has sido tú, no hagas nada: sin ese botón no cambia nada. El enlace vale siete días.",
    ),
}
_FR: Final = {
    "confirm": NoticeWords(
        "À confirmer : {newsletter}",
        "Plus qu’un clic",
        "Quelqu’un, vous sans doute, a demandé à recevoir {newsletter} à cette adresse.",
        "Confirmer l’abonnement",
        "Si ce n’était pas vous, ne faites rien : sans ce bouton, vous n’entendrez plus parler de nous. "
        "Le lien est valable sept jours.",
    ),
    "welcome": NoticeWords(
        "Bienvenue à {newsletter}",
        "L’abonnement est en place",
        "Désormais, {newsletter} arrive à cette adresse.",
        "Votre abonnement",
        "La langue, une pause, une autre adresse, vos données : tout se trouve derrière ce lien.",
        "En attendant le prochain numéro, voici le dernier :",
    ),
    "goodbye": NoticeWords(
        "Désabonnement de {newsletter}",
        "Le désabonnement est fait",
        "{newsletter} n’est plus envoyé à cette adresse. Si c’était une erreur, on peut l’annuler :",
        "Annuler",
        "Ce lien est valable trente jours. C’était le dernier courriel.",
    ),
    "preferences": NoticeWords(
        "Votre abonnement à {newsletter}",
        "L’abonnement existe déjà",
        "Quelqu’un, vous sans doute, a saisi cette adresse dans le formulaire. {newsletter} y est déjà envoyé ; "
        "la langue, l’adresse et le reste se changent ici :",
        "Votre abonnement",
        "Si ce n’était pas vous, ne faites rien : rien n’a changé.",
    ),
    "address-change": NoticeWords(
        "Utiliser cette adresse pour {newsletter} ?",
        "Utiliser cette adresse ?",
        "Une personne qui reçoit {newsletter} souhaite désormais le recevoir à cette adresse.",
        "Utiliser cette adresse",
        "Si ce n’était pas vous, ne faites rien : sans ce bouton, rien ne change. Le lien est valable sept jours.",
    ),
}
_IT: Final = {
    "confirm": NoticeWords(
        "Da confermare: {newsletter}",
        "Manca solo un clic",
        "Qualcuno, speriamo tu, ha chiesto di ricevere {newsletter} a questo indirizzo.",
        "Conferma l’iscrizione",
        "Altrimenti non fare nulla: senza quel pulsante non scriveremo più. Il link vale sette giorni.",
    ),
    "welcome": NoticeWords(
        "Ti diamo il benvenuto: {newsletter}",
        "L’iscrizione è attiva",
        "Da ora {newsletter} arriva a questo indirizzo.",
        "La tua iscrizione",
        "Lingua, una pausa, un altro indirizzo, i tuoi dati: è tutto dietro questo link.",
        "In attesa del prossimo numero, ecco l’ultimo:",
    ),
    "goodbye": NoticeWords(
        "Iscrizione cancellata: {newsletter}",
        "L’iscrizione è cancellata",
        "{newsletter} non viene più inviata a questo indirizzo. Se è stato un errore, si può annullare:",
        "Annulla",
        "Questo link vale trenta giorni. Questa era l’ultima mail.",
    ),
    "preferences": NoticeWords(
        "La tua iscrizione a {newsletter}",
        "L’iscrizione c’è già",
        "Qualcuno, probabilmente tu, ha scritto questo indirizzo nel modulo. {newsletter} vi arriva già; "
        "lingua, indirizzo e tutto il resto si cambiano qui:",
        "La tua iscrizione",
        "Altrimenti non fare nulla: non è cambiato niente.",
    ),
    "address-change": NoticeWords(
        "Usare questo indirizzo per {newsletter}?",
        "Usare questo indirizzo?",
        "Una persona che riceve {newsletter} vorrebbe riceverla d’ora in poi a questo indirizzo.",
        "Usa questo indirizzo",
        "Altrimenti non fare nulla: senza quel pulsante non cambia niente. Il link vale sette giorni.",
    ),
}
_PT_BR: Final = {
    "confirm": NoticeWords(
        "Confirme: {newsletter}",
        "Só falta um clique",
        "Alguém, esperamos que você, pediu para receber {newsletter} neste endereço.",
        "Confirmar a assinatura",
        "Se não foi você, não faça nada: sem esse botão, não escreveremos mais. O link vale sete dias.",
    ),
    "welcome": NoticeWords(
        "Boas-vindas a {newsletter}",
        "Sua assinatura está ativa",
        "A partir de agora, {newsletter} chega neste endereço.",
        "Sua assinatura",
        "Idioma, uma pausa, outro endereço, seus dados: está tudo neste link.",
        "Até a próxima edição, aqui está a mais recente:",
    ),
    "goodbye": NoticeWords(
        "Assinatura cancelada: {newsletter}",
        "Assinatura cancelada",
        "{newsletter} não é mais enviado a este endereço. Se foi um engano, dá para desfazer:",
        "Desfazer",
        "Este link vale trinta dias. Este foi o último e-mail.",
    ),
    "preferences": NoticeWords(
        "Sua assinatura de {newsletter}",
        "A assinatura já existe",
        "Alguém, provavelmente você, escreveu este endereço no formulário. {newsletter} já é enviado a ele; "
        "o idioma, o endereço e o resto se mudam aqui:",
        "Sua assinatura",
        "Se não foi você, não faça nada: nada mudou.",
    ),
    "address-change": NoticeWords(
        "Usar este endereço para {newsletter}?",
        "Usar este endereço?",
        "Alguém que recebe {newsletter} quer recebê-lo neste endereço a partir de agora.",
        "Usar este endereço",
        "Se não foi você, não faça nada: sem esse botão, nada muda. O link vale sete dias.",
    ),
}
NOTICES: Final[Mapping[str, Mapping[str, NoticeWords]]] = MappingProxyType(
    {"en": _EN, "de": _DE, "es": _ES, "fr": _FR, "it": _IT, "pt-br": _PT_BR}
)


def notice_words(kind: str, language: str) -> tuple[str, NoticeWords]:
    """The language that it is said in, and the words: the language's, its root language's, or English."""
    for tag in (language, language.partition("-")[0]):
        if tag in NOTICES:
            return tag, NOTICES[tag][kind]
    return "en", NOTICES["en"][kind]
