"""Looks of a nested evaluation, recorded in a ledger."""

import numpy as np

from ..metrics import aggregate_events
from ._nested_fits import event_score, pool_outer
from ._nested_tables import scored_columns
from .evaluation_ledger import EvaluationLedger, make_key


class NestedLooks:
    """One look for the nested choice, and one for the naive score of each candidate.

    They are opened before any fit, all or none; without a ledger there are none.

    Parameters
    ----------
    ledger : EvaluationLedger or None
        The ledger.
    design : NestedDesign
        Candidates, records and folds.
    score : str or callable
        The score.
    metric, protocol : str
        Names of the score and of the outer protocol.
    """

    def __init__(self, ledger, design, score, *, metric, protocol):
        self.ledger, self.score, self.metric = ledger, score, metric
        self.folds, self.scored = design.folds, design.scored
        self.y, self.events = design.y, design.events
        if ledger is None:
            return
        if not isinstance(ledger, EvaluationLedger):
            raise TypeError(f"ledger must be an EvaluationLedger; got {ledger!r}.")
        pairs = [(fold.train, fold.test) for fold in design.folds]
        inner = [[list(pair) for pair in fold.inner] for fold in design.folds]
        pipelines = [[one.label, one.estimator] for one in design.candidates]
        looks = [
            (
                make_key(metric, design.arrays, pairs, ["nested", pipelines, inner]),
                f"nested choice among {len(pipelines)}, {protocol}",
            ),
            *(
                (
                    make_key(metric, design.arrays[one.name], pairs, one.estimator),
                    f"{one.label}, {protocol}",
                )
                for one in design.candidates
            ),
        ]
        self.tickets = ledger._open_all(
            self.y[self.scored], self.events[self.scored], looks
        )

    def record(self, fits, probabilities):
        """Record all scores, with those of the events; forget failed candidates.

        Parameters
        ----------
        fits : list of list of CandidateFit
            Fits by candidate and outer fold.
        probabilities : DataFrame
            Nested predictions of the scored records.

        Returns
        -------
        tuple of str
            Report of the ledger on the events; empty without a ledger.
        """
        if self.ledger is None:
            return ()
        classes = np.unique(self.y)
        nested = scored_columns(probabilities, classes)
        shape = (len(self.y), len(classes))
        pooled = [pool_outer(row, self.folds, shape)[self.scored] for row in fits]
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
        score = event_score(y, scores, events, classes, self.score)
        return ticket, score, aggregate_events(scores, events, classes=classes)
