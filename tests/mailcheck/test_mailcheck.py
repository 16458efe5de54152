"""The checker itself: it sees what a mail uses, and takes no acceptance without a reason."""

from pathlib import Path

import pytest

from tests.mailcheck.features import features
from tests.mailcheck.support import Accepted, Lack, lacks, read_accepted

PAGE = """<html lang="en"><head><style>
/* a { float: left } */ .row a, [data-x] p { color: red !important }
@media (prefers-color-scheme: dark) { #a > b { top: 1em } }
</style></head><body><div style="margin-left:2px;display:none;mso-hide:all" role="x">
<h2>a</h2></div></body></html>"""


def test_features_are_seen_in_elements_attributes_and_sheets() -> None:
    found = set(features(PAGE))
    assert {"html-lang", "html-role", "html-h1-h6", "html-style", "css-margin", "css-display-none"} <= found
    assert {"css-unit-px", "css-unit-em", "css-important", "css-at-media", "css-selector-child"} <= found
    assert {"css-at-media-prefers-color-scheme", "css-selector-attribute", "css-left-right-top-bottom"} <= found
    assert not {"css-float", "css-mso-hide", "css-selector-adjacent-sibling"} & found


def test_a_lack_is_what_the_newest_version_does_not_support_at_all() -> None:
    stats = {
        "gmail": {"ios": {"1": "y", "2": "n #1"}, "android": {"1": "n", "2": "a #1"}},
        "orange": {"ios": {"1": "n"}},
    }
    assert list(lacks("css-x", {"css-x": {"stats": stats}})) == [Lack("css-x", "gmail/ios")]


def test_an_acceptance_covers_its_features_in_its_clients_alone() -> None:
    entry = Accepted(("css-x",), ("gmail/*",), "because")
    assert entry.covers(Lack("css-x", "gmail/ios"))
    assert not entry.covers(Lack("css-y", "gmail/ios"))
    assert not entry.covers(Lack("css-x", "yahoo/ios"))


def test_the_written_list_can_be_read_and_an_entry_without_a_reason_is_refused(tmp_path: Path) -> None:
    assert len(read_accepted()) > 5
    bare = tmp_path / "accepted.toml"
    bare.write_text('[[accept]]\nfeatures = ["css-x"]\nclients = ["*"]\nreason = "so"\n')
    with pytest.raises(ValueError, match="reason"):
        read_accepted(bare)
