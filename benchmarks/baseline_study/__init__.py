"""The parts of the study of published systems, which ``study.py`` puts together."""
