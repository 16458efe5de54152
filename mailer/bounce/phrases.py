"""What mail servers write in words, in many languages, as one ordered table: the first row that matches wins.

The order is the law here: words that blame the sender stand before words that blame the address, because a
wrong "user unknown" costs a reader and a wrong "blocked" costs nothing.
"""

from __future__ import annotations

import re
from typing import Final

from mailer.bounce.bounce import Reason

R = Reason
TEXT_LIMIT: Final = 2500  # characters of a diagnostic that are searched

_LISTS: Final = (
    "spamhaus|spamcop|sorbs|barracudacentral|senderscore|uceprotect|spamrats|mailspike|abuseat|invaluement|surbl|"
    "cloudmark|backscatterer|dnsbl|proofpoint"
)
_BOX: Final = (
    r"(?:user|recipient|account|mail ?box|mail ?address|address|customer|subscriber|alias|benutzer|empfänger|postfach"
    r"|konto|destinataire|compte|utilisateur|destinatario|usuario|cuenta|buzón|casella|utente|destinatário|usuário"
    r"|conta|odbiorca|użytkownik|пользовател\w*|ящик\w*|адресат\w*|получател\w*)"
)
_NOT: Final = r"(?:not|no|isn'?t|wasn'?t|doesn'?t|can'?t|cannot|couldn'?t|nicht|pas|inexistant|no se|non|não|не|nie)"

