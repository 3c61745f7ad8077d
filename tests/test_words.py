"""One word for one thing: what was replaced by the terms of the field stays replaced.

The terms in use are in docs/glossary.md.
"""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("skseisfp", "tests", "docs", "examples", "benchmarks")
BUILT = ("docs/_build", "docs/gallery", "docs/api/generated", "docs/sg_execution")
KINDS = (".py", ".md", ".rst")
SPACE = r"[\s#]+"  # a phrase may go on in the next line of a comment


def word(pattern):
    """A word on its own or as part of a name, as ``nets`` in ``flat_nets``."""
    return rf"(?<![A-Za-z])(?:{pattern})(?![A-Za-z])"


# letters that are in every such word; expression; what to write
REPLACED = (
    ("print", word("[Pp]rints?") + r"(?! *\()", "fingerprint, or compute"),
    ("print", r"(?:(?<=[a-z])|\b)Prints?(?=[A-Z])|(?<=[a-z])Prints\b", "Fingerprint"),
    ("net", word("[Nn]ets?"), "network"),
    (
        "answer",
        word("[Aa]nswer(?:s|ed|ing)?"),
        "prediction, predicted probabilities",
    ),
    ("told", r"\btold\s+(?:apart|from)\b", "distinguished"),
    ("tell", r"\b[Tt]ell(?:s|ing)?\b", "distinguish, indicate, return"),
    ("refus", word("[Rr]efus(?:e|es|ed|al|ing)"), "raise, reject, validate"),
    (
        "no",
        r"\b[Ii]s\s+no\b(?! (?:longer|more|less)\b)|_is_no_",
        "is not a",
    ),
    ("reach", r"\bwhat\s+\w+\s+reach(?:es)?\b", "results"),
    ("reach", r"\breach(?:es|ed)?\s+an?\s+(?:event\s+)?AUC\b", "achieves"),
    ("texts", word("texts"), "strings"),
    ("truth", r"\btruth\s+values?\b", "bool"),
    ("legal", word("illegal|Illegal|legal|Legal"), "valid, invalid"),
    ("what", r"\bReturns?\s+what\b", "return the"),
    (
        "inside",
        r"\b(?:chosen|averaged)\s+inside\b",
        "selected by nested cross-validation",
    ),
    ("beside", r"\b[Bb]eside\b", "in addition to, next to, compared with"),
    ("house", word("[Hh]ouses?"), "package"),
    ("room", word("[Rr]ooms?"), "subpackage"),
    ("floor", word("[Ff]loors?") + r"(?! *\()", "layer"),
    ("verdict", word("[Vv]erdicts?"), "event prediction"),
    ("anew", r"\b[Aa]new\b", "again"),
    ("afresh", r"\b[Aa]fresh\b", "from scratch"),
    ("mend", word("[Mm]end(?:s|ed|ing)?"), "fix, correct, recover"),
    ("of life", r"\bsigns?\s+of\s+life\b", "heartbeat"),
    ("at work", r"\bwho\s+is\s+at\s+work\b", "lease"),
    ("beat", word("[Bb]eats?"), "heartbeat"),
    ("grace", word("[Gg]race"), "timeout"),
    ("len", r"\b[Ll]ends?\b|\blent\b", "provides"),
    ("dealt", r"\bdealt\s+out\b", "shuffled"),
    ("on", r"\bgo(?:es|ing)?\s+on\s+(?:where|from)\b", "resumes"),
    ("rest", r"\bagainst\s+the\s+rest\b", "one-vs-rest"),
    ("place", r"\bha(?:s|ve)\s+no\s+place\b", "is undefined"),
    ("say", r"\bSay\s+(?:of|what|which|whether)\b", "return"),
    ("apart", r"\bkept\s+apart\b", "held out"),
    ("pick_stream", r"\bpick_stream\b", "pick_phases"),
    (
        "negative_precision",
        r"\bnegative_precision(?:_score)?\b",
        "negative_predictive_value_score",
    ),
    ("first_of", r"\bfirst_of\b", "lexicographic_argmin"),
    ("as_decision", r"\bas_decision\b", "nothing in its place"),
    ("cells_", r"\bcells_\b", "fit_results_"),
    ("no_night", r"\bno_night\b", "a query of the benchmark"),
    ("protocol", r"\bclass Protocol\b", "EvaluationProtocol"),
    (
        "arrival",
        r"(?<![\w.])arrivals?(?:=(?!=)|: (?:npt|np|float|Any)\b)|[\"']arrivals?[\"']",
        "p_arrival, in seconds from the first sample",
    ),
    ("arrival", r"(?<!\w)arrivals? : (?:array|float|ndarray)", "p_arrival"),
    (
        "arrival_sample",
        r"(?<![A-Za-z_])arrival_sample\b",
        "p_arrival; p_arrival_sample in tables",
    ),
    ("p_sample", r"(?<![A-Za-z_])p_samples?\b", "p_arrival"),
    ("_onset", r"(?<![A-Za-z_])[ps]_onsets?\b", "p_arrival, s_arrival"),
)

