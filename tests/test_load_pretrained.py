"""The discriminators in the package: files, cards, predictions and further training."""

import importlib
import io
import json
import os
import sys
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from obspy import Stream, Trace, UTCDateTime
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.utils import Bunch

from skseisfp import load, make_seismograms, save
from skseisfp._utils.digest import environment
from skseisfp.inference import EventDiscriminator, fine_tune, load_pretrained
from skseisfp.inference.fine_tuned_classifier import FineTunedClassifier
from skseisfp.inference.load_pretrained import CHECKSUMS
from skseisfp.inference.model_card import OF_DATA_SET
from skseisfp.neural import FingerprintClassifier

home = sys.modules["skseisfp.inference.load_pretrained"]
FOLDER = Path(home.__file__).parent / "pretrained"
NAMES = pytest.mark.parametrize("name", CHECKSUMS)
# probability of an explosion, of the records of `make_records(6, seed=1)`
EXPECTED = {
    "pnw": [0.1622, 0.2038, 0.2851, 0.3567, 0.1626, 0.1356],
    "pnw_network": [0.2107, 0.4343, 0.1007, 0.3204, 0.1627, 0.0911],
}


def make_records(n_records, seed):
    """Records as those of the contract, earthquakes and explosions."""
    drawn = make_seismograms(
        n_records,
        classes=("earthquake", "quarry_blast"),
        sampling_rate=40.0,
        records_per_event=2,
        duration=70,
        random_state=seed,
    )
    starts = np.round((drawn.frame["p_arrival"].to_numpy() - 5) * 40).astype(int)
    rows = [
        samples[start : start + 1280]
        for samples, start in zip(drawn.data, starts, strict=True)
    ]
    assert {len(row) for row in rows} == {1280}
    labels = np.where(drawn.target == "earthquake", "earthquake", "explosion")
    return Bunch(
        data=1000 * np.array(rows, dtype=np.float32),
        target=labels,
        groups=drawn.groups,
        frame=None,
        sampling_rate=40.0,
        components="Z",
        units="counts",
    )


@pytest.fixture(scope="module", name="new")
def make_new():
    return make_records(24, seed=5)


@NAMES
@pytest.mark.slow
def test_files_are_small_and_hold_neither_records_nor_names(name):
    path = FOLDER / f"{name}.skops"
    assert path.stat().st_size <= 1_000_000
    contract = load_pretrained(name).contract_
    with ZipFile(path) as archive:
        for member in archive.namelist():
            content = archive.read(member)
            assert not any(word in content for word in (b"uw10", b"UW.", b"EHZ"))
            if member.endswith(".npy"):
                shape = np.load(io.BytesIO(content)).shape
                assert not {contract.n_records, contract.record_shape[0]} & {*shape}


def test_nothing_but_the_files_with_checksums_is_there():
    assert {path.name for path in FOLDER.iterdir()} == {
        f"{name}.skops" for name in CHECKSUMS
    }


def test_unknown_names_raise_with_the_list():
    with pytest.raises(ValueError, match="name must be one of 'pnw', 'pnw_network'"):
        load_pretrained("pnw_more")


def test_a_changed_file_raises(monkeypatch):
    monkeypatch.setitem(CHECKSUMS, "pnw", "0" * 64)
    with pytest.raises(ValueError, match=r"checksum .*, not 000.* is damaged"):
        load_pretrained("pnw")


