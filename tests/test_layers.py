"""An import only ever points down, and never at a private module of another package."""

import ast
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import skseisfp

ROOT = Path(skseisfp.__path__[0])
LAYERS = (  # from the bottom
    "_utils",
    "_compat",
    "_parameters",
    "persistence",
    "events",
    "signal",
    "metrics",
    "preprocessing",
    "io",
    "datasets",
    "archive",
    "neural",
    "ensemble",
    "model_selection",
    "sweep",
    "baselines",
    "inference",
    "plotting",
    "cli",
    "__main__",
)
FOUNDATIONS = {
    "_utils",
    "_compat",
    "_parameters",
}  # private to users, open to all packages
DOTTED = re.compile(r"skseisfp(?:\.[A-Za-z_]\w*)+")


def module_name(path, root=ROOT):
    parts = path.with_suffix("").relative_to(root).parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def all_modules(root=ROOT):
    return {module_name(path, root): path for path in sorted(root.rglob("*.py"))}


def imports_of(module, path, modules):
    """Modules of the package that a module imports, in whatever way, and names."""
    is_package = path.name == "__init__.py"
    here = module.split(".") if module else []
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            package = here if is_package else here[:-1]
            base = package[: len(package) - node.level + 1] if node.level else []
            target = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            if not node.level:
                if target.split(".")[0] != "skseisfp":
                    continue
                target = target.partition(".")[2]
            for alias in node.names:
                inner = f"{target}.{alias.name}".strip(".")
                yield (inner, "") if inner in modules else (target, alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("skseisfp."):
                    yield alias.name.partition(".")[2], ""
        elif isinstance(node, ast.Constant) and DOTTED.fullmatch(str(node.value)):
            yield longest_module(node.value.partition(".")[2], modules)


def longest_module(dotted, modules):
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        if ".".join(parts[:end]) in modules:
            return ".".join(parts[:end]), ".".join(parts[end:])
    return "", dotted


def faults(root=ROOT):
    """What is wrong with the imports below a folder: private, climbing, unknown."""
    modules = all_modules(root)
    for module, path in modules.items():
        package = module.split(".")[0]
        for target, name in imports_of(module, path, modules):
            home = target.split(".")[0]
            if not module or home in ("", package):
                continue
            inner = [*target.split(".")[1:], name]
            if home not in FOUNDATIONS and any(part.startswith("_") for part in inner):
                yield f"{module} takes the private {target}.{name}"
            if package in LAYERS and LAYERS.index(home) > LAYERS.index(package):
                yield f"{module} climbs to {target}"


def test_every_package_has_its_layer():
    names = {module.split(".")[0] for module in all_modules()} - {""}
    assert names == set(LAYERS)


def test_imports_point_down_and_at_public_modules():
    assert list(faults()) == []


def test_there_is_no_circle_of_imports():
    modules = all_modules()
    graph = {
        module: {
            target
            for target, _ in imports_of(module, path, modules)
            if target in modules and target != module
        }
        for module, path in modules.items()
        if module
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("from ..plotting import write_report", "signal.new climbs to plotting"),
        ("import skseisfp.plotting", "signal.new climbs to plotting"),
        ("from skseisfp.neural import layers", "signal.new climbs to neural.layers"),
        ("import_module('skseisfp.plotting')", "signal.new climbs to plotting"),
        ("HOME = {'A': 'skseisfp.sweep.A'}", "signal.new climbs to sweep"),
        (
            "from ..neural._network import FingerprintNet",
            "signal.new takes the private neural._network.FingerprintNet",
        ),
        (
            "from ..metrics.report import _table",
            "signal.new takes the private metrics.report._table",
        ),
        ("def f():\n    from .. import plotting", "signal.new climbs to plotting"),
    ],
)
def test_the_test_sees_every_way_of_importing(tmp_path, line, fault):
    for name in ("signal", "plotting", "sweep", "metrics", "neural"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    for name in ("neural/layers", "neural/_network", "metrics/report"):
        (tmp_path / f"{name}.py").touch()
    (tmp_path / "signal" / "new.py").write_text(f"{line}\n", encoding="utf-8")
    assert fault in list(faults(tmp_path))


def loaded_by(code):
    """Top-level packages that a fresh interpreter has loaded after some code."""
    program = f"import sys; {code}; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        (
            "import skseisfp",
            {"torch", "obspy", "matplotlib", "sklearn", "pandas", "scipy"},
        ),
        (
            "from skseisfp import event_train_test_split",
            {"torch", "obspy", "matplotlib", "optuna"},
        ),
        ("import skseisfp.model_selection", {"torch", "obspy", "optuna"}),
        ("import skseisfp.signal", {"torch", "obspy", "sklearn", "pandas"}),
        ("import skseisfp.preprocessing", {"torch", "obspy"}),
        ("import skseisfp.io", {"torch"}),
        ("import skseisfp.sweep", {"torch", "obspy"}),
        ("import skseisfp.cli", {"torch", "obspy", "sklearn", "pandas", "numpy"}),
    ],
)
def test_little_is_loaded(code, absent):
    assert not absent & loaded_by(code)