# where a word may stay: files, expression, reason
ALLOWED = (
    (
        "*",
        r"\b[Pp]rints?(?=\s+(?:the|a|an|all|what|how|both|each|it|its|their|them|of "
        r"the|figures|tables|costs|median|nothing)\b)|\band print(?=[.;])",
        "the verb: what a command writes to the terminal",
    ),
    ("*", r"``print``|\bprint_(?:exc|log|progress)\b", "functions and names of others"),
    ("*", r"\bPrintLog\b", "a callback of skorch"),
    ("*", r"\b_?get_texts\b", "a method of matplotlib"),
    ("*", r"\bnet_\b", "the fitted network, by skorch's name"),
    (
        "*",
        r"\bself, net\b|\bnet\.(?:history|max_epochs|module_|forward|optimizer_)\b",
        "the methods of skorch's callbacks",
    ),
    (
        "*",
        r"\w*(?:[Aa]lex|[Cc]onv|[Xx]|[Gg]oog(?:le|Le))_?[Nn]et(?:_\w+|[A-Z]\w*)?\b",
        "names of published systems",
    ),
    ("*", r"\b[Tt]here\s+(?:#\s+)?is\s+no\b|_there_is_no_", "that it does not exist"),
    ("*", r"\.texts\b", "the attribute of matplotlib's axes"),
    ("skseisfp/archive/*fdsn*.py", word("[Aa]nswer(?:s|ed|ing)?"), "of a data centre"),
    ("tests/*fdsn*.py", word("[Aa]nswer(?:s|ed|ing)?"), "of a data centre"),
    ("examples/records/plot_data_centre.py", r"\banswered\b", "of a data centre"),
    ("skseisfp/datasets/*.py", r"[`\"]p_sample[`\"]", "a column of sets of others"),
    ("tests/test_load_records.py", r"\bp_sample\b", "a column of sets of others"),
)


def prose_files():
    """Every source file and page, but those that are generated."""
    files = [*ROOT.glob("*.md")]
    for folder in FOLDERS:
        files += [path for path in (ROOT / folder).rglob("*") if path.suffix in KINDS]
    for path in sorted(files):
        name = path.relative_to(ROOT).as_posix()
        # the changelog has the old names, and this file has the words to search for
        named = name in ("CHANGELOG.md", "tests/test_words.py")
        if not named and not name.startswith(BUILT):
            yield name, path


def find_words(name, text):
    """Place, word, term in use and allowances of every replaced word of a text."""
    lower, spans = text.lower(), None
    for letters, expression, term in REPLACED:
        if letters not in lower:
            continue
        for match in re.finditer(expression.replace(r"\s+", SPACE), text):
            if spans is None:
                spans = allowed_spans(name, text)
            start, end = match.span()
            allowances = [k for k, first, last in spans if first <= start < end <= last]
            line = text.count("\n", 0, start) + 1
            yield f"{name}:{line}: {match[0]!r}, write {term}", allowances


def allowed_spans(name, text):
    """Number, start and end of what is allowed in a text."""
    return [
        (k, *match.span())
        for k, (files, expression, _) in enumerate(ALLOWED)
        if fnmatch(name, files)
        for match in re.finditer(expression, text)
    ]


@pytest.fixture(scope="module")
def words():
    """All replaced words, with the numbers of the allowances for each."""
    return [
        found
        for name, path in prose_files()
        for found in find_words(name, path.read_text(encoding="utf-8"))
    ]


def test_replaced_words_do_not_come_back(words):
    found = [place for place, allowances in words if not allowances]
    assert not found, "\n".join(found)


def test_every_allowance_is_needed(words):
    needed = {k for _, allowances in words for k in allowances}
    spare = [entry[1] for k, entry in enumerate(ALLOWED) if k not in needed]
    assert spare == []


@pytest.mark.parametrize(
    "text",
    [
        "Return the prints.",
        "print_shape = (64, 64)",
        "class LazyPrints: ...",
        "make_nets()",
        "the net\nof a trial",
        "the answers of a classifier",
        "classes that are told\n    apart",
        "test_bad_input_is_refused",
        "is no store",
        "Return what it holds.",
        "class Protocol:",
        "first_of(scores)",
        "cut_windows(X, arrivals=onsets)",
        "def transform(self, X, arrival: npt.ArrayLike | None = None): ...",
        "arrival : array-like of shape (n_records,), default=None",
        'frame["arrival_sample"]',
        "p_sample = 100",
        "PhysicsFeatures(p_onset=10.0, s_onset=20.0)",
        'order="arrival"',
    ],
)
def test_the_rule_finds_what_was_replaced(text):
    assert [allowed for _, allowed in find_words("new.py", text) if not allowed]


@pytest.mark.parametrize(
    "text",
    [
        'print("done")',
        "Print the table of one type",
        "The fingerprints of a network",
        "model.net_.history",
        "AlexNetImage, ConvNetQuake, alex_net_image",
        "there is no fold",
        "no longer; it is no longer there",
        "ax.texts",
        "Waveprint, np.floor(x)",
        "planets, internet, mainland, roommate, cabinet",
        "arrivals of P; p_arrival=5.0, s_arrival: npt.ArrayLike, first_arrival = 3",
        "trace_P_arrival_sample, p_arrival_sample, arrival_samples(p_arrival, 40.0)",
        "p_sample_auto, p_sample_analyst, stop_onset, group_onset",
        "origin.arrivals = [Arrival(pick_id=pick)]",
    ],
)
def test_the_rule_leaves_other_words_alone(text):
    assert [allowed for _, allowed in find_words("new.py", text) if not allowed] == []
