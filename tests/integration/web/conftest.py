"""An installation with a few issues, and somebody who asks for its pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from tests.builders.archive import Installation, an_installation


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Three weekly issues and the demo's, which has three languages."""
    installation = an_installation(tmp_path_factory.mktemp("harbour"))
    installation.send_several(3)
    installation.send_demo()
    yield installation
    installation.engine.dispose()


@pytest.fixture(scope="module")
def client(harbour: Installation) -> FlaskClient:
    return harbour.app().test_client()
