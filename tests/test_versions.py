import re
import subprocess
import sys
import tomllib
from pathlib import Path

import skseisfp
from skseisfp._utils.versions import OPTIONAL, REQUIRED, installed_version


def test_everything_is_printed(capsys):
    assert skseisfp.show_versions() is None
    lines = [line.split(": ") for line in capsys.readouterr().out.splitlines()]
    facts = {line[0].strip(): line[1] for line in lines if len(line) == 2}
    assert facts["python"].startswith(sys.version.split()[0])
    assert facts["skseisfp"] == skseisfp.__version__
    for name in REQUIRED:
        assert facts[name] == installed_version(name)
    for name in OPTIONAL:
        assert facts[name] == (installed_version(name) or "not installed")
    assert int(facts["threads"]) >= 1
    assert facts["CUDA"]


def test_all_packages_of_the_project_are_listed():
    """Those of the extras for users, and the package that wrote their data sets."""
    file = Path(__file__).parents[1] / "pyproject.toml"
    project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]

    def names(requirements):
        return {re.match(r"[\w-]+", text)[0] for text in requirements}

    assert set(REQUIRED) == names(project["dependencies"])
    extras = project["optional-dependencies"]
    for_users = extras.keys() - {"test", "docs", "dev", "all"}
    optional = set().union(*(names(extras[extra]) for extra in for_users))
    assert set(OPTIONAL) == optional | {"seisbench"}


def test_names_are_aligned(capsys):
    skseisfp.show_versions()
    sections = capsys.readouterr().out.split("\n\n")
    for section in filter(None, sections):
        colons = {line.index(":") for line in section.splitlines() if ": " in line}
        assert len(colons) <= 1


def test_unknown_distributions_have_no_version():
    assert installed_version("no-such-distribution") is None


def test_works_without_torch_and_loads_little():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import skseisfp; skseisfp.show_versions()\n"
        "assert 'obspy' not in sys.modules and 'sklearn' not in sys.modules"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "Dependencies" in run.stdout
    assert "CUDA" not in run.stdout
