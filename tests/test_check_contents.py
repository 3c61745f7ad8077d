"""The check of the packages names what a wheel or a source distribution lacks."""

import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / ".ci"))

import check_contents

ROOT = Path(__file__).parents[1]
TYPED = "skseisfp/py.typed"


def write_packages(folder, *, without=(), extra=()):
    """Write packages of empty files, some of them left out or added."""
    package = check_contents.files_of("skseisfp")
    source = package | check_contents.files_of("examples")
    source |= {*check_contents.IN_SOURCE}
    with ZipFile(folder / "a.whl", "w") as wheel:
        for name in (package | {*extra}) - {*without}:
            wheel.writestr(name, "")
    with tarfile.open(folder / "a.tar.gz", "w:gz") as archive:
        for name in (source | {*extra}) - {*without}:
            archive.addfile(tarfile.TarInfo(f"a-1.0/{name}"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"without": [TYPED]}, f"a.whl lacks ['{TYPED}']\na.tar.gz lacks ['{TYPED}']"),
        ({"without": ["CITATION.cff"]}, "a.tar.gz lacks ['CITATION.cff']"),
        (
            {"extra": ["docs/_build/a.html"]},
            "a.tar.gz holds what is built: ['docs/_build/a.html']\n"
            "a.whl holds ['docs/_build/a.html'], not of the package",
        ),
    ],
)
def test_what_is_missing_or_too_much_is_named(
    tmp_path, monkeypatch, capsys, changes, said
):
    monkeypatch.chdir(ROOT)
    write_packages(tmp_path, **changes)
    assert check_contents.main(tmp_path) is bool(said)
    _, *wrong = capsys.readouterr().out.splitlines()
    assert "\n".join(wrong) == said
