"""``/metrics`` for Prometheus, counted in the database: true whichever of several processes answers.

Only machines of one's own network may ask (how many people subscribe is nobody else's business); without the extra
``metrics`` the page does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from ipaddress import ip_address
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, request
from sqlalchemy import Engine

from mailer.store.counting import Counted, count_all
from mailer.store.database import reading

if TYPE_CHECKING:
    from prometheus_client.core import Metric


def metrics(engine: Engine, *, proxies: int) -> Blueprint:
    """The page that Prometheus asks."""
    pages = Blueprint("metrics", __name__)

    @pages.get("/metrics")
    def show() -> Response:
        if find_spec("prometheus_client") is None or not _is_near(proxies):
            abort(404)
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

        class Database:
            """The counts as a collector."""

            def collect(self) -> Iterable[Metric]:
                with reading(engine) as connection:
                    return list(_families(count_all(connection)))

        registry = CollectorRegistry(auto_describe=False)
        registry.register(Database())
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return pages


def _is_near(proxies: int) -> bool:
    """Whether the asker is of this machine or a private network, and came through no proxy unknown to us."""
    if not proxies and "X-Forwarded-For" in request.headers:
        return False
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return False
    return address.is_loopback or address.is_private


def _families(counted: Counted) -> Iterable[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    people = GaugeMetricFamily(
        "mailer_subscriptions", "People by newsletter and state.", labels=["newsletter", "state"]
    )
    for (newsletter, state), count in counted.subscriptions.items():
        people.add_metric([newsletter, state], count)
    yield people
    open_rows = GaugeMetricFamily(
        "mailer_deliveries", "Deliveries of issues that are not finished.", labels=["newsletter", "slug", "state"]
    )
    for (newsletter, slug, state), count in counted.deliveries.items():
        open_rows.add_metric([newsletter, slug, state], count)
    yield open_rows
    issues = GaugeMetricFamily(
        "mailer_issues", "Issues by how their sending stands.", labels=["newsletter", "state"]
    )
    for (newsletter, state), count in counted.issues.items():
        issues.add_metric([newsletter, state], count)
    yield issues
    yield GaugeMetricFamily("mailer_outbox_waiting", "Notices waiting to be sent.", value=counted.outbox_waiting)
    yield GaugeMetricFamily(
        "mailer_outbox_oldest_seconds", "How long the oldest of them waits.", value=counted.outbox_oldest_seconds
    )
    if counted.workers is not None:
        yield GaugeMetricFamily("mailer_workers", "Workers that have beaten lately.", value=counted.workers)
    jobs = GaugeMetricFamily("mailer_jobs", "Jobs by queue and how they stand.", labels=["queue", "state"])
    for (queue, how), count in counted.jobs.items():
        jobs.add_metric([queue, how], count)
    yield jobs
