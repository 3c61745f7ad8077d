"""Check what the packages hold: ``python .ci/check_contents.py dist``."""

import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

SUFFIXES = (".pyc", ".nbc", ".nbi")  # compiled when the package runs
IN_SOURCE = (
    "CHANGELOG.md",
    "CITATION.cff",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "constraints.txt",
    "constraints-min.txt",
    "pyproject.toml",
    "docs/conf.py",
    "docs/index.md",
    "docs/_static/overview.png",
    "examples/GALLERY_HEADER.rst",
    "tests/conftest.py",
)
BUILT = ("docs/_build/", "docs/gallery/", "docs/api/generated/")


def files_of(folder):
    """Return the files of a folder of the repository, without compiled ones."""
    return {
        path.as_posix()
        for path in Path(folder).rglob("*")
        if path.is_file() and path.suffix not in SUFFIXES
    }


def main(folder):
    """Print how many files there are and which are missing; return whether one is."""
    (wheel,) = Path(folder).glob("*.whl")
    (source,) = Path(folder).glob("*.tar.gz")
    in_wheel = set(ZipFile(wheel).namelist())
    with tarfile.open(source) as archive:
        in_source = {
            name.partition("/")[2] for name in archive.getnames() if "/" in name
        }
    package = files_of("skseisfp")
    examples = files_of("examples")
    missing = {
        wheel.name: package - in_wheel,
        source.name: (package | examples | {*IN_SOURCE}) - in_source,
    }
    built = {name for name in in_source if name.startswith(BUILT)}
    outside = {
        name
        for name in in_wheel
        if not name.startswith("skseisfp/") and ".dist-info/" not in name
    }
    print(f"{len(in_wheel)} files in {wheel.name}, {len(in_source)} in {source.name}")
    wrong = [
        f"{name} lacks {sorted(lacks)}" for name, lacks in missing.items() if lacks
    ]
    if built:
        wrong.append(f"{source.name} holds what is built: {sorted(built)[:3]}")
    if outside:
        wrong.append(f"{wheel.name} holds {sorted(outside)[:3]}, not of the package")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
