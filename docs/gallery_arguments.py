"""Arguments with which the gallery runs the examples."""


def quick_study(gallery_conf, script_vars):
    """Run the study in its quick mode, other examples without arguments."""
    study = script_vars["src_file"].endswith("plot_event_nature_study.py")
    return ["--quick"] if study else []
