"""What servers write about an address, a mailbox or its host; one pattern a line.

Law: matched against lower-case text; "..." goes on with the line above; macros in braces stand in ``phrases``.
"""

from __future__ import annotations

from typing import Final

from mailer.bounce.bounce import Reason

PHRASES: Final[dict[Reason, str]] = {
    Reason.SUSPEND: r"""
        \b{BOX}\b.{0,50}\b(?:disabled|suspended|frozen|locked|inactive|deactivated|dormant|blocked|bloqu\S*
        ... |gesperrt|deaktiviert|désactivé|suspendu|suspendid[ao]|sospes[ao]|desactivad[ao]|заблокирован\w*
        ... |отключен\w*|not active|not enabled|temporarily (?:un|not )available|on hold)\b
        \b(?:disabled|suspended|frozen|locked|inactive|deactivated|dormant)\b.{0,20}\b{BOX}\b
        user has been (?:suspend|disabl)
        {BOX}.{0,40}(?:closed|locked|switched off|off-?line).{0,20}temporar
        {BOX}.{0,40}(?:technical (?:reason|problem|difficult)|maintenance)
        currently (?:suspend|disabl|inactive)
        利用制限
        アカウントが停止
    """,
    Reason.MAILBOX_FULL: r"""
        (?:mail ?box|inbox|account|mail ?drop|mail ?folder|maildir|storage|disk|quota|user'?s? (?:box
        ... |disk))\s*(?:size |space |quota |storage |limit )*(?:is |has |was |are |of \S+ |for \S+
        ...  |to |been )*(?:too )?(?:full|over|exceed|reached|out of)
        over ?(?:the )?(?:allowed |disk |mail |storage )?quota
        quota (?:is )?(?:exceed|full|violation|overrun|limit)
        exceed\w* .{0,50}(?:quota|storage|mailbox|mail box|local limit|space)
        \bdisk quota\b
        would (?:exceed|be over)
        mailbox size limit
        not enough (?:storage|space|disk|room)
        insufficient (?:mailbox|disk|user) (?:space|storage|quota)
        no space left
        out of (?:storage|space|disk)
        full mailbox
        is full\b
        too many messages in
        (?:postfach|mailbox|speicher\w*|konto|quota) .{0,40}(?:voll|überschritten|ausgeschöpft)
        boîte .{0,40}pleine
        espace .{0,40}(?:épuisé|insuffisant)
        quota .{0,20}(?:dépassé|atteint|superad|excedid|supera)
        buzón .{0,30}lleno
        llen[oa]\b
        casella .{0,30}piena
        caixa .{0,30}cheia
        переполнен
        превышен\w* .{0,30}(?:квот|размер ящика|лимит)
        skrzynka .{0,30}(?:pełna|przepełniona)
        (?:brevlåda\w*|postlåda\w*|postkasse\w*|innboks\w*) .{0,20}(?:full|fuld)
        postilaatikko .{0,30}täyn
        schránka .{0,30}(?:plná|přeplněn|naplněn)
        postafiók .{0,30}(?:megtelt|tele)
        (?:posta kutusu|kota\w*) .{0,30}(?:dolu|aşıldı|dolmuş)
        переповнен
        已满|已滿|空间不足
        가득|용량 ?초과
        postvak .{0,20}vol\b
        容量.{0,20}(?:超|一杯|不足)
        メールボックス.{0,12}(?:一杯|いっぱい|満杯)
        信箱已满
        邮箱已满
        邮箱空间不足
        超出.{0,8}容量
    """,
    Reason.NOT_ACCEPT: r"""
        null ?mx
        no smtp service
        mx or srv record indicated
        (?:host|domain|server|system)? ?(?:does ?n[o']t|not) (?:accept|receive|take) (?:any )?(?:e-?mail|mail
        ... |incoming|smtp)\b
        no mx record found
        smtp service is not
    """,
    Reason.HOST_UNKNOWN: r"""
        (?:host|domain|server)(?: or domain)?(?: name)?\s*(?:\S+ )?(?:is |was |could |can )?(?:unknown
        ... |not found|not be found|does ?n[o']t exist|not exist|invalid|nonexistent|non-existent
        ... |unresolvable|is not hosted|not (?:locally )?hosted)
        (?:unknown|no such|invalid|illegal|non-?existent|unrouteable mail|unroutable|bad) (?:destination
        ...  |recipient )?(?:host|domain|system)
        bad destination
        name or service not known
        \bnxdomain\b
        mx records? point to non
        (?:mail )?domain (?:name )?(?:mentioned in|is not (?:known|valid|hosted|local))
        domain (?:name )?is not reachable
        domain .{0,60}(?:couldn'?t be found|not found|does ?n[o']t exist|no encontrado|introuvable
        ... |nicht gefunden|existiert nicht)
        dns domain .{0,60}does not exist
        no answer from name
        unable to (?:find|resolve) (?:the )?(?:host|domain)
        home (?:is )?unknown
        no route (?:found )?to (?:the )?domain
        (?:account or )?domain may not exist
        (?:could ?n[o']t|can(?:not|'t)|unable to) find (?:any |a |the )?(?:host|domain)
        host not found
        no (?:valid )?(?:mx|dns) (?:or a )?(?:record|entr)
        域名不存在
        ドメイン.{0,12}(?:存在|見つか)
        домен .{0,30}не (?:найден|существует)
    """,
    Reason.HAS_MOVED: r"""
        has (?:moved|changed) (?:to|address)
        address has (?:been )?changed
        user (?:is )?not local
        user has moved
        has been replaced by
        moved to new address
        mailbox (?:has )?moved
        new (?:e-?mail )?address is
    """,
    Reason.USER_UNKNOWN: r"""
        (?:unknown|invalid|no such|nonexist[ea]nt|non-exist[ea]nt|unrecogni[sz]ed|undeliverable|bad|illegal
        ... |wrong) (?:local |virtual |final |destination |e-?mail |mail ?box |delivery |user |local part
        ...  |remote )*{BOX}
        \b{BOX}(?:s|es)?\b[^.;:]{0,60}? (?:does|do|did) ?n[o']t exist
        (?:nobody|no-?one) (?:here )?(?:by that|by this|with that|of that) (?:name|address)
        not a working {BOX}
        non (?:è )?conosciut[oa]
        \b{BOX}(?:s|es)?\b(?: (?:name|address|account|id|part|e-?mail|mailbox|does|is|was|has|been|could|can|that
        ... |you|tried|to|reach|were|are|entered|specified|the|in|at|on|for|here|or|reject\w*|local|lookup|table
        ... |\W)[:,.;\-]{0,3}){0,12}\s*(?:unknown|{NOT} (?:be )?(?:exist\w*|found|known|recogni[sz]ed|listed
        ... |valid|available|registered|a valid|our customer|present|here|have|deliverable|gefunden|trouvé
        ... |encontrad[ao]|esiste|trovat[oa]|existe\w*|найден\w*|существует|istnieje|bekannt|vorhanden
        ... |accept\w* here)|inexistent\w*|inexistant\w*|unbekannt|inconnu\w*|desconocid[ao]|sconosciut[oa]
        ... |desconhecid[ao]|неизвестен|nieznany|onbekend|invalid\w*|no longer|non existent|nonexistent|missing
        ... |does ?n[o']t|deleted|removed|closed|terminated|expired|verification fail|not our|ambiguous
        ... |unavailable or not)
        (?:unknown|no such) (?:local-?part|person|name|recipient|addressee|user|uid|alias)
        user_unknown
        not a known user
        unknown (?:or illegal )?alias
        addressee unknown
        recipient not
        not our customer
        is not a (?:valid|known)
        not a (?:valid|known|local|registered) {BOX}
        does ?n[o']t have an? .{0,80}account
        have an? \S+ account
        no[ -]?(?:mail ?box|account|user|recipient|person|one)s?\b.{0,40}(?:here|by that name|with that
        ... |(?:at|by|with) this|found|called|name|exist|available|known)
        no (?:mailbox|valid recipients?)\b
        address(?:ee)? (?:is )?unknown
        (?:e-?mail|mail) address (?:couldn'?t|wasn'?t|could not|was not) (?:be )?found
        wasn[’']t found at
        couldn[’']t be found
        adresse (?:d'au moins un )?.{0,40}(?:invalide|inconnue|n'existe)
        n'existe pas
        existiert nicht
        no existe
        não existe
        non esiste
        inesistente
        не существует
        не найден
        нет такого
        unrouteable address
        mailbox unavailable
        mailbox not (?:found|available|here|local)
        not in (?:my|our|the) (?:directory|recipient|user|database|local)
        recipient name is not recognized
        resolver\.adr\.\w*not ?found
        recipnotfound
        recipientnotfound
        unable to (?:find|locate) (?:the )?(?:user|recipient|mailbox)
        (?:unable to|can(?:not|'t)|could ?n[o']t) (?:find|locate) .{1,60} (?:in|on|at) (?:my|our|the|this) \w
        couldn'?t find any (?:account|user)
        no longer (?:on server|valid|available|exists?|in use|active|works?|with|employed|used)
        left the (?:company|organi[sz]ation)
        not listed in .{0,40}(?:directory|address book|name)
        this is not a user
        cannot (?:find|be delivered to) (?:the )?(?:user|mailbox)
        user not
        no user
        bad recipient
        recipient address rejected: access denied
        address (?:was )?(?:rejected|not found)? ?: ?undeliverable
        undeliverable address
        address does ?n[o']t
        destination mailbox address
        bad destination mailbox
        (?:宛先|送信先|受信者|メールアドレス|ユーザ\w*|アドレス).{0,20}(?:存在|見つか|不明|ありません)
        不存在
        用户不存在
        无此用户
        收件人.{0,10}(?:不存在|无效)
        사용자.{0,10}(?:없|알 수)
        존재하지 않
        (?:finns|finnes|findes|bestaat) (?:inte|ikke|niet)
        okänd (?:användare|mottagare)|ukendt (?:bruger|modtager)|ukjent (?:bruker|mottaker)
        (?:ei ole olemassa|tuntematon)
        neexist\w*|neznám\w* (?:uživatel|příjemce|adres\w*|používateľ)
        nem létezik|ismeretlen (?:címzett|felhasználó)
        nu există|inexistent\b
        (?:kullanıcı|alıcı|adres\w*|posta kutusu) .{0,30}(?:yok|bulunamadı|mevcut değil|geçersiz)
        не існує|не знайдено|невідом\w*
        δεν υπάρχει|άγνωστος
        nie ma takiego|nie znaleziono|nieznany (?:adresat|odbiorca|użytkownik)
        لا يوجد|غير موجود|לא קיים|לא נמצא
        không tồn tại|không tìm thấy
        tidak (?:ditemukan|ada|dikenal)
    """,
}
