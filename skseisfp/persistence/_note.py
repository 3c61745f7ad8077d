"""Format and versions of packages that `save` notes in a file."""

from __future__ import annotations

import json
import warnings

from .._utils.versions import installed_version
from ._members import NOTE, DamagedFileError
from ._trust import PACKAGE

FORMAT = 1  # of files; raised by a change that older versions cannot read
USED_WITH = {  # distributions by a module whose types need them
    "skseisfp": "skseisfp",
    "numpy": "numpy",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
    "torch": "torch",
    f"{PACKAGE}.neural": "skorch",
}


def versions_used(schema):
    """Return the versions of the distributions whose types a file names."""
    used = {
        distribution
        for module, distribution in USED_WITH.items()
        if f'"__module__": "{module}.' in schema
        or f'"__module__": "{module}"' in schema
    }
    return {name: installed_version(name) for name in sorted(used | {"skseisfp"})}


def read_note(content):
    """Return format and versions that `save` noted in a file.

    Raises
    ------
    DamagedFileError
        If they are missing.
    """
    note = json.loads(content)
    versions = note["versions"]
    if not (isinstance(note["format"], int) and PACKAGE in versions):
        raise DamagedFileError(f"{NOTE} is not that of save")
    if not all(isinstance(version, str) for version in versions.values()):
        raise DamagedFileError(f"{NOTE} holds versions that are not strings")
    return note


def check_format(path, note):
    """Raise if a later version of this package has written a file."""
    if note["format"] > FORMAT:
        raise ValueError(
            f"{path} was written by skseisfp {note['versions'][PACKAGE]} in a later "
            "format than this version can read; upgrade skseisfp."
        )


def compare_versions(path, versions):
    """Warn of packages that have another release now."""
    changed = []
    for name, then in versions.items():
        now = installed_version(name)
        if now is not None and _release(now) != _release(then):
            changed.append(f"{name} {then} (now {now})")
    if changed:
        warnings.warn(
            f"{path} was written with {', '.join(changed)}; predictions may differ.",
            stacklevel=3,
        )


def _release(version):
    """Return the major and minor version."""
    return version.split(".")[:2]
