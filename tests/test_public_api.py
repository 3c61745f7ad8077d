import importlib
import inspect
import pkgutil
import subprocess
import sys
import textwrap
import traceback
from pathlib import Path

import jedi
import pytest

import skseisfp

# a change here is a change of the public interface: describe it in the changelog
PUBLIC = {
    "events": [
        "EventsUnknownWarning",
        "attach_events",
        "event_codes",
        "find_groups",
        "has_event_index",
        "resolve_groups",
        "sortable",
        "warn_events_unknown",
    ],
    "archive": [
        "SeismicArchive",
        "fetch_fdsn",
    ],
    "baselines": [
        "UPCUCV",
        "AfterHakim2023",
        "AfterKoper2024",
        "AfterLinville2019",
        "AfterRen2019",
        "AfterSaad2024",
        "AfterTian2022",
        "AfterTrovaMLP",
        "AfterUlyanov2021",
        "AfterWang2023",
        "AfterYue2023",
        "AfterZhou2021",
        "AlexNetImage",
        "ArrayConvNet",
        "ConvNetQuake",
        "ErtuncayCNN",
        "EventNetworkBaseline",
        "HainanCNN",
        "KongCNN",
        "LinvilleLSTM",
        "MiaoANN",
        "NetworkBaseline",
        "PublishedSystem",
        "QuakeXNet2D",
        "TrovaCNN",
        "WaveformBaseline",
        "published_systems",
    ],
    "datasets": [
        "load_records",
        "load_seisbench",
        "make_seismograms",
        "save_seisbench",
    ],
    "ensemble": [
        "EventCalibratedClassifierCV",
        "EventThresholdClassifierCV",
        "EventVoteClassifier",
        "MultiRepresentationClassifier",
        "MultiViewClassifier",
    ],
    "cli": ["main"],
    "inference": [
        "EventDiscriminator",
        "PickingPolicy",
        "RecordExplanation",
        "classify_stream",
        "event_permutation_importance",
        "explain_records",
        "export_onnx",
        "fine_tune",
        "load_pretrained",
        "write_demo",
    ],
    "io": [
        "EVENT_TYPES",
        "WaveformReader",
        "lazy_records",
        "pick_phases",
        "read_quakeml",
        "read_stationxml",
        "source_paths",
    ],
    "metrics": [
        "EventNumber",
        "EventScorer",
        "Interval",
        "aggregate_events",
        "auc_half_width",
        "bootstrap_interval",
        "class_table",
        "event_accuracy",
        "event_balanced_accuracy",
        "event_f1",
        "event_labels",
        "event_roc_auc",
        "events_to_separate",
        "make_event_scorer",
        "neg_gradient_of_error",
        "negative_predictive_value_score",
        "paired_bootstrap",
        "score_table",
        "specificity_score",
        "wilson_interval",
    ],
    "model_selection": [
        "PROTOCOLS",
        "EvaluationLedger",
        "EvaluationProtocol",
        "EventLearningCurve",
        "EventStationSplit",
        "NestedEvaluation",
        "ProtocolEvaluation",
        "SealedSetError",
        "TemporalEventSplit",
        "check_folds",
        "evaluate_protocols",
        "event_learning_curve",
        "event_permutation_test",
        "event_regions",
        "event_train_test_split",
        "make_protocols",
        "nested_evaluation",
    ],
    "neural": [
        "Finding",
        "FingerprintCNN",
        "FingerprintClassifier",
        "FingerprintMLP",
        "check_architecture",
        "fit_together",
        "group_valid_split",
        "layer_catalogue",
        "summarize",
    ],
    "plotting": [
        "ArchitectureDisplay",
        "ConfusionMarginsDisplay",
        "CubeDisplay",
        "CurvesDisplay",
        "CutoffDisplay",
        "EventCalibrationDisplay",
        "EventLearningCurveDisplay",
        "EventMapDisplay",
        "EventScoresDisplay",
        "ExplanationDisplay",
        "FingerprintDisplay",
        "HeatMapDisplay",
        "LearningHistoryDisplay",
        "ParallelCoordinatesDisplay",
        "ParetoDisplay",
        "RecordSectionDisplay",
        "SurfacesDisplay",
        "write_report",
        "write_review",
    ],
    "preprocessing": [
        "AdaptiveHighpassFilter",
        "FilterAugmenter",
        "FingerprintTransformer",
        "PhysicsFeatures",
        "ScalogramTransformer",
        "SpectrogramTransformer",
        "SpectrumTransformer",
        "WaveformAugmenter",
        "WaveformImageTransformer",
        "WaveformPreprocessor",
        "select_by_snr",
        "stack_stations",
    ],
    "signal": [
        "Encoding",
        "Morlet",
        "Morse",
        "bandpass",
        "cut_windows",
        "cutoff_range",
        "decode",
        "detrend_records",
        "encode",
        "estimate_cutoffs",
        "frequency_axis",
        "get_encoding",
        "get_wavelet",
        "haar2d",
        "haar_matrix",
        "highpass",
        "highpass_gain",
        "inverse_haar2d",
        "pack_fingerprints",
        "pick_onsets",
        "scalogram",
        "select_top_k",
        "snr",
        "sta_lta",
        "unpack_fingerprints",
    ],
    "sweep": [
        "ExperimentPlan",
        "FlattestRefit",
        "NotReusableWarning",
        "ParetoRefit",
        "ResultCube",
        "SimplestRefit",
        "StagedSearchCV",
        "StoredObject",
        "SweepSearchCV",
        "list_studies",
    ],
    "persistence": ["MissingParameterWarning", "load", "save"],
}
TOP = [
    "AdaptiveHighpassFilter",
    "EventVoteClassifier",
    "FilterAugmenter",
    "FingerprintClassifier",
    "FingerprintTransformer",
    "MultiRepresentationClassifier",
    "MultiViewClassifier",
    "__version__",
    "attach_events",
    "event_train_test_split",
    "load",
    "load_records",
    "make_seismograms",
    "save",
    "show_versions",
]


