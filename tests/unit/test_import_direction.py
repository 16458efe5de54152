"""Rooms import only downwards, and pure rooms touch no socket, clock, database or environment.

Read from the source by its syntax tree, so that an import inside a function counts as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

EVERYWHERE = {"subscribers", "mailer.errors", "mailer.newsletter", "mailer.resources", "mailer"}
"""What every room of ``mailer`` may import; a bare ``mailer`` is for its version."""

BELOW = {
    "mailer.issue": set(),
    "mailer.lint": {"mailer.issue", "mailer.render"},
    "mailer.render": {"mailer.lint", "mailer.issue"},
    "mailer.bounce": set(),
    "mailer.settings": {"mailer.bounce"},
    "mailer.configuration": {"mailer.settings", "mailer.bounce", "mailer.lint", "mailer.render"},
    "mailer.intake": {"mailer.settings", "mailer.bounce"},
    "mailer.store": {"mailer.render", "mailer.lint", "mailer.issue", "mailer.bounce"},
    "mailer.delivery": {"mailer.store", "mailer.render", "mailer.settings"},
    "mailer.reach": {"mailer.lint", "mailer.issue"},
    "mailer.flows": {
        "mailer.reach",
        "mailer.delivery",
        "mailer.store",
        "mailer.render",
        "mailer.lint",
        "mailer.issue",
        "mailer.bounce",
        "mailer.intake",
        "mailer.settings",
    },
    "mailer.doctor": {  # beside flows: neither imports the other
        "mailer.configuration",
        "mailer.delivery",
        "mailer.store",
        "mailer.render",
        "mailer.lint",
        "mailer.issue",
        "mailer.bounce",
        "mailer.settings",
    },
}
"""For each room the rooms that it may import beside itself; those in ``ON_TOP`` may import them all."""

ON_TOP = {"mailer.cli", "mailer.web", "mailer.wiring", "mailer.demo"}
"""What no room imports but those on top themselves."""

PURE_ROOMS = {
    "mailer.issue",
    "mailer.lint",
    "mailer.render",
    "mailer.bounce",
    "mailer.newsletter",
    "mailer.errors",
}
PURE_SUBSCRIBERS = {"address", "states", "consent", "suppression", "tokens"}
IMPURE_MODULES = {"socket", "asyncio", "ssl", "flask", "sqlalchemy", "subprocess", "time", "threading", "random"}
IMPURE_NAMES = {"os.environ", "os.getenv", "datetime.now", "datetime.utcnow", "date.today", "datetime.today"}


@dataclass(frozen=True, slots=True)
class Import:
    """One import statement: which file and line import what."""

    file: str
    line: int
    importer: str  # "mailer.store.ledger"
    imported: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.importer} imports {self.imported}"


def modules() -> Iterator[tuple[Path, str]]:
    for package in ("mailer", "subscribers"):
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield path, name.removesuffix(".__init__")


def imports_in(source: str, file: str, importer: str) -> Iterator[Import]:
    for node in ast.walk(ast.parse(source, file)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(file, node.lineno, importer, alias.name)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: a relative import hides its room"
            for alias in node.names:  # "from mailer import cli" imports mailer.cli
                yield Import(file, node.lineno, importer, f"{node.module}.{alias.name}")


def every_import() -> list[Import]:
    return [
        found
        for path, name in modules()
        for found in imports_in(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)), name)
    ]


def room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def is_allowed(found: Import) -> bool:
    importer, imported = room(found.importer), room(found.imported)
    if found.imported.split(".")[0] not in {"mailer", "subscribers"}:
        return True
    if found.importer.startswith("subscribers"):
        return found.imported.startswith("subscribers")
    if found.imported.startswith("subscribers") or imported in EVERYWHERE or imported == importer:
        return True
    if found.imported == "mailer.__version__":
        return True
    if importer in ON_TOP:
        return True
    return imported in BELOW.get(importer, set()) and imported not in ON_TOP


def is_pure(module: str) -> bool:
    package, _, rest = module.partition(".")
    return room(module) in PURE_ROOMS or (package == "subscribers" and rest in PURE_SUBSCRIBERS)


def test_rooms_import_only_downwards() -> None:
    wrong = [str(found) for found in every_import() if not is_allowed(found)]
    assert not wrong, "\n".join(wrong)


def test_lint_knows_of_render_only_its_values() -> None:
    """Lint weighs what render made, without importing how it is made."""
    wrong = [
        str(found)
        for found in every_import()
        if room(found.importer) == "mailer.lint"
        and room(found.imported) == "mailer.render"
        and not found.imported.startswith("mailer.render.model")
    ]
    assert not wrong, "\n".join(wrong)


def test_pure_rooms_import_nothing_that_does_something() -> None:
    wrong = [
        str(found)
        for found in every_import()
        if is_pure(found.importer) and found.imported.split(".")[0] in IMPURE_MODULES
    ]
    assert not wrong, "\n".join(wrong)


def test_pure_rooms_read_no_environment_and_no_clock() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"
        for path, name in modules()
        if is_pure(name)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ".".join(ast.unparse(node).split(".")[-2:]) in IMPURE_NAMES
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("importer", "statement"),
    [
        ("subscribers.store", "import mailer.errors"),
        ("mailer.store.ledger", "from mailer.flows import publish"),
        ("mailer.store.ledger", "from mailer import delivery"),
        ("mailer.issue.reader", "def later():\n    from mailer.render.edition import render_edition"),
        ("mailer.flows.publish", "from mailer.cli.frame import say"),
        ("mailer.settings", "import mailer.store.tables"),
    ],
)
def test_an_import_upwards_is_noticed(importer: str, statement: str) -> None:
    assert [found for found in imports_in(statement, "x.py", importer) if not is_allowed(found)]


def test_every_folder_of_mailer_has_its_place_in_the_order() -> None:
    folders = {f"mailer.{path.parent.name}" for path in (ROOT / "mailer").glob("*/__init__.py")}
    assert folders <= BELOW.keys() | ON_TOP
