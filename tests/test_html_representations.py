"""What notebooks show of plans, cubes, archives, discriminators and results."""

from html import unescape
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from obspy import Stream, Trace
from sklearn import config_context
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.naive_bayes import GaussianNB

import skseisfp.plotting
from skseisfp._utils import html
from skseisfp.archive import SeismicArchive
from skseisfp.inference import EventDiscriminator, RecordExplanation
from skseisfp.model_selection import (
    EvaluationLedger,
    evaluate_protocols,
    event_learning_curve,
    nested_evaluation,
)
from skseisfp.plotting import FingerprintDisplay
from skseisfp.sweep import ExperimentPlan, ResultCube, SweepSearchCV

EVIL = "<script>alert(1)</script>&<b onclick='x'>\""
VOID = {"br", "hr", "img", "input", "link", "meta"}
EVENTS = np.repeat(np.arange(40), 3)
Y = np.where(EVENTS % 2, EVIL, "quake")
X = np.random.default_rng(0).normal(EVENTS[:, None] % 2, 1.5, (120, 3))
FRAME = pd.DataFrame({"event_id": EVENTS, "station": np.tile(["A", "B", EVIL], 40)})
NAMES = {
    "div",
    "p",
    "pre",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}


class Reader(HTMLParser):
    """Reads HTML, and raises if a tag is not closed or not expected."""

    def __init__(self):
        super().__init__()
        self.strings, self.open = [], []

    def handle_starttag(self, tag, attrs):
        assert tag in NAMES
        assert {name for name, _ in attrs} <= {
            "style",
            "scope",
            "class",
            "border",
            "rowspan",
            "colspan",
            "valign",
            "halign",
        }
        assert all("url(" not in (value or "") for _, value in attrs)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.strings.append(data)


def read(item):
    """Return the strings of the representation of an item, which is static."""
    reader = Reader()
    shown = item if isinstance(item, str) else item._repr_html_()
    reader.feed(shown)
    reader.close()
    assert reader.open == []
    assert len(shown) < 20_000
    return " ".join(" ".join(reader.strings).split())


def test_all_of_a_plan_is_shown():
    plan = ExperimentPlan(
        {EVIL: [EVIL, "b"], "p": "0.1:0.2:0.9", "n": list(range(400))},
        fixed={"kernel": EVIL},
        name=EVIL,
    )
    text = read(plan)
    assert f"ExperimentPlan {EVIL!r}: 4,000 trials" in text
    assert "p 5 0.1, 0.3, 0.5, 0.7, 0.9 0.1:0.2:0.9" in text
    assert "n 400 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …, 399 (400 in all)" in text
    assert f"kernel fixed {EVIL!r}" in text


def test_a_long_plan_is_counted_and_not_made():
    plan = ExperimentPlan({f"parameter_{k}": "1:1:9" for k in range(40)})
    text = read(plan)
    assert f"{9**40:,} trials" in text
    assert "and 20 rows more" in text
    assert "parameter_20" not in text


def test_a_cube_shows_its_axes_its_best_trial_and_its_sweep():
    plan = ExperimentPlan({"var_smoothing": [1e-9, 0.1]}, name=EVIL)
    search = SweepSearchCV(GaussianNB(), plan, cv=GroupKFold(2))
    cube = ResultCube.from_search(search.fit(X, Y, groups=EVENTS))
    text = read(cube)
    assert "ResultCube: 2 trials over 1 parameter, 2 folds" in text
    assert "var_smoothing 2 1e-09, 0.1" in text
    assert f"Best trial score {float(cube.values().max()):.4g} ± " in text
    assert f"Plan {EVIL}" in text
    assert f"Events 40: {EVIL} (20), quake (20)" in text
    assert f"numpy {np.__version__}" in text


def test_a_cube_without_a_sweep_says_so():
    table = pd.DataFrame({"a": [1, 2], "b": [EVIL, "c"], "auc": [0.5, 0.6]})
    text = read(ResultCube.from_table(table, parameters=["a", "b"]))
    assert "Best trial auc 0.6 ± 0 at a = 2, b = c" in text
    assert "Without a result 2 trials" in text
    assert "Sweep: not recorded" in text
    table["auc"] = np.nan
    text = read(ResultCube.from_table(table, parameters=["a", "b"]))
    assert "Best trial No trial has a result on all folds." in text


def test_an_archive_counts_what_it_holds(tmp_path):
    archive = SeismicArchive(tmp_path / "<b>")
    assert "Events 0 Recordings 0 Picks 0" in read(archive)
    samples = np.random.default_rng(0).integers(-99, 99, (3, 600))
    for number, kind in enumerate(["explosion", "explosion", "earthquake"]):
        header = {"station": f"S{number % 2}", "channel": "HHZ", "sampling_rate": 100}
        trace = Trace(samples[number], header)
        archive.add(Stream([trace]), {"event_id": f"e{number}", "event_type": kind})
    archive.add_events(pd.DataFrame({"event_id": ["e3"]}))
    archive.set_label("e1", "first")
    archive.set_label("e1", EVIL)
    text = read(archive)
    assert str(tmp_path / "<b>") in text
    kinds = f"{EVIL} (1), earthquake (1), explosion (1), without a type (1)"
    assert f"Events 4: {kinds}" in text
    assert "Recordings 3 of 2 stations" in text
    assert "Starts of recordings 1970-01-01 to 1970-01-01" in text


def test_what_cannot_be_read_does_not_raise(tmp_path):
    archive = SeismicArchive(tmp_path / "archive")
    (tmp_path / "archive" / "archive.sqlite").write_bytes(b"no database" * 100)
    assert "It cannot be read: " in read(archive)
    path = tmp_path / "looks.db"
    path.write_bytes(b"no database" * 100)
    assert "It cannot be read: " in read(EvaluationLedger(path))


