"""A ledger of all looks at a set of events, which corrects the best score for them."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .._compat import num_samples
from ..metrics.weighted import Rows, get_metric
from ._html import ledger_html
from ._ledger_looks import (
    LookTicket,
    check_score,
    discard_looks,
    make_key,
    open_looks,
    record_look,
)
from ._ledger_registry import (
    SealedSetError,
    check_names,
    check_seals,
    enter_set,
    find_set,
    seal_set,
)
from ._ledger_report import LedgerReport, make_report
from ._ledger_sets import EventSet, vote
from ._ledger_store import LedgerFile
from ._ledger_tables import read_set, tabulate_looks, tabulate_sets

__all__ = ["EvaluationLedger", "SealedSetError"]


class EvaluationLedger:
    """Record of every evaluation on a set of events, in one SQLite file.

    The best of many pipelines that were tried on the same events owes part of its
    score to luck [1]_. The ledger counts the looks at each set of events, keeps their
    scores, and corrects the best one: it gives an interval that holds for all looks at
    once, and the best score of as many looks by chance. A set may be sealed: it has a
    single look.

    Parameters
    ----------
    path : str or path-like
        Path of the file. It is created by the first look or registration, in a folder
        that must exist. Several processes may write to it at the same time.

    See Also
    --------
    skseisfp.metrics.bootstrap_interval : The interval of a single look.
    event_permutation_test : Test of one pipeline that is trained on permuted labels.

    Notes
    -----
    *Sets.* A set is its events with their labels: the same event ids with the same
    labels are the same set, whatever their records, order or types (an id ``7`` is
    ``"7"``). Event ids must be unique in all data of a ledger, since they show which
    sets share events.

    *Looks.* A look consists of a set, a metric, and digests of the data, the folds and
    the pipeline. If all of these and the score are equal, it is the same look and
    counts once: a search that is resumed or repeated adds nothing. A repetition with
    another score, such as that of a network without a fixed seed, is another look. If a
    digest is not given, only equal scores of all events make it the same look.

    *Sealed sets.* A sealed set can be opened once; later :meth:`open` raises before any
    work is done. No other set that shares events with it can be looked at, before or
    after. A look that was opened and never recorded, since the process was killed, may
    be opened again by the same pipeline on the same folds by the same metric. A seal is
    the simplest protection; a hold-out set for many uses needs added noise [3]_.

    *The chance bound* is the quantile of the best score over all looks when labels are
    permuted over events, against the stored scores of all looks together, which keeps
    the dependence between them. It is exact for looks at events that the pipelines
    were not trained on (``held_out=True``). Predictions out of fold depend on the
    labels of all other events, and their scores by chance have a wider spread than
    permutations of the labels show: by a factor of the square root of 2 where a
    prediction is linear in the labels and features are many, by less where they are
    few. The ledger takes this factor for all of them, which is conservative. A look of
    which only the score is known, such as a trial of a search, counts as an independent
    draw of chance, with the share of predicted classes that favours chance most, and a
    mean over folds as a score of all events: conservative, since looks resemble each
    other.

    *The corrected interval* is the simultaneous bootstrap of the largest deviation
    over all looks [2]_, of events drawn within classes and on the logit scale. It holds
    asymptotically and whichever look is the best, so it is wide. If some looks are
    without event scores, it is the interval of the best look at Sidak's level for all
    of them: by the standard deviation of its bootstrap, or without its event scores, or
    if it is perfect, by the formulas of Hanley and McNeil (AUC) and of the binomial
    distribution. The factor for predictions out of fold enters here, too, and no end is
    nearer than that of the best look alone.

    Looks by another metric, and at other sets that share events, are listed but not
    corrected for. Nothing corrects for looks that were not recorded.

    *Errors.* All methods raise OSError if the file cannot be read or written, and
    ValueError if it is damaged, not a ledger, or one of a newer version.

    References
    ----------
    .. [1] Cawley and Talbot (2010), On over-fitting in model selection and subsequent
       selection bias in performance evaluation, J. Mach. Learn. Res. 11, 2079-2107,
       section 5.
    .. [2] Romano and Wolf (2005), Stepwise multiple testing as formalized data
       snooping, Econometrica 73, 1237-1282, section 4,
       doi:10.1111/j.1468-0262.2005.00615.x
    .. [3] Dwork et al. (2015), The reusable holdout: preserving validity in adaptive
       data analysis, Science 349, 636-638, doi:10.1126/science.aaa9375

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from skseisfp.model_selection import EvaluationLedger
    >>> event_id = np.repeat(np.arange(80), 3)
    >>> y = event_id % 2
    >>> rng = np.random.default_rng(0)
    >>> with TemporaryDirectory() as folder:
    ...     ledger = EvaluationLedger(Path(folder) / "looks.db")
    ...     for n in range(50):
    ...         chance = rng.random(len(y))
    ...         _ = ledger.look(
    ...             y, chance, event_id, name="noise", held_out=True, label=f"no. {n}"
    ...         )
    ...     print(ledger.report("noise"))
    Look 50 at these events: set 'noise', 80 events (40 '0', 40 '1').
    Best roc_auc: 0.586 (no. 7).
    95 % interval as if it were the only look: 0.586 [0.457, 0.709].
    95 % interval corrected for 50 looks: 0.586 [0.365, 0.777].
    By chance the best of 50 looks stays below 0.696 in 95 % of the permutations.
    Not above chance: p = 0.9915.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = str(Path(fspath(path)).expanduser().absolute())

    def __repr__(self) -> str:
        return f"EvaluationLedger({self.path!r})"

    def _repr_html_(self) -> str:
        return ledger_html(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EvaluationLedger):
            return NotImplemented
        return self.path == other.path

    def __hash__(self) -> int:
        return hash(self.path)

    @property
    def _file(self):
        """The file, to which each call connects."""
        return LedgerFile(self.path)

    def register(
        self,
        name: str,
        y: npt.ArrayLike,
        groups: npt.ArrayLike | None = None,
        *,
        seal: bool = False,
    ) -> str:
        """Name a set of events, and optionally seal it.

        Parameters
        ----------
        name : str
            Name of the set, unique in the ledger.
        y : array-like of shape (n_records,)
            Labels.
        groups : array-like of shape (n_records,), default=None
            Event of each record; None takes the index ``event_id`` of `y`, see
            :func:`skseisfp.attach_events`.
        seal : bool, default=False
            Whether the set has a single look. A seal cannot be removed.

        Returns
        -------
        str
            Digest of the events with their labels.

        Raises
        ------
        ValueError
            If the name belongs to other data, if the data have another name, if a set
            to be sealed holds events that have been looked at.
        """
        check_names(name)
        event_set = EventSet.from_records(y, groups)
        with self._file.writing() as connection:
            row = enter_set(connection, event_set, name)
            if seal:
                seal_set(connection, row)
        return event_set.digest

    def open(
        self,
        y: npt.ArrayLike,
        groups: npt.ArrayLike | None = None,
        *,
        name: str | None = None,
        metric: str = "roc_auc",
        pipeline: Any = None,
        folds: str | Sequence[tuple[npt.ArrayLike, npt.ArrayLike]] | None = None,
        data: Any = None,
        held_out: bool = False,
        label: str = "",
    ) -> LookTicket:
        """Open a look, before the work that it needs.

        Parameters
        ----------
        y : array-like of shape (n_records,)
            Labels.
        groups : array-like of shape (n_records,), default=None
            Event of each record; None takes the index ``event_id`` of `y`.
        name : str, default=None
            Name of the set. None finds the set by its events; a new one is named after
            its digest.
        metric : str, default="roc_auc"
            Name of the score. The ledger corrects ``"accuracy"``,
            ``"balanced_accuracy"``, ``"f1"`` and ``"roc_auc"``, see
            :func:`skseisfp.metrics.make_event_scorer`; looks by other metrics are
            counted.
        pipeline : str or object, default=None
            The estimator with its parameters, or a digest of it.
        folds : str or list of (train, test), default=None
            The folds, or a digest of them.
        data : str or array-like, default=None
            The records, or a digest of them.
        held_out : bool, default=False
            Whether the pipeline is trained on other events only. If False, the
            predictions are taken as out of fold, whose errors are larger.
        label : str, default=""
            Description of the pipeline for readers of the report.

        Returns
        -------
        LookTicket
            Ticket for :meth:`record`.

        Raises
        ------
        SealedSetError
            If the set is sealed and its look is used, or if it shares events with a
            sealed set.
        ValueError
            As :meth:`register`.
        """
        check_names(name, label)
        key = make_key(metric, data, folds, pipeline)
        looks = [(key, label)]
        return self._open_all(y, groups, looks, name=name, held_out=held_out)[0]

    def _open_all(self, y, groups, looks, *, name=None, held_out=False):
        """Open several looks at a set, all or none; return their tickets."""
        event_set = EventSet.from_records(y, groups)
        facts = {"n_records": len(y), "held_out": bool(held_out)}
        with self._file.writing() as connection:
            return open_looks(connection, event_set, looks, name=name, **facts)

    def _open_sets(self, sets):
        """Open looks at several sets, all or none; return tickets for each set."""
        sets = [
            (EventSet.from_records(y, groups), len(y), looks)
            for y, groups, looks in sets
        ]
        with self._file.writing() as connection:
            return [
                open_looks(connection, events, looks, n_records=size, held_out=False)
                for events, size, looks in sets
            ]

    def _check_open(self, y, groups):
        """Raise if any number of looks at a set would be against a seal."""
        event_set = EventSet.from_records(y, groups)
        with self._file.writing() as connection:
            check_seals(connection, enter_set(connection, event_set), None)

    def record(
        self,
        ticket: LookTicket,
        score: float,
        event_scores: pd.DataFrame | npt.ArrayLike | None = None,
    ) -> None:
        """Record the score of a look.

        Parameters
        ----------
        ticket : LookTicket
            Return value of :meth:`open`.
        score : float
            The score; greater is better.
        event_scores : DataFrame or array-like of shape (n_events, n_classes), \
                default=None
            Scores of the classes for each event, from which the score was computed;
            they make the correction sharper. A table is indexed by event and has the
            columns ``score_<class>``, as :func:`skseisfp.metrics.aggregate_events`
            returns it; an array has the events sorted by their ids as strings and the
            classes sorted. The class of the highest score is the prediction.

        Raises
        ------
        SealedSetError
            If the set is sealed and another look has been recorded.
        ValueError
            If the score is not finite or out of the range of its metric, if the event
            scores are not those of the events of the set, or if the ledger does not
            have the look.
        """
        self._record_all([(ticket, score, event_scores)])

    def _record_all(self, looks):
        """Record several looks, all or none."""
        for ticket, score, _ in looks:
            check_score(ticket, score)
        with self._file.writing() as connection:
            for look in looks:
                record_look(connection, self._file, *look)

    def _discard(self, tickets):
        """Forget open looks that have no score."""
        with self._file.writing() as connection:
            discard_looks(connection, tickets)

    def look(
        self,
        y_true: npt.ArrayLike,
        y_score: npt.ArrayLike,
        groups: npt.ArrayLike | None = None,
        *,
        name: str | None = None,
        metric: str = "roc_auc",
        pipeline: Any = None,
        folds: str | Sequence[tuple[npt.ArrayLike, npt.ArrayLike]] | None = None,
        data: Any = None,
        held_out: bool = False,
        label: str = "",
        classes: npt.ArrayLike | None = None,
    ) -> float:
        """Score predictions by event and record the score: a look in one call.

        Parameters
        ----------
        y_true : array-like of shape (n_records,)
            Labels.
        y_score : array-like of shape (n_records, n_classes) or (n_records,)
            Probabilities or other scores of the records, from models that were not
            trained on their events; one column is the probability of the second of
            two classes. The records of an event are averaged.
        groups : array-like of shape (n_records,), default=None
            Event of each record; None takes the index ``event_id`` of `y_true`.
        name : str, default=None
            Name of the set, see :meth:`open`.
        metric : {"accuracy", "balanced_accuracy", "f1", "roc_auc"}, default="roc_auc"
            Score, see :func:`skseisfp.metrics.make_event_scorer`.
        pipeline, folds, data : object, default=None
            The estimator, the folds and the records, see :meth:`open`.
        held_out : bool, default=False
            Whether the pipeline was trained on other events only, see :meth:`open`.
        label : str, default=""
            Description of the pipeline for readers of the report.
        classes : array-like of shape (n_classes,), default=None
            Names of the columns of `y_score`; None takes the sorted labels.

        Returns
        -------
        float
            The score.

        Raises
        ------
        SealedSetError
            As :meth:`open`; nothing is scored then.
        ValueError
            As :meth:`open`, and if the shapes do not match.
        """
        score_events = get_metric(metric)
        check_names(name, label)
        looks = [(make_key(metric, data, folds, pipeline), label)]
        event_set = EventSet.from_records(y_true, groups)
        scores = event_set.align(vote(y_true, y_score, groups, classes))
        rows = Rows(event_set.codes, scores.argmax(axis=1), scores)
        facts = {"n_records": num_samples(y_true), "held_out": bool(held_out)}
        with self._file.writing() as connection:
            (ticket,) = open_looks(connection, event_set, looks, name=name, **facts)
            score = float(score_events(rows, np.ones((1, len(scores))))[0])
            record_look(connection, self._file, ticket, score, scores)
        return score

    def looks(self, name: str | None = None) -> pd.DataFrame:
        """Return all looks, or those at one set.

        Parameters
        ----------
        name : str, default=None
            Name of the set; None takes all.

        Returns
        -------
        DataFrame of shape (n_looks, 14)
            ``set``, ``metric``, ``score`` (NaN if opened and not recorded), ``label``,
            ``opened`` and ``recorded`` (UTC), ``n_events``, ``n_records``,
            ``held_out``, digests of ``data``, ``folds`` and ``pipeline``, ``version``
            (of the package) and ``has_event_scores``; in the order in which they were
            opened.

        Raises
        ------
        ValueError
            If no set has that name.
        """
        with self._file.reading() as connection:
            if name is not None:
                find_set(connection, name)
            return tabulate_looks(connection, name)

    def sets(self) -> pd.DataFrame:
        """Return the sets of the ledger.

        Returns
        -------
        DataFrame of shape (n_sets, 8)
            ``name``, ``n_events``, ``classes`` (number of events by label),
            ``n_looks`` (recorded), ``sealed``, ``first_look`` and ``last_look`` (UTC,
            None without looks) and ``digest``.
        """
        with self._file.reading() as connection:
            return tabulate_sets(connection)

    def report(
        self,
        name: str,
        *,
        metric: str | None = None,
        n_looks: int | None = None,
        confidence_level: float = 0.95,
        n_resamples: int = 2000,
        random_state: np.random.RandomState | int | None = 0,
    ) -> LedgerReport:
        """Return the best of all looks at a set, corrected for their number.

        Parameters
        ----------
        name : str
            Name of the set.
        metric : str, default=None
            Score; None takes the one with the most looks.
        n_looks : int, default=None
            Number of looks by this metric, from the first on; None takes all.
        confidence_level : float, default=0.95
            Probability that an interval covers the true score, and level of the
            chance bound.
        n_resamples : int, default=2000
            Number of resamples and of permutations.
        random_state : int, RandomState instance or None, default=0
            Seed of both.

        Returns
        -------
        LedgerReport
            ``print`` shows it in words; attributes are ``n_looks``, ``best_score``,
            ``best_label``, ``interval`` (as if it were the only look),
            ``corrected_interval``, ``chance_bound``, ``p_value``,
            ``is_above_chance``, ``overlaps`` (name, number of events shared and of
            looks of each set that shares events), ``n_out_of_fold``,
            ``n_other_metrics`` and ``n_open``.
            For a metric that the ledger cannot correct the statistics are None.

        Raises
        ------
        ValueError
            If no set has that name, or an option is not valid.
        """
        with self._file.reading() as connection:
            content = read_set(connection, name, self._file)
        return make_report(
            name,
            *content,
            metric=metric,
            n_looks=n_looks,
            confidence_level=confidence_level,
            n_resamples=n_resamples,
            random_state=random_state,
        )
