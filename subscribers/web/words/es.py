"""Spanish."""

from __future__ import annotations

from typing import Any, Final

WORDS: Final[dict[str, Any]] = {
    "subscribe_title": "Suscribirse a {newsletter}",
    "subscribe_intro": (
        "Recibirás un correo con un enlace. Solo si pulsas el botón que hay tras él te enviaremos los números."
    ),
    "wording": (
        "Quiero recibir {newsletter} por correo. Puedo darme de baja cuando quiera con el enlace de cada número. "
        "Mi dirección no se usa para nada más."
    ),
    "email": "Correo electrónico",
    "language_label": "Idioma",
    "subscribe_button": "Suscribirse",
    "trap": "Deja este campo vacío",
    "bad_address": "La dirección no está completa. Debería ser como nombre@example.org.",
    "which_newsletter": "¿Qué boletín quieres recibir?",
    "proof": "Un momento: tu navegador está haciendo un cálculo que aleja a los robots.",
    "needs_script": "Para alejar a los robots, este formulario necesita JavaScript.",
    "check_title": "Mira tu correo",
    "check_text": (
        "Si {newsletter} se puede enviar a esta dirección, ya va un correo en camino. "
        "Abre el enlace y pulsa el botón."
    ),
    "check_late": (
        "¿No ha llegado nada en unos minutos? Mira en la carpeta de spam. Escribimos a cada dirección como mucho "
        "una vez al día, y solo unas cuantas veces a quienes comparten una conexión: inténtalo mañana."
    ),
    "check_hint": "¿Querías decir {domain}? Si es así, envía el formulario otra vez.",
    "confirm_title": "Solo falta un clic",
    "confirm_text": "¿Quieres recibir {newsletter} en {address}?",
    "confirm_button": "Sí, quiero suscribirme",
    "confirmed_title": "Tu suscripción está activa",
    "confirmed_text": "El próximo número de {newsletter} llegará a {address}.",
    "expired_title": "Este enlace es demasiado antiguo",
    "expired_text": "Un enlace de confirmación vale siete días. Pide otro; es un minuto.",
    "used_title": "Este enlace ya se usó",
    "used_text": "Solo sirve una vez. Si quieres volver a suscribirte, pide otro.",
    "bad_link_title": "Este enlace no funciona",
    "bad_link_text": "Quizá se cortó por el camino. Cópialo entero del correo a la barra de direcciones.",
    "subscribe_again": "Suscribirse de nuevo",
    "leave_title": "Darse de baja de {newsletter}",
    "leave_text": "Después, {newsletter} ya no se enviará a {address}.",
    "leave_button": "Darme de baja",
    "left_title": "Te has dado de baja",
    "left_text": "{newsletter} ya no se enviará a {address}.",
    "mistake": "¿Ha sido un error?",
    "undo_button": "Deshacer",
    "undo_title": "¿Seguir con {newsletter}?",
    "undo_text": "{newsletter} volverá a llegar a {address} como antes.",
    "undone_title": "Tu suscripción sigue activa",
    "undone_text": "{newsletter} llegará a {address} como antes.",
    "not_undone_title": "Esto ya no se puede deshacer desde aquí",
    "not_undone_text": "Si quieres recibir {newsletter}, suscríbete de nuevo.",
    "preferences_title": "Tu suscripción",
    "preferences_text": "{newsletter} para {address}",
    "saved": "Guardado.",
    "save": "Guardar",
    "waits_label": "Mejor un número tardío en mi idioma que uno en otro idioma",
    "pause_title": "Pausa",
    "pause_text": "No te enviaremos nada antes del día que elijas, como mucho dentro de un año.",
    "pause_until": "Pausa hasta",
    "pause_button": "Hacer una pausa",
    "paused": "No te enviaremos nada antes del {date}.",
    "resume_button": "Terminar la pausa",
    "bad_date": "Elige un día entre mañana y dentro de un año.",
    "address_title": "Otra dirección",
    "address_text": (
        "Escribiremos a la nueva dirección. Valdrá cuando pulses el botón que hay tras el enlace de ese correo."
    ),
    "new_address": "Nuevo correo electrónico",
    "address_button": "Cambiar la dirección",
    "address_asked": "Si la nueva dirección se puede usar, ya va un correo en camino.",
    "address_often": "Son bastantes veces para un día. Inténtalo mañana.",
    "data_title": "Tus datos",
    "data_text": "Todo lo que guardamos sobre ti, como archivo para programas o como página para imprimir.",
    "data_button": "Descargar mis datos",
    "receipt_link": "Registro del consentimiento para imprimir",
    "erase_title": "Borrar mis datos",
    "erase_text": (
        "Te quita de todos los boletines de aquí, con todo el historial. Solo queda una huella de tu "
        "dirección, para "
        "que nunca se le vuelva a enviar nada, aunque alguien la ponga en una lista. No se puede deshacer."
    ),
    "erase_check": "Sí, borrad todo sobre mí",
    "erase_button": "Borrar todo",
    "erase_unchecked": "Para borrarlo todo, marca antes la casilla.",
    "erased_title": "Tus datos están borrados",
    "erased_text": "Solo queda una huella que impide enviarte correo.",
    "old_form": "Esta página llevaba mucho tiempo abierta. No ha cambiado nada: pulsa el botón otra vez.",
    "not_subscribed_title": "No hay ninguna suscripción",
    "not_subscribed_text": "{newsletter} no se envía a {address}.",
    "move_title": "¿Usar esta dirección?",
    "move_text": "{newsletter} llegará a {address} y ya no a la dirección anterior.",
    "move_button": "Usar esta dirección",
    "moved_title": "La dirección ha cambiado",
    "moved_text": "{newsletter} llega ahora a {address}.",
    "receipt_title": "Registro del consentimiento",
    "receipt_text": "Lo que {address} ha pedido y aceptado para {newsletter}.",
    "when": "Cuándo (UTC)",
    "what": "Qué ocurrió",
    "details": "Detalles",
    "printed": "A fecha de {date}",
    "events": {
        "requested": "Suscripción pedida",
        "confirmed": "Confirmada con el enlace del correo",
        "added": "Añadida por la redacción",
        "imported": "Traída de otra lista",
        "imported-pending": "Traída de otra lista, por confirmar",
        "imported-unsubscribed": "Traída como dada de baja",
        "unsubscribed": "Baja",
        "resubscribed": "Baja deshecha",
        "expired": "Nunca confirmada",
        "suppressed": "Envío bloqueado",
        "unsuppressed": "Envío permitido de nuevo",
        "language-changed": "Idioma cambiado",
        "paused": "Pausa",
        "resumed": "Fin de la pausa",
        "waiting-chosen": "Espera de traducciones cambiada",
        "address-changed": "Dirección cambiada",
        "data-given": "Datos descargados",
    },
    "embed_title": "Un formulario para tus páginas",
    "embed_text": "Pégalo en cualquier página. No necesita script ni marco y toma el aspecto de la página.",
    "embed_code": "Para pegar",
    "embed_preview": "Así se ve aquí",
}
