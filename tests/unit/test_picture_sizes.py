"""A picture in the site's repository that is narrower than the column keeps its width, also in Outlook."""

import struct
import zlib
from pathlib import Path

from mailer.flows.picture_sizes import keep_own_widths
from mailer.issue.reader import read_issue
from mailer.render.html_body import body_rows
from mailer.render.outline import outline
from mailer.render.tree import tree
from tests.builders.render import a_publication


def a_png(width: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, 9, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


def a_jpeg(width: int) -> bytes:
    thumbnail = b"\xff\xe1" + struct.pack(">H", 2 + 300) + b"\xff\xc0" + bytes(298)
    table = b"\xff\xc4" + struct.pack(">H", 2 + 4) + bytes(4)
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 17, 8, 9, width, 3) + bytes(9)
    return b"\xff\xd8" + thumbnail + b"\xff" + table + frame


def shown(path: Path) -> str:
    issue = read_issue(path.read_bytes(), str(path), a_publication())
    keep_own_widths(issue, path)
    return "".join(body_rows(outline(tree(issue.tokens), issue.sections), "Notes"))


def test_a_small_picture_is_not_blown_up_and_a_large_one_fits(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(a_png(80))
    (tmp_path / "crowd.jpg").write_bytes(a_jpeg(4000))
    path = tmp_path / "issue.md"
    path.write_text(
        "# News\n\n![Logo](logo.png)\n\n![Crowd](crowd.jpg)\n\n![Elsewhere](https://p.example/x.png)\n"
    )

    html = shown(path)

    assert [part.split('"')[0] for part in html.split('width="')[1:]] == ["80", "576", "576"]


def test_a_width_that_the_author_gave_stays(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(a_png(80))
    path = tmp_path / "issue.md"
    path.write_text('# News\n\n<img src="logo.png" alt="Logo" width="200">\n')

    assert 'width="200"' in shown(path)
