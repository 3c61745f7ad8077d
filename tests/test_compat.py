"""Private names of scikit-learn, skorch and Optuna are used in one module only."""

import ast
from functools import cache
from pathlib import Path

import pytest

import skseisfp
from skseisfp import _compat

ROOT = Path(skseisfp.__path__[0])
FOREIGN = {"sklearn", "skorch", "optuna"}
IMPORTERS = {"import_module", "import_optional", "__import__"}
# runs without this package, of which it imports nothing
ALONE = Path("inference", "_runner.py")
# what classes of this package define for scikit-learn to read
PROTOCOLS = {"_parameter_constraints", "_validate_params", "_accept_sample_weight"}
# what the standard library documents: named tuples and the frame of a caller
DOCUMENTED = {"_asdict", "_fields", "_replace", "_getframe"}


@cache
def trees(root=ROOT):
    return [
        (path.relative_to(root), ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted(root.rglob("*.py"))
    ]


def is_private(dotted):
    return any(
        part.startswith("_") and not part.startswith("__") for part in dotted.split(".")
    )


def imported_names(tree):
    """Dotted names that a module imports, by statements or by calls."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Call) and node.args:
            called = ast.unparse(node.func).rpartition(".")[2]
            name = node.args[0]
            if called in IMPORTERS and isinstance(name, ast.Constant):
                yield str(name.value)


def private_imports(root=ROOT):
    return [
        f"{path}: {name}"
        for path, tree in trees(root)
        if path != Path("_compat.py")
        for name in imported_names(tree)
        if name.split(".")[0] in FOREIGN and is_private(name)
    ]


def attributes(tree):
    """Private attributes that a module reads, by dots or by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Call) and len(node.args) > 1:
            is_by_name = ast.unparse(node.func) in ("getattr", "hasattr", "setattr")
            if is_by_name and isinstance(node.args[1], ast.Constant):
                yield node.args[1].value


def defined_names(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.asname or node.name


def foreign_attributes(root=ROOT):
    """Private attributes that no module of this package defines."""
    parsed = [item for item in trees(root) if item[0] != Path("_compat.py")]
    own = {name for _, tree in parsed for name in defined_names(tree)}
    own |= PROTOCOLS | DOCUMENTED
    return [
        f"{path}: {name}"
        for path, tree in parsed
        for name in attributes(tree)
        if path != ALONE
        if is_private(name) and name not in own
    ]


def test_private_names_are_imported_by_one_module_only():
    assert private_imports() == []


def test_private_attributes_are_own_ones():
    assert foreign_attributes() == []


def test_everything_offered_is_used():
    used = {
        name.rpartition(".")[2]
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "_compat"
        for name in [alias.name for alias in node.names]
    }
    assert set(_compat.__all__) == used


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("from sklearn.base import _fit_context", "sklearn.base._fit_context"),
        ("from sklearn.tree._tree import Tree", "sklearn.tree._tree.Tree"),
        ("import skorch._doctor", "skorch._doctor"),
        (
            "from sklearn.utils import (\n    get_tags,\n    _safe_indexing as s,\n)",
            "sklearn.utils._safe_indexing",
        ),
        (
            "def f():\n    return import_optional('optuna.storages._rdb', extra='x')",
            "optuna.storages._rdb",
        ),
        ("import importlib\nimportlib.import_module('sklearn._x')", "sklearn._x"),
    ],
)
def test_the_test_sees_every_way_of_importing(tmp_path, line, fault):
    (tmp_path / "new.py").write_text(f"{line}\n", encoding="utf-8")
    assert private_imports(tmp_path) == [f"new.py: {fault}"]


@pytest.mark.parametrize(
    "line", ["trial._trial_id", "hasattr(part, '_trial_id')", "self.a._trial_id.b"]
)
def test_the_test_sees_private_attributes(tmp_path, line):
    (tmp_path / "new.py").write_text(f"{line}\nself._own = self._own\n", "utf-8")
    assert foreign_attributes(tmp_path) == ["new.py: _trial_id"]