def run_python(code, cwd):
    result = subprocess.run(
        [sys.executable, "-B", "-c", textwrap.dedent(code)],
        cwd=cwd,
        env={"HOME": str(cwd), "PYTHONPATH": str(skseisfp.__path__[0] + "/..")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


def test_the_modules_are_those_listed():
    modules = {module.name for module in pkgutil.iter_modules(skseisfp.__path__)}
    assert {name for name in modules if not name.startswith("_")} == set(PUBLIC)
    assert sorted(skseisfp.__all__) == sorted([*TOP, *PUBLIC])
    assert sorted(dir(skseisfp)) == sorted(skseisfp.__all__)


@pytest.mark.parametrize("name", PUBLIC)
def test_the_public_names_are_those_listed(name):
    module = importlib.import_module(f"skseisfp.{name}")
    assert sorted(module.__all__) == sorted(PUBLIC[name])
    assert all(hasattr(module, public) for public in module.__all__)
    assert getattr(skseisfp, name) is module


@pytest.mark.parametrize("name", TOP)
def test_the_top_level_names_exist(name):
    assert getattr(skseisfp, name) is not None


def test_unknown_names_raise():
    with pytest.raises(AttributeError, match="no attribute 'fingerprint'"):
        _ = skseisfp.fingerprint


def test_names_of_subpackages_raise_with_their_home():
    with pytest.raises(AttributeError, match=r"It is skseisfp\.sweep\.SweepSearchCV"):
        _ = skseisfp.SweepSearchCV


def raised(code):
    """The message of the error that some code raises."""
    with pytest.raises((AttributeError, ImportError)) as error:
        exec(code)
    return str(error.value)


@pytest.mark.parametrize("home", ["", *PUBLIC])
def test_misspelt_names_raise_with_the_likely_one(home):
    module = importlib.import_module(f"skseisfp.{home}".rstrip("."))
    known = PUBLIC[home] if home else set(TOP) - {"__version__"}
    for right in known:
        wrong = f"{right}x"
        message = raised(f"import {module.__name__} as m; m.{wrong}")
        assert message.startswith(f"module {module.__name__!r} has no attribute")
        assert message.endswith(f" Did you mean {right!r}?")
        message = raised(f"from {module.__name__} import {wrong}")
        assert message.startswith(f"cannot import name {wrong!r} from")
        assert home == "events" or message.endswith(f" Did you mean {right!r}?")


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("skseisfp.FingerprintTransfromer", "'FingerprintTransformer'"),
        ("skseisfp.plotting.CubeDisplai", "'CubeDisplay'"),
        ("skseisfp.SweepSearchCv", "skseisfp.sweep.SweepSearchCV"),
    ],
)
def test_suggestions_are_made_once(code, hint):
    """Python shows one of its own in addition, where it finds a name."""

    with pytest.raises(AttributeError) as error:
        eval(code)
    printed = "".join(traceback.format_exception(error.value))
    assert str(error.value).endswith(f" Did you mean {hint}?")
    assert printed.lower().count("did you mean") == 1


