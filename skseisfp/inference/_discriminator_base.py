"""The parts of a discriminator that are not its interface: facts, checks, tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn import get_config
from sklearn.base import clone
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from ..ensemble import EventVoteClassifier
from ..events import find_groups
from ..metrics import event_labels
from ..metrics.decisions import decide, decision_threshold
from ._abstention import Abstention, find_abstention
from ._contract_facts import begin_contract
from ._event_calibration import apply_calibration, fit_calibration
from ._event_table import (
    calibrate_table,
    decide_events,
    scores_of,
    vote_of_usable,
)
from ._flags import flag_table, join_flags, measure_records
from ._record_faults import check_one_time, check_order, check_repeated
from ._record_set import (
    as_record_set,
    as_samples,
    density_of,
    is_fingerprint,
    known_arrivals,
)
from ._source_records import read_archive
from ._state_checks import check_discriminator
from .input_contract import InputContract
from .picking_policy import PickingPolicy

_COLUMNS = ("record_id", "event_id", "station", "location", "channels", "start_time")
_OF_ONSET = ["pick_source", "pick_status"]


class DiscriminatorBase(EventVoteClassifier):
    """Base of `EventDiscriminator`."""

    # of files of versions without such policies, which used all onsets
    _earlier_picking = PickingPolicy(doubtful="keep")

    reader: Any
    picking: PickingPolicy | None
    sampling_rate: float | None
    components: str | None
    units: str | None
    p_arrival: float | None
    calibration: str | None
    max_error: Any
    error_of: str
    confidence_level: float
    min_stations: int
    verbose: int
    contract_: InputContract
    reject_threshold_: float
    class_thresholds_: Any
    event_calibration_: Any

    def _records_to_fit(self, X, y, groups):
        """Return records with labels; an archive is read."""
        if hasattr(X, "to_bunch"):
            if self.reader is None:
                raise ValueError("An archive needs a reader; got reader=None.")
            X = read_archive(self.reader, X, self._picking(), self.verbose)
        records = as_record_set(X, y, groups)
        if y is None and records.from_bunch and np.all(pd.isna(records.y)):
            raise ValueError("No event of the bunch has a label; give y.")
        if records.y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None."
            )
        return records

    def _begin_contract(self, records, samples, labels, events):
        """Return a contract without ranges and scores."""
        self._arrival()  # raises for two of them
        names = ("sampling_rate", "components", "units")
        contract = begin_contract(
            records,
            samples,
            labels,
            events,
            estimator=self.estimator,
            reader=self.reader,
            given={name: getattr(self, name) for name in names},
        )
        return replace(contract, picking=self._picking().get_params())

    def _picking(self):
        """Return the policy of onsets; raise if it is not valid."""
        policy = self.picking
        if policy is None:
            fitted_before = "contract_" in vars(self) and not self.contract_.picking
            policy = self._earlier_picking if fitted_before else PickingPolicy()
        policy._validate_params()
        return policy

    def _metadata(self, events, labels, fit_params):
        """Return the events and other parameters of `fit` of the wrapped classifier."""
        params = {k: v for k, v in fit_params.items() if v is not None}
        if is_routing_enabled():
            self._routed_fit_params(params)  # raises for what nothing requests
        if "sample_weight" in params:
            self._check_sample_weight(params["sample_weight"], labels)
        return {"groups": events, **params}

    def _arrival(self):
        """Return P that all records have in common, or None; raise for two of them."""
        by_reader = None
        if self.reader is not None and self.reader.align == "P":
            by_reader = -float(self.reader.window[0])
        known = {value for value in (self.p_arrival, by_reader) if value is not None}
        if len(known) > 1:
            raise ValueError(
                f"p_arrival={self.p_arrival!r} contradicts the reader, whose windows "
                f"have P at {by_reader:g} s."
            )
        return known.pop() if known else None

    def _measure(self, records, samples, density, contract):
        """Return the measurements of records."""
        return measure_records(
            samples,
            known_arrivals(records, self._arrival(), len(samples)),
            records.frame,
            density,
            kind=contract.kind,
            sampling_rate=contract.sampling_rate,
        )

    def _adjust(self, fitted, scores, labels, events, flags, snr):
        """Set calibration and threshold by events held out; return scores of events.

        The scores are those by fits to other events, in the order of the table.
        """
        decision = decision_threshold(fitted)
        self._check_rule(fitted, decision)
        table = vote_of_usable(
            scores, events, flags, self._rule(np.unique(labels), decision, snr)
        )
        by_event = scores_of(table)
        truth = event_labels(labels, events).loc[table.index].to_numpy()
        self.event_calibration_ = None
        if self.calibration == "events":
            self.event_calibration_, by_event = fit_calibration(by_event, truth)
        found = Abstention()
        if self.max_error is not None:
            found = find_abstention(
                by_event,
                truth,
                np.unique(labels),
                error_of=self.error_of,
                max_error=self.max_error,
                confidence_level=self.confidence_level,
            )
        self.reject_threshold_, self.class_thresholds_ = found
        return table.index, truth, by_event

    def _keep_held_out(self, held_out, events):
        """Set the scores of events held out as those of their records."""
        index, _, scores = held_out
        by_event = pd.DataFrame(scores, index=index)
        self.held_out_scores_ = by_event.reindex(events).to_numpy()

    def _check_rule(self, fitted, decision):
        """Raise if calibration or abstention do not fit how the classifier decides."""
        name = type(self.estimator).__name__
        if self.calibration == "events" and not hasattr(fitted, "predict_proba"):
            raise ValueError(
                f"calibration='events' needs probabilities, and {name} has no "
                "predict_proba; 'sigmoid' calibrates decision values, too."
            )
        for parameter in ("calibration", "max_error"):
            if decision is not None and getattr(self, parameter) is not None:
                raise ValueError(
                    f"{parameter} needs a classifier that decides by its largest "
                    f"score; got {name} with a threshold of its own. Set "
                    f"{parameter}=None."
                )

    def _abstention(self):
        """Return the thresholds of scores at which events are decided."""
        return Abstention(self.reject_threshold_, self.class_thresholds_)

    def _rule(self, classes, decision, snr):
        """Return the parameters of `aggregate_events`; noise has the SNR 0 dB."""
        rule = {"classes": classes, "decision": decision, "tie": self.tie}
        if self.vote == "snr" and (snr is None or np.isnan(snr).all()):
            return {**rule, "vote": "mean", "snr": None}
        snr = None if snr is None else np.nan_to_num(np.asarray(snr, dtype=float))
        return {**rule, "vote": self.vote, "snr": snr if self.vote == "snr" else None}

    def _checked_records(self, X, y, groups):
        """Return records that are those that the discriminator was made for."""
        records = as_record_set(X, y, groups)
        contract = self.contract_
        contract.check_facts(records.facts)
        contract.check_shape(records.X, type(self).__name__)
        events = find_groups(records.y, records.groups, X=records.X)
        if contract.kind == "features" and events is None:
            return records
        samples = np.asarray(records.X)
        if samples.ndim > 1 and samples.dtype.kind in "iuf" and len(samples):
            self._check_kind(samples)
            if events is not None and not isinstance(records.groups, str):
                check_repeated(samples, events)
                check_one_time(records.frame, events)
                check_order(contract.digests, contract.n_records, samples, events)
        return records

    def _check_kind(self, samples):
        """Raise for waveforms in place of fingerprints, and the other way round."""
        kind, fingerprints = self.contract_.kind, is_fingerprint(samples)
        name = type(self).__name__
        if kind == "waveforms" and fingerprints:
            raise ValueError(
                f"X holds fingerprints, but {name} was fitted on waveforms and makes "
                "them itself: a fingerprint of a fingerprint has no meaning."
            )
        if kind == "fingerprints" and not np.isin(samples, (-1, 0, 1)).all():
            raise ValueError(
                f"X holds waveforms, but {name} was fitted on fingerprints: the "
                "transformer is missing."
            )

    def _ballot(self, X, y, groups, caller, params):
        """Return the scores of records, their events and the rule, after all checks."""
        check_is_fitted(self)
        records = self._checked_records(X, y, groups)
        return super()._ballot(records.X, records.y, records.groups, caller, params)

    def _vote(self, X, groups, snr, caller, params):
        """Return event numbers of records, and scores and predictions of events."""
        codes, scores, predicted = super()._vote(X, groups, snr, caller, params)
        if self.event_calibration_ is None:
            return codes, scores, predicted
        scores = apply_calibration(self.event_calibration_, scores)
        return codes, scores, decide(scores)

    def _flags(self, records):
        """Return the measurements of records, and their flags."""
        samples = as_samples(records.X, self)
        contract, density = self.contract_, None
        if "density" in contract.ranges:
            density = density_of(np.asarray(self.estimator_[:-1].transform(records.X)))
        table = self._measure(records, samples, density, contract)
        return table, flag_table(samples, table, contract, records.frame)

    def _predict_tables(self, X, groups, snr, params):
        """Return the tables of records and events."""
        scores, events, rule = self._ballot(X, None, groups, "predict", params)
        records = as_record_set(X, None, groups)
        table, flags = self._flags(records)
        snr = table["snr_db"].to_numpy() if snr is None else snr
        rule = self._rule(self.classes_, rule["decision"], snr)
        frame = pd.DataFrame() if records.frame is None else records.frame
        stations = frame.get("station", np.arange(len(scores)))
        alone = apply_calibration(self.event_calibration_, scores)
        by_event = vote_of_usable(scores, np.asarray(events), flags, rule)
        by_event = decide_events(
            calibrate_table(
                by_event, alone, events, self.event_calibration_, self.classes_
            ),
            events,
            flags,
            stations,
            classes=self.classes_,
            min_stations=self.min_stations,
            abstention=self._abstention(),
        )
        by_record = frame[[name for name in _COLUMNS if name in frame]].assign(
            p_arrival=table["p_arrival"],
            **{name: frame[name] for name in _OF_ONSET if name in frame},
            snr_db=table["snr_db"],
            flags=join_flags(flags),
            prediction=self.classes_[decide(alone, rule["decision"])],
        )
        for column, name in enumerate(self.classes_):
            by_record[f"score_{name}"] = alone[:, column]
        return by_record, by_event

    def _model_name(self):
        """Return the words for comments on who predicts; "" for one of a user."""
        return ""

    def _warn_of_purpose(self):
        """Warn if the discriminator is not made for use."""

    def _reader(self):
        """Return the reader at the rate of the contract; raise if it is another one."""
        if self.reader is None:
            raise ValueError(
                "discriminate needs a reader, which makes records like those of fit; "
                "got reader=None."
            )
        self.contract_.check_reader(self.reader)
        reader: Any = clone(self.reader)
        return reader.set_params(sampling_rate=self.contract_.sampling_rate)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the state of a file or copy; raise if its parts do not fit."""
        super().__setstate__(state)
        if "contract_" in state:
            vars(self).setdefault("class_thresholds_", None)  # of earlier versions
            check_discriminator(self, InputContract)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags


def is_routing_enabled():
    """Return whether scikit-learn routes metadata."""
    return get_config()["enable_metadata_routing"]
