"""Records of events without label."""

from __future__ import annotations

import warnings

from sklearn.utils import Bunch


def count_unlabelled(bunch: Bunch, *, stacklevel: int) -> Bunch:
    """Say how many records of a Bunch have no label; warn where others have one.

    Parameters
    ----------
    bunch : Bunch
        Records as `record_bunch` returns them; `DESCR` is continued.
    stacklevel : int
        Place of the warning, as in :func:`warnings.warn`.

    Returns
    -------
    Bunch
        The same.
    """
    frame = bunch.frame
    if "event_type" not in frame:
        return bunch
    unknown = frame["event_type"].isna()
    if not unknown.any():
        return bunch
    names = frame["event_id"].fillna(frame["record_id"])
    text = (
        f"{unknown.sum()} of {len(frame)} records, of {names[unknown].nunique()} "
        "events, have no label"
    )
    bunch.DESCR += f" {text}."
    if not unknown.all():
        warnings.warn(
            f"{text}: their target is missing. Leave them out before a fit: "
            "bunch.target.notna().",
            UserWarning,
            stacklevel=stacklevel,
        )
    return bunch
