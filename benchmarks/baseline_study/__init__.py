"""The parts of the comparison of published systems, which ``study.py`` runs."""