@NAMES
def test_the_card_leads_with_what_was_confirmed(name):
    discriminator = load_pretrained(name)
    card = discriminator.model_card()
    titles = [line for line in card.splitlines() if line.startswith("#")]
    assert titles[1:3] == ["## Confirmed", "## Limits of these scores"]
    assert titles[3].startswith("## Scores on the events of training")
    confirmed = {"pnw": "0.821 [0.66, 0.95]", "pnw_network": "0.698\n[0.54, 0.84]"}
    first = card.partition(titles[2])[0]
    assert confirmed[name] in first
    assert "0.722 [0.56, 0.85]" in first  # the control
    assert "Not confirmed, and no estimate" in card
    assert "MIT" in card
    assert "10.7914/SN/UW" in card
    with ZipFile(FOLDER / f"{name}.skops") as archive:
        in_file = json.loads(archive.read("skseisfp.json"))["model_card"]
    # the rest shows the parameters of the classifier, to which later versions add
    end = "\n## Classifier"
    in_file = in_file.replace(f"- {OF_DATA_SET}\n", "")  # the file has no name yet
    assert in_file.partition(end)[0] == card.partition(end)[0]
    assert "events that were held out of the same data set" not in card


def discriminate_one(discriminator):
    """Discriminate an event with P at 20 s of a recording; return the comment."""
    begin = UTCDateTime(2024, 1, 1)
    samples = np.random.default_rng(0).normal(0, 100, 40 * 60)
    samples[800:] *= 20
    header = {"station": "A", "channel": "HHZ", "sampling_rate": 40.0}
    stream = Stream([Trace(samples, {**header, "starttime": begin})])
    picks = pd.DataFrame(
        {"event_id": ["event"], "station": "A", "phase": "P", "time": [str(begin + 20)]}
    )
    result = discriminator.discriminate(None, stream, picks=picks)
    (comment,) = result.catalogue[0].comments
    return comment.text


def test_catalogues_name_the_discriminator_and_its_purpose(tmp_path):
    save(load_pretrained("pnw"), tmp_path / "again.skops")
    for discriminator in (load_pretrained("pnw"), load(tmp_path / "again.skops")):
        with pytest.warns(UserWarning, match="pretrained pnw, for demonstration: ev"):
            text = discriminate_one(discriminator)
        begin_of_text = "EventDiscriminator (pretrained pnw, for demonstration): "
        assert text.startswith(begin_of_text)


@NAMES
def test_predictions_stay_those_of_the_file(name):
    records = make_records(6, seed=1)
    scores = load_pretrained(name).estimator_.predict_proba(records.data)
    np.testing.assert_allclose(scores[:, 1], EXPECTED[name], rtol=0, atol=1e-4)


@NAMES
def test_other_records_raise(name, new):
    discriminator = load_pretrained(name)
    with pytest.raises(ValueError, match="fitted on 40 Hz"):
        discriminator.predict_events({**new, "sampling_rate": 20.0})
    with pytest.raises(ValueError, match="fitted on 'Z'"):
        discriminator.predict_events({**new, "components": "ZNE"})
    with pytest.raises(ValueError, match="fitted on counts"):
        discriminator.predict_events({**new, "units": "m/s"})


def test_a_new_fit_is_not_confirmed(new):
    discriminator = load_pretrained("pnw").set_params(cv=2, max_error=None)
    discriminator.estimator.set_params(extratreesclassifier__n_estimators=5)
    card = discriminator.fit(new).model_card()
    assert "Confirmed" not in card
    assert OF_DATA_SET in card
    assert not hasattr(discriminator, "pretrained_name_")
    assert discriminate_one(discriminator).startswith("EventDiscriminator: ")


def test_the_network_is_trained_further_on_new_events(new):
    start = load_pretrained("pnw_network").set_params(cv=2, max_error=None)
    before = start.predict_proba(new)
    tuned = fine_tune(start, new, max_epochs=4, lr=1e-3)
    assert type(tuned) is EventDiscriminator
    assert tuned.estimator_[-1].network_.n_epochs_ == start.estimator_[-1].n_epochs_ + 4
    contract = tuned.contract_
    assert contract.n_records == len(new.data)
    assert contract.digests["start"] == start.contract_.digests["training"]
    for name in ("peak", "snr_db"):
        old = start.contract_.ranges[name]
        assert contract.ranges[name][0] <= old[0] <= old[1] <= contract.ranges[name][1]
    loss = [
        -np.log(scores[np.arange(len(before)), (new.target == "explosion").astype(int)])
        for scores in (before, tuned.predict_proba(new))
    ]
    assert loss[1].mean() < loss[0].mean()
    np.testing.assert_array_equal(start.predict_proba(new), before)
    with pytest.raises(ValueError, match="fitted on 40 Hz"):
        tuned.predict_events({**new, "sampling_rate": 20.0})


