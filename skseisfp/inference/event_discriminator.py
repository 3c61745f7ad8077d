"""A discriminator of events that knows which records it was made for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from numbers import Real
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils import Bunch, column_or_1d, get_tags, indexable
from sklearn.utils.validation import check_is_fitted

from .._compat import Interval, StrOptions
from .._parameters import COUNT, HERTZ, NOT_NEGATIVE
from .._utils.validation import check_classes
from ..ensemble import EventVoteClassifier
from ..events import find_groups, warn_events_unknown
from ..io import WaveformReader
from ..io.record_bunch import UNITS
from ..metrics import event_labels
from ._catalogue import label_catalogue, new_catalogue, types_of_classes
from ._contract_facts import score_events
from ._discriminator_base import DiscriminatorBase, is_routing_enabled
from ._event_table import with_all_events
from ._flags import flag_table, join_flags, least_snr, ranges_of
from ._held_out import calibrated, fit_all, make_folds, score_held_out, split_steps
from ._html import discriminator_html
from ._record_set import as_record_set, as_samples, density_of
from ._source_records import open_catalogue, read_source
from .input_contract import InputContract
from .model_card import write_model_card
from .picking_policy import PickingPolicy

if TYPE_CHECKING:
    from obspy import Inventory
    from obspy.core.event import Catalog

_RISK = Interval(Real, 0, 1, closed="neither")


class EventDiscriminator(DiscriminatorBase):
    """Discriminate events by records that it was made for, and abstain from others.

    It holds a classifier, the policies by which records are read and onsets are taken,
    and the rule by which the records of an event vote. `fit` calibrates the classifier,
    scores it on events that it was not trained on, and notes facts of the records as an
    input contract. Other records raise an error that names the difference; those that
    are out of range are flagged, and their events are left undecided.

    Parameters
    ----------
    estimator : classifier
        Classifier of records, a pipeline for example.
    reader : WaveformReader, default=None
        Policy by which `discriminate` makes records; must be that of the records of
        `fit`.
    picking : PickingPolicy, default=None
        Policy of the onsets that `discriminate` cuts records at, and `fit` those of an
        archive. None takes ``PickingPolicy()``.
    sampling_rate : float in (0, inf), default=None
        Samples per second (Hz). None takes that of a Bunch, of the reader or of the
        pipeline; it stays unknown where these say nothing.
    components : str, default=None
        Components of the records in their order, such as ``"ZNE"``. None takes those of
        a Bunch or of the reader.
    units : {"counts", "m", "m/s", "m/s^2"}, default=None
        Units of the samples. None takes those of a Bunch or of the reader.
    p_arrival : float in [0, inf), default=None
        Seconds from the first sample of each record to P. None takes those of a Bunch,
        or that of a reader whose windows are relative to P. Without P no record is
        taken for noise.
    vote : {"mean", "majority", "snr"}, default="mean"
        How the records of an event vote, see
        `skseisfp.ensemble.EventVoteClassifier`.
    tie : {"mean", "first"}, default="mean"
        Class that wins among those with equally many votes, for ``vote="majority"``.
    calibration : {"events", "sigmoid", "isotonic", "temperature"} or None, \