TABLE: Final[tuple[tuple[Reason, tuple[str, ...]], ...]] = (
    (
        R.REJECTED,
        (
            r"sender (?:e-?mail )?(?:address |domain )?(?:\S+ )?(?:was |is |has been )?(?:rejected|denied|refused|invalid"
            r"|not (?:allowed|found|valid|accepted|permitted|exist)|does ?n[o']t exist|unknown|unverified)",
            r"(?:invalid|bad|unknown|unresolvable|unroutable|unacceptable) (?:sender|return[- ]path|envelope from)",
            r"(?:could not|cannot|can't|unable to|failed to|couldn't) (?:verify|validate|resolve|route to) (?:the )?sender",
            r"domain of sender|sender'?s? domain|from:? (?:address|domain) is|sender verif|callout to|backscatter"
            r"|empty envelope sender|null sender|domain is invalid|absender(?:adresse)? (?:abgelehnt|unbekannt)",
            r"you (?:are|have been) (?:not|n't) (?:allowed|authori[sz]ed) to send|not authori[sz]ed to send"
            r"|only (?:members|subscribers|authenticated)|not (?:a )?(?:list )?members?\b|permission to post"
            r"|権限|权限|權限|권한|autorisée?s? à (?:lui|y|publier|envoyer)"
            r"|berechtigung|permiso para|permissão para|autorizzazione|разрешени|sending to/from an address that has been",
        ),
    ),
    (
        R.AUTH_FAILURE,
        (
            r"\bdmarc\b|\bspf\b|\bdkim\b|sender policy framework|sender ?id\b",
            r"unauthenticated (?:e-?mail|mail|sender|message)|not (?:properly )?authenticated|authenticat\w+ (?:is )?(?:fail"
            r"|required|check)|fail\w* authentication|starttls|must (?:use|issue) tls|tls (?:required|is required)"
            r"|encrypt\w+ (?:required|needed)|alignment",
        ),
    ),
    (
        R.REQUIRE_PTR,
        (
            r"reverse[ -]?(?:dns|lookup|host|resolution|ip|mapping)|\brdns\b|\bptr\b|dns reverse",
            r"cannot find your (?:reverse )?host|no valid hostname|cannot resolve your (?:ip|address|host|domain)"
            r"|ip address (?:does not|doesn't) resolve|(?:helo|ehlo)\b.{0,60}(?:reject|invalid|refused|denied|not)"
            r"|(?:bad|invalid|forged|fake) helo|hostname (?:is )?(?:invalid|unknown)|missing dns",
        ),
    ),
    (
        R.SPEEDING,
        (
            r"rate[- ]?limit|throttl|too fast|sending rate|receiving mail at a rate|receiving mail too quickly"
            r"|unusual rate|rate (?:exceeded|control)|too many (?:messages|mails|emails|e-mails|recipients|requests)"
            r"|(?:hourly|daily|per hour|per day|message|messages) (?:sending )?(?:limit|quota) (?:exceeded|reached)"
            r"|exceeded (?:the |your |its )?(?:hourly|daily|message rate|maximum number of messages|sending)"
            r"|max(?:imum)? (?:defers and failures|emails) per|limit on the number of (?:concurrent )?(?:messages|mail)",
        ),
    ),
    (
        R.TOO_MANY_CONNECTIONS,
        (r"too many (?:\w+ ){0,3}(?:connection|session)|(?:concurren\w+|connection|session) (?:rate )?(?:limit|count)",),
    ),
    (
        R.SUSPEND,
        (
            rf"\b{_BOX}\b.{{0,50}}\b(?:disabled|suspended|frozen|locked|inactive|deactivated|dormant|blocked|bloqu\S*"
            r"|gesperrt|deaktiviert|désactivé|suspendu|suspendid[ao]|sospes[ao]|desactivad[ao]|заблокирован\w*|отключен\w*"
            r"|not active|not enabled|temporarily (?:un|not )available|on hold)\b",
            rf"\b(?:disabled|suspended|frozen|locked|inactive|deactivated|dormant)\b.{{0,20}}\b{_BOX}\b",
            r"user has been (?:suspend|disabl)|currently (?:suspend|disabl|inactive)|利用制限|アカウントが停止",
        ),
    ),
    (
        R.BLOCKED,
        (
            rf"{_LISTS}|block[- ]?list|black[- ]?list|deny ?list|reject ?list|\brbls?\b|listed (?:at|in|by|on)",
            r"\b(?:ip|client|host|server|network|domain|sender|connection|address(?:es)?|mail|message|email)s?\b.{0,40}"
            r"\b(?:blocked|banned|blacklisted|blocklisted)",
            r"\bblocked\b|blockiert|bloqué|bloccat|bloquead|\bbanned\b",
            r"(?:poor|bad|low|negative|no|ip|sender|domain) reputation|reputation (?:is|of|too)|due to reputation",
            r"smtp server of your isp|dynamic(?:ally)?(?:[- ]assigned)? (?:ip|address)|dial-?up|residential"
            r"|not accepting (?:mail|connections?|messages) from|no access from|open relay|client host .{0,40}rejected"
            r"|refused? (?:to )?(?:talk|mail from|your)|refus\w* your|you are not (?:allowed|welcome)|access denied by ip"
            r"|redundant",
        ),
    ),
    (R.VIRUS_DETECTED, (r"virus|malware|infected|trojan|ransomware|dangerous (?:attachment|content)|виру[сc]|ウイルス",)),
    (
        R.SPAM_DETECTED,
        (r"spam|\bjunk\b|unsolicited|phish|considered (?:bulk|ube|uce)|\bu[bc]e\b|спам|迷惑メール|垃圾|pourriel|mail rejete",),
    ),
    (
        R.MAILBOX_FULL,
        (
            r"(?:mail ?box|inbox|account|mail ?drop|mail ?folder|maildir|storage|disk|quota|user'?s? (?:box|disk))\s*"
            r"(?:size |space |quota |storage |limit )*(?:is |has |was |are |of \S+ |for \S+ |to |been )*(?:too )?"
            r"(?:full|over|exceed|reached|out of)",
            r"over ?(?:the )?(?:allowed |disk |mail |storage )?quota|quota (?:is )?(?:exceed|full|violation|overrun|limit)"
            r"|exceed\w* .{0,50}(?:quota|storage|mailbox|mail box|local limit|space)|\bdisk quota\b|would (?:exceed|be over)"
            r"|mailbox size limit|not enough (?:storage|space|disk|room)|insufficient (?:mailbox|disk|user) "
            r"(?:space|storage|quota)|no space left|out of (?:storage|space|disk)|full mailbox|is full\b|too many messages in",
            r"(?:postfach|mailbox|speicher\w*|konto|quota) .{0,40}(?:voll|überschritten|ausgeschöpft)|boîte .{0,40}pleine"
            r"|espace .{0,40}(?:épuisé|insuffisant)|quota .{0,20}(?:dépassé|atteint|superad|excedid|supera)"
            r"|buzón .{0,30}lleno|llen[oa]\b|casella .{0,30}piena|caixa .{0,30}cheia|переполнен|превышен\w* .{0,30}"
            r"(?:квот|размер ящика|лимит)|skrzynka .{0,30}(?:pełna|przepełniona)|postvak .{0,20}vol\b"
            r"|容量.{0,20}(?:超|一杯|不足)|メールボックス.{0,12}(?:一杯|いっぱい|満杯)|信箱已满|邮箱已满|邮箱空间不足|超出.{0,8}容量",
        ),
    ),
    (
        R.MESSAGE_TOO_BIG,
        (
            r"(?:message|mail|content|size|e-?mail|attachment|data|nachricht|messaggio|mensaje)\b.{0,40}"
            r"(?:too (?:big|large|long)|exceed\w*.{0,30}(?:size|limit|max|length)|larger than|zu gro(?:ß|ss)|trop (?:gros|volum)"
            r"|troppo grande|demasiado grande)",
            r"max(?:imum)? (?:message|mail) size|size limit|too (?:big|large) (?:message|mail)|message length exceeds"
            r"|サイズ.{0,12}(?:超|大き)|слишком больш",
        ),
    ),
    (
        R.NO_RELAYING,
        (
            r"relay(?:ing)? (?:access |is |not |attempt |operation )?(?:denied|prohibited|rejected|not|permitted|allowed"
            r"|disallowed)|(?:unable|not (?:permitted|allowed)|cannot|won't|do(?:es)? not|no|insecure|illegal|denied|refuse\w*)"
            r"(?: to| mail| an?| unauthorized)* relay|rcpthosts|not a gateway|mail server requires authentication"
            r"|relaying (?:mail )?(?:to|for)\b|we do not relay",
        ),
    ),
    (
        R.NOT_ACCEPT,
        (
            r"null ?mx|no smtp service|mx or srv record indicated|(?:host|domain|server|system)? ?(?:does ?n[o']t|not) "
            r"(?:accept|receive|take) (?:any )?(?:e-?mail|mail|incoming|smtp)\b|no mx record found|smtp service is not",
        ),
    ),
    (
        R.HOST_UNKNOWN,
        (
            r"(?:host|domain|server)(?: or domain)?(?: name)?\s*(?:\S+ )?(?:is |was |could |can )?(?:unknown|not found"
            r"|not be found|lookup fail|does ?n[o']t exist|not exist|invalid|nonexistent|non-existent|unresolvable)",
            r"(?:unknown|no such|invalid|non-?existent|unrouteable mail|unroutable|bad) (?:destination )?"
            r"(?:host|domain|system)|bad destination|name or service not known|\bnxdomain\b|mx records? point to non"
            r"|(?:mail )?domain (?:name )?(?:mentioned in|is not (?:known|valid|hosted|local))|domain (?:name )?is not reachable"
            r"|domain .{0,60}(?:couldn'?t be found|not found|does ?n[o']t exist|no encontrado|introuvable"
            r"|nicht gefunden|existiert nicht)|dns domain .{0,60}does not exist|no answer from name|unable to (?:find|resolve)"
            r" (?:the )?(?:host|domain)|home (?:is )?unknown|host not found|no (?:valid )?(?:mx|dns) (?:or a )?(?:record|entr)"
            r"|域名不存在|ドメイン.{0,12}(?:存在|見つか)|домен .{0,30}не (?:найден|существует)",
        ),
    ),
    (
        R.HAS_MOVED,
        (
            r"has (?:moved|changed) (?:to|address)|address has (?:been )?changed|user (?:is )?not local|user has moved"
            r"|has been replaced by|moved to new address|mailbox (?:has )?moved|new (?:e-?mail )?address is",
        ),
    ),
    (
        R.USER_UNKNOWN,
        (
            rf"(?:unknown|invalid|no such|nonexist[ea]nt|non-exist[ea]nt|unrecogni[sz]ed|undeliverable|bad|illegal|wrong)"
            rf" (?:local |virtual |final |destination |e-?mail |mail ?box |delivery |user |local part |remote )*{_BOX}",
            rf"\b{_BOX}s?\b(?: (?:name|address|account|id|part|e-?mail|mailbox|does|is|was|has|been|could|can|that|you|tried"
            rf"|to|reach|entered|specified|the|in|at|on|for|here|or|reject\w*|local|lookup|table|\W)[:,.;\-]{{0,3}}){{0,12}}\s*"
            rf"(?:unknown|{_NOT} (?:be )?(?:exist\w*|found|known|recogni[sz]ed|listed|valid|available|registered|a valid"
            rf"|our customer|present|here|have|deliverable|gefunden|trouvé|encontrad[ao]|esiste|trovat[oa]|existe\w*|найден\w*"
            rf"|существует|istnieje|bekannt|vorhanden|accept\w* here)|inexistent\w*|inexistant\w*|unbekannt|inconnu\w*"
            rf"|desconocid[ao]|sconosciut[oa]|desconhecid[ao]|неизвестен|nieznany|onbekend|invalid\w*|no longer"
            rf"|non existent|nonexistent|missing|does ?n[o']t|deleted|removed|closed|terminated|expired"
            rf"|verification fail|not our|ambiguous|unavailable or not)",
            r"(?:unknown|no such) (?:local-?part|person|name|recipient|addressee|user|uid|alias)|user_unknown|not a known user"
            r"|unknown (?:or illegal )?alias|addressee unknown|recipient not|not our customer|is not a (?:valid|known)"
            r"|does ?n[o']t have an? .{0,80}account|have an? \S+ account|no (?:mail ?box|account|user|recipient|person|one)"
            r"s?\b.{0,40}(?:here|by that name|with that|found|called|name|exist|available|known)|no (?:mailbox|valid recipients?)"
            r"\b|address(?:ee)? (?:is )?unknown|(?:e-?mail|mail) address (?:couldn'?t|wasn'?t|could not|was not) (?:be )?found"
            r"|wasn[’']t found at|couldn[’']t be found|adresse (?:d'au moins un )?.{0,40}(?:invalide|inconnue|n'existe)"
            r"|n'existe pas|existiert nicht|no existe|não existe|non esiste|inesistente|не существует|не найден"
            r"|нет такого|unrouteable address|mailbox unavailable|mailbox not (?:found|available|here|local)"
            r"|not in (?:my|our|the) (?:directory|recipient|user|database|local)|recipient name is not recognized"
            r"|resolver\.adr\.\w*not ?found|recipnotfound|recipientnotfound|unable to (?:find|locate) (?:the )?(?:user|recipient"
            r"|mailbox)|couldn'?t find any (?:account|user)|no longer (?:on server|valid|available|exists?|in use|active|works?"
            r"|with|employed|used)|left the (?:company|organi[sz]ation)|not listed in .{0,40}(?:directory|address book|name)"
            r"|this is not a user|cannot (?:find|be delivered to) (?:the )?(?:user|mailbox)|user not|no user|bad recipient"
            r"|address (?:was )?(?:rejected|not found)? ?: ?undeliverable|undeliverable address|address does ?n[o']t"
            r"|destination mailbox address|bad destination mailbox",
            r"(?:宛先|送信先|受信者|メールアドレス|ユーザ\w*|アドレス).{0,20}(?:存在|見つか|不明|ありません)|不存在|用户不存在|无此用户"
            r"|收件人.{0,10}(?:不存在|无效)|사용자.{0,10}(?:없|알 수)|존재하지 않",
        ),
    ),
    (
        R.EXPIRED,
        (
            r"retry time(?:out)?|delivery time expired|(?:message|mail|time) (?:has )?(?:expired|timeout)|in (?:the )?queue too"
            r" long|too long in|giving up|gave up|could not (?:be )?deliver\w* (?:for|within|after)|not (?:be )?delivered (?:for"
            r"|within|after|in)\b|(?:been )?delayed|undeliver\w+ for|after (?:multiple|several|\d+) (?:retries|attempts|days"
            r"|hours)|too old|still (?:trying|in queue)|cannot send message for|unable to deliver in|will be retried"
            r"|queue lifetime|message timed out|expired|not responding|operation timed out|time ?d? ?out|timeout"
            r"|delivery attempts|will (?:keep|continue) (?:trying|to try)|zeitüberschreitung|verzögert|retard\w*|retras\w*",
        ),
    ),
    (
        R.NETWORK_ERROR,
        (
            r"connection (?:was )?(?:refused|reset|lost|dropped|closed|failed|error)|connect(?:ion)? to \S+ failed"
            r"|network (?:is )?(?:unreachable|error)|no route|unable to connect|could(?: not|n't) connect|requests to connect"
            r"|socket error|mail(?:ing)? loop|loop(?:s back|ing|ed| detected)|hop count|too many (?:hops|received)|name server"
            r"|(?:dns|mx) (?:error|timeout|server|query|lookup|fail\w*)|server failure|route to host|unreachable"
            r"|can'?t (?:connect|contact)|unable to contact|no hosts? (?:found|available)|lost connection|tls|ssl|handshake"
            r"|ループ",
        ),
    ),
    (
        R.SYSTEM_FULL,
        (r"(?:system|server|disk|file ?system|spool) .{0,20}(?:full|storage)|insufficient (?:system|storage|resources)",),
    ),
    (
        R.MAILER_ERROR,
        (
            r"mailer error|pipe to|procmail|maildrop|command (?:died|failed|output|exited|time)|exit (?:status|code)|local"
            r" delivery (?:failed|error|agent)|child (?:process|returned)|\blda\b|x-unix|filter program|unable to write"
            r"|cannot (?:open|lock|create|append)|couldn't create",
        ),
    ),
    (
        R.FILTERED,
        (r"filter|content (?:reject|restriction)|recipient (?:has )?(?:refused|rejected|blocks?)|拒否",),
    ),
    (
        R.CONTENT_ERROR,
        (
            r"content (?:error|type|not|format|is|was|was not)|attachment|\bmime\b|charset|8-?bit|bare (?:lf|cr)|missing .{0,30}"
            r"header|(?:invalid|bad|malformed|duplicate|multiple) .{0,20}header|rfc ?-?\d?[82]22|rfc ?532[12]|not (?:rfc|complian)"
            r"|header (?:field|syntax|missing)|subject|conversion",
        ),
    ),
    (
        R.ON_HOLD,
        (
            r"gr[ea]ylist|try (?:again|later)|retry later|come back|temporar\w+ (?:defer|reject|lock|unavail)|on hold"
            r"|deferred|postponed|please wait|later\b",
        ),
    ),
    (
        R.SYSTEM_ERROR,
        (
            r"system (?:error|problem|resources|failure)|internal (?:server |system |software )?error|(?:mis)?config\w*"
            r"|resources? (?:temporarily )?unavail|service (?:is )?(?:temporarily |currently )?(?:unavailable|not available|refuse)"
            r"|local (?:error|problem|configuration)|temporar\w+ (?:fail\w*|error|problem|local)|queue file|i/o error|server"
            r" (?:error|busy|too busy|is busy|unavailable)|shutting down|unexpected|transaction failed|database"
            r"|proto\w+ error|requested action aborted|duplicated message-id",
        ),
    ),
    (
        R.POLICY_VIOLATION,
        (
            r"polic(?:y|ies)|violat|prohibited|not (?:allowed|permitted|authori[sz]ed|accept\w*)|administrative|denied|refused"
            r"|restrict|unacceptable|not welcome|moderat|disallow|forbidden|security|access den|compliance|rejected"
            r"|reject|abgelehnt|refusé|rechazad|rifiutat|rejeitad|отклонен|отказ",
        ),
    ),
    (
        R.SYNTAX_ERROR,
        (r"syntax|unrecogni[sz]ed command|command (?:not|un)|bad sequence|nested mail|not implemented|unimplemented|parameter",),
    ),
)

_COMPILED = tuple((reason, re.compile("|".join(f"(?:{p})" for p in patterns))) for reason, patterns in TABLE)
_ADDRESS_OR_LINK = re.compile(r"(?:https?|ftp)://\S+|\bwww\.\S+|<?[^\s<>@]{1,128}@[^\s<>@]{1,253}>?", re.IGNORECASE)
_HOST = re.compile(r"(?<![\w.\-])(?:[\w\-]{1,63}\.){2,8}[a-z]{2,24}(?![\w\-])")
_KNOWN_LIST = re.compile(_LISTS)


def reason_of_text(text: str) -> Reason | None:
    """Why, by the words alone; None when none of them is known.

    Addresses, links and host names are taken out first: "blocked@spam.example" is no reason.
    """
    plain = _ADDRESS_OR_LINK.sub(" ", text[:TEXT_LIMIT])
    plain = _HOST.sub(lambda host: host[0] if _KNOWN_LIST.search(host[0]) else " ", plain.lower())
    plain = re.sub(r"\s+", " ", plain).replace("’", "'")
    return next((reason for reason, pattern in _COMPILED if pattern.search(plain)), None)
