"""What drafts hold while they grow, each found; own samples, in the manner of newsletters on GitHub and pads."""

import pytest

from mailer.issue import Severity
from mailer.lint.engine import lint
from tests.builders.manuscript import a_source

ERRORS = [
    # words
    "## Videos\n\nTBD\n",
    "## Videos\n\n- TBD\n",
    "## Videos\n\n- TODO: describe the talk\n",
    "## Videos\n\n* TODO\n",
    "The new release is out. (TODO: add a link)\n",
    "## Clients\n\n- [Dino](https://dino.example.net) 0.5: TODO\n",
    "## Clients\n\nGajim: todo\n\ntodo: ask Gajim\n",
    "FIXME(anna) who wrote this?\n",
    "We merged XXX pull requests this week.\n",
    "XXX pull requests were [merged in the last week](https://example.net/merged).\n",
    "The meeting is on 2024-XX-XX.\n",
    "The meeting is on XX.XX.2024.\n",
    "Rusty Events between YYYY-MM-DD - YYYY-MM-DD\n",
    "Thanks to ??? for the suggestion\n\nThe crate of the week is: ???\n",
    "Triage done by **@???**.\n",
    "## Events\n\n- ???\n",
    "Lorem ipsum dolor sit amet, consectetur.\n",
    "[insert link here]\n",
    "Insert picture of the meetup here.\n",
    "<insert text here>\n",
    "(insert quote here)\n",
    "- Add your news here\n",
    "Text folgt\n",
    "- Bild hier einfügen\n",
    "Insertar imagen aquí\n",
    "Insérer le lien ici\n",
    "MISSING LINK\n",
    "ADD PICTURE FROM BERLIN\n",
    "CHECK WITH ANNA\n",
    "BESCHREIBUNG FEHLT\n",
    "This month covers MONTH YEAR.\n",
    "asdf\n",
    "Blah blah blah\n",
    "Description missing\n",
    "(needs a description)\n",
    "_To be written_\n",
    "(to be translated)\n",
    "The meeting is on XX May.\n",
    "This is the issue of March 202X.\n",
    "Movim 0.20 is out (link?)\n",
    "WIP\n",
    "- needs review\n",
    # brackets
    "Thanks to [NAMES] for their help!\n",
    "[SCREENSHOT]\n",
    "[BILD VOM TREFFEN]\n",
    "[IMAGEN DE LA REUNIÓN]\n",
    "[add a sentence about Movim]\n",
    "[your name]\n",
    "* [<Feature name>](<Feature URL>)\n",
    "Version <version> of <project> is out\n",
    # links
    "* [Item title](Item URL)\n",
    "* [**event name**](URL to CFP)\n",
    "* [Article](URL)\n",
    "* [Article](link)\n",
    "* [Article](https://)\n",
    "* [Article](https://...)\n",
    "* [Article](https://…)\n",
    "* [Article](TODO)\n",
    "* [Article](#)\n",
    "* [Article]()\n",
    "* []()\n",
    "* [ - ]()\n",
    "* [Article](INSERT_URL)\n",
    "<small>[Discuss](REDDIT_URL_HERE)</small>\n",
    "[](https://example.net/article)\n",
    "![]()\n",
    "![Monal](/images/2024-MM-05/monal.png)\n",
    "{{< figure src=\"\" caption=\"Monal\" >}}\n",
    "{{< figure src=\"/images/monal.png\" caption=\"TODO\" >}}\n",
    "Version 0.1.0 of [XEP-XXXX](https://example.net/extensions/xep-XXXX.html)\n",
    "[crate][crate]\n\n[crate]: URL_HERE\n",
    "- [NAME](LINK) has released version [X.X.X](LINK)\n",
    "{{< figure src=\"/images/YYYY-MM-DD/IMAGE.png\" caption=\"CAPTION\" >}}\n",
    "- Version x.y.z of [XEP-0xxx](https://s.example/extensions/xep-0xxx.html)\n",
    "[notes]\n\n[notes]: https://s.example/...\n",
    "---\ntitle: May\ndate: 2024-06-05\nsummary: (TODO)\n---\nWelcome to our newsletter!\n",
    "Optional item description\n",
    # templates
    "Welcome to the issue of {{ month }}!\n",
    "Welcome to the issue of {month} {year}!\n",
    "Dear %FIRST_NAME%\n",
    # notes
    "_To everybody contributing: write five lines at least._\n",
    "**Note to translators:** do not translate names.\n",
    "Note for reviewers: is this right?\n",
    "Remove this section before publishing.\n",
    "@anna: please add your release\n",
    "This is a draft!\n",
    "**This newsletter is still work in progress**\n",
    "Hinweis an die Redaktion: bitte prüfen\n",
    "Nota para los traductores: no traducir\n",
    "<<<<<<< HEAD\nOne\n=======\nTwo\n>>>>>>> two\n",
    # structure
    "## Articles\n\n## Software\n\nGajim is out.\n",
    "## Articles\n\n-\n\n## Software\n\nGajim is out.\n",
    "## Articles\n\n...\n\n## Software\n\nGajim is out.\n",
    "## Articles\n\n<!-- none yet -->\n\n## Software\n\nGajim is out.\n",
    "## Announcements\n\nFOSDEM\n\n## Software\n\nGajim is out.\n",
    "## Software\n\nGajim has released a version that brings many fixes and\n\n## Events\n\nNone.\n",
    "---\ntitle: Mai\ndate: 2024-05-10\nlang: de\n---\nEs gibt eine Version mit einer\n\n## B\n\nKeine.\n",
    "## Software\n\nThese projects released new versions:\n\n## Events\n\nNone.\n",
    "## Software\n\n- Gajim was released with the\n- Dino too.\n",
    "# Quote\n\n<!-- quote goes here -->\n\n## Jobs\n\nNone.\n",
    "Thanks to peopleâ€™s work.\n",
    "Thanks to Andr�!\n",
]  # fmt: skip

WARNINGS = [
    ("Vote!\n\n<!-- quote goes here -->\n\n# Jobs\n\nNone.\n", "unfilled-comment"),
    ("[The {{ title }} of templates](https://s.example/)\n", "template-variable"),
    ("## Articles\n\n- One is here.\n- \n- Two is here.\n", "empty-item"),
    ("## Articles\n\nhttps://example.net/a-long-read\n", "bare-link-item"),
    ("- 7 May | Virtual | TBD\n", "placeholder"),
    ("> \n\n– [Anna](https://s.example/)\n", "empty-item"),
    ("- Gajim:\n- Dino: 0.5 is out.\n", "cut-paragraph"),
    ("GAJIM RELEASE FROM BERLIN\n", "shouted-line"),
    ("[HAPPY BIRTHDAY]\n", "placeholder-bracket"),
    ("Version X.Y.Z is out.\n", "placeholder"),
    ("In Septemebr we met.\n", "month-name"),
    ("See [the notes][notez].\n", "link-syntax"),
    ("Read [more](#nowhere).\n", "anchor"),
]


@pytest.mark.parametrize("text", ERRORS)
def test_a_draft_is_refused(text: str) -> None:
    assert any(problem.severity is Severity.ERROR for problem in lint(a_source(text)))


@pytest.mark.parametrize(("text", "rule"), WARNINGS)
def test_what_may_be_unfinished_is_a_warning(text: str, rule: str) -> None:
    assert [(problem.rule, problem.severity) for problem in lint(a_source(text))] == [(rule, Severity.WARNING)]
