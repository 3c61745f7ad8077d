"""Earlier studies of a store that a new one was likely meant to go on with."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from .._utils.digest import digest
from .._utils.provenance import describe_date
from ._store import Store
from ._stored_studies import VERSIONS, StoredSweep, changed_versions, find_sweeps

OWN_SCORE = ".score"  # of an estimator, in settings of scores
NEAR = 0.8  # similarity of a typo: two letters swapped in a word of five
FUNCTION = re.compile(r"<(?:function|class) '?([\w.]+)'?(?: at 0x[0-9a-f]+)?>")
# what different values share: objects, lambdas, long arrays and parts that are fitted
VAGUE = re.compile(r"<|\.\.\.|FrozenEstimator\(")


def made_name(digests: dict[str, str]) -> str:
    """Return the name of a study that is given none."""
    return f"sweep-{digest(digests)}"


def find_passed_over(store: Store, new: StoredSweep) -> str | None:
    """Return why a new study is likely not meant to be one, None if it may be.

    Trials of it are in an earlier study, from which it differs by a name that looks
    mistyped, or for want of a name: by that alone, or by code and versions that have
    changed while all settings are the same.
    """
    earlier = find_sweeps(store)
    if any(old.name == new.name for old in earlier):
        return None
    earlier.sort(key=lambda old: old.provenance.get("date") or "", reverse=True)
    return next(filter(None, (_compare(new, old) for old in earlier)), None)


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
            versions = (side.description.get("versions", {}) for side in (old, new))
            reasons.append(changed_versions(*versions))
            continue
        own, other = _settings(new, key), _settings(old, key)
        if not own or not other or not _is_same(own, other):
            return None
        # the score of an estimator itself changes with it
        if not (key == "scoring" and "estimator" in changed and OWN_SCORE in own):
            reasons.append(f"the code of the {key}")
    return f"changed since: {', '.join(reasons)}."


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
