"""The public names: importable, documented, typed; and what a package of ours holds."""

from __future__ import annotations

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import stance
from stance.commands.analyze import analyze as analyze_command

ROOT = Path(__file__).parent.parent
PUBLIC = [name for name in stance.__all__ if name != "__version__"]


def _public_modules() -> list[str]:
    package = ROOT / "stance"
    listed = (p for p in package.rglob("*.py") if "__all__" in p.read_text(encoding="utf-8"))
    parts = (path.relative_to(ROOT).with_suffix("").parts for path in listed)
    return sorted(".".join(p).removesuffix(".__init__") for p in parts)


def _unannotated(function: Any) -> list[str]:
    signature = inspect.signature(function)
    empty = inspect.Parameter.empty
    missing = [
        name
        for name, parameter in signature.parameters.items()
        if parameter.annotation is empty and name not in {"self", "cls"}
    ]
    returns = [] if signature.return_annotation is not empty else ["return"]
    return missing + returns


def _methods(kind: type) -> dict[str, Any]:
    own = {name: value for name, value in vars(kind).items() if not name.startswith("_")}
    members = {
        name: getattr(value, "fget", None) or getattr(value, "__func__", value)
        for name, value in own.items()
    }
    return {name: value for name, value in members.items() if inspect.isfunction(value)}


@pytest.mark.parametrize("module", _public_modules())
def test_every_name_that_a_module_lists_is_there(module: str) -> None:
    found = import_module(module)
    assert [name for name in found.__all__ if not hasattr(found, name)] == []
    assert len(set(found.__all__)) == len(found.__all__)


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_is_documented_and_typed(name: str) -> None:
    value = getattr(stance, name)
    assert inspect.getdoc(value)
    members = _methods(value) if inspect.isclass(value) else {name: value}
    assert [member for member, found in members.items() if not inspect.getdoc(found)] == []
    assert {m: _unannotated(found) for m, found in members.items() if _unannotated(found)} == {}


def test_the_table_of_homes_is_what_type_checkers_see() -> None:
    tree = ast.parse((ROOT / "stance" / "__init__.py").read_text(encoding="utf-8"))
    seen = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("stance.")
        for alias in node.names
    }
    assert seen == {name: f"stance.{home}" for name, home in stance._HOMES.items()}
    assert sorted(seen) == sorted(PUBLIC)
    assert dir(stance) == sorted(stance.__all__)
    with pytest.raises(AttributeError, match=r"^module 'stance' has no attribute 'analyse'$"):
        _ = stance.analyse


def test_the_version_is_one_and_semantic() -> None:
    declared = re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.M)
    assert declared is not None
    assert declared[1] == stance.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+", stance.__version__)
    cited = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {stance.__version__}" in cited


def test_the_package_says_that_it_is_typed() -> None:
    assert (ROOT / "stance" / "py.typed").read_bytes() == b""


def test_an_option_of_analyze_is_one_for_large_corpora_and_on_the_command_line() -> None:
    here = dict(inspect.signature(stance.analyze).parameters)
    at_large = inspect.signature(stance.analyze_corpus).parameters
    assert here.keys() - at_large.keys() == {"tagger"}
    own = {"out", "engine", "jobs", "address", "shards", "report"}
    assert at_large.keys() - here.keys() == own
    assert [name for name in at_large.keys() - own if at_large[name] != here[name]] == []
    given = analyze_command.make_context("analyze", ["article.txt"]).params
    not_told = {"stdin", "on_progress", "on_skip", "on_note", "seed", "tagger"}
    assert here.keys() - given.keys() == not_told
    shared = here.keys() - not_told - {"inputs", "columns"}
    assert {name: given[name] for name in shared} == {name: here[name].default for name in shared}
