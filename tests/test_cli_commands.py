"""What each command does, on files of generated records."""

import json
import shlex
import shutil

import numpy as np
import pandas as pd
import pytest
from command_line_files import run, write_files
from obspy import read, read_events
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression

from skseisfp import load, save
from skseisfp.archive import SeismicArchive
from skseisfp.cli import command_line, main
from skseisfp.cli._fingerprint import draw_gallery
from skseisfp.inference import EventDiscriminator
from skseisfp.io import WaveformReader
from skseisfp.preprocessing import FingerprintTransformer
from skseisfp.sweep import SweepSearchCV

FEW = ["--n-trees", "20"]
FASTER = {"train": ["--n-trees", "5", "--cv", "2"], "sweep": ["--n-records", "60"]}


@pytest.fixture(scope="module", name="folder")
def make_folder(tmp_path_factory):
    return write_files(tmp_path_factory.mktemp("files"))


@pytest.fixture(autouse=True)
def work_in(folder, monkeypatch):
    monkeypatch.chdir(folder)


@pytest.fixture(scope="module", name="model")
def train_model(folder):
    path = str(folder / "model.skops")
    assert main(["train", str(folder / "archive"), "-o", path, "--json", *FEW]) == 0
    return path


@pytest.mark.slow
def test_the_examples_of_help_run(folder, tmp_path, monkeypatch, capsys):
    for name in ("waveforms", "archive"):
        shutil.copytree(folder / name, tmp_path / name)
    for name in ("events.xml", "plan.toml"):
        shutil.copy(folder / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    order = ("fingerprint", "train", "discriminate", "sweep", "report", "info")
    assert set(order) == set(command_line.COMMANDS)
    for name in order:
        lines = command_line.COMMANDS[name].EXAMPLES.splitlines()
        assert len(lines) >= 2
        for line in lines:
            program, *arguments = shlex.split(line)
            assert program == "skseisfp"
            if name in FASTER:
                arguments += FASTER[name]
            code, out, err = run(capsys, *arguments)
            assert code == 0, (line, err)
            assert json.loads(out) if "--json" in arguments else out
    made = {"fingerprints.npz", "synthetic.skops", "predicted.xml", "sweep.html"}
    assert made <= {path.name for path in tmp_path.iterdir()}


def test_fingerprints_are_those_of_the_transformer(folder, capsys, tmp_path):
    output = tmp_path / "f.npz"
    options = ["--f-min", "2", "--shape", "16", "32", "--n-coefficients", "50"]
    code, out, err = run(capsys, "fingerprint", "waveforms", "-o", output, *options)
    assert (code, err) == (0, "")
    assert "48 fingerprints, shape (48, 16, 32)" in out
    bunch = WaveformReader(components="Z").read("waveforms")
    transformer = FingerprintTransformer(
        sampling_rate=40.0, f_min=2.0, shape=(16, 32), n_coefficients=50
    )
    with np.load(output) as file:
        np.testing.assert_array_equal(
            file["fingerprints"], transformer.fit_transform(bunch.data)
        )
        assert file["record_id"].tolist() == bunch.frame["record_id"].tolist()
        parameters = json.loads(str(file["parameters"]))
    assert parameters["n_coefficients"] == 50
    code, out, _ = run(capsys, "info", output, "--json")
    assert json.loads(out)["parameters"] == parameters


def test_a_picture_of_fingerprints(capsys, tmp_path):
    output = tmp_path / "f.png"
    code, _, err = run(
        capsys, "fingerprint", "waveforms/e1", "waveforms/e2", "-o", output
    )
    assert (code, err) == (0, "")
    assert output.read_bytes().startswith(b"\x89PNG")


def test_a_picture_has_one_key_and_short_titles():
    bunch = WaveformReader(components="Z").read(["waveforms/e1", "waveforms/e2"])
    names = ["smi:local/event/7", "a/b/c.mseed", "n" * 40, "e1", "e2"]
    bunch["data"] = bunch.data[:5]
    bunch["frame"] = bunch.frame[:5].assign(event_id=names)
    transformer = FingerprintTransformer(sampling_rate=40.0).fit(bunch.data)
    figure = draw_gallery(transformer, bunch)
    (key,) = figure.legends
    names_in_key = [text.get_text() for text in key.get_texts()]
    assert names_in_key == ["negative", "0, not kept", "positive coefficient"]
    shown = [ax for ax in figure.axes if ax.get_visible()]
    assert [ax.get_legend() for ax in shown] == [None] * 5
    titles = [ax.get_title() for ax in shown]
    assert titles[:2] == ["7, XX.S0", "b/c.mseed, XX.S1"]
    assert titles[2] == "n" * 21 + "...\nXX.S2"
    figure.draw_without_rendering()
    top = key.get_window_extent().y0
    assert all(ax.title.get_window_extent().y1 < top for ax in shown)


def test_broken_files_are_left_out_by_name(capsys, tmp_path):
    shutil.copytree("waveforms/e1", tmp_path / "e1")
    (tmp_path / "e1" / "broken.mseed").write_bytes(b"not miniSEED" * 50)
    inputs = [tmp_path / "e1", tmp_path / "nothing.mseed"]
    output = tmp_path / "f.npz"
    code, out, err = run(capsys, "fingerprint", *inputs, "-o", output, "--json")
    assert code == 1
    assert json.loads(out)["status"] == "incomplete"
    assert [line.startswith("skseisfp: left out: ") for line in err.splitlines()] == [
        True,
        True,
    ]
    assert "nothing.mseed: there is no such file" in err
    assert "broken.mseed" in err
    assert output.exists()


def test_a_preset_of_fingerprints(capsys, tmp_path):
    output = tmp_path / "f.npz"
    code, _, _ = run(
        capsys, "fingerprint", "waveforms/e1", "-o", output, "--preset", "trova"
    )
    assert code == 0
    with np.load(output) as file:
        assert set(np.unique(file["fingerprints"])) == {0, 1}


def test_training_writes_a_model_and_its_card(model, folder, capsys):
    discriminator = load(model)
    assert isinstance(discriminator, EventDiscriminator)
    contract = discriminator.contract_
    assert contract.events == {"earthquake": 6, "explosion": 6}
    assert (contract.sampling_rate, contract.units) == (40.0, "counts")
    assert contract.window == (-5.0, 27.0)
    assert (folder / "model.md").read_text() == discriminator.model_card()


def test_training_is_reproducible_and_cross_validated(model, capsys, tmp_path):
    arguments = ["train", "archive", "--json", "--cv", "2", "--n-trees", "5"]
    scores = []
    for seed in (0, 0, 1):
        output = tmp_path / "m.skops"
        code, out, _ = run(capsys, *arguments, "-o", output, "--seed", seed)
        assert code == 0
        scores.append(json.loads(out)["scores"])
    assert scores[0] == scores[1] != scores[2]
    assert load(model).contract_.folds["folds of events"] == 5
    assert load(output).contract_.folds["folds of events"] == 2


def test_training_on_files_and_a_catalogue(capsys, tmp_path):
    catalogue = read_events("events.xml")
    catalogue[0].event_type = None
    catalogue.write(str(tmp_path / "events.xml"), format="QUAKEML")
    output = tmp_path / "m.skops"
    code, out, _ = run(
        capsys,
        *("train", "waveforms", "--events", tmp_path / "events.xml", "-o", output),
        *("--stations", "stations.xml", "--card", tmp_path / "card.md", "--json"),
        *("--license", "CC BY 4.0", *FEW),
    )
    assert code == 1
    facts = json.loads(out)
    assert sum(facts["events"].values()) == 11
    assert {row["reason"] for row in facts["rejected"]} == {
        "its event has no type that is a label"
    }
    assert "distance_km" in load(output).contract_.ranges
    assert "CC BY 4.0" in (tmp_path / "card.md").read_text()


def write_labelled(folder, p_arrival):
    """Write a folder of 24 labelled records of 12 events."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "event_id": np.repeat([f"e{k}" for k in range(12)], 2),
            "station": ["XX.A", "XX.B"] * 12,
            "sampling_rate_hz": 20.0,
            "event_type": np.repeat(["earthquake", "explosion"] * 6, 2),
            "p_arrival": p_arrival,
            "snr_db": np.arange(24),
        }
    )
    frame.to_csv(folder / "metadata.csv", index=False)
    np.savez(folder / "waveforms.npz", X=rng.standard_normal((24, 1000)))


def test_training_on_a_labelled_folder(capsys, tmp_path):
    write_labelled(tmp_path, [10.0] * 23 + [np.nan])
    output = tmp_path / "m.skops"
    arguments = ["train", tmp_path, "-o", output, "--json", "--query", "snr_db > 1"]
    code, out, _ = run(capsys, *arguments, *FEW)
    facts = json.loads(out)
    assert (code, facts["n_records"]) == (1, 21)
    assert [row["reason"] for row in facts["rejected"]] == ["it has no P"]
    discriminator = load(output)
    assert discriminator.contract_.record_shape == (640,)
    assert discriminator.reader.sampling_rate == 20.0


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ([], 1, "No record has P; --align start takes whole records."),
        (["--align", "start", "--window", "0", "20"], 2, "needs --align P"),
        (["--align", "origin", "--window", "0", "20"], 2, "needs --align P"),
    ],
)
def test_a_labelled_folder_without_p_has_no_windows(
    options, code, message, capsys, tmp_path
):
    write_labelled(tmp_path, np.nan)
    output = tmp_path / "m.skops"
    found, out, err = run(capsys, "train", tmp_path, "-o", output, *options)
    assert (found, out) == (code, "")
    assert message in err
    assert not output.exists()


def test_whole_records_of_a_labelled_folder(capsys, tmp_path):
    write_labelled(tmp_path, np.nan)
    output = tmp_path / "m.skops"
    arguments = ["train", tmp_path, "-o", output, "--align", "start", "--json"]
    code, out, _ = run(capsys, *arguments, *FEW)
    assert (code, json.loads(out)["n_records"]) == (0, 24)
    assert load(output).contract_.record_shape == (1000,)


def test_a_window_about_p_holds_it(capsys, tmp_path):
    output = tmp_path / "m.skops"
    arguments = ["train", "synthetic", "--n-records", "6", "-o", output]
    code, _, err = run(capsys, *arguments, "--window", "3", "27")
    assert code == 2
    assert "--window must hold P, at 0 s; got" in err
    assert not output.exists()


def test_events_without_types_are_no_labels(capsys, tmp_path):
    catalogue = read_events("events.xml")
    for event in catalogue:
        event.event_type = None
    catalogue.write(str(tmp_path / "events.xml"), format="QUAKEML")
    output = tmp_path / "m.skops"
    arguments = ["train", "waveforms", "--events", tmp_path / "events.xml"]
    code, out, err = run(capsys, *arguments, "-o", output)
    assert (code, out) == (1, "")
    assert "No event has a type that is known as a label." in err
    assert not output.exists()


@pytest.mark.slow
def test_a_network_is_trained_on_synthetic_records(capsys, tmp_path):
    output = tmp_path / "m.skops"
    code, out, _ = run(
        capsys,
        *("train", "synthetic", "--n-records", "40", "--classifier", "network"),
        *("--max-epochs", "2", "--cv", "2", "-o", output, "--json"),
    )
    assert code == 0
    assert len(json.loads(out)["events"]) == 3
    assert "FingerprintClassifier" in load(output).model_card()


def test_files_without_labels_need_a_catalogue(capsys, tmp_path):
    output = tmp_path / "m.skops"
    code, _, err = run(capsys, "train", "waveforms", "-o", output)
    assert code == 2
    assert "waveforms is neither an archive nor" in err
    assert not output.exists()


def test_predictions_are_those_of_python(model, capsys, tmp_path):
    files = [tmp_path / name for name in ("t.csv", "r.json", "c.xml")]
    options = ["-o", files[0], "--records", files[1], "--quakeml", files[2]]
    code, out, err = run(
        capsys,
        *("discriminate", model, "waveforms", "--events", "events.xml", "--json"),
        *(*options, "--overwrite-types", "--agency-id", "XX"),
    )
    assert (code, err) == (0, "")
    expected = load(model).discriminate("events.xml", "waveforms")
    facts = json.loads(out)
    scores = [row["score_explosion"] for row in facts["events"]]
    np.testing.assert_allclose(scores, expected.events["score_explosion"])
    table = pd.read_csv(files[0])
    assert table["event_id"].tolist() == expected.events.index.tolist()
    assert table["decision"].tolist() == expected.events["decision"].tolist()
    assert len(json.loads(files[1].read_text())) == len(expected.stations)
    again = read_events(str(files[2]))
    assert [event.event_type for event in again] == table["decision"].tolist()
    assert {event.comments[-1].creation_info.agency_id for event in again} == {"XX"}


def test_types_of_agencies_stay(model, capsys, tmp_path):
    before = [event.event_type for event in read_events("events.xml")]
    output = tmp_path / "c.xml"
    options = ["--events", "events.xml", "--quakeml", output]
    code, _, _ = run(capsys, "discriminate", model, "waveforms", *options)
    assert code == 0
    assert [event.event_type for event in read_events(str(output))] == before


def test_recordings_of_other_events_are_not_asked_for(model, capsys, tmp_path):
    catalogue = read_events("events.xml")[:2]
    catalogue.write(str(tmp_path / "two.xml"), format="QUAKEML")
    code, out, err = run(
        capsys, "discriminate", model, "waveforms", "--events", tmp_path / "two.xml"
    )
    assert (code, err) == (0, "")
    assert out.count("smi:local/e") == 2


def test_an_archive_has_its_own_events(model, capsys):
    code, out, err = run(capsys, "discriminate", model, "archive", "--json")
    assert (code, err) == (0, "")
    assert len(json.loads(out)["events"]) == 12


def test_files_without_a_catalogue_are_one_event(model, capsys, tmp_path):
    (tmp_path / "broken.mseed").write_bytes(b"not miniSEED" * 50)
    code, out, err = run(
        capsys,
        *("discriminate", model, "waveforms/e1", tmp_path / "broken.mseed"),
        *("nothing.mseed", "--json"),
    )
    assert code == 1
    facts = json.loads(out)
    assert [row["event_id"] for row in facts["events"]] == ["event"]
    sources = [row["source"] for row in facts["rejected"]]
    assert sources == ["nothing.mseed", str(tmp_path / "broken.mseed")]
    assert err.count("left out") == 2


def test_recordings_that_the_model_does_not_take_are_named(model, capsys, tmp_path):
    shutil.copytree("waveforms/e1", tmp_path / "e1")
    stream = read(str(tmp_path / "e1" / "S0.mseed"))
    stream[0].data[:] = 7
    stream.write(str(tmp_path / "e1" / "S0.mseed"), format="MSEED")
    code, out, err = run(
        capsys, "discriminate", model, tmp_path / "e1", "--events", "events.xml"
    )
    assert code == 1
    assert "S0.mseed" in err
    assert "dead" in err or "one value" in err
    assert "too_few_stations" in out


def test_a_model_that_is_not_a_discriminator_is_named(capsys, tmp_path):
    path = tmp_path / "trees.skops"
    save(ExtraTreesClassifier(2).fit([[0], [1]], [0, 1]), path)
    code, _, err = run(capsys, "discriminate", path, "waveforms")
    assert code == 1
    assert "holds a ExtraTreesClassifier, which is not an EventDiscriminator" in err
    assert run(capsys, "info", path)[:2] == (
        0,
        "ExtraTreesClassifier, without a model card\n",
    )


def test_pretrained_models_have_names(capsys):
    code, out, err = run(
        capsys, "discriminate", "pretrained:pnw", "waveforms/e1", "--json"
    )
    assert code == 0
    (line,) = err.splitlines()
    assert line.startswith("skseisfp: warning: This discriminator is pretrained pnw, ")
    assert json.loads(out)["events"][0]["event_id"] == "event"


def test_types_of_unknown_classes_name_the_classes(model, capsys):
    arguments = ["discriminate", model, "archive", "--event-type", "blast=explosion"]
    code, _, err = run(capsys, *arguments)
    assert code == 1
    assert "of the classes earthquake, explosion; got 'blast'" in err


def test_pretrained_models_are_described(capsys):
    code, _, err = run(capsys, "info", "pretrained:mars")
    assert code == 1
    assert "'pnw', 'pnw_network'; got 'mars'" in err
    code, out, _ = run(capsys, "info", "pretrained:pnw")
    assert code == 0
    assert out.index("## Confirmed") < out.index("## Input")


@pytest.mark.slow
def test_a_sweep_is_stored_resumed_and_reported(capsys, tmp_path):
    shutil.copy("plan.toml", tmp_path)
    csv, page = tmp_path / "fits.csv", tmp_path / "page.html"
    arguments = ["sweep", tmp_path / "plan.toml", "--data", "archive", "--cv", "2"]
    code, out, err = run(capsys, *arguments, "--csv", csv, "--json")
    assert (code, err) == (0, "")
    facts = json.loads(out)
    assert facts["n_trials"] == len(facts["trials"]) == 4
    means = [row["mean"] for row in facts["trials"]]
    assert means == sorted(means, reverse=True)
    first = _values_of(csv)
    code, out, _ = run(capsys, *arguments, "--csv", csv)
    assert code == 0
    assert _values_of(csv) == first  # fit times, too: nothing was computed again
    assert "4 trials, 2 folds; event_roc_auc" in out
    store = tmp_path / "plan.db"
    code, out, _ = run(capsys, "report", store, "-o", page, "--json")
    assert code == 0
    assert page.read_text().startswith("<!doctype html>")
    assert json.loads(out)["n_complete"] == 4
    code, out, _ = run(capsys, "info", store)
    assert code == 0
    assert "classifier__max_depth: 2" in out


def _values_of(csv):
    """The lines of a table but the first, which says when and by what it was made."""
    lines = csv.read_text().splitlines()
    assert lines[0].startswith("#")
    return lines[1:]


def test_a_plan_is_checked_before_any_fit(capsys, tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text("[ranges]\nclassifier__max_depth = [0, 2]\n")
    arguments = ["sweep", plan, "--data", "synthetic", "--n-records", "24"]
    code, out, err = run(capsys, *arguments, "--check")
    assert code == 1
    assert err == f"skseisfp: left out: {plan}: 1 of 2 trials cannot be run\n"
    summary, fault = out.splitlines()
    assert summary == "2 trials, 10 fits; 1 cannot be run, 0 more break a rule"
    assert fault.startswith("impossible: classifier__max_depth: ")
    assert fault.endswith("got 0. (1: trial 0)")
    code, out, err = run(capsys, *arguments, "--check", "--json")
    facts = json.loads(out)
    assert [row["trial"] for row in facts["faults"]] == [0]
    code, _, err = run(capsys, *arguments)
    assert code == 1
    assert "1 trials that cannot be run: trial 0, classifier__max_depth" in err
    assert not (tmp_path / "plan.db").exists()
    plan.write_text("[ranges]\nclassifier__depth = [2]\n")
    code, _, err = run(capsys, *arguments)
    assert code == 1
    assert "depth" in err
    plan.write_text("[ranges\n")
    code, _, err = run(capsys, "info", plan)
    assert code == 1
    assert f"The plan {plan} is not TOML" in err


def test_info_describes_archives_and_plans(capsys, tmp_path):
    code, out, _ = run(capsys, "info", "archive", "--verify", "--json")
    facts = json.loads(out)
    assert code == 0
    assert (facts["events"], facts["recordings"], facts["damaged"]) == (12, 48, 0)
    assert facts["types"] == {"earthquake": 6, "explosion": 6}
    code, out, _ = run(capsys, "info", "plan.toml", "--json")
    assert json.loads(out)["n_trials"] == 4
    other = tmp_path / "notes.txt"
    other.write_text("notes")
    assert run(capsys, "info", other)[0] == 1
    code, _, err = run(capsys, "info", tmp_path)
    assert code == 1
    assert "is not an archive" in err
    assert list(tmp_path.iterdir()) == [other]


def test_damage_of_an_archive_is_named(folder, capsys, tmp_path):
    shutil.copytree(folder / "archive", tmp_path / "archive")
    for path in SeismicArchive(tmp_path / "archive").waveforms.iterdir():
        path.write_bytes(path.read_bytes()[:500])
    code, out, err = run(capsys, "info", tmp_path / "archive", "--verify", "--json")
    assert code == 1
    assert json.loads(out)["damaged"] > 0
    assert "left out" in err


def test_nothing_is_written_by_a_command_that_fails(model, capsys, tmp_path):
    output = tmp_path / "t.csv"
    output.write_text("old")
    empty = tmp_path / "empty.mseed"
    empty.write_bytes(b"")
    code, _, _ = run(
        capsys,
        *("discriminate", model, empty, "-o", output),
        *("--quakeml", tmp_path / "c.xml"),
    )
    assert code == 1
    assert output.read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"t.csv", "empty.mseed"}


def test_many_faults_are_counted_by_kind(capsys, tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text(
        "[ranges]\nclassifier__max_depth = [0, 2]\nclassifier__min_samples_leaf = "
        f"{[*range(-20, 1)]}\n"
    )
    arguments = ["sweep", plan, "--data", "synthetic", "--n-records", "24", "--check"]
    code, out, _ = run(capsys, *arguments)
    assert code == 1
    summary, *kinds = out.splitlines()
    assert summary == "42 trials, 210 fits; 42 cannot be run, 0 more break a rule"
    assert sum("(21: trial 0, 1, 2, 3, 4, ...)" in kind for kind in kinds) == 1
    assert kinds[-1] == "12 more kinds of faults: see --json"
    plan.write_text("[ranges]\nclassifier__max_depth = [2]\n")
    assert run(capsys, *arguments) == (0, "1 trial, 5 fits; no faults\n", "")


def test_a_plan_of_a_network_is_run_by_one(capsys, tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text("[ranges]\nclassifier__module__conv1_filter_size = [2, 400]\n")
    arguments = ["sweep", plan, "--data", "synthetic", "--n-records", "24", "--check"]
    code, out, _ = run(capsys, *arguments)
    assert code == 1
    assert out.startswith("2 trials, 10 fits; 1 cannot be run")
    assert "is larger than its padded input" in out
    code, _, err = run(capsys, *arguments, "--classifier", "forest")
    assert code == 2
    assert "forest has no parameter classifier__module__conv1_filter_size; give " in err
    plan.write_text("[ranges]\nclassifier__module__input_dropout_p = [0.1]\n")
    assert "no faults" in run(capsys, *arguments)[1]  # of the network of flat rows
    plan.write_text("[ranges]\nclassifier__max_depth = [2]\n")
    code, _, err = run(capsys, *arguments, "--classifier", "network")
    assert code == 2
    assert "has no parameter classifier__max_depth; give --classifier forest" in err


@pytest.fixture(scope="module", name="several")
def make_several_studies(tmp_path_factory):
    store = tmp_path_factory.mktemp("several") / "sweep.db"
    _search(store, "coarse", [0.1, 1.0])
    _search(store, "fine", [0.5])
    return store


def test_the_studies_of_a_store_are_listed(several, capsys):
    code, out, err = run(capsys, "info", several)
    assert (code, err) == (0, "")
    first, *studies = out.splitlines()
    assert first == "2 studies; --study NAME describes one:"
    assert [line.split()[0] for line in studies] == ["coarse", "fine"]
    assert studies[0].endswith(" UTC, 2 trials, 4 of 4 fits")
    facts = json.loads(run(capsys, "info", several, "--json")[1])
    assert [study["n_fits"] for study in facts["studies"]] == [4, 2]
    assert "C: 2" in run(capsys, "info", several, "--study", "coarse")[1]


def test_a_report_is_of_one_study(several, capsys, tmp_path):
    page = tmp_path / "page.html"
    code, _, err = run(capsys, "report", several, "-o", page)
    assert code == 2
    assert "has 2 studies; choose one by --study NAME: coarse (20" in err
    code, _, err = run(capsys, "report", several, "-o", page, "--study", "medium")
    assert code == 1
    assert "has no study 'medium'; --study can be coarse (20" in err
    assert not page.exists()
    assert run(capsys, "report", several, "-o", page, "--study", "coarse")[0] == 0


def test_a_journal_is_a_store(capsys, tmp_path):
    path = tmp_path / "journal.log"
    _search(JournalStorage(JournalFileBackend(str(path))), "mine", [0.1, 1.0])
    code, out, err = run(capsys, "info", path)
    assert (code, err) == (0, "")
    assert out.splitlines()[1].startswith("mine  20")
    code, out, _ = run(capsys, "report", path, "-o", tmp_path / "page.html", "--json")
    assert (code, json.loads(out)["n_complete"]) == (0, 2)


def _search(store, name, values):
    """Fill a study of a store."""
    search = SweepSearchCV(
        LogisticRegression(), {"C": values}, cv=2, store=store, study_name=name
    )
    search.fit(np.array([[0.0], [0.0], [1.0], [1.0]]), [0, 0, 1, 1])


@pytest.mark.parametrize(
    "arguments", [["sweep", "plan.toml", "--data", "synthetic"], ["report"]]
)
def test_a_store_that_cannot_be_there_is_named(arguments, capsys, tmp_path):
    option = ["--store"] if arguments[0] == "sweep" else ["-o", tmp_path / "page.html"]
    (tmp_path / "folder").mkdir()
    for name, reason in [("folder", "is a folder"), ("no/x.db", "There is no folder")]:
        code, out, err = run(capsys, *arguments, *option, tmp_path / name)
        assert (code, out) == (2, "")
        assert reason in err
        assert str(tmp_path / name) in err
