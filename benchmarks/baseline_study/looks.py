"""The looks of the comparison at events of real records, for a ledger."""

from skseisfp.model_selection import EvaluationLedger

from .predictions import describe, digest


def record_looks(path, data_set, splits, collected, systems, budgets):
    """Record the event AUC of all systems under the protocols of real records.

    A repetition with the same predictions is the same look and adds nothing. Folds by
    record are not a look at new events and are left out.

    Parameters
    ----------
    path : path-like
        File of the ledger.
    data_set : DataSet
        The data set.
    splits : list of Split
        Its protocols.
    collected : dict of str to dict
        By system, the result of `collect`.
    systems : dict of str to System
        The systems.
    budgets : dict of str to float
        Processor seconds for the training of a network, by the name of the fits.

    Returns
    -------
    int
        Number of looks that were recorded, now or before.
    """
    ledger, n_looks = EvaluationLedger(path), 0
    for split in [split for split in splits if _counts(data_set, split)]:
        rows = split.scored
        for name, found in collected.items():
            if split.fits not in found:
                continue
            system = systems[name]
            ledger.look(
                data_set.y[rows],
                found[split.fits].balanced[rows],
                data_set.events[rows],
                pipeline=f"{describe(system, data_set)} {budgets[split.fits]:g}",
                folds=split.folds,
                data=digest(system.view, data_set),
                label=f"{name}, {data_set.name}, {split.name}",
            )
            n_looks += 1
    return n_looks


def _counts(data_set, split):
    """Return whether the scored records are real ones of events not in training."""
    if split.name == "records":
        return False
    if "part" not in data_set.frame:
        return data_set.name != "generated"
    return not (data_set.frame.loc[split.scored, "part"] == "generated").any()
