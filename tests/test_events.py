"""Where the event of a record comes from, and that nothing else counts."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import RFE, RFECV
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    GroupKFold,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_val_score,
    permutation_test_score,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseisfp.ensemble import EventVoteClassifier
from skseisfp.events import (
    EventsUnknownWarning,
    attach_events,
    event_codes,
    find_groups,
    has_event_index,
    resolve_groups,
    sortable,
    warn_events_unknown,
)
from skseisfp.io.lazy_records import LazyRecord

EVENTS = np.array(["e2", "e1", "e2", "e3"])
Y = np.array(["blast", "quake", "blast", "quake"])
OTHER = ["e2", "e1", "e1", "e3"]
STATIONS = ["a", "b", "c", "d"]
NAMED = pd.Index(EVENTS, name="event_id")
LEVELS = pd.MultiIndex.from_arrays([EVENTS, STATIONS], names=["event_id", "station"])
TURNED = pd.MultiIndex.from_arrays([STATIONS, EVENTS], names=[None, "event_id"])


class Reference:
    """A reference to a recording."""

    station = "a"

    def __init__(self, event_id):
        self.event_id = event_id


def lazy(events):
    """Lazy references to the recordings of events."""
    records = np.empty(len(events), dtype=object)
    for place, event in enumerate(events):
        records[place] = LazyRecord(Reference(event), None, None, None, None, None)
    return records


def test_the_events_become_the_index():
    labels = attach_events(Y, EVENTS)
    assert labels.index.name == "event_id"
    np.testing.assert_array_equal(labels.index, EVENTS)
    np.testing.assert_array_equal(labels, Y)


@pytest.mark.parametrize(
    "events", [EVENTS, list(EVENTS), pd.Series(EVENTS), NAMED, LEVELS, TURNED]
)
def test_events_of_any_container(events):
    np.testing.assert_array_equal(attach_events(Y, events).index, EVENTS)


def test_an_old_index_is_replaced_and_rows_keep_their_order():
    old = pd.Series([1, 0, 1, 0], index=[7, 3, 9, 1], name="label")
    labels = attach_events(old, pd.Series(EVENTS, index=[0, 5, 2, 1]))
    assert labels.name == "label"
    assert labels.tolist() == [1, 0, 1, 0]
    np.testing.assert_array_equal(labels.index, EVENTS)
    assert list(old.index) == [7, 3, 9, 1]


@pytest.mark.parametrize(
    "y",
    [
        np.array([1, 0, 1, 0], dtype=np.int8),
        np.array([True, False, True, False]),
        np.array([0.0, 1.0, 0.0, 1.0]),
        pd.Series(list(Y), dtype="category"),
        np.array(["a", 1, "a", 1], dtype=object),
    ],
)
def test_labels_keep_their_type(y):
    labels = attach_events(y, EVENTS)
    assert labels.dtype == y.dtype
    assert labels.tolist() == list(y)


@pytest.mark.parametrize(
    ("events", "message"),
    [
        (EVENTS[:3], "event_id must have one event id per record: got 3 values for"),
        (["e1", None, "e1", "e2"], "event_id is missing for record 1"),
        ([1.0, 1.0, np.nan, 2.0], "event_id is missing for record 2"),
        (
            LEVELS.rename(["event", "station"]),
            "one of them must be named 'event_id",
        ),
    ],
)
def test_bad_events_are_named(events, message):
    with pytest.raises(ValueError, match=message):
        attach_events(Y, events)


@pytest.mark.parametrize("index", [NAMED, LEVELS, TURNED])
@pytest.mark.parametrize("container", ["y", "X", "column"])
def test_the_index_or_level_named_event_id_counts(index, container):
    frame = pd.DataFrame({"label": Y}, index=index)
    found = {
        "y": lambda: find_groups(frame["label"]),
        "X": lambda: find_groups(Y, X=frame),
        "column": lambda: find_groups(frame),
    }[container]()
    np.testing.assert_array_equal(found, EVENTS)
    assert has_event_index(frame)


@pytest.mark.parametrize(
    "index",
    [
        None,
        EVENTS,
        ["r1", "r2", "r3", "r4"],
        [1, 1, 2, 3],
        [0.5, 0.5, 1.5, 2.5],
        pd.date_range("2024-01-01", periods=4),
        pd.Index([1, 1, 2, 2], name="station"),
        pd.Index(EVENTS, name="event"),
        pd.Index(EVENTS, name="Event_ID"),
        pd.MultiIndex.from_arrays([EVENTS, STATIONS]),
        pd.MultiIndex.from_arrays([EVENTS, STATIONS], names=["event", "station"]),
    ],
    ids=str,
)
def test_no_other_index_counts(index):
    for values in (pd.Series(Y, index=index), pd.DataFrame({"y": Y}, index=index)):
        assert find_groups(values) is None
        assert find_groups(Y, X=values) is None
        assert not has_event_index(values)


def test_rows_of_joined_tables_count_only_by_name():
    parts = [pd.Series(["a", "b"]), pd.Series(["a", "b"])]
    assert find_groups(pd.concat(parts)) is None
    assert find_groups(pd.concat(parts, keys=["x", "y"])) is None
    joined = pd.concat(parts, keys=["x", "y"], names=["event_id", None])
    assert list(find_groups(joined)) == ["x", "x", "y", "y"]


@pytest.mark.parametrize("values", [Y, list(Y), None, 3, "event_id"])
def test_other_objects_have_no_index(values):
    assert not has_event_index(values)


def test_lazy_references_know_their_event():
    np.testing.assert_array_equal(find_groups(Y, X=lazy(EVENTS)), EVENTS)
    with pytest.raises(ValueError, match="groups and the event_id of the ref"):
        find_groups(Y, list("abcd"), X=lazy(EVENTS))


def test_references_without_events_do_not_count():
    assert find_groups(Y, X=lazy(["e1", None, "e2", "e2"])) is None
    assert find_groups(Y, X=np.array([{}, {}, {}, {}])) is None
    assert find_groups(Y, X=np.zeros((4, 3))) is None
    assert find_groups([], X=np.empty(0, dtype=object)) is None


def test_groups_of_any_container():
    for groups in (EVENTS, list(EVENTS), EVENTS[:, None], NAMED, LEVELS):
        np.testing.assert_array_equal(find_groups(Y, groups), EVENTS)
    shuffled = pd.Series(EVENTS, index=[3, 2, 1, 0])
    np.testing.assert_array_equal(find_groups(Y, shuffled), EVENTS)


def test_groups_go_first():
    numbers = [2, 1, 2, 3]
    found = find_groups(attach_events(Y, EVENTS), numbers, X=lazy(EVENTS))
    assert list(found) == numbers


def test_nothing_is_known_of_nothing():
    assert find_groups(None, None) is None


@pytest.mark.parametrize(
    ("y", "groups", "X", "first", "second"),
    [
        (attach_events(Y, EVENTS), OTHER, None, "groups", "index event_id of y"),
        (Y, OTHER, pd.DataFrame({"a": Y}, NAMED), "groups", "index event_id of X"),
        (
            attach_events(Y, OTHER),
            None,
            pd.DataFrame({"a": Y}, NAMED),
            "index event_id of y",
            "index event_id of X",
        ),
        (
            attach_events(Y, OTHER),
            None,
            lazy(EVENTS),
            "index event_id of y",
            "event_id of the references in X",
        ),
    ],
)
def test_the_first_record_is_shown(y, groups, X, first, second):
    with pytest.raises(ValueError, match="disagree") as raised:
        find_groups(y, groups, X=X)
    message = str(raised.value)
    assert message.index(first) < message.index(second)
    assert "record 2: " in message
    assert "e1" in message
    assert "e2" in message


@pytest.mark.parametrize("groups", [[9, 9, 9, 9], [1, 2, 3, 4]])
def test_finer_and_coarser_events_disagree(groups):
    with pytest.raises(ValueError, match="disagree"):
        find_groups(attach_events(Y, EVENTS), groups)


def test_other_names_for_the_same_events_agree():
    assert list(find_groups(attach_events(Y, EVENTS), [5, 3, 5, 4])) == [5, 3, 5, 4]


def test_records_are_events_on_request():
    for y in (Y, attach_events(Y, EVENTS), list(Y)):
        assert list(find_groups(y, "records")) == [0, 1, 2, 3]
    assert list(resolve_groups(None, "records", X=np.zeros((2, 5)))) == [0, 1]


def test_other_words_are_an_error():
    with pytest.raises(ValueError, match=r"or 'records'; got 'record'"):
        find_groups(Y, "record")


def test_a_wrong_length_or_a_missing_event_is_named():
    with pytest.raises(ValueError, match="groups must have one event id per record"):
        find_groups(Y, EVENTS[:2])
    with pytest.raises(ValueError, match="groups is missing for record 3"):
        find_groups(Y, ["a", "a", "b", None])
    missing = pd.Series(Y, index=pd.Index(["a", None, "b", "b"], name="event_id"))
    with pytest.raises(ValueError, match="index event_id of y is missing for rec"):
        find_groups(missing)


def test_the_warning_says_what_is_done():
    with pytest.warns(EventsUnknownWarning, match=r"^It counts records, since"):
        warn_events_unknown("It counts records")


def test_events_are_numbered_in_the_order_of_their_ids():
    codes, events = event_codes(EVENTS)
    assert codes.tolist() == [1, 0, 1, 2]
    assert events.tolist() == ["e1", "e2", "e3"]


def test_ids_of_mixed_types():
    mixed = np.array(["e1", 7, "e1", 3], dtype=object)
    codes, events = event_codes(mixed)
    assert codes.tolist() == [2, 1, 2, 0]
    assert events.tolist() == [3, 7, "e1"]


@pytest.mark.parametrize("groups", [[5, 2, 5], pd.Series([5, 2, 5]), (5, 2, 5)])
def test_ids_of_any_container_are_numbered(groups):
    codes, events = event_codes(groups)
    assert codes.tolist() == [1, 0, 1]
    assert events.tolist() == [2, 5]


def test_the_level_of_the_events_counts():
    assert event_codes(LEVELS)[0].tolist() == [1, 0, 1, 2]


class Needy(LogisticRegression):
    """A classifier whose fit needs events; it notes how many it finds."""

    numbers = []

    def fit(self, X, y, sample_weight=None, groups=None):
        events = resolve_groups(y, groups, needed_by="Needy")
        Needy.numbers.append((len(np.unique(events)), len(events)))
        return super().fit(X, y, sample_weight=sample_weight)


RNG = np.random.default_rng(0)
IDS = np.repeat(np.arange(20), 3)
LABELS = attach_events(IDS // 10, IDS)
RECORDS = RNG.normal(size=(60, 3)) + np.asarray(LABELS)[:, None]
NEEDY = Needy()

DROPPING = {
    "AdaBoostClassifier": AdaBoostClassifier(NEEDY, n_estimators=2),
    "BaggingClassifier": BaggingClassifier(NEEDY, 2),
    "OneVsRestClassifier": OneVsRestClassifier(NEEDY),
    "RFE": RFE(NEEDY),
    "StackingClassifier": StackingClassifier([("needy", NEEDY)]),
    "VotingClassifier": VotingClassifier([("needy", NEEDY)]),
}
KEEPING = {
    "CalibratedClassifierCV": CalibratedClassifierCV(NEEDY, ensemble=True),
    "FixedThresholdClassifier": FixedThresholdClassifier(NEEDY),
    "GridSearchCV": GridSearchCV(NEEDY, {"C": [1]}, error_score="raise"),
    "Pipeline": make_pipeline(StandardScaler(), NEEDY),
    "TunedThresholdClassifierCV": TunedThresholdClassifierCV(NEEDY),
}


@pytest.fixture(autouse=True)
def _forget():
    Needy.numbers.clear()


@pytest.mark.parametrize("tool", DROPPING)
def test_the_tool_that_drops_the_index_is_named(tool):
    with pytest.raises(ValueError, match=r"^Needy needs the event of every") as seen:
        DROPPING[tool].fit(RECORDS, LABELS)
    message = str(seen.value)
    assert f"{tool} hands labels on without their index" in message
    assert "sklearn.set_config(enable_metadata_routing=True)" in message
    assert f"{tool}(" in message
    assert ").fit(X, y, groups=event_id)" in message
    assert Needy.numbers == []


@pytest.mark.parametrize("tool", KEEPING)
def test_other_tools_keep_the_index(tool):
    KEEPING[tool].fit(RECORDS, LABELS)
    assert Needy.numbers
    assert all(3 * n_events == n for n_events, n in Needy.numbers)


def test_predictions_of_probabilities_drop_the_index():
    with pytest.raises(ValueError, match="cross_val_predict hands labels on") as seen:
        cross_val_predict(NEEDY, RECORDS, LABELS, method="predict_proba", cv=2)
    assert 'cross_val_predict(..., params={"groups": event_id})' in str(seen.value)


def test_the_outermost_tool_is_named():
    with pytest.raises(ValueError, match="RFECV hands labels on"):
        RFECV(NEEDY).fit(RECORDS, LABELS)


def test_plain_labels_get_the_two_lines_that_attach_them():
    with pytest.raises(ValueError, match="neither groups nor an index") as seen:
        NEEDY.fit(RECORDS, np.asarray(LABELS))
    message = str(seen.value)
    assert "y = skseisfp.attach_events(y, event_id)" in message
    assert "classifier__groups=event_id" in message
    assert "groups='records'" in message


def test_the_advice_for_a_pipeline_works():
    pipeline = make_pipeline(StandardScaler(), NEEDY)
    pipeline.fit(RECORDS, np.asarray(LABELS), needy__groups=IDS)
    assert Needy.numbers == [(20, 60)]


@pytest.mark.parametrize("tool", ["StackingClassifier", "VotingClassifier"])
def test_the_advice_to_route_works(tool):
    with sklearn.config_context(enable_metadata_routing=True):
        needy = Needy().set_fit_request(groups=True)
        ensemble = sklearn.base.clone(DROPPING[tool]).set_params(
            estimators=[("needy", needy)]
        )
        if tool == "StackingClassifier":
            # scikit-learn passes all parameters to the last classifier, too
            last = EventVoteClassifier(LogisticRegression())
            folds = list(GroupKFold(2).split(RECORDS, LABELS, IDS))
            ensemble.set_params(cv=folds, final_estimator=last)
        ensemble.fit(RECORDS, np.asarray(LABELS), groups=IDS)
    assert Needy.numbers
    assert all(3 * n_events == n for n_events, n in Needy.numbers)


def test_scores_keep_the_index():
    cross_val_score(
        NEEDY, RECORDS, LABELS, groups=IDS, cv=GroupKFold(2), error_score="raise"
    )
    assert Needy.numbers == [(10, 30)] * 2


PERMUTATIONS = {"cv": GroupKFold(2), "n_permutations": 2}


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("y", [LABELS, np.asarray(LABELS)], ids=["index", "plain"])
def test_permuted_labels_have_no_events(y, n_jobs):
    with pytest.raises(ValueError, match="permutes the labels of records") as seen:
        permutation_test_score(
            NEEDY, RECORDS, y, groups=IDS, n_jobs=n_jobs, **PERMUTATIONS
        )
    assert "event_permutation_test(estimator, X, y, event_id)" in str(seen.value)
    assert Needy.numbers == []


def test_permuted_labels_have_no_events_by_routing():
    with (
        sklearn.config_context(enable_metadata_routing=True),
        pytest.raises(ValueError, match="permutes the labels of records"),
    ):
        permutation_test_score(
            Needy().set_fit_request(groups=True),
            RECORDS,
            LABELS.to_numpy(),
            params={"groups": IDS},
            **PERMUTATIONS,
        )


def test_permutations_that_need_no_events_are_as_before():
    y = LABELS.to_numpy()
    score, *_ = permutation_test_score(
        LogisticRegression(), RECORDS, y, groups=IDS, **PERMUTATIONS
    )
    assert score > 0.5


@pytest.mark.parametrize("way", ["index", "name", "routing"])
def test_samplers_lose_the_events(way):
    """Of balanced classes a sampler gives as many records, in another order."""
    pytest.importorskip("imblearn")
    from imblearn.pipeline import make_pipeline
    from imblearn.under_sampling import RandomUnderSampler

    rows = np.random.default_rng(0).permutation(len(IDS))
    X, y, groups = RECORDS[rows], LABELS.iloc[rows], IDS[rows]
    needy = Needy()
    with sklearn.config_context(enable_metadata_routing=True):
        needy.set_fit_request(groups=True)
    pipeline = make_pipeline(RandomUnderSampler(random_state=0), needy)
    params = {"index": {}, "name": {"needy__groups": groups}}
    y = y if way == "index" else y.to_numpy()
    with (
        sklearn.config_context(enable_metadata_routing=way == "routing"),
        pytest.raises(ValueError, match="without their events") as seen,
    ):
        pipeline.fit(X, y, **params.get(way, {"groups": groups}))
    assert 'FingerprintClassifier(balance="events")' in str(seen.value)
    assert Needy.numbers == []


def test_pipelines_of_imbalanced_learn_without_samplers_keep_the_events():
    pytest.importorskip("imblearn")
    from imblearn.pipeline import make_pipeline

    make_pipeline(StandardScaler(), NEEDY).fit(RECORDS, LABELS)
    make_pipeline(StandardScaler(), NEEDY).fit(
        RECORDS, LABELS.to_numpy(), needy__groups=IDS
    )
    assert Needy.numbers == [(20, 60)] * 2


def test_ids_that_cannot_be_sorted_become_numbers_for_splitters():
    mixed = np.array(["e1", 7, "e1", 3], dtype=object)
    assert sortable(mixed).tolist() == [2, 1, 2, 0]
    for groups in (EVENTS, [3, 1, 3], None):
        assert sortable(groups) is groups
