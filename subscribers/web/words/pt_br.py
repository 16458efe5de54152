"""Portuguese as written in Brazil."""

from __future__ import annotations

from typing import Any, Final

WORDS: Final[dict[str, Any]] = {
    "subscribe_title": "Assinar {newsletter}",
    "subscribe_intro": (
        "Você vai receber um e-mail com um link. As edições só chegam depois que você apertar o botão que há nele."
    ),
    "wording": (
        "Quero receber {newsletter} por e-mail. Posso cancelar quando quiser, com o link de cada edição. "
        "Meu endereço não é usado para mais nada."
    ),
    "email": "Endereço de e-mail",
    "language_label": "Idioma",
    "subscribe_button": "Assinar",
    "trap": "Deixe este campo vazio",
    "bad_address": "O endereço não está completo. Deveria ser como nome@example.org.",
    "which_newsletter": "Qual boletim você quer receber?",
    "proof": "Um momento: seu navegador está fazendo uma conta que afasta os robôs.",
    "needs_script": "Para afastar os robôs, este formulário precisa de JavaScript.",
    "check_title": "Veja seu e-mail",
    "check_text": (
        "Se {newsletter} puder ser enviado a este endereço, um e-mail está a caminho. Abra o link e aperte o "
        "botão."
    ),
    "check_late": (
        "Nada depois de alguns minutos? Veja na pasta de spam. Escrevemos a cada endereço no máximo uma vez "
        "por dia, "
        "e só algumas vezes a quem usa a mesma conexão: tente de novo amanhã."
    ),
    "check_hint": "Você quis dizer {domain}? Se sim, envie o formulário de novo.",
    "confirm_title": "Só falta um clique",
    "confirm_text": "Você quer receber {newsletter} em {address}?",
    "confirm_button": "Sim, quero assinar",
    "confirmed_title": "Sua assinatura está ativa",
    "confirmed_text": "A próxima edição de {newsletter} vai chegar em {address}.",
    "expired_title": "Este link é antigo demais",
    "expired_text": "Um link de confirmação vale sete dias. Peça outro; leva um minuto.",
    "used_title": "Este link já foi usado",
    "used_text": "Ele só vale uma vez. Para assinar de novo, peça outro.",
    "bad_link_title": "Este link não funciona",
    "bad_link_text": "Talvez tenha sido cortado no caminho. Copie-o inteiro do e-mail para a barra de endereços.",
    "subscribe_again": "Assinar de novo",
    "leave_title": "Cancelar {newsletter}",
    "leave_text": "Depois disso, {newsletter} não será mais enviado a {address}.",
    "leave_button": "Cancelar a assinatura",
    "left_title": "Assinatura cancelada",
    "left_text": "{newsletter} não será mais enviado a {address}.",
    "mistake": "Foi um engano?",
    "undo_button": "Desfazer",
    "undo_title": "Continuar com {newsletter}?",
    "undo_text": "{newsletter} volta a chegar em {address}, como antes.",
    "undone_title": "Sua assinatura continua",
    "undone_text": "{newsletter} chega em {address} como antes.",
    "not_undone_title": "Isto não pode mais ser desfeito aqui",
    "not_undone_text": "Para receber {newsletter}, assine de novo.",
    "preferences_title": "Sua assinatura",
    "preferences_text": "{newsletter} para {address}",
    "saved": "Salvo.",
    "save": "Salvar",
    "waits_label": "Melhor uma edição atrasada no meu idioma do que em outro",
    "pause_title": "Pausa",
    "pause_text": "Nada será enviado antes do dia escolhido, no máximo daqui a um ano.",
    "pause_until": "Pausa até",
    "pause_button": "Fazer uma pausa",
    "paused": "Nada será enviado antes de {date}.",
    "resume_button": "Terminar a pausa",
    "bad_date": "Escolha um dia entre amanhã e daqui a um ano.",
    "address_title": "Outro endereço",
    "address_text": (
        "Escrevemos ao novo endereço. Ele vale depois que você apertar o botão do link daquele e-mail."
    ),
    "new_address": "Novo endereço de e-mail",
    "address_button": "Mudar o endereço",
    "address_asked": "Se o novo endereço puder ser usado, um e-mail está a caminho.",
    "address_often": "Já foi o bastante por hoje. Tente de novo amanhã.",
    "data_title": "Seus dados",
    "data_text": "Tudo o que está guardado sobre você, como arquivo para programas ou como página para imprimir.",
    "data_button": "Baixar meus dados",
    "receipt_link": "Registro do consentimento para imprimir",
    "erase_title": "Apagar tudo",
    "erase_text": (
        "Tira você de todos os boletins daqui, com todo o histórico. Fica só uma impressão digital do "
        "endereço, para que "
        "nada mais seja enviado a ele, mesmo que alguém o ponha em uma lista. Não pode ser desfeito."
    ),
    "erase_check": "Sim, apaguem tudo sobre mim",
    "erase_button": "Apagar tudo",
    "erase_unchecked": "Para apagar tudo, marque antes a caixa.",
    "erased_title": "Tudo foi apagado",
    "erased_text": "Só ficou uma impressão digital que impede novos envios.",
    "old_form": "Esta página ficou aberta por muito tempo. Nada mudou: aperte o botão de novo.",
    "not_subscribed_title": "Não há assinatura",
    "not_subscribed_text": "{newsletter} não é enviado a {address}.",
    "move_title": "Usar este endereço?",
    "move_text": "{newsletter} passa a chegar em {address} e não mais no endereço antigo.",
    "move_button": "Usar este endereço",
    "moved_title": "O endereço mudou",
    "moved_text": "{newsletter} agora chega em {address}.",
    "receipt_title": "Registro do consentimento",
    "receipt_text": "O que {address} pediu e aceitou para {newsletter}.",
    "when": "Quando (UTC)",
    "what": "O que aconteceu",
    "details": "Detalhes",
    "printed": "Situação em {date}",
    "events": {
        "requested": "Assinatura pedida",
        "confirmed": "Confirmada pelo link do e-mail",
        "added": "Incluída pela redação",
        "imported": "Trazida de outra lista",
        "imported-pending": "Trazida de outra lista, a confirmar",
        "imported-unsubscribed": "Trazida como cancelada",
        "unsubscribed": "Cancelamento",
        "resubscribed": "Cancelamento desfeito",
        "expired": "Nunca confirmada",
        "suppressed": "Envio bloqueado",
        "unsuppressed": "Envio permitido de novo",
        "language-changed": "Idioma mudado",
        "paused": "Pausa",
        "resumed": "Fim da pausa",
        "waiting-chosen": "Espera por traduções mudada",
        "address-changed": "Endereço mudado",
        "data-given": "Dados baixados",
    },
    "embed_title": "Um formulário para suas páginas",
    "embed_text": (
        "Cole em qualquer página. Não precisa de script nem de moldura e fica com a aparência da página."
    ),
    "embed_code": "Para colar",
    "embed_preview": "Como fica aqui",
}
