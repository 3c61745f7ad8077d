"""The pinned packages agree with what the project file asks for."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import skseisfp

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def requirements(*extras):
    """What the package needs, by name, with some extras and those that they bring."""
    found, waiting = {}, [*PROJECT["dependencies"]]
    for extra in extras:
        waiting += PROJECT["optional-dependencies"][extra]
    while waiting:
        requirement = Requirement(waiting.pop())
        if requirement.name == PROJECT["name"]:
            for extra in requirement.extras:
                waiting += PROJECT["optional-dependencies"][extra]
        else:
            found[canonicalize_name(requirement.name)] = requirement
    return found


def pins(name):
    """Version of each package in a file of constraints."""
    lines = (ROOT / name).read_text().split()
    return {
        canonicalize_name(package): version
        for package, version in (line.split("==") for line in lines)
    }


def test_every_requirement_is_pinned_within_its_bounds():
    pinned = pins("constraints.txt")
    for name, requirement in requirements("dev").items():
        assert requirement.specifier.contains(pinned[name]), requirement


def test_the_oldest_packages_are_the_lower_bounds():
    oldest = pins("constraints-min.txt")
    needed = requirements("test")
    assert oldest.keys() == needed.keys()
    for name, requirement in needed.items():
        (bound,) = [bound for bound in requirement.specifier if bound.operator != "<"]
        assert bound.operator == ">="
        assert (
            Version(bound.version).release
            == Version(oldest[name]).release[: len(Version(bound.version).release)]
        )


def test_all_is_what_a_user_needs():
    tools = requirements("dev").keys() - requirements("all").keys()
    assert {"pytest", "sphinx", "ruff", "pyright", "pre-commit"} <= tools
    assert {"matplotlib", "optuna", "skops"} <= requirements("all").keys()


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-min.txt"])
def test_pins_hold_on_every_platform(name):
    for version in pins(name).values():
        assert Version(version).local is None


def test_every_requirement_has_its_reason():
    reasons = (ROOT / "docs" / "dependencies.md").read_text().lower()
    for requirement in requirements("dev").values():
        assert requirement.name.lower() in reasons


def test_versions_agree():
    citation = (ROOT / "CITATION.cff").read_text()
    version = re.search(r"^version: (.*)$", citation, flags=re.MULTILINE).group(1)
    assert version == skseisfp.__version__
