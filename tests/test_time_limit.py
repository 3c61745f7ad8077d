import subprocess
import sys
import time

import pytest

from skseisfp.io import time_limit
from skseisfp.io.time_limit import TooLongError, limited_time

TRACED = """
import sys
from skseisfp.io.time_limit import limited_time

def trace(frame, event, argument):
    return trace

with limited_time(0):
    pass
sys.settrace(trace)
print(sum(number for number in range(1000)))
"""


@pytest.fixture
def short(monkeypatch):
    """Set the limit to a hundredth of a second."""
    monkeypatch.setattr(time_limit, "SECONDS", 0.01)
    monkeypatch.setattr(time_limit, "AGAIN", 0.01)


def test_a_debugger_goes_on_after_a_file_was_read():
    command = [sys.executable, "-c", TRACED]
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.stdout.split() == [b"499500"], done.stderr


def work_without_end():
    """Read a file that sends its reader in circles."""
    with limited_time(0):
        while True:
            time.sleep(0.001)


def test_work_without_end_is_interrupted(short):
    with pytest.raises(TooLongError, match="more than 0 s"):
        work_without_end()


def test_an_interrupt_that_comes_at_the_end_stays_within(short):
    n_given_up = 0
    for number in range(100):
        try:
            with limited_time(0):
                time.sleep(0.0095 + 0.00001 * number)
        except TooLongError:
            n_given_up += 1
        time.sleep(0)
    assert n_given_up < 100


def test_an_error_of_the_reader_is_kept(short):
    with pytest.raises(ValueError, match="of the reader"), limited_time(0):
        raise ValueError("of the reader")
