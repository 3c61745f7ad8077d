"""Use the installed package as a user does: ``python -I smoke_test.py README.md``.

With ``--without-extras`` only what needs no optional package.
"""

import argparse
import contextlib
import importlib.metadata
import io
import pkgutil
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import skseisfp

SHOWN = ("numpy", "scipy", "scikit-learn", "pandas", "torch", "obspy")


def check_place():
    """Check that the package is the installed one, and complete."""
    home = Path(skseisfp.__file__).parent
    assert home.is_relative_to(sys.prefix), f"{home} is not in {sys.prefix}"
    assert importlib.metadata.version("skseisfp") == skseisfp.__version__
    assert (home / "py.typed").is_file()
    for module in pkgutil.iter_modules(skseisfp.__path__):
        if module.name != "__main__":
            importlib.import_module(f"skseisfp.{module.name}")


def run_readme(readme, *, with_extras):
    """Run the code of the README, without extras up to what names the one it needs."""
    blocks = re.findall(r"^```python\n(.*?)^```", readme.read_text(), re.DOTALL | re.M)
    namespace = {"__name__": "__main__"}
    try:
        for block in blocks:
            exec(compile(block, readme.name, "exec"), namespace)
    except ImportError as error:
        if with_extras or "pip install 'skseisfp[deploy]'" not in str(error):
            raise
        assert "search" in namespace, "an extra is needed before the search"


def run_command(*arguments):
    """Run the command of the package, and return what it prints."""
    command = Path(sys.executable).with_name("skseisfp")
    return subprocess.run(
        [command, *arguments], check=True, capture_output=True, text=True
    ).stdout


def use_extras():
    """Use the files that come with the package."""
    from sklearn.datasets import load_iris
    from sklearn.model_selection import GridSearchCV
    from sklearn.tree import DecisionTreeClassifier

    from skseisfp.inference import load_pretrained
    from skseisfp.plotting import write_report
    from skseisfp.sweep import ResultCube

    for name in ("pnw", "pnw_network"):
        assert "explosion" in load_pretrained(name).contract_.events
    grid = {"max_depth": [1, 2], "min_samples_leaf": [1, 4]}
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid, cv=3)
    cube = ResultCube.from_search(search.fit(*load_iris(return_X_y=True)))
    page = write_report(cube, Path("report.html"))
    assert page.stat().st_size > 1_000_000
    assert "explosion" in run_command("info", "pretrained:pnw")


def main():
    """Use the package, and print what it did."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("readme", type=Path)
    parser.add_argument("--without-extras", action="store_true")
    options = parser.parse_args()
    readme = options.readme.resolve()
    check_place()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        with contextlib.redirect_stdout(io.StringIO()):
            run_readme(readme, with_extras=not options.without_extras)
        if not options.without_extras:
            use_extras()
    assert skseisfp.__version__ in run_command("info")
    versions = [f"{name} {importlib.metadata.version(name)}" for name in SHOWN]
    print("skseisfp", skseisfp.__version__, "works with", ", ".join(versions))


if __name__ == "__main__":
    main()