@pytest.fixture(scope="module")
def discriminator():
    return EventDiscriminator(LogisticRegression()).fit(X, Y, groups=EVENTS)


def test_a_discriminator_shows_its_diagram_then_its_contract(discriminator):
    new = EventDiscriminator(LogisticRegression())
    assert "InputContract" not in new._repr_html_()
    shown = discriminator._repr_html_()
    contract = discriminator.contract_._repr_html_()
    assert discriminator._repr_mimebundle_()["text/html"].endswith(contract)
    assert shown.endswith(contract)
    rule = shown.removesuffix(contract).rpartition("<table")[2]
    text = read(f"<table{rule}")
    assert f"Classes {EVIL}, quake Events vote by mean Decides all events" in text
    assert "<script>alert" not in shown
    with config_context(display="text"):
        assert not hasattr(discriminator, "_repr_html_")
        assert "text/html" not in discriminator._repr_mimebundle_()


def test_a_contract_shows_its_facts(discriminator):
    contract = discriminator.contract_
    text = read(contract)
    assert f"Events 40: {EVIL} (20), quake (20) Records 120 features, 3 each" in text
    assert "Sampling rate not known" in text
    score, low, high = contract.scores["accuracy"]
    assert f"accuracy {score:.3f} [{low:.3f}, {high:.3f}]" in text
    assert contract.digests["records"] in text


def test_an_explanation_shows_the_strongest_cells():
    contributions = np.zeros((12, 2, 3))
    contributions[:, 1, 2] = -2.5
    options = {
        "band_edges": np.array([1.0, 4.0, 16.0]),
        "window_edges": np.array([0.0, 5.0, 10.0, 15.0]),
        "method": "occlusion",
        "target": np.array([EVIL] * 12),
        "log_odds": np.full(12, 0.25),
        "sampling_rate": 40.0,
    }
    text = read(RecordExplanation(contributions, **options, events=np.arange(12) // 2))
    assert "Events 6 Method occlusion" in text
    assert f"3 1 {EVIL} 0.25 4 to 16 Hz, 10 to 15 s -2.5" in text
    assert text.endswith("and 2 records more")
    assert "RecordExplanation of 12 records" in read(
        RecordExplanation(contributions, **options)
    )


def test_a_ledger_shows_its_sets_and_a_report_what_it_prints(tmp_path):
    ledger = EvaluationLedger(tmp_path / "<b>looks.db")
    assert "No set of events yet." in read(ledger)
    assert not (tmp_path / "<b>looks.db").exists()
    y = EVENTS % 2
    chance = np.random.default_rng(0).random(len(y))
    ledger.look(y, chance, EVENTS, name=EVIL, held_out=True, label=EVIL)
    text = read(ledger)
    assert EVIL in text
    assert ledger.looks()["opened"][0][:16].replace("T", " ") in text
    report = ledger.report(EVIL, n_resamples=100)
    assert " ".join(str(report).split()) in read(report)


def test_an_evaluation_by_protocols_shows_its_tables():
    model = {EVIL: LogisticRegression()}
    protocols = evaluate_protocols(
        model, X, EVENTS % 2, FRAME, protocols=["event"], n_resamples=20
    )
    text = read(protocols)
    assert "ProtocolEvaluation: 1 protocol" in text
    assert protocols.table()["event AUC"].iloc[0] in text
    assert "Not run: control: noise" in text


def test_a_nested_evaluation_shows_its_choices():
    space = {EVIL: (GaussianNB(), {"var_smoothing": [1e-9, 1.0]})}
    nested = nested_evaluation(
        space, X, EVENTS % 2, FRAME, n_splits=2, n_inner_splits=2, n_resamples=20
    )
    text = read(nested)
    assert " ".join(str(nested).split()) in text
    assert str(nested.choices["outer_score"].iloc[0].round(3)) in text
    assert str(nested.choices["var_smoothing"].iloc[0]) in text


def test_a_learning_curve_shows_its_scores_and_their_precision():
    curve = event_learning_curve(
        GaussianNB(), X, Y, EVENTS, n_splits=2, n_repeats=1, n_resamples=20
    )
    text = read(curve)
    assert f"EventLearningCurve: roc_auc by event, {EVIL} (20), quake (20)" in text
    assert curve._describe_precision() in text


def test_displays_name_themselves(pyplot):
    images = np.zeros((3, 8, 8), np.int8)
    images[0, 0] = -1
    display = FingerprintDisplay(images, labels=[EVIL, "quake", "quake"])
    assert repr(display) == "FingerprintDisplay(not drawn)"
    text = read(display).replace("\N{MULTIPLICATION SIGN}", "x")
    assert "Images 3 x 8 x 8 Not zero 4.17 %" in text
    assert f"Classes {EVIL} (1), quake (2)" in text
    display.figure_ = pyplot.figure(figsize=(6.4, 4))
    assert repr(display) == "FingerprintDisplay(figure of 6.4 x 4 inches)"
    for name in skseisfp.plotting.__all__:
        if name.endswith("Display"):
            shown = getattr(skseisfp.plotting, name)
            assert repr(shown.__new__(shown)) == f"{name}(not drawn)"


def test_long_strings_and_tables_are_cut():
    assert html.shorten("a" * 1000) == f"{'a' * 150} … {'a' * 150}"
    frame = pd.DataFrame({"a": range(1000)})
    text = read(html.frame_table(frame))
    assert text.endswith("1,000 rows in all")
    assert "500" not in text
    rows = [(number,) for number in range(30)]
    assert read(html.table(["n"], rows)).endswith("18 19 and 10 rows more")
    assert unescape(html.as_html(EVIL)) == EVIL
    assert html.as_html(html.Html("<p>")) == "<p>"
