"""Editors and type checkers see every exported name.

``python tests/test_typing_front_door.py`` writes ``typing_front_door.py`` again, which
`make lint` checks with pyright.
"""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import jedi
import pytest
from test_docs import DOCS, code_blocks, pages
from test_readme import README

import skseisfp

FILE = Path(__file__).with_name("typing_front_door.py")
# Pages whose code pyright cannot follow: it imports the exported runner, shortens a
# method that a base class calls by name, or meets annotations of scikit-learn and
# skorch that are narrower than what these take.
UNCHECKED = {"deployment", "developers", "explanations", "recipes"}
HEAD = '''"""Every exported name, for pyright: written by test_typing_front_door.py."""

import skseisfp as sfp

EXPORTED = (
'''


def subpackages():
    """The subpackages and modules that the package exports."""
    homes = [name for name in skseisfp.__all__ if name in skseisfp_modules()]
    return {name: import_module(f"skseisfp.{name}") for name in sorted(homes)}


def skseisfp_modules():
    root = Path(skseisfp.__path__[0])
    return {path.stem for path in root.iterdir() if not path.name.startswith("_")}


def front_door():
    """The text of a file that uses every exported name."""
    names = sorted(skseisfp.__all__)
    for home, module in subpackages().items():
        names += [f"{home}.{name}" for name in sorted(module.__all__)]
    return HEAD + "".join(f"    sfp.{name},\n" for name in names) + ")\n"


def test_the_file_for_pyright_uses_every_exported_name():
    assert FILE.read_text(encoding="utf-8") == front_door()
    used = [node for node in ast.walk(ast.parse(front_door())) if is_name(node)]
    assert len(used) > 150


def is_name(node):
    return isinstance(node, ast.Attribute)


@pytest.mark.slow
def test_editors_show_signatures_of_subpackages():
    code = "import skseisfp\nskseisfp.sweep.SweepSearchCV("
    (signature,) = jedi.Script(code).get_signatures()
    assert "store" in [known.name for known in signature.params]


@pytest.mark.slow
def test_pyright_finds_no_error_in_the_code_of_the_pages(tmp_path):
    checked = [name for name in pages() if name not in UNCHECKED]
    for page in [README, *(DOCS / f"{name}.md" for name in checked)]:
        code = "\n".join(code_blocks(page))
        (tmp_path / f"{page.stem}.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


if __name__ == "__main__":
    FILE.write_text(front_door(), encoding="utf-8")
