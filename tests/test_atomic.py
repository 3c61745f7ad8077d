import errno
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from skseisfp._utils import atomic
from skseisfp._utils.atomic import (
    atomic_file,
    atomic_folder,
    remove_leftovers,
    write_file,
)

HEX = "0123456789abcdef" * 2
# what holds a file of its own until its input ends
HOLDER = """
import sys
from skseisfp._utils.atomic import atomic_file, atomic_folder
with {writer}(sys.argv[1]):
    print(flush=True)
    sys.stdin.read()
"""
HERE = Path(__file__).parent


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def run(script, folder):
    """Run a script of this folder and return the JSON that it writes."""
    # obspy still lists its plug-ins through an interface that Python deprecates
    quiet = "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-W", quiet, HERE / script, folder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Exception ignored" not in done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def hold():
    """Start processes that are writing a target, and end them after the test."""
    started = []

    def start(writer, path):
        code = HOLDER.format(writer=writer)
        process = subprocess.Popen(
            [sys.executable, "-c", code, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        started.append(process)
        process.stdout.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("content", ["häß\n", b"\x00\r\n"])
def test_a_file_is_written_as_it_is(tmp_path, content):
    write_file(tmp_path / "a", "an older and longer file")
    write_file(str(tmp_path / "a"), content)
    expected = content if isinstance(content, bytes) else content.encode()
    assert (tmp_path / "a").read_bytes() == expected
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("old", [None, "old"])
def test_a_block_that_raises_changes_nothing(tmp_path, error, old):
    path = tmp_path / "a"
    if old:
        path.write_text(old)
    with pytest.raises(error), atomic_file(path, text=True) as file:  # noqa: PT012
        file.write("new")
        raise error
    assert names(tmp_path) == (["a"] if old else [])
    assert not old or path.read_text() == old


def test_new_files_have_the_permissions_of_any_new_file(tmp_path):
    before = os.umask(0o027)
    try:
        write_file(tmp_path / "a", "a")
        with atomic_folder(tmp_path / "b") as folder:
            write_file(folder / "c", "c")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o750


@pytest.mark.parametrize("mode", [0o600, 0o664, 0o755])
def test_old_files_keep_their_permissions(tmp_path, mode):
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(mode)
    write_file(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_files_that_nobody_may_write_are_kept(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_text("old")
    # root may write every file
    monkeypatch.setattr(atomic.os, "access", lambda file, mode: False)
    with pytest.raises(PermissionError, match=str(path)):
        write_file(path, "new")
    assert path.read_text() == "old"


@pytest.mark.parametrize("exists", [True, False])
def test_links_are_written_through(tmp_path, exists):
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere" / "a", tmp_path / "link"
    if exists:
        target.write_text("old")
    link.symlink_to("elsewhere/a")
    write_file(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert names(target.parent) == ["a"]


def test_pipes_are_written_to(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()
    write_file(pipe, b"through")
    reader.join()
    assert found == [b"through"]
    assert names(tmp_path) == ["pipe"]


def test_standard_output_goes_where_it_is_redirected_to(tmp_path):
    code = (
        "from skseisfp._utils.atomic import write_file; print('first', flush=True); "
        "write_file('/dev/stdout', 'second')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"first\nsecond"
    with open(tmp_path / "out", "a") as file:
        subprocess.run([sys.executable, "-c", code], stdout=file, check=True)
        there = os.fstat(file.fileno())
    assert os.path.samestat(there, (tmp_path / "out").stat())
    assert names(tmp_path) == ["out"]


def test_errors_name_the_file(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        write_file(tmp_path / "no" / "a", "a")
    assert caught.value.filename == str(tmp_path / "no" / "a")
    with pytest.raises(IsADirectoryError, match=str(tmp_path)):
        write_file(tmp_path, "a")
    write_file(tmp_path / "a", "a")
    with pytest.raises(NotADirectoryError, match="a/b"):
        write_file(tmp_path / "a" / "b", "a")
    with pytest.raises(OSError, match="/dev/full") as caught:
        write_file("/dev/full", "a")
    assert caught.value.errno == errno.ENOSPC


def test_errors_about_other_files_are_left_as_they_are(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, atomic_file(tmp_path / "a"):
        (tmp_path / "other").read_bytes()
    assert caught.value.filename == str(tmp_path / "other")


@pytest.mark.parametrize("raised", [OSError("no space"), OSError(28, "no space")])
def test_errors_without_a_file_get_one(tmp_path, raised):
    with pytest.raises(OSError, match="no space") as caught:  # noqa: SIM117
        with atomic_file(tmp_path / "a"):
            raise raised
    assert str(tmp_path / "a") in str(caught.value)
    assert caught.value.errno == raised.errno


@pytest.mark.parametrize("name", ["a" * 255, "é" * 127, ".a", "a b [c] *.x", "a\nb"])
def test_every_name_is_possible(tmp_path, name):
    (tmp_path / f".{name[:40]}.{HEX}.tmp").write_text("left")
    write_file(tmp_path / name, "new")
    assert names(tmp_path) == [name]


def test_the_next_write_removes_what_is_left(tmp_path):
    left = [f".a.{HEX}.tmp", f".a.{'f' * 32}.tmp"]
    kept = [f".b.{HEX}.tmp", f".a.b.{HEX}.tmp", ".a.1.tmp", f"a.{HEX}.tmp", "a.tmp"]
    for name in (*left, *kept):
        (tmp_path / name).write_text("left")
    write_file(tmp_path / "a", "a")
    assert names(tmp_path) == sorted(["a", *kept])
    remove_leftovers(tmp_path)
    assert names(tmp_path) == sorted(["a", *kept[2:]])


def test_what_others_are_writing_is_not_removed(tmp_path, hold):
    for writer, name in (("atomic_file", "a"), ("atomic_folder", "b")):
        process = hold(writer, tmp_path / name)
        (held,) = names(tmp_path)
        write_file(tmp_path / name, "mine")
        assert names(tmp_path) == sorted([held, name])
        process.kill()
        process.wait()
        assert names(tmp_path) == sorted([held, name])
        write_file(tmp_path / name, "mine again")
        assert names(tmp_path) == [name]
        (tmp_path / name).unlink()


def test_a_temporary_file_that_is_taken_away_is_made_again(tmp_path, monkeypatch):
    lock, n_calls = atomic._lock, []

    def late(handle):
        if not n_calls:  # another process takes the file for one that is left
            for file in tmp_path.glob(".a.*"):
                file.unlink()
        n_calls.append(handle)
        lock(handle)

    monkeypatch.setattr(atomic, "_lock", late)
    write_file(tmp_path / "a", "a")
    assert names(tmp_path) == ["a"]
    assert len(n_calls) == 2


def test_writers_at_once_do_not_mix(tmp_path):
    path = tmp_path / "a"
    contents = [str(number) * 10_000 for number in range(8)]
    threads = [
        threading.Thread(target=write_file, args=(path, content))
        for content in contents
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() in contents
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_appears_when_it_is_complete(tmp_path, exists):
    path = tmp_path / "a"
    if exists:
        path.mkdir(0o700)
    (tmp_path / f".a.{HEX}.tmp").mkdir()
    (tmp_path / f".a.{HEX}.tmp" / "left").write_text("left")
    with atomic_folder(path) as folder:
        (folder / "b").mkdir()
        write_file(folder / "b" / "c", "c")
        assert not exists or names(path) == []
    assert names(tmp_path) == ["a"]
    assert (path / "b" / "c").read_text() == "c"
    assert not exists or stat.S_IMODE(path.stat().st_mode) == 0o700


def test_a_folder_that_is_not_empty_is_kept(tmp_path):
    write_file(tmp_path / "mine", "mine")
    with pytest.raises(FileExistsError, match=f"{tmp_path} is not empty"):  # noqa: SIM117
        with atomic_folder(tmp_path):
            pass
    with pytest.raises(TypeError), atomic_folder(tmp_path / "a") as new:
        write_file(new / "b", None)
    assert names(tmp_path) == ["mine"]


@pytest.mark.slow
def test_a_full_disk_leaves_the_old_files(tmp_path):
    found = run("full_disk.py", tmp_path)
    assert len(found) == 10
    for name, result in found.items():
        assert result == ["named", 0 if name == "set" else 1, []], name


@pytest.mark.slow
def test_kills_leave_whole_files(tmp_path):
    found = run("killed_writers.py", tmp_path)
    assert found["kills"] == 100
    assert found["broken"] == []
    assert found["left"] == []
    assert sum(found["cut_short"].values()) > 10
    versions = found["versions"]
    # every process has written once; a set has the number of its chunks as version
    assert all(version > 10 for name, version in versions.items() if name != "set")
