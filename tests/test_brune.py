import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skseisfp.signal.brune import fit_brune

FREQUENCIES = np.arange(1, 401) / 8  # to 50 Hz


def spectrum(corner, t_star, level=1.0, n_derivatives=0):
    source = level / (1 + (FREQUENCIES / corner) ** 2)
    motion = (2 * np.pi * FREQUENCIES) ** n_derivatives
    return source * np.exp(-np.pi * FREQUENCIES * t_star) * motion


@given(
    corner=st.floats(1.0, 20.0),
    t_star=st.floats(0, 0.02),
    log_level=st.floats(-9, 9),
    n_derivatives=st.sampled_from([0, 1, 2]),
)
def test_a_spectrum_determines_its_parameters(corner, t_star, log_level, n_derivatives):
    amplitudes = spectrum(corner, t_star, 10**log_level, n_derivatives)
    everywhere = np.ones(400, dtype=bool)
    fit = fit_brune(FREQUENCIES, amplitudes, everywhere, n_derivatives=n_derivatives)
    assert fit.corner == pytest.approx(corner, rel=0.01)
    assert fit.t_star == pytest.approx(t_star, abs=1e-3)
    assert fit.log_level == pytest.approx(log_level, abs=0.02)
    assert fit.misfit < 0.01


def test_scattered_spectra_have_the_corner_on_average():
    rng = np.random.default_rng(0)
    corners = [
        fit_brune(
            FREQUENCIES,
            spectrum(5.0, 0.01) * rng.rayleigh(size=400),
            FREQUENCIES >= 0.5,
        ).corner
        for _ in range(100)
    ]
    assert np.nanmedian(corners) == pytest.approx(5.0, rel=0.1)
    assert np.mean(np.isfinite(corners)) > 0.9


@pytest.mark.parametrize(
    ("corner", "usable"),
    [
        (5.0, FREQUENCIES < 1.2),  # too few lines
        (5.0, FREQUENCIES > 15),  # less than two octaves
        (200.0, FREQUENCIES > 0),  # no corner in the band
        (0.02, FREQUENCIES > 1),
    ],
)
def test_there_is_no_fit_without_a_corner(corner, usable):
    assert np.isnan(fit_brune(FREQUENCIES, spectrum(corner, 0.0), usable)).all()