default="events"
        Calibration by events that were held out. ``"events"`` fits a sigmoid to the
        scores of events, which the mean over records makes less extreme than the share
        of such events; the others calibrate records, see
        `skseisfp.ensemble.EventCalibratedClassifierCV`, and fit the classifier about
        six times as often.
    max_error : float in (0, 1), default=None
        Largest share of wrong predictions among the events that `error_of` names. None
        decides all events without flags.
    error_of : {"decided", "classes"}, default="decided"
        Events of the error: those that are decided; or those of each class, of which at
        most this share is decided wrongly, however rare the class is.
    confidence_level : float in (0, 1), default=0.9
        Probability that the error is not above `max_error`.
    min_stations : int in [1, inf), default=1
        Least number of stations of an event that vote.
    cv : int, cross-validation generator or iterable, default=None
        Folds of events for the scores and for `max_error`. None makes five of them by
        :class:`~sklearn.model_selection.StratifiedGroupKFold`, or as many as there are
        events of the rarest class.
    random_state : int, RandomState instance or None, default=None
        Shuffle of the events before they are put into folds; None does not shuffle.
    license, citation : str, default=None
        For the model card.
    verbose : int, default=0
        Show in a terminal or notebook how many folds are scored and recordings read, if
        positive.

    Attributes
    ----------
    contract_ : InputContract
        Facts of the records, scores and versions: `sampling_rate`, `components`,
        `units`, `window`, `ranges` and others, see its `to_dict`.
    reject_threshold_ : float
        Least score of the predicted class at which an event is decided, for
        ``error_of="decided"``.
    class_thresholds_ : ndarray of shape (n_classes,) or None
        Scores below which an event is not of each class, for ``error_of="classes"``. An
        event is decided if it is not of any class but the predicted one.
    held_out_scores_ : ndarray of shape (n_records, n_classes)
        Scores of the event of each record, by classifiers and calibrations that were
        fitted to other events; NaN where no fold held it out.
    event_calibration_ : ndarray of shape (1 + n_classes,) or None
        Slope and offsets of the scores of events, for ``calibration="events"``.
    estimator_ : classifier
        The fitted classifier of records.
    classes_ : ndarray of shape (n_classes,)
        Labels of the classes.
    n_features_in_ : int
        Number of features, where the wrapped classifier has it.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where the wrapped classifier has them.

    See Also
    --------
    PickingPolicy : Which onsets are taken, and which are doubtful.
    skseisfp.ensemble.EventVoteClassifier : Votes without a contract.
    classify_stream : Predictions of a stream by any classifier.

    Notes
    -----
    Flags are ``"no_signal"`` (a channel holds one value or a straight line),
    ``"clipped"``, ``"noise_like"``, ``"doubtful_onset"`` (see `PickingPolicy`),
    ``"out_of_range"`` and ``"too_few_stations"``. Records with one of the first four do
    not vote in `predict_events` and `discriminate`; in `predict` and `predict_proba`
    all records do. A record is taken for noise if the power of its first two seconds of
    P, between 2 and 10 Hz, is not further above the noise before P than in the best
    record of the weakest 1 % of the training events, and below 6 dB. It is out of range
    if its largest sample differs by a factor of ten from those of training, or if P,
    distance, magnitude, depth or the density of the fingerprint are beyond their range
    by a tenth of it.

    ``error_of="decided"`` uses Chow's rule: events of too low a confidence are
    undecided. The threshold keeps the error on events that were held out by a binomial
    test, as in selection with guaranteed risk [1]_. With few errors it takes some fifty
    events to show that an error is below 10 %; where no threshold keeps it, a warning
    says so, and all events stay undecided. Of a rare class most events may be undecided
    and all others wrong: a thousand earthquakes that are right hide them.

    ``error_of="classes"`` excludes a class where its score is below that of nearly all
    events of the class that were held out, as conformal sets with a bounded error of
    each class do [2]_. It takes 22 events of a class to show that an error is below
    10 %; a class with fewer is never excluded, and a warning says so.

    Arrays carry neither sampling rate nor components nor units, so that only their
    shape and kind are compared; give a Bunch where these are known.

    First steps of a pipeline that look at one record at a time are computed once before
    all folds, unless parameters of `fit` or metadata routing are in use.

    References
    ----------
    .. [1] Y. Geifman and R. El-Yaniv, Selective classification for deep neural
       networks, NeurIPS, 2017.
    .. [2] M. Sadinle, J. Lei and L. Wasserman, Least ambiguous set-valued classifiers
       with bounded error levels, J. Am. Stat. Assoc. 114, 223-234, 2019.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skseisfp import FingerprintTransformer, make_seismograms
    >>> from skseisfp.inference import EventDiscriminator
    >>> bunch = make_seismograms(60, random_state=0)
    >>> pipeline = make_pipeline(
    ...     FingerprintTransformer(sampling_rate=bunch.sampling_rate, flatten=True),
    ...     LogisticRegression(),
    ... )
    >>> discriminator = EventDiscriminator(pipeline).fit(bunch)
    >>> discriminator.contract_.components, discriminator.contract_.units
    ('Z', 'unknown')
    >>> table = discriminator.predict_events(bunch)
    >>> set(table["decision"]) <= {*bunch.target_names, "undecided"}
    True
    """

    _parameter_constraints = {
        **EventVoteClassifier._parameter_constraints,
        "reader": [WaveformReader, None],
        "picking": [PickingPolicy, None],
        "sampling_rate": [HERTZ, None],
        "components": [str, None],
        "units": [StrOptions(set(UNITS.values())), None],
        "p_arrival": [NOT_NEGATIVE, None],
        "calibration": [
            StrOptions({"events", "sigmoid", "isotonic", "temperature"}),
            None,
        ],
        "max_error": [_RISK, None],
        "error_of": [StrOptions({"decided", "classes"})],
        "confidence_level": [_RISK],
        "min_stations": [COUNT],
        "cv": ["cv_object"],
        "random_state": ["random_state"],
        "license": [str, None],
        "citation": [str, None],
        "verbose": ["verbose"],
    }

    # without policy in the contract, see _picking
    _earlier_values = {"picking": None, "verbose": 0, "error_of": "decided"}

    contract_: InputContract
    reject_threshold_: float
    class_thresholds_: npt.NDArray[np.float64] | None
    held_out_scores_: npt.NDArray[np.float64]

    def __init__(
        self,
        estimator: Any,
        *,
        reader: WaveformReader | None = None,
        picking: PickingPolicy | None = None,
        sampling_rate: float | None = None,
        components: str | None = None,
        units: str | None = None,
        p_arrival: float | None = None,
        vote: str = "mean",
        tie: str = "mean",
        calibration: str | None = "events",
        max_error: float | None = None,
        error_of: Literal["decided", "classes"] = "decided",
        confidence_level: float = 0.9,
        min_stations: int = 1,
        cv: Any = None,
        random_state: int | np.random.RandomState | None = None,
        license: str | None = None,
        citation: str | None = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(estimator, vote=vote, tie=tie)
        self.reader = reader
        self.picking = picking
        self.sampling_rate = sampling_rate
        self.components = components
        self.units = units
        self.p_arrival = p_arrival
        self.calibration = calibration
        self.max_error = max_error
        self.error_of = error_of
        self.confidence_level = confidence_level
        self.min_stations = min_stations
        self.cv = cv
        self.random_state = random_state
        self.license = license
        self.citation = citation
        self.verbose = verbose

    def fit(
        self,
        X: Any,
        y: npt.ArrayLike | None = None,
        groups: npt.ArrayLike | str | None = None,
        **fit_params: Any,
    ) -> Self:
        """Fit and calibrate the classifier, score it, and note facts of the records.

        Parameters
        ----------
        X : array-like of shape (n_records, ...), Bunch or SeismicArchive
            Records; or records with labels, events and a table, as `load_records` and
            `WaveformReader.read` return them; or an archive, which the reader reads.
        y : array-like of shape (n_records,), default=None
            Labels; their index ``event_id`` may hold the events. None takes those of a
            Bunch.
        groups : array-like of shape (n_records,) or "records", default=None
            Event of each record; None takes those of a Bunch. ``"records"`` makes each
            its own event.
        **fit_params : dict
            Parameters of the wrapped classifier's `fit`.

        Returns
        -------
        EventDiscriminator
            The fitted discriminator.

        Raises
        ------
        TypeError
            If ``sample_weight`` is given and the wrapped classifier takes none.
        ValueError
            If records, steps, reader or parameters contradict each other, a record
            occurs twice or holds no signal, the records of an event differ in label, a
            class has fewer than three events, or a parameter is not valid.

        Warns
        -----
        EventsUnknownWarning
            If no events are known, and every record counts as an event of its own.
        """
        for name in ("estimator_", "contract_"):
            vars(self).pop(name, None)
        self._validate_params()
        records = self._records_to_fit(X, y, groups)
        nan = get_tags(self).input_tags.allow_nan
        samples = as_samples(records.X, self, allow_nan=nan)
        labels = check_classes(self, samples, records.y)
        events = find_groups(records.y, records.groups, X=records.X)
        if events is None:
            warn_events_unknown(
                f"{type(self).__name__} counts every record as an event of its own"
            )
            events = np.arange(len(labels))
        contract = self._begin_contract(records, samples, labels, events)
        metadata = self._metadata(events, labels, fit_params)
        first, rest = split_steps(
            self.estimator, split=len(metadata) == 1 and not is_routing_enabled()
        )
        (inputs,) = indexable(records.X)
        if first is not None:
            inputs = first.fit_transform(inputs)
        density = None if first is None else density_of(np.asarray(inputs))
        table = self._measure(records, samples, density, contract)
        contract = replace(
            contract, ranges=ranges_of(table), least_snr_db=least_snr(table, events)
        )
        model = calibrated(rest, self.calibration, self.random_state)
        folds = make_folds(self.cv, inputs, labels, events, self.random_state)
        rows, scores = score_held_out(
            model, inputs, labels, folds, metadata, self.verbose
        )
        fitted = fit_all(first, model, inputs, labels, metadata)
        flags = flag_table(samples, table, contract).iloc[rows]
        held_out = self._adjust(
            fitted,
            scores,
            labels[rows],
            events[rows],
            flags.reset_index(drop=True),
            table["snr_db"].to_numpy()[rows],
        )
        self._keep_held_out(held_out, events)
        self.contract_ = replace(
            contract,
            scores=score_events(*held_out[1:], hasattr(fitted, "predict_proba")),
            folds={"folds of events": len(folds), "records held out": len(rows)},
        )
        self.estimator_ = fitted
        return self

    def predict_events(
        self,
        X: Any,
        groups: npt.ArrayLike | str | None = None,
        snr: npt.ArrayLike | None = None,
        **params: Any,
    ) -> pd.DataFrame:
        """Predict a table with one row per event, with flags and decisions.

        Parameters
        ----------
        X : array-like of shape (n_records, ...) or Bunch
            Records.
        groups : array-like of shape (n_records,) or "records", default=None
            Event of each record; None takes those of a Bunch.
        snr : array-like of shape (n_records,), default=None
            SNR of each record in dB, for ``vote="snr"``; None measures it where P is
            known.
        **params : dict
            Metadata for the wrapped classifier, with metadata routing enabled.

        Returns
        -------
        DataFrame of shape (n_events, ...)
            As :func:`skseisfp.metrics.aggregate_events`, of the records that vote, with
            `n_stations` that vote, `flags` (names, separated by commas) and `decision`:
            the prediction, or ``"undecided"`` for events with flags or with scores
            that `max_error` does not decide.

        Raises
        ------
        ValueError
            If the records are not those that the discriminator was made for, one of
            them occurs twice, or `groups` does not fit.

        Warns
        -----
        EventsUnknownWarning
            If no events are known, and every record counts as an event of its own.
        """
        return self._predict_tables(X, groups, snr, params)[1]

    def score(
        self,
        X: Any,
        y: npt.ArrayLike,
        groups: npt.ArrayLike | str | None = None,
        snr: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
        **params: Any,
    ) -> float:
        """Return the share of the events that `predict` predicts correctly.

        Parameters
        ----------
        X : array-like of shape (n_records, ...) or Bunch
            Records.
        y : array-like of shape (n_records,)
            Labels; their index ``event_id`` may hold the events.
        groups : array-like of shape (n_records,) or "records", default=None
            Event of each record; None takes those of a Bunch.
        snr : array-like of shape (n_records,), default=None
            SNR of each record in dB, for ``vote="snr"``.
        sample_weight : array-like of shape (n_records,), default=None
            Weights; an event counts with the mean weight of its records.
        **params : dict
            Metadata for the wrapped classifier, with metadata routing enabled.

        Returns
        -------
        float
            Accuracy by event.

        Raises
        ------
        ValueError
            As :meth:`predict_events`, or if the records of an event differ in label.
        """
        check_is_fitted(self)
        records = as_record_set(X, y, groups)
        events = find_groups(records.y, records.groups, X=records.X)
        codes, _, predicted = self._vote(X, events, snr, "score", params)
        if events is not None:
            event_labels(column_or_1d(y), events)
        right = self.classes_[predicted[codes]] == column_or_1d(y)
        n_records = np.bincount(codes)
        weights = 1 / n_records
        if sample_weight is not None:
            weights = np.bincount(codes, sample_weight) / n_records**2
        return float(np.average(right, weights=weights[codes]))

    def flag_records(self, X: Any) -> pd.DataFrame:
        """Measure records, and flag those that are not what `fit` has seen.

        Parameters
        ----------
        X : array-like of shape (n_records, ...) or Bunch
            Records.

        Returns
        -------
        DataFrame of shape (n_records, ...)
            `p_arrival`, `peak`, `snr_db` and others where they are known, and `flags`,
            the names of flags separated by commas.

        Raises
        ------
        ValueError
            If the records are not those that the discriminator was made for.
        """
        check_is_fitted(self)
        table, flags = self._flags(self._checked_records(X, None, None))
        return table.assign(flags=join_flags(flags))

    def discriminate(
        self,
        catalogue: Catalog | str | PathLike[str] | None,
        source: Any,
        *,
        picks: pd.DataFrame | None = None,
        inventory: Inventory | str | PathLike[str] | None = None,
        event_types: Mapping[Any, str] | None = None,
        overwrite: bool = False,
        agency_id: str | None = None,
    ) -> Bunch:
        """Predict the events of a catalogue from waveforms.

        Parameters
        ----------
        catalogue : obspy Catalog, str, path-like or None
            Events, or a document that `skseisfp.io.read_quakeml` reads. None takes the
            events of an archive, or a stream as one event, named ``"event"``.
        source : obspy Stream or client, str, path-like, sequence or SeismicArchive
            Waveforms, in any form that the reader takes, or an archive.
        picks : DataFrame, default=None
            Picks: `event_id`, `station`, `phase` and `time`, and where it is known
            `evaluation_mode`. None takes those of the catalogue or archive. Which of
            them are used, and where onsets are picked, says `picking`.
        inventory : obspy Inventory, str or path-like, default=None
            Stations, where the reader or the range of distances needs them.
        event_types : mapping, default=None
            Type of QuakeML by class; None takes the names of the classes.
        overwrite : bool, default=False
            Whether types that the catalogue has are replaced.
        agency_id : str, default=None
            Agency that predicts, for the creation info.

        Returns
        -------
        bunch : :class:`~sklearn.utils.Bunch`
            With these attributes.

            events : DataFrame
                One row per event, as `predict_events` returns it. Events of the
                catalogue without records are ``"too_few_stations"``.
            stations : DataFrame
                One row per record: `record_id`, `event_id`, `station`, `p_arrival`,
                `pick_source` (``"manual"`` or ``"automatic"``, as the catalogue says;
                ``"given"`` where it does not; ``"picked"``; "" without P),
                `pick_status` (as of `classify_stream`), `snr_db`, `flags`,
                `prediction`, `score_<class>` and others.
            rejected : DataFrame
                Recordings that did not become records, with the reason.
            catalogue : Catalog
                A copy with types and certainties where there were none, with a comment
                on the probabilities of each event, and its creation info.

        Raises
        ------
        TypeError
            If `catalogue` is neither a catalogue nor a path, such as a stream.
        ValueError
            If there is no reader, or it makes other records than those of `fit`; if a
            class is not a type of QuakeML, `event_types` has another class, or no
            record can be made.
        """
        check_is_fitted(self)
        self._warn_of_purpose()
        reader = self._reader()
        types = types_of_classes(self.classes_, event_types)
        events, ids, tables = None, [], None
        if catalogue is not None:
            events, ids, tables = open_catalogue(catalogue)
        bunch = read_source(
            reader, source, tables, picks, inventory, self._picking(), self.verbose
        )
        by_record, by_event = self._predict_tables(bunch, None, None, {})
        if events is None:
            ids = list(by_event.index)
            events = new_catalogue(ids)
        labelled = label_catalogue(
            events,
            ids,
            by_event,
            types,
            overwrite=overwrite,
            agency_id=agency_id,
            model=self._model_name(),
        )
        return Bunch(
            events=with_all_events(by_event, ids),
            stations=by_record,
            rejected=bunch.rejected,
            catalogue=labelled,
        )

    def _html_repr(self):
        return discriminator_html(self, super()._html_repr())

    def model_card(self) -> str:
        """Return a page on the purpose of the discriminator, its scores and limits.

        Returns
        -------
        str
            Markdown.
        """
        check_is_fitted(self)
        rule = {
            "vote": self.vote,
            "calibration": self.calibration,
            "largest error": self.max_error,
            "error of": None if self.max_error is None else self.error_of,
            "decided": self._abstention().in_words(self.classes_),
            "least stations": self.min_stations,
        }
        return write_model_card(
            self.contract_,
            estimator=self.estimator,
            rule=rule,
            picking=self._picking().get_params(),
            license=self.license,
            citation=self.citation,
        )
