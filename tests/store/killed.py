"""Trains again and again in child processes that are killed at random moments.

    python killed.py LOG_DIR KILLS SEED

prints a line of JSON for each killed training: what it acknowledged. Children are forked from a
process that has everything imported, so that a kill costs milliseconds.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from typing import NoReturn

import numpy as np

import confusionflow as cf

CLASSES = ("fox", "deer")
MOST_EPOCHS = 12


def labels(epoch: int) -> tuple[list[int], list[int]]:
    """Labels and predictions that only this epoch has."""
    return [0, 1, 1] * (epoch + 1), [0, 1, 0] * (epoch + 1)


def matrix(epoch: int) -> list[list[int]]:
    """Their counts."""
    return [[epoch + 1, 0], [epoch + 1, epoch + 1]]


def train(log_dir: str, acknowledgements: int) -> NoReturn:
    """Log runs until this process is killed, and say what is durable."""

    def acknowledge(what: str) -> None:
        os.write(acknowledgements, f"{what}\n".encode())

    acknowledge("ready")
    while True:
        run = cf.Run(log_dir, name="run", classes=CLASSES)
        for epoch in range(MOST_EPOCHS):
            actual, predicted = labels(epoch)
            run.log(epoch, "test", y_true=actual, y_pred=predicted)
            if not run.queued and not run.dropped:
                acknowledge(f"{run.id} {epoch}")
        run.close()
        acknowledge(f"{run.id} finished")


def kill_one(log_dir: str, after_s: float) -> list[str]:
    """Start a training, kill it after some time, and return what it acknowledged."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        train(log_dir, writing)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert pipe.readline() == "ready\n"
        time.sleep(after_s)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return pipe.read().splitlines()


def main(log_dir: str, kills: int, seed: int) -> None:
    """Kill trainings, and print what each acknowledged."""
    with cf.Run(f"{log_dir}-warm", name="warm", classes=CLASSES) as run:  # loads what is lazy
        run.log(0, "test", y_true=np.array([0]), y_pred=np.array([1]))
    chance = random.Random(seed)
    for _ in range(kills):
        print(json.dumps(kill_one(log_dir, chance.expovariate(1 / 0.05))), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
