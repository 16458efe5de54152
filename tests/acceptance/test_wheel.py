"""The wheel by itself: built, installed in a fresh environment, and the whole trip run from there."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from mailer.demo.people import Fate, people

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    answer = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, f"{command[:3]} ended with {answer.returncode}:\n{answer.stdout}{answer.stderr}"
    return answer


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("newsletter_mailer-*.whl")
    return built


@pytest.fixture(scope="module")
def fresh(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment that holds the wheel and what it asks for, and nothing else."""
    environment = tmp_path_factory.mktemp("fresh") / "venv"
    venv.create(environment, with_pip=True)
    binaries = environment / "bin"
    quietly = ("--quiet", "--disable-pip-version-check")
    run(binaries / "python", "-m", "pip", "install", *quietly, wheel, cwd=environment)
    return binaries


def test_the_wheel_holds_both_packages_templates_migrations_and_the_sample_issue(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"mailer/cli/__init__.py", "subscribers/tables.py", "mailer/configuration/example.toml"} <= names
    assert {"mailer/py.typed", "subscribers/py.typed", "mailer/demo/issue/2026-05-01-spring.de.md"} <= names
    assert any(name.startswith("mailer/_templates/issue/") for name in names)
    assert any(name.startswith("mailer/store/migrations/versions/") for name in names)
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"mailer", "subscribers"}


def test_the_demo_runs_from_a_fresh_environment_away_from_the_checkout(fresh: Path, tmp_path: Path) -> None:
    where = run(fresh / "python", "-c", "import mailer; print(mailer.__file__)", cwd=tmp_path)
    assert where.stdout.startswith(str(fresh.parent))
    answer = run(fresh / "mailer", "demo", "--subscribers", "60", "--folder", "demo", cwd=tmp_path)
    assert "one for each accepted delivery" in answer.stderr
    welcome = sum(person.fate is Fate.GETS_IT for person in people(60))
    assert len(list((tmp_path / "demo" / "Maildir" / "new").iterdir())) == welcome


def test_the_web_app_can_be_made_from_a_fresh_environment(fresh: Path, tmp_path: Path) -> None:
    run(fresh / "mailer", "init", cwd=tmp_path)
    pages = ("/healthz", "/news/", "/news/feed.atom", "/news/subscribe", "/nothing", "/metrics")
    program = (
        "from mailer.web import create_app; client = create_app().test_client();"
        f"print([client.get(page).status_code for page in {pages}])"
    )
    assert run(fresh / "python", "-c", program, cwd=tmp_path).stdout.strip() == "[200, 200, 200, 200, 404, 404]"
