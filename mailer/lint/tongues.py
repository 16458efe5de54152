"""Which language a text is written in, by its script and its smallest words. No library, no statistics file.

Newsletters are full of names and English terms; articles, pronouns and prepositions stay in the reader's language.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Final

_WORDS: Final[Mapping[str, str]] = {
    "en": """
        the of and to is are was were be been has have had this that these those with for from by at on in it
        its you your we our they their as an or but not which who what when there here will would can could
        should if into about more also all any some than then how do does did up out his her he she been after
        before
    """,
    "de": """
        der die das und ist sind war waren wird werden wurde wurden ein eine einen einem einer eines nicht mit
        für von auf im in zu zum zur den dem des es sie er wir ihr ich auch sich als wie bei aus nach über oder
        aber hat haben kann können noch nur so dass wenn dich du dein deine euch uns unser diese dieser dieses
        durch am vom mehr gibt um bis
    """,
    "es": """
        el la los las de del y en un una unos unas que es son fue han ha se con por para al lo su sus como más
        no está están esta este estos estas pero también o si ya muy sobre entre desde hasta nos nuestro nuestra
        te tu puede pueden ser hay cuando donde sin todo todos ahora
    """,
    "fr": """
        le la les de des du et en un une que qui est sont été a ont se avec pour par au aux sur dans ce cette
        ces son sa ses leur leurs plus ne pas ou mais aussi il elle nous vous notre votre nos vos être peut
        comme si tout tous depuis entre sans y cet avez avons où
    """,
    "it": """
        il lo la i gli le di del della dei delle dello degli e in un una uno che è sono era ha hanno si con per
        da dal dalla al alla alle ai nel nella nei nelle sul sulla su come più non questo questa questi queste
        ma anche o se ci vi suo sua loro nostro nostra vostro essere può tra fra ogni quando
    """,
    "pt": """
        o a os as de do da dos das e em no na nos nas um uma uns umas que é são foi foram ser está estão com por
        para ao à aos às se seu sua seus suas como mais não mas também ou já muito sobre entre desde até nosso
        nossa você vocês pode podem há quando onde sem todo todos pelo pela este esta isso
    """,
    "nl": """
        de het een en van in is zijn was waren wordt worden werd dat die dit deze met voor op aan te om uit bij
        naar over ook niet maar of als er hij zij we wij je jouw uw ons onze hun kan kunnen heeft hebben nog
        meer dan tot door zich
    """,
    "sv": """
        och att det som en ett är var för på med av till den de i om har hade inte men eller så vi ni du er din
        kan ska skall från vid ut upp under efter när där här också bara mer än denna detta dessa sin sina
    """,
    "da": """
        og at det som en et er var for på med af til den de i om har havde ikke men eller så vi I du din kan
        skal fra ved ud op under efter når hvor her også kun mere end denne dette disse sin sine blev bliver jer
    """,
    "no": """
        og at det som en et er var for på med av til den de i om har hadde ikke men eller så vi dere du din kan
        skal fra ved ut opp under etter når hvor her også bare mer enn denne dette disse sin sine ble blir
    """,
    "fi": """
        ja on ei se että oli ovat tai kun niin myös mutta joka jotka mitä hän he me te sinä minä kuin vain jos
        nyt sen ne tämä nämä siitä ole olla voi voit kanssa sekä
    """,
    "pl": """
        i w na z do że się nie jest są to jak po o od dla za przez przy czy ale lub oraz który która które tym
        tego tej być może można już tylko także jego jej ich nas was pod nad
    """,
    "cs": """
        a v na z do že se ne je jsou to jak po o od pro za při nebo ale který která které tím toho být může už
        jen také jeho její jejich nás vás pod nad byl byla bylo si aby když
    """,
    "hu": """
        a az és egy hogy nem is van volt ez azt meg de ha már csak még vagy mint ki be el le fel lesz lehet
        minden ezt ami aki amely után között
    """,
    "ro": """
        și în de la cu pe un o este sunt a au că nu se din pentru mai sau dar dacă prin ca cel cea cei ale lui
        lor care fi fost acest această aceste după între
    """,
    "ca": """
        el la els les de del dels i en un una uns unes que és són ha han es amb per al als lo seu seva com més
        no està aquest aquesta però també o si ja molt sobre entre des fins ens nostre nostra pot poden
    """,
    "tr": """
        ve bir bu da de için ile olarak olan çok daha en gibi ama veya ne kadar sonra var yok değil her biz siz
        ben sen o şu ki mi ise
    """,
    "eo": """
        la kaj de en al estas ne ke mi vi li ŝi ili ni tiu tio tiuj kiu kio kiuj por kun sur pri el aŭ sed se
        kiel ankaŭ ĉi plus jam nur estis povas
    """,
}
_SCRIPTS: Final = {
    "CYRILLIC": ("ru", "uk", "bg", "sr", "be", "mk"), "GREEK": ("el",), "ARABIC": ("ar", "fa", "ur", "ckb"),
    "HEBREW": ("he", "iw", "yi"), "HIRAGANA": ("ja",), "KATAKANA": ("ja",), "HANGUL": ("ko",), "CJK": ("zh", "ja"),
    "DEVANAGARI": ("hi", "mr", "ne"), "THAI": ("th",), "GEORGIAN": ("ka",), "ARMENIAN": ("hy",),
    "BENGALI": ("bn",), "TAMIL": ("ta",),
}  # fmt: skip
"""Languages that are written in a script; the first stands for an unknown one."""
NAMES: Final = {
    "en": "English", "de": "German", "es": "Spanish", "fr": "French", "it": "Italian", "pt": "Portuguese",
    "nl": "Dutch", "sv": "Swedish", "da": "Danish", "no": "Norwegian", "fi": "Finnish", "pl": "Polish",
    "cs": "Czech", "hu": "Hungarian", "ro": "Romanian", "ca": "Catalan", "tr": "Turkish", "eo": "Esperanto",
    "ru": "Russian", "el": "Greek", "ar": "Arabic", "he": "Hebrew", "ja": "Japanese", "ko": "Korean",
    "zh": "Chinese", "hi": "Hindi", "th": "Thai", "ka": "Georgian", "hy": "Armenian", "bn": "Bengali",
    "ta": "Tamil",
}  # fmt: skip
_ALIKE: Final = (frozenset({"no", "nb", "nn", "da"}), frozenset({"cs", "sk"}), frozenset({"id", "ms"}))
"""Languages that small words do not tell apart."""

LEAST_WORDS: Final = 40  # fewer say nothing for sure
LEAST_SCORE: Final = 4.0  # per hundred words: below, it is a list of names, or a language that we do not know
CLEARLY: Final = 1.6  # how many times more of its small words than of the language that is claimed
_WORD = re.compile(r"[^\W\d_]+")


def contradicted(text: str, claimed: str) -> str | None:
    """The language of ``text`` (a key of ``NAMES``) when it is surely another than ``claimed`` (a BCP 47 tag)."""
    root = claimed.lower().split("-")[0]
    found = _WORD.findall(text.lower())
    if len(found) < LEAST_WORDS:
        return None
    script = _script(found)
    if script is not None:
        languages = _SCRIPTS[script]
        return None if root in languages else languages[0]
    if any(root in languages for languages in _SCRIPTS.values()):
        scores = _scores(found)
        best = max(scores, key=lambda language: scores[language])
        return best if scores[best] >= LEAST_SCORE else None
    if root not in _WORDS and not any(root in alike for alike in _ALIKE):
        return None
    scores = _scores(found)
    best = max(scores, key=lambda language: scores[language])
    alike = next((alike for alike in _ALIKE if root in alike), frozenset({root}))
    own = max((scores[language] for language in alike if language in scores), default=0.0)
    if best in alike or scores[best] < LEAST_SCORE or scores[best] < own * CLEARLY:
        return None
    return best


def _scores(found: list[str]) -> dict[str, float]:
    """Small words of each language per hundred words; one that several languages share counts less."""
    counted = Counter(found)
    scores = dict.fromkeys(_WORDS, 0.0)
    for word, languages in _shared().items():
        if times := counted.get(word):
            for language in languages:
                scores[language] += times / len(languages)
    return {language: 100 * score / len(found) for language, score in scores.items()}


@cache
def _shared() -> dict[str, tuple[str, ...]]:
    """The languages of each small word."""
    found: dict[str, list[str]] = {}
    for language, text in _WORDS.items():
        for word in {word.lower() for word in text.split()}:
            found.setdefault(word, []).append(language)
    return {word: tuple(languages) for word, languages in found.items()}


def _script(found: list[str]) -> str | None:
    """The script that more than half of the letters are in, None for the Latin one."""
    letters = Counter("".join(found))
    total = letters.total()
    scripts = Counter[str]()
    for letter, times in letters.items():
        if not letter.isascii():
            scripts[unicodedata.name(letter, "").split(" ")[0].removesuffix("-COMPATIBILITY")] += times
    japanese = scripts["HIRAGANA"] + scripts["KATAKANA"]
    if japanese + scripts["CJK"] > total / 2:
        return "HIRAGANA" if japanese > total / 20 else "CJK"
    return next((script for script, times in scripts.items() if script in _SCRIPTS and times > total / 2), None)
