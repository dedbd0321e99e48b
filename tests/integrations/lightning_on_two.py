"""Trains and validates in two processes that Lightning starts, for test_lightning.py."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import torch
from lightning.pytorch import Trainer
from tests.integrations.digits import load
from tests.integrations.lightning_model import Model, loader

import confusionflow as cf
from confusionflow.errors import DistributedError
from confusionflow.integrations.lightning import ConfusionFlow


def main(folder: Path) -> None:
    digits = load()
    trainer = Trainer(
        max_epochs=2,
        accelerator="cpu",
        devices=2,
        strategy="ddp",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    job = os.environ.setdefault("JOB", str(os.getpid()))
    rank, world_size = trainer.global_rank, trainer.world_size
    test = loader(digits.test_x[:539], digits.test_y[:539])
    with cf.Run(folder, "run", classes=range(10), id=job, rank=rank, world_size=world_size) as run:
        trainer.callbacks.append(ConfusionFlow(run, features="layers.1"))
        model = Model()
        trainer.fit(model, loader(digits.train_x, digits.train_y), test)
        trainer.callbacks[:] = [ConfusionFlow(run, subset=100)]
        trainer.validate(model, {"subset": test}, verbose=False)
    alone = cf.Run(folder / "alone", "run")
    trainer.callbacks[:] = [ConfusionFlow(alone)]
    try:
        trainer.validate(model, test, verbose=False)
    except DistributedError as error:
        if rank == 0:
            (folder / "refused.txt").write_text(str(error))
            torch.save(model.state_dict(), folder / "weights.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
