"""Looks of an evaluation by protocols, recorded in a ledger."""

import numpy as np

from ..metrics import aggregate_events
from .evaluation_ledger import EvaluationLedger, make_key


class ProtocolLooks:
    """Looks of all models under all protocols: one each, over all seeds.

    They are opened before any fit, all or none; without a ledger there are none.

    Parameters
    ----------
    ledger : EvaluationLedger or None
        The ledger.
    entries : dict
        Models and controls by name, of which the models are looks.
    rounds : dict of int to dict of str to EvaluationProtocol
        Protocols by seed and name.
    y, events : ndarray of shape (n_records,)
        Labels, and the event of each record.
    metric : str
        Name of the score.
    """

    def __init__(self, ledger, entries, rounds, y, events, metric):
        self.ledger = ledger
        self.seeds = list(rounds)
        self.y = y
        self.events = events
        self.tickets = {}
        if ledger is None:
            return
        if not isinstance(ledger, EvaluationLedger):
            raise TypeError(f"ledger must be an EvaluationLedger; got {ledger!r}.")
        self.protocols = rounds[self.seeds[0]]
        models = {name: one for name, one in entries.items() if one.kind == "model"}
        self._open(models, rounds, metric)

    def _open(self, models, rounds, metric):
        """Open the looks at each set of events that some protocols score."""
        looks = {}
        for protocol, (_, _, scored) in self.protocols.items():
            folds = [fold for made in rounds.values() for fold in made[protocol].folds]
            at_set = looks.setdefault(scored.tobytes(), {})
            for name, one in models.items():
                key = make_key(metric, one.X, folds, one.estimator)
                at_set[protocol, name] = key, f"{name}, {protocol}"
        sets = []
        for mask, at_set in looks.items():
            rows = np.frombuffer(mask, dtype=bool)
            sets.append((self.y[rows], self.events[rows], list(at_set.values())))
        for at_set, tickets in zip(
            looks.values(), self.ledger._open_sets(sets), strict=True
        ):
            self.tickets |= dict(zip(at_set, tickets, strict=True))

    def record(self, pooled, scores, of_metric):
        """Record the mean scores over the seeds, and those of the events.

        Parameters
        ----------
        pooled : dict of (str, str, int) to Predictions
            Predictions by protocol, model and seed.
        scores : DataFrame
            Scores by protocol, estimator, seed and metric.
        of_metric : callable
            Takes `Predictions`, returns the scores that the metric is computed from.
        """
        key = ["protocol", "estimator", "metric"]
        means = scores.groupby(key).agg({"score": "mean"})["score"]
        looks = []
        for (protocol, name), ticket in self.tickets.items():
            scored = self.protocols[protocol].scored
            given = np.mean(
                [of_metric(pooled[protocol, name, seed]) for seed in self.seeds], axis=0
            )
            table = aggregate_events(
                given[scored], self.events[scored], classes=np.unique(self.y)
            )
            looks.append((ticket, means[protocol, name, ticket.metric], table))
        if looks:
            self.ledger._record_all(looks)

    def reports(self):
        """Return the reports of the ledger on the sets of events, as strings."""
        names = dict.fromkeys(ticket.set for ticket in self.tickets.values())
        return tuple(str(self.ledger.report(name)) for name in names)
