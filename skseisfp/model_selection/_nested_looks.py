"""The looks of a nested evaluation, in a ledger."""

import numpy as np

from ..metrics import aggregate_events
from ._nested_tables import scored_columns
from ._nested_trials import event_score, pool_outer
from .evaluation_ledger import EvaluationLedger, make_key


class NestedLooks:
    """One look for the nested choice, and one for the naive score of each candidate.

    They are opened before any fit, all or none; without a ledger there are none.

    Parameters
    ----------
    ledger : EvaluationLedger or None
        The ledger.
    candidates : list of Candidate
        What is chosen from.
    arrays : dict of array-like
        Records by the names of the candidates.
    folds : list of OuterFold
        The folds.
    y, events : ndarray of shape (n_records,)
        Labels, and the event of each record.
    scored : ndarray
        Row numbers of the scored records.
    metric, protocol : str
        The score, and the outer protocol.
    """

    def __init__(
        self, ledger, candidates, arrays, folds, *, y, events, scored, metric, protocol
    ):
        self.ledger, self.folds, self.metric = ledger, folds, metric
        self.y, self.events, self.scored = y, events, scored
        if ledger is None:
            return
        if not isinstance(ledger, EvaluationLedger):
            raise TypeError(f"ledger must be an EvaluationLedger; got {ledger!r}.")
        pairs = [(fold.train, fold.test) for fold in folds]
        inner = [[list(pair) for pair in fold.inner] for fold in folds]
        pipelines = [[one.label, one.estimator] for one in candidates]
        looks = [
            (
                make_key(metric, arrays, pairs, ["nested", pipelines, inner]),
                f"nested choice among {len(candidates)}, {protocol}",
            ),
            *(
                (
                    make_key(metric, arrays[one.name], pairs, one.estimator),
                    f"{one.label}, {protocol}",
                )
                for one in candidates
            ),
        ]
        self.tickets = ledger._open_all(y[scored], events[scored], looks)

    def record(self, trials, probabilities):
        """Record all scores, with those of the events; forget failed candidates.

        Parameters
        ----------
        trials : list of list of Trial
            Trials by candidate and outer fold.
        probabilities : DataFrame
            Nested predictions of the scored records.

        Returns
        -------
        tuple of str
            What the ledger says of the events; empty without a ledger.
        """
        if self.ledger is None:
            return ()
        classes = np.unique(self.y)
        nested = scored_columns(probabilities, classes)
        shape = (len(self.y), len(classes))
        pooled = [pool_outer(row, self.folds, shape)[self.scored] for row in trials]
        looks = list(zip(self.tickets, [nested, *pooled], strict=True))
        self.ledger._record_all(
            [
                self._look(ticket, scores, classes)
                for ticket, scores in looks
                if not np.isnan(scores).any()
            ]
        )
        failed = [ticket for ticket, scores in looks if np.isnan(scores).any()]
        if failed:
            self.ledger._discard(failed)
        return (str(self.ledger.report(self.tickets[0].set, metric=self.metric)),)

    def _look(self, ticket, scores, classes):
        """Return a ticket with its score and the scores of the events."""
        y, events = self.y[self.scored], self.events[self.scored]
        score = event_score(y, scores, events, classes, self.metric)
        return ticket, score, aggregate_events(scores, events, classes=classes)
