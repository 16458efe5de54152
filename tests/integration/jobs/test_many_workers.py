"""Four worker processes on one PostgreSQL, two killed on the way, one added: everybody once, the limit held."""

from __future__ import annotations

from pathlib import Path

from tests.support.recording_sink import recording_sink
from tests.support.worker_trial import send_with_kills, worker_room

PEOPLE, PER_SECOND, CONNECTIONS, KILLS = 500, 50, 2, 2


def test_workers_that_are_killed_lose_nobody_and_the_limit_is_that_of_all_together(
    postgres_url: str, tmp_path: Path
) -> None:
    rate = f"{PER_SECOND}/second"
    with (
        recording_sink(tmp_path / "received") as sink,
        worker_room(
            tmp_path / "site", postgres_url, sink.port, PEOPLE, connections=CONNECTIONS, rate=rate
        ) as room,
    ):
        found = send_with_kills(room, sink, PEOPLE, kills=KILLS)
        alive = [worker.poll() for worker in room.workers[KILLS:]]
    assert found.people == PEOPLE
    assert found.doubles <= KILLS * CONNECTIONS
    assert found.status["accepted"] == found.status["audience"] == PEOPLE
    assert found.status["sending"] == found.status["leased"] == 0
    assert alive == [None] * 3, "workers that nobody ended are still there"
    # Over the whole run: what a busy machine holds up and then delivers at once shows in short windows only.
    assert found.seconds >= 0.9 * PEOPLE / PER_SECOND