def test_other_names_are_not_there():
    import skseisfp.metrics

    assert not hasattr(skseisfp.metrics, "__path_of_nothing__")
    assert not hasattr(skseisfp, "event_accuracies")
    assert "Did you mean" not in raised("import skseisfp.metrics as m; m.xyzzy")
    assert "Did you mean" not in raised("from skseisfp.metrics import xyzzy")
    assert "It is skseisfp.sweep.SweepSearchCV" in raised(
        "from skseisfp import SweepSearchCV"
    )
    from skseisfp.metrics import aggregation  # a module, which a name is likened to

    assert aggregation.__name__ == "skseisfp.metrics.aggregation"


def script(code):
    """Code as an editor sees it, without a process of its own."""
    return jedi.Script(code, environment=jedi.InterpreterEnvironment())


def test_editors_see_every_exported_name():
    completions = script("import skseisfp\nskseisfp.").complete(2, 9)
    assert {item.name for item in completions} >= set(skseisfp.__all__)
    assert (Path(skseisfp.__file__).parent / "py.typed").exists()


@pytest.mark.parametrize("name", sorted({*TOP} - {"__version__"}))
def test_editors_show_signatures(name):
    call = f"skseisfp.{name}("
    (shown,) = script(f"import skseisfp\n{call}").get_signatures(2, len(call))
    starred = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
    named = [
        parameter.name
        for parameter in inspect.signature(getattr(skseisfp, name)).parameters.values()
        if parameter.kind not in starred  # which jedi replaces by what they stand for
    ]
    seen = [parameter.name for parameter in shown.params]
    assert [parameter for parameter in seen if parameter in named] == named


def test_import_loads_nothing_heavy_and_leaves_no_trace(tmp_path):
    code = """
        import logging, sys, warnings
        filters, handlers = list(warnings.filters), list(logging.root.handlers)
        import skseisfp
        assert warnings.filters == filters
        assert logging.root.handlers == handlers
        print(*sys.modules)
    """
    loaded = set(run_python(code, tmp_path))
    heavy = {"matplotlib", "numpy", "obspy", "pandas", "scipy", "sklearn", "torch"}
    assert not loaded & heavy
    assert list(tmp_path.iterdir()) == []


def test_subpackages_load_only_what_they_need(tmp_path):
    code = """
        import logging, sys
        handlers = list(logging.root.handlers)
        import skseisfp.preprocessing, skseisfp.signal, skseisfp.datasets
        import skseisfp.metrics, skseisfp.ensemble
        assert logging.root.handlers == handlers
        print(*sys.modules)
    """
    loaded = set(run_python(code, tmp_path))
    assert not loaded & {"matplotlib", "obspy", "torch", "skorch"}
    assert list(tmp_path.iterdir()) == []


def test_plotting_loads_matplotlib_only_to_draw(tmp_path):
    code = """
        import sys
        import skseisfp.plotting, skseisfp.model_selection, skseisfp.neural
        print(*sys.modules)
    """
    assert not set(run_python(code, tmp_path)) & {"matplotlib", "obspy"}
    assert list(tmp_path.iterdir()) == []
