"""An erased person's deliveries say that something was sent, and not to whom."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from mailer.store.database import writing
from mailer.store.forgetting import ERASED, forget_addresses
from tests.builders.archive import an_installation
from tests.builders.people import a_subscriber


def test_no_address_is_left_and_nothing_more_is_sent(tmp_path: Path) -> None:
    installation = an_installation(tmp_path)
    with writing(installation.engine) as connection:
        gone, kept = (
            a_subscriber(connection, f"{name}@example.org", newsletter="harbour").subscription_id
            for name in ("ada", "bob")
        )
    for number, state in enumerate(("accepted", "refused", "queued", "deferred")):
        installation.send(installation.write(f"{number}.md", "Words.", title=f"Issue {number}"))
        with writing(installation.engine) as connection:
            connection.execute(
                text(
                    "UPDATE delivery SET state = :state, reply = '550 <ada@example.org> is full'"
                    " WHERE issue_id = :issue AND subscription_id = :gone"
                ),
                {"state": state, "issue": number + 1, "gone": gone},
            )
    with writing(installation.engine) as connection:
        forget_addresses(connection, [gone])
        rows = connection.execute(
            text("SELECT state, address, reply FROM delivery WHERE subscription_id = 1")
        ).all()
        assert [row.state for row in rows] == ["accepted", "refused", "skipped", "skipped"]
        assert {row.address for row in rows} == {""}
        assert all("ada@" not in row.reply for row in rows)
        assert f"<{ERASED}>" in rows[0].reply
        others = text(
            "SELECT count(*) FROM delivery WHERE subscription_id = :kept AND address = 'bob@example.org'"
        )
        assert connection.scalar(others, {"kept": kept}) == 4
