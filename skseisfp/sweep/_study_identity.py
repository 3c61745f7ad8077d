"""What studies are made from: whether it is the same, and what was likely meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from .._utils.digest import digest
from .._utils.provenance import describe_date
from ._provenance import describe_study

STORE_VERSION = 2
VERSIONS = "versions of packages"  # among the digests of a description
OWN_SCORE = ".score"  # of an estimator, in settings of scores
NEAR = 0.8  # similarity of a typo: two letters swapped in a word of five
FUNCTION = re.compile(r"<(?:function|class) '?([\w.]+)'?(?: at 0x[0-9a-f]+)?>")
# what different values share: objects, lambdas, long arrays and parts that are fitted
VAGUE = re.compile(r"<|\.\.\.|FrozenEstimator\(")


class StoredSweep(NamedTuple):
    """What the study of a sweep says of itself, and the plan that was started last."""

    name: str
    description: dict[str, Any]
    plan: dict[str, Any]

    @property
    def provenance(self) -> dict[str, Any]:
        """As it was stored; of a store of before the facts that it has."""
        stored = self.plan.get("provenance")
        return stored or describe_study(self.description, self.plan)


def check_identity(
    name: str, stored: dict[str, Any], description: dict[str, Any]
) -> None:
    """Raise if a study is of another version, or was made from something else."""
    version = stored.get("store_version")
    if version != STORE_VERSION:
        raise ValueError(
            f"The study {name!r} is of version {version} of the store, and this "
            f"package reads version {STORE_VERSION}: it was written by skseisfp "
            f"{stored.get('versions', {}).get('skseisfp', 'of unknown version')}."
        )
    digests = description.get("digests", {})
    other = [key for key in digests if stored["digests"].get(key) != digests[key]]
    if VERSIONS in other:
        other[other.index(VERSIONS)] = f"{VERSIONS}: {_versions(description, stored)}"
    if other:
        raise ValueError(
            f"The study {name!r} of the store was made from other "
            f"{', '.join(other)}. Give another study_name, or none: then the name "
            "follows from what the sweep is made from."
        )


def made_name(digests: dict[str, str]) -> str:
    """Return the name of a study that is given none."""
    return f"sweep-{digest(digests)}"


def find_passed_over(earlier: Iterable[StoredSweep], new: StoredSweep) -> str | None:
    """Return why a new study is likely not meant to be one, None if it may be.

    Trials of it are in an earlier one, from which it differs by a name that looks
    mistyped, or for want of a name: by that alone, or by code and versions that have
    changed while all settings are the same.
    """
    studies = sorted(earlier, key=lambda old: old.provenance.get("date") or "")
    if any(old.name == new.name for old in studies):
        return None
    return next(filter(None, (_compare(new, old) for old in reversed(studies))), None)


def _compare(new, old):
    """Return the trials that a new study has in common with an earlier one, and why."""
    keys = {*new.plan["keys"]}
    n_common = len(keys.intersection(old.plan.get("keys", ())))
    parts, others = _digests(new), _digests(old)
    if not n_common or parts.keys() != others.keys():
        return None
    changed = [key for key, own in parts.items() if others[key] != own]
    reason = _changes(new, old, changed) if changed else _names(new, old)
    return reason and (
        f"{n_common} of {len(keys)} trials are in the study {old.name!r} of the store "
        f"(of {describe_date(old.provenance.get('date'))}), and are computed again in "
        f"the new study {new.name!r}: {reason}"
    )


def _names(new, old):
    """Return how names differ of studies that are made from the same."""
    if _is_named(new) and not (_is_named(old) and _is_near(new.name, old.name)):
        return None  # then it is asked for
    return f"only their names differ. Give study_name={old.name!r} to use them."


def _changes(new, old, changed):
    """Return the changes between studies of the same data and settings."""
    if _is_named(new):  # then it is asked for: without it there would be an error
        return None
    reasons = []
    for key in changed:
        if key == VERSIONS:
            reasons.append(_versions(new.description, old.description))
            continue
        own, other = _settings(new, key), _settings(old, key)
        if not own or not other or not _is_same(own, other):
            return None
        # the score of an estimator itself changes with it
        if not (key == "scoring" and "estimator" in changed and OWN_SCORE in own):
            reasons.append(f"the code of the {key}")
    return f"changed since: {', '.join(reasons)}."


def _versions(new, old):
    """Return the packages whose versions differ between descriptions, with both."""
    new, old = new.get("versions", {}), old.get("versions", {})
    return ", ".join(
        f"{name} (was {old.get(name, 'missing')}, is {new.get(name, 'missing')})"
        for name in {**old, **new}
        if old.get(name) != new.get(name)
    )


def _settings(study, key):
    """Return the settings of a part of a study as a string, None if not known."""
    found = study.provenance.get(key)
    if key == "scoring" and found:
        return found["settings"]
    if key == "estimator" and found:
        return f"{found}, together={study.plan.get('together')}"
    return None


def _digests(study):
    return study.description.get("digests") or {}


def _is_named(study):
    """Return whether the user has given the name."""
    return study.name != made_name(_digests(study))


def _is_near(name, other):
    """Return whether a name looks like another one mistyped, and not numbered."""
    if re.sub(r"\d+", "", name) == re.sub(r"\d+", "", other):
        return False
    return SequenceMatcher(None, name.casefold(), other.casefold()).ratio() >= NEAR


def _is_same(settings, others):
    """Return whether settings are known to be the same, whatever functions do."""
    settings, others = (FUNCTION.sub(r"\1", one) for one in (settings, others))
    return settings == others and not VAGUE.search(settings)
