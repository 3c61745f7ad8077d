"""The sampling rates that instruments have."""

from ..signal.waveform import RecordError

# Hz; wider than seismometers are recorded: channels from one sample in 1,000 s (VH, UH)
# to laboratory sensors of 100 kHz.
LOWEST_RATE, HIGHEST_RATE = 1e-3, 1e5


def check_rate(rate: float) -> None:
    """Raise if no instrument has a sampling rate."""
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise RecordError(
            f"its sampling rate is {rate:g} Hz, outside {LOWEST_RATE:g} to "
            f"{HIGHEST_RATE:g} Hz"
        )