def test_further_training_starts_from_a_network_and_predicts_its_labels():
    X, y = np.eye(8, dtype=np.int8), np.array(["quake", "blast"] * 4)
    network = FingerprintClassifier(max_epochs=1, random_state=0, device="cpu")
    start = FrozenEstimator(network.fit(X, y))
    tuned = FineTunedClassifier(start, max_epochs=30, lr=0.05).fit(X, y)
    assert tuned.predict(X).tolist() == y.tolist()
    assert tuned.network_.n_epochs_ == 31
    assert network.n_epochs_ == 1
    forest = FrozenEstimator(LogisticRegression().fit(X, y))
    with pytest.raises(TypeError, match="LogisticRegression has no partial_fit"):
        FineTunedClassifier(forest).fit(X, y)
    with pytest.raises(ValueError, match="lr must be"):
        FineTunedClassifier(start, lr=0.0).fit(X, y)


def test_a_tuned_discriminator_is_saved_and_tuned_again(new, tmp_path):
    start = load_pretrained("pnw_network").set_params(cv=2, max_error=None)
    tuned = fine_tune(start, new, max_epochs=1)
    save(tuned, tmp_path / "tuned.skops")
    again = load(tmp_path / "tuned.skops")
    np.testing.assert_array_equal(again.predict_proba(new), tuned.predict_proba(new))
    other = make_records(24, seed=6)
    twice = fine_tune(again, other, max_epochs=1)
    assert twice.estimator_[-1].network_.n_epochs_ == 32
    assert twice.contract_.digests["start"] == again.contract_.digests["training"]


def test_forests_cannot_be_trained_further(new):
    with pytest.raises(TypeError, match="ExtraTreesClassifier cannot be trained furth"):
        fine_tune(load_pretrained("pnw"), new)


def test_fine_tuning_needs_new_records_of_all_classes(new):
    start = load_pretrained("pnw_network").set_params(cv=2, max_error=None)
    few = new.target == "explosion"
    part = {**new, "data": new.data[few], "target": new.target[few]}
    part["groups"] = np.asarray(new.groups)[few]
    with pytest.raises(ValueError, match="y must have the classes"):
        fine_tune(start, part)
    with pytest.raises(ValueError, match="20 Hz; this discriminator was fitted on 40"):
        fine_tune(start, {**new, "sampling_rate": 20.0})
    with pytest.raises(ValueError, match="needs the labels"):
        fine_tune(start, new.data)
    tuned = fine_tune(start, new, max_epochs=1)
    with pytest.raises(ValueError, match="fitted on; fine_tune needs"):
        fine_tune(tuned, new)
    records_calibrated = tuned.set_params(calibration="sigmoid")
    with pytest.raises(ValueError, match="needs calibration='events'"):
        fine_tune(records_calibrated, new)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:22 records have P before the origin")
def test_the_command_makes_the_file_again(tmp_path, monkeypatch):
    data = os.environ.get("SKSEISFP_DATA")
    if not data:
        pytest.skip("SKSEISFP_DATA does not name the folder of the real records")
    if environment() != load_pretrained("pnw").contract_.versions:
        pytest.skip("the file was made with other versions of the packages")
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    command = importlib.import_module("train_pretrained")
    bunch = command.read_training(Path(data) / "pnw")
    model = command.train("pnw", command.make_pipelines(0)["pnw"], bunch, 0)
    command.save_reproducibly(model, tmp_path / "pnw.skops")
    assert (tmp_path / "pnw.skops").read_bytes() == (FOLDER / "pnw.skops").read_bytes()
