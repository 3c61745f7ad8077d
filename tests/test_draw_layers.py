"""The picture of the layers shows the imports of the package."""

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))

import draw_layers

IMPORTS = {"top": {"low", "side", "base"}, "side": {"base"}, "low": {"base"}}
IMPORTS |= {"base": set(), "alone": set()}


def make_package(root):
    """A small package: ``top`` imports ``low`` and, in two ways, ``side``."""
    for name in ("low", "side", "top/inner"):
        (root / name).mkdir(parents=True)
    (root / "__init__.py").write_text("from .top import a\n")
    (root / "base.py").touch()
    (root / "low" / "__init__.py").write_text("from .. import base\n")
    (root / "low" / "own.py").write_text("from .other import b\n")
    (root / "side" / "__init__.py").write_text("def f():\n    from ..base import g\n")
    (root / "top" / "__init__.py").write_text("from ..low import own\n")
    (root / "top" / "a.py").write_text("from ..side.deep import c\n")
    (root / "top" / "inner" / "d.py").write_text("from ...base import e\n")


def test_imports_are_read_from_every_depth(tmp_path):
    make_package(tmp_path)
    imports, counts = draw_layers.read_imports(tmp_path)
    assert imports == {name: IMPORTS[name] for name in ("top", "side", "low", "base")}
    assert counts == {"base": 1, "low": 1, "side": 0, "top": 2}


def test_a_subpackage_is_higher_than_all_that_it_imports():
    heights = draw_layers.rank(IMPORTS)
    assert heights == {"top": 2, "low": 1, "side": 1, "base": 0, "alone": 0}


def test_arrows_that_follow_from_others_are_left_out():
    assert draw_layers.reduce(IMPORTS)["top"] == {"low", "side"}
    assert draw_layers.reduce(IMPORTS)["low"] == {"base"}


@pytest.mark.parametrize("imports", [IMPORTS, draw_layers.read_imports()[0]])
def test_the_picture_has_a_box_for_each_and_an_arrow_for_each_import(imports):
    picture = ElementTree.fromstring(
        draw_layers.draw(imports, dict.fromkeys(imports, 1))
    )
    names = [text.text for text in picture.findall("{*}text")]
    assert sorted(names[::2]) == sorted(imports)
    arrows = picture.findall("{*}path")
    assert len(arrows) == sum(map(len, draw_layers.reduce(imports).values()))
