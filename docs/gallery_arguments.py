"""Arguments with which the gallery runs the examples."""

from pathlib import Path

RESULTS = Path(__file__).parent / "_build" / "study"


def quick_study(gallery_conf, script_vars):
    """Run the study in its quick mode, other examples without arguments."""
    study = script_vars["src_file"].endswith("plot_event_nature_study.py")
    return ["--quick", "--results", str(RESULTS)] if study else []
