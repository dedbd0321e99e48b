"""A training that ends without a word, or that gets no thread, loses nothing that it logged."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import confusionflow as cf

pytestmark = pytest.mark.slow

BEGIN = """
import atexit, resource, sys, threading, warnings
warnings.simplefilter("ignore")

def late():
    run.log_matrix(9, "test", [[1]])

if "late" in sys.argv:
    atexit.register(late)  # called after those that are registered later

import confusionflow as cf

run = cf.Run(sys.argv[1], name="run", classes=["a"])
run.log_matrix(0, "test", [[1]])
"""

# No file may have a byte, and then may again: what was logged meanwhile waits.
FULL_DISK = """
free = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, free[1]))
run.log_matrix(1, "test", [[1]])
run.log_matrix(2, "test", [[1]])
assert len(run.queued) == 2
resource.setrlimit(resource.RLIMIT_FSIZE, free)
"""

# A thread's stack takes more memory than is left.
NO_THREAD = """
import pathlib
size = int(pathlib.Path("/proc/self/status").read_text().partition("VmSize:")[2].split()[0]) << 10
threading.stack_size(1 << 30)
resource.setrlimit(resource.RLIMIT_AS, (size + (512 << 20), resource.RLIM_INFINITY))
try:
    threading.Thread(target=print).start()
except RuntimeError:
    pass
else:
    sys.exit("a thread could be started")
for epoch in range(1, 5):
    run.log_matrix(epoch, "test", [[1]])
    assert (run.queued, run.dropped) == ((), ())
"""


def train(log_dir: Path, *script: str, arguments: tuple[str, ...] = ()) -> cf.LoggedRun:
    """Run a training in a process of its own; what it logged."""
    ended = subprocess.run(
        [sys.executable, "-c", "".join([BEGIN, *script]), str(log_dir), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    return cf.open_logs(log_dir)["run"]


@pytest.mark.parametrize("ending", ["", "sys.exit(0)\n", "del run\n"])
def test_what_waits_for_a_disk_is_written_as_the_process_ends(tmp_path: Path, ending: str) -> None:
    run = train(tmp_path, FULL_DISK, ending)
    assert run["test"].epochs.tolist() == [0, 1, 2]
    assert run.dropped == {}
    assert run.state == "stopped"


def test_what_is_logged_while_the_interpreter_ends_is_kept(tmp_path: Path) -> None:
    assert train(tmp_path, arguments=("late",))["test"].epochs.tolist() == [0, 9]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_training_that_gets_no_thread_logs_by_itself(tmp_path: Path) -> None:
    run = train(tmp_path, NO_THREAD, "run.close()\n")
    assert run["test"].epochs.tolist() == [0, 1, 2, 3, 4]
    assert run.state == "finished"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_waits_is_written_though_no_thread_can_be_had(tmp_path: Path) -> None:
    run = train(tmp_path, NO_THREAD, FULL_DISK.replace("1,", "5,").replace("2,", "6,"))
    assert run["test"].epochs.tolist() == [0, 1, 2, 3, 4, 5, 6]
