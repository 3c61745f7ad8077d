import ast
import importlib
import inspect
import pkgutil
import pydoc

import pytest
from numpydoc.docscrape import FunctionDoc
from numpydoc.validate import validate

import skseisfp

# what numpydoc asks for and this package does not
IGNORED = {
    "ES01": "a summary of one line may say all",
    "EX01": "methods are shown in the example of their class",
    "SA01": "a See Also is written where there is something to see",
    "RT02": "a single result may have a name",
}

# classes that users meet as results of a function, which shows them
RESULTS = {
    "skseisfp.metrics.EventNumber": "skseisfp.metrics.events_to_separate",
    "skseisfp.metrics.EventScorer": "skseisfp.metrics.make_event_scorer",
    "skseisfp.metrics.Interval": "skseisfp.metrics.wilson_interval",
    "skseisfp.model_selection.EvaluationProtocol": (
        "skseisfp.model_selection.make_protocols"
    ),
    "skseisfp.model_selection.EventLearningCurve": (
        "skseisfp.model_selection.event_learning_curve"
    ),
    "skseisfp.model_selection.NestedEvaluation": (
        "skseisfp.model_selection.nested_evaluation"
    ),
    "skseisfp.model_selection.ProtocolEvaluation": (
        "skseisfp.model_selection.evaluate_protocols"
    ),
    "skseisfp.model_selection.SealedSetError": (
        "skseisfp.model_selection.EvaluationLedger"
    ),
    "skseisfp.neural.Finding": "skseisfp.neural.check_architecture",
}


def public_modules():
    for module in pkgutil.iter_modules(skseisfp.__path__):
        if not module.name.startswith("_"):
            yield importlib.import_module(f"skseisfp.{module.name}")


def is_ours(function):
    module = getattr(inspect.unwrap(function), "__module__", None) or ""
    return module.startswith("skseisfp")


def public_callables():
    """Qualified names and objects: functions, classes, and methods of classes."""
    for module in public_modules():
        for name in module.__all__:
            item = getattr(module, name)
            if not (inspect.isroutine(item) or hasattr(item, "cache_info")) and not (
                inspect.isclass(item)
            ):
                continue
            if inspect.isclass(item) and item.__init__ is UserWarning.__init__:
                continue  # a warning without parameters of its own
            yield f"{module.__name__}.{name}", item
            if not inspect.isclass(item):
                continue
            for method, function in inspect.getmembers(item, inspect.isroutine):
                if not method.startswith("_") and is_ours(function):
                    yield f"{module.__name__}.{name}.{method}", function


CALLABLES = dict(public_callables())
NAMES = pytest.mark.parametrize("name", CALLABLES)


def documented_parameters(item):
    """Map names to descriptions of type, `a, b : type` taken apart."""
    doc = FunctionDoc(item, doc=inspect.getdoc(item))
    return {
        single.strip(): parameter.type
        for section in ("Parameters", "Other Parameters")
        for parameter in doc[section]
        for single in parameter.name.split(",")
    }


def signature_parameters(item):
    """Map names, starred as in the docstring, to parameters; without self."""
    stars = {
        inspect.Parameter.VAR_POSITIONAL: "*",
        inspect.Parameter.VAR_KEYWORD: "**",
    }
    return {
        stars.get(parameter.kind, "") + name: parameter
        for name, parameter in inspect.signature(item).parameters.items()
        if name not in ("self", "cls")
    }


def same_default(text, default, item):
    """Whether the text after ``default=`` stands for the default."""
    try:
        return ast.literal_eval(text) == default
    except (ValueError, SyntaxError):
        names = vars(inspect.getmodule(inspect.unwrap(item)))
        return default in (names.get(text), pydoc.locate(text))


def test_the_public_names_are_found():
    assert len(CALLABLES) > 80
    assert "skseisfp.preprocessing.FingerprintTransformer.from_preset" in CALLABLES
    assert "skseisfp.preprocessing.FilterAugmenter.fit" in CALLABLES
    assert "skseisfp.signal.haar_matrix" in CALLABLES


@NAMES
def test_docstrings_are_those_of_numpydoc(name):
    errors = [error for error in validate(name)["errors"] if error[0] not in IGNORED]
    assert errors == []


@NAMES
def test_all_parameters_are_documented_in_order(name):
    item = CALLABLES[name]
    assert list(documented_parameters(item)) == list(signature_parameters(item))


@NAMES
def test_documented_defaults_are_those_of_the_signature(name):
    item = CALLABLES[name]
    documented = documented_parameters(item)
    for parameter, signature in signature_parameters(item).items():
        _, given, text = documented[parameter].partition("default=")
        if signature.default is inspect.Parameter.empty:
            assert not given, parameter
        elif documented[parameter] != "None":  # there for the interface, not used
            assert given, f"{parameter}: no default= in the docstring"
            assert same_default(text, signature.default, item), (parameter, text)


@pytest.mark.parametrize(
    "name", [name for name, item in CALLABLES.items() if inspect.isclass(item)]
)
def test_classes_show_an_example(name):
    name = RESULTS.get(name, name)
    assert ">>>" in inspect.getdoc(CALLABLES[name])
